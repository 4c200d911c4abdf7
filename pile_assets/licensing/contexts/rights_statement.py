"""Standardised statements of cultural institutions: rightsstatements.org 1.0 and Europeana's former ones, by address or label.

None of them is a licence. `NoC-US` and the like tell of a jurisdiction or a condition and stay what they are: each is a
`LicenseRef-RS-` name, and none is on the table of accepted licences.
"""

import re
from collections.abc import Mapping

from pile_assets.licensing import addresses, names
from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import Reading

LABELS: Mapping[str, str] = {
    "In Copyright": "InC",
    "In Copyright - EU Orphan Work": "InC-OW-EU",
    "In Copyright - Educational Use Permitted": "InC-EDU",
    "In Copyright - Non-Commercial Use Permitted": "InC-NC",
    "In Copyright - Rights-holder(s) Unlocatable or Unidentifiable": "InC-RUU",
    "No Copyright - Contractual Restrictions": "NoC-CR",
    "No Copyright - Non-Commercial Use Only": "NoC-NC",
    "No Copyright - Other Known Legal Restrictions": "NoC-OKLR",
    "No Copyright - United States": "NoC-US",
    "Copyright Not Evaluated": "CNE",
    "Copyright Undetermined": "UND",
    "No Known Copyright": "NKC",
}
"""The twelve statements, label to code."""

_BY_LABEL = {names.phrase(label): code for label, code in LABELS.items()}
_BY_CODE = {code.lower(): code for code in LABELS.values()}


def read(raw: str) -> Reading:
    """The statement whose label, code or address `raw` is; Creative Commons licences and dedications as in `text`."""
    key = names.phrase(raw)
    code = _BY_LABEL.get(re.sub(r"\s*[-\u2013\u2014]\s*", " - ", key)) or _BY_LABEL.get(key) or _BY_CODE.get(key)
    if code:
        return Reading("resolved", "rights-statement", f"LicenseRef-RS-{code}")
    return addresses.whole(raw.strip()) or text.read(raw)
