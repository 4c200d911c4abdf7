"""The licence of a JATS article: a `<license>` or `<ali:license_ref>` element, its address, its type, or its sentences.

An element's address and its sentences must say the same, or the sentences less than the address ("the Creative Commons
Attribution License" beside a `by/4.0` address). `license-type` says which licence only where it is one's name; the usual
"open-access" says nothing.
"""

import html
import re

from pile_assets.licensing import addresses
from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import SILENT, Reading

RULE = "jats"
_ATTRIBUTE = re.compile(
    r"\b(?P<name>license-type|(?:xlink:)?href|rdf:resource|rdf:about)\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)')"
)
_TAG = re.compile(r"<[^<>]*>")
_TYPES = frozenset(
    {"", "open-access", "openaccess", "open access", "creative-commons", "creative commons", "creativecommons", "free", "ccc"}
    | {"public-domain", "license", "user-license", "copyright", "author", "publisher", "unrestricted", "text"}
)
"""Values of `license-type` that name no one licence."""


def read(raw: str) -> Reading:
    """What one element, address or sentence says; unresolved where words beside an address are not understood."""
    if "<" not in raw:
        return text.read(raw, articles=True)
    types, places = _attributes(raw)
    stated = [text.read(value) for value in types if value.lower() not in _TYPES]
    stated += [addresses.whole(value) or Reading("unresolved", f"{RULE}:address") for value in dict.fromkeys(places)]
    if words := " ".join(html.unescape(_TAG.sub(" ", raw)).split()):
        stated.append(text.read(words, articles=True))
    return text.together([reading for reading in stated if reading.rule != SILENT], RULE)


def _attributes(raw: str) -> tuple[list[str], list[str]]:
    """The types and the addresses of the licence elements; links of the sentences are addresses too."""
    types: list[str] = []
    places: list[str] = []
    for match in _ATTRIBUTE.finditer(raw):
        value = html.unescape(match["a"] if match["a"] is not None else match["b"]).strip()
        (types if match["name"] == "license-type" else places).append(value)
    return types, places
