"""What a person found when looking at each disagreement between a label and an outcome."""

from collections.abc import Mapping

INTRODUCTION = """# Survey of licences in real files

Written by `make survey` from the sample files beside the checkout, which are no part of the project. What each extractor of
`pile_assets/licensing/extract/` finds in every file, what becomes of it, and how that compares with the label the file came
with.
"""
WHY: Mapping[tuple[str, str, str], str] = {}
WEB = ""
PEPS = ""
