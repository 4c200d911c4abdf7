"""The Copyright section of a Python Enhancement Proposal: a closed list of the sentences PEP 1 and its past versions allow.

`raw` is the section's prose in one line, references reduced to their text. The whole of it must be one of these
statements: a section that says something else beside a dedication ("Text copied from … under their license") dedicates
less than the document, and stays unresolved.
"""

import re

from pile_assets.licensing.model import Reading

DEDICATION = "LicenseRef-PublicDomain-Dedication"

_WORK = r"this (?:document|pep|work)"
_NOT_POSSIBLE = (
    r"(?: to the extent that placing a work in the public domain is not legally possible, the copyright holder hereby"
    r" grants to all recipients of this work all rights and freedoms that would otherwise be restricted by copyright\.)?"
)
_STATEMENTS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "public-domain",
        re.compile(rf"{_WORK} (?:is (?:hereby )?|has been )(?:placed )?in(?:to)? the public domain\.?{_NOT_POSSIBLE}"),
        DEDICATION,
    ),
    (
        "public-domain-or-cc0",
        re.compile(
            rf"{_WORK} (?:is|has been) placed in the public domain or under the cc0-1\.0-universal license,?"
            r" whichever is more permissive\.?"
        ),
        f"{DEDICATION} OR CC0-1.0",
    ),
    (
        "cc0",
        re.compile(
            rf"{_WORK} (?:is|has been) placed in the public domain under the terms of the cc0 1\.0 license:?"
            r" https?://creativecommons\.org/publicdomain/zero/1\.0/?\.?"
        ),
        "CC0-1.0",
    ),
)
_OPEN_PUBLICATION = re.compile(r"open publication license(?:,? v(?:ersion )?(?P<version>1\.0))?")


def read(raw: str) -> Reading:
    """What the section says. The Open Publication License is recognised anywhere in it: that reading only ever refuses.

    It is not on the table of accepted licences: its options may forbid changed and commercial copies.
    """
    text = re.sub(r"\s+", " ", raw).strip().lower()
    if not text:
        return Reading("unresolved", "pep-copyright:empty")
    for name, statement, spdx in _STATEMENTS:
        if statement.fullmatch(text):
            return Reading("resolved", f"pep-copyright:{name}", spdx)
    if match := _OPEN_PUBLICATION.search(text):
        spdx = "OPUBL-1.0" if match["version"] else "LicenseRef-Open-Publication-License"
        return Reading("resolved", "pep-copyright:open-publication", spdx)
    return Reading("unresolved", "pep-copyright:unknown-wording")
