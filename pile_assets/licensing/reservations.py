"""Words that take back what an open licence gives: the veto over statements read from free text and from mark-up.

The veto is for statements about a work. It must not run on licence boilerplate, where "All rights reserved" stands in
front of a permission (the heads of source files and licence texts).
"""

import re

_PARTIAL = re.compile(
    r"all rights reserved|©|\(c\)\s*\d{4}|\bexcept\b|\bunless\b|\bexclud|\bother than\b|\bdoes not apply\b"
    r"|\bnot (?:covered|licensed|included)\b|\bphotos?\b|\bphotographs?\b|\bimages?\b|\bfigures?\b|\bpermission\b"
    r"|\bsome\b|\bparts?\b|\bportions?\b|\bbut\b",
    re.IGNORECASE,
)
_ELEMENTS = {
    "NC": re.compile(r"\bnon[\s\-]?commercial|\bNC\b|\bnot for commercial|\bpersonal use", re.IGNORECASE),
    "ND": re.compile(r"\bno[\s\-]?deriv", re.IGNORECASE),
    "SA": re.compile(r"\bshare[\s\-]?alike", re.IGNORECASE),
}


def partial(text: str) -> bool:
    """Whether the statement reserves rights or speaks of parts, so that what it grants cannot be read from it alone."""
    return _PARTIAL.search(text) is not None


def beyond(text: str, granted: str) -> bool:
    """Whether `text` names a Creative Commons restriction that `granted` (an SPDX identifier or family) does not have."""
    elements = granted.split("-")
    return any(code not in elements and pattern.search(text) for code, pattern in _ELEMENTS.items())
