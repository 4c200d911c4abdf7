"""Where statements stand, format by format: every fixture is of our own writing, in the form of the real files."""
