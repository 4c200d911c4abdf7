"""Rights statements of the Biodiversity Heritage Library: `CopyrightStatus`, `Rights` and `LicenseUrl` of an item.

The library's members wrote these sentences about works of others. What they assert about the public domain needs a verdict
of its own, whatever reason they give; "no known restrictions" asserts nothing; permission to the library is permission to
nobody else.
"""

import re

from pile_assets.licensing import addresses, names
from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import Reading

RULE = "bhl-rights"
_STATEMENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"public domain(?:\. the bhl considers that this work is no longer under copyright protection)?"
            r"|not in copyright|no longer (?:in|under) copyright(?: protection)?|copyright expired|out of copyright"
        ),
        "LicenseRef-PublicDomain",
    ),
    (
        re.compile(r"no known copyright restrictions(?: as determined by scanning institution)?"),
        "LicenseRef-RS-NKC",
    ),
    (
        re.compile(
            r"in copyright(?:\. digitized with (?:the )?permission (?:of|from) (?:the )?(?:rights?|copyright)[ \-]?holders?"
            r"|\. digitized (?:by|under) permission of the (?:rights?|copyright)[ \-]?holders?)?"
        ),
        "LicenseRef-RS-InC",
    ),
)


def read(raw: str) -> Reading:
    """What one statement says; addresses and Creative Commons names as in `text`, any other wording unresolved."""
    key = names.phrase(re.sub(r"_", " ", raw))
    for pattern, spdx in _STATEMENTS:
        if pattern.fullmatch(key):
            return Reading("resolved", RULE, spdx)
    return addresses.whole(raw.strip()) or text.read(raw)
