"""Texts of the United Kingdom: CLML legislation and parliamentary debates in the publicwhip form.

The Open Government Licence covers what legislation.gov.uk publishes, the Open Parliament Licence what the two Houses do;
both are said on web sites and hardly ever in a file. What files do say is which of them the statement can reach: other
parliaments publish in the same forms under other terms, and some legislation comes from the EU or from Westlaw and is
under two licences at once.
"""

import re
from collections.abc import Iterator

from lxml import etree

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Reading
from pile_assets.sources.formats import xml

LARGEST = 64 * 1024 * 1024
LAYERED = "second-licence"
"""Rule of a reading where a file belongs to somebody besides the Crown, so that the Crown's licence is not all of it."""
OTHER_BODY = "another-parliament"
"""Rule of a reading where a debate is not of the Houses whose licence a source relies on."""

_DC = "{http://purl.org/dc/elements/1.1/}"
_LICENCE_LINK = re.compile(r"nationalarchives\.gov\.uk/doc/open-government-licence/version/\d/?")
_OTHERS = re.compile(r"westlaw|eur-?lex|european union|publications office", re.IGNORECASE)
_EU_ORIGIN = re.compile(r"/id/(?:eur|eudn|eudr|eut)/")
_HOUSES = re.compile(r"uk\.org\.publicwhip/(?:debate|lords|wrans|wms|westminhall|westminster|lordswrans|lordswms|standing)/")
_ELSEWHERE = re.compile(r"uk\.org\.publicwhip/(?:sp|ni|spwa|spor|london|senedd|welsh)|org\.openaustralia|aph\.gov\.au|parlinfo")


def of_legislation(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """One CLML document: a licence link where it carries one, and a block where it is not the Crown's alone."""
    try:
        root = xml.parse_typed(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    return statements.distinct(_of_clml(root, path, sha256))


def _of_clml(root: etree._Element, path: str, sha256: str) -> Iterator[Claim]:
    for publisher in root.iter(f"{_DC}publisher"):
        if _OTHERS.search(publisher.text or ""):
            yield _block(LAYERED, publisher.text or "", path, "dc:publisher", sha256)
    if _EU_ORIGIN.search(root.get("IdURI", "")):
        yield _block(LAYERED, root.get("IdURI", ""), path, "IdURI", sha256)
    for element in root.iter("*"):
        address = element.get("href") or ""
        if element.get("rel") == "license" or _LICENCE_LINK.search(address):
            yield from statements.stated(address, "url", f"{path} link", scope=path, who="host", sha256=sha256)


def of_debates(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """One publicwhip file: nothing where it is of the two Houses, a block where it is not or does not say."""
    if len(content) > LARGEST:
        return statements.unreadable(f"it has {len(content)} bytes", path, scope=path, sha256=sha256)
    head = content[:200_000].decode("utf-8", errors="replace")
    if (found := _ELSEWHERE.search(head)) or not _HOUSES.search(head):
        return (_block(OTHER_BODY, found[0] if found else "no identifier of the two Houses", path, "id", sha256),)
    return ()


def _block(rule: str, raw: str, path: str, field: str, sha256: str) -> Claim:
    return Claim("file", path, statements.excerpt(raw), Reading("unresolved", rule), "third-party", f"{path} {field}", sha256)
