"""A survey of real files: what every extractor finds in them, and how that compares with the labels they came with.

`make survey` reads the packed samples beside the checkout and writes docs/licence-survey.md: counts and facts, never a word
of the samples. The samples and their layout are no part of the project, and so neither is this of the package.
"""
