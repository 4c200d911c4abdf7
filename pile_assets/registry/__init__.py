"""The registry: one reviewed YAML record per source, and the policies they name.

Records and policies are data; `models` says what a record may hold, `load` reads a folder of them.
"""
