"""Licence statements of Bitcoin and Ethereum improvement proposals: a header of closed codes, and a closing sentence.

PEPs have a vocabulary of their own (`pep_copyright`).
"""

import re
from collections.abc import Mapping

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading

BIP_CODES: Mapping[str, str] = {
    "PD": "LicenseRef-PublicDomain-Dedication",
    "OPL": "LicenseRef-Open-Publication-License",
    "OPUBL": "LicenseRef-Open-Publication-License",
    "GNU-All-Permissive": "FSFAP",
}
"""Codes of the `License` header beside SPDX identifiers (BIP 2 and BIP 3). "PD" is the author's own placing."""

_WAIVER = re.compile(r"copyright and related rights waived via (?:\[?cc0\]?)(?: ?\((?P<target>[^\s()]+)\))?\.?", re.IGNORECASE)
_TARGETS = re.compile(
    r"https?://creativecommons\.org/publicdomain/zero/1\.0/?|(?:\.\./|/|\./)*LICENSE(?:\.md|\.txt)?", re.IGNORECASE
)


def read_bip(raw: str) -> Reading:
    """The `License` header: codes joined by OR or AND; unresolved where one of them is not known."""
    line = " ".join(raw.removeprefix("License:").split())
    written = re.sub(r"[A-Za-z0-9.+\-]+", lambda match: BIP_CODES.get(match[0], match[0]), line)
    tree = expressions.parse(written)
    return Reading("unresolved", "bip-license") if tree is None else Reading("resolved", "bip-license", str(tree))


def read_eip(raw: str) -> Reading:
    """The waiver under the heading Copyright, with or without its link to CC0 1.0."""
    match = _WAIVER.fullmatch(" ".join(raw.split()))
    if match and (match["target"] is None or _TARGETS.fullmatch(match["target"])):
        return Reading("resolved", "eip-copyright", "CC0-1.0")
    return Reading("unresolved", "eip-copyright")
