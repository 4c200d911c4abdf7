"""The free-text `License` field of Python core metadata: an identifier, a name, an address, or a whole licence text."""

from pile_assets.licensing import expressions, stanzas, texts
from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import SILENT, Reading

_NOTHING = frozenset({"", "unknown", "none", "n/a", "see license", "see license file", "license.txt", "license"})
_FULL_TEXT = 300
"""Characters. A longer value is a licence text pasted into the field."""


def read(raw: str) -> Reading:
    """What the field says; the rule is `model.SILENT` where it says nothing ("UNKNOWN")."""
    value = raw.strip()
    if value.lower().replace("licence", "license").strip(" .") in _NOTHING:
        return Reading("unresolved", SILENT)
    if len(value) > _FULL_TEXT or value.count("\n") > 2:
        own, _ = stanzas.split("\n".join(line.strip() for line in value.splitlines()))
        return texts.recognise(own)
    tree = expressions.parse(value)
    return text.read(value) if tree is None else Reading("resolved", "spdx", str(tree))
