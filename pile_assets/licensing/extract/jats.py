"""Articles in JATS, the format of PubMed Central and of most publishers: the permissions of the article itself.

Only what stands in the article's own metadata speaks for it. Figures, boxes and sub-articles have permissions of their
own, which are kept as notices: a CC BY photo does not license its article, nor does an article its photo. Articles before
JATS 0.4 state their licence in the copyright statement.
"""

import re
from collections.abc import Iterator

from lxml import etree

from pile_assets.licensing import reservations
from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Kind, Reading
from pile_assets.sources.formats import xml

LARGEST = 64 * 1024 * 1024
"""Bytes. Articles of 2024 have 20 kB to 3 MB; supplements inside the XML make some much larger."""

_ALI = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_STATEMENTS = ("license", _ALI)
_SPEAKS_OF_LICENCE = re.compile(r"licen[cs]e|creative commons|open[- ]access|public domain", re.IGNORECASE)
_OWN = ("front/article-meta", "front-stub", "article-meta")


def of_article(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claims of one article; an article that cannot be read makes one that blocks it."""
    try:
        root = xml.parse_typed(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    article = root if root.tag == "article" else next(root.iter("article"), root)
    own = next((found for name in _OWN if (found := article.find(name)) is not None), None)
    claims: list[Claim] = []
    if own is not None:
        claims += _of_metadata(own, path, sha256)
    for permissions in article.iter("permissions"):
        if own is None or permissions.getparent() is not own:
            claims += _of_permissions(permissions, path, sha256, "notice")
    return statements.distinct(claims)


def _of_metadata(own: etree._Element, path: str, sha256: str) -> Iterator[Claim]:
    permissions = own.findall("permissions")
    for found in permissions:
        yield from _of_permissions(found, path, sha256, "file")
    if not permissions:
        for statement in own.iter("copyright-statement"):
            words = _words(statement)
            if _SPEAKS_OF_LICENCE.search(words):
                yield from statements.stated(words, "jats", f"{path} copyright-statement", scope=path, sha256=sha256)


def _of_permissions(permissions: etree._Element, path: str, sha256: str, kind: Kind) -> Iterator[Claim]:
    holder = permissions.getparent()
    where = f"{path} permissions" if kind == "file" else f"{path} {holder.tag if holder is not None else ''}/permissions"
    for element in permissions:
        if element.tag in _STATEMENTS:
            raw = etree.tostring(element, encoding="unicode", with_tail=False)
            yield from statements.stated(raw, "jats", where, kind=kind, scope=path, sha256=sha256)
        elif element.tag == "copyright-statement" and kind == "file" and reservations.reserved(_words(element)):
            reserved = Reading("conflict", "reservation")
            yield Claim(kind, path, statements.excerpt(_words(element)), reserved, "rightsholder", where, sha256)


def _words(element: etree._Element) -> str:
    return " ".join("".join(str(piece) for piece in element.itertext()).split())
