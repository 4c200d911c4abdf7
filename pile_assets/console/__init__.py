"""The commands of `pile`, one module per group, and how they are shown. Computing anything belongs in the domain modules."""
