"""Web pages: licence marks with the place in the page where they stood, because the place says what they are about.

A mark in the head, the footer, the header or the plain body is about the page. One in a figure, a caption, a gallery, a
comment or a sidebar is about what it stands beside, and is kept as a notice: a CC BY badge on a photo does not license the
page around it. One in an article is about the article, which is the page only where the page has one. JSON-LD says by its
types what it is about. An open licence needs a mark (`rel=license`, microdata, RDFa, JSON-LD); a restrictive one that is
merely linked in a place that speaks for the page takes the page out, and so do words that reserve rights there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree
from lxml import html as parser

from pile_assets.licensing import accepted, addresses, normalise, reservations
from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Kind, Reading

LARGEST = 8 * 1024 * 1024
"""Bytes. Larger pages are cut off by crawlers as well; the end of such a page, and its footer, would be missing."""
DEEPEST = 24
"""Levels of JSON-LD that are looked at."""

_PARTS = frozenset(
    {"figure", "figcaption", "aside", "nav", "picture", "video", "audio", "table", "blockquote", "form", "pre", "code"}
)
_PART_CLASS = re.compile(
    r"photo|image|figure|caption|gallery|thumb|media|avatar|comment|sidebar|widget|related|quote|embed|attachment|credit|slide",
    re.IGNORECASE,
)
_BLOCKS = frozenset({"p", "div", "li", "td", "dd", "footer", "section", "header", "address", "small", "article"})
_PAGE_TYPES = frozenset(
    {"WebPage", "WebSite", "Article", "BlogPosting", "NewsArticle", "ScholarlyArticle", "TechArticle", "CreativeWork", "Blog"}
    | {"Book", "Chapter", "LearningResource", "Course", "Report", "Recipe", "Dataset", "ItemPage", "AboutPage", "Legislation"}
)
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "big", "br", "cite", "em", "font", "i", "img", "mark", "small", "span", "strong", "sub", "sup"}
    | {"time", "tt", "u", "wbr"}
)
MOST_INLINE = 100
"""Pieces of inline mark-up within a sentence; what has more is no sentence, and is not put together."""
_PROPERTIES = re.compile(
    r"(?:^|\s)(?:(?:cc|dct|dcterms|dc|schema|xhv):)?licen[cs]e(?:\s|$)|creativecommons\.org/ns#license", re.IGNORECASE
)
_META = re.compile(r"(?:(?:dc|dcterms|dct)\.)?(?:rights|licen[cs]e|rights\.licen[cs]e)|copyright", re.IGNORECASE)
_MARK = re.compile(r"©|\(c\)(?=\s*\d{4})|\bcopyright\b", re.IGNORECASE)
_SENTENCE = 600
"""Characters of the block around a mark that can say what the mark leaves out; a longer block is the text of the page."""


def of_page(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claims of one page, in its order; a page that cannot be read makes one that blocks it."""
    if len(content) > LARGEST:
        return statements.unreadable(f"it has {len(content)} bytes, more than {LARGEST}", path, scope=path, sha256=sha256)
    try:
        reader = parser.HTMLParser(encoding=_charset(content), no_network=True, remove_pis=True, huge_tree=False)
        root = parser.document_fromstring(content, parser=reader)
    except (etree.LxmlError, ValueError, LookupError, AssertionError) as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    page = _Page(root, path, sha256)
    return statements.distinct((*page.marks(), *page.metadata(), *page.json_ld(), *page.mentions(), *page.reservations()))


def _charset(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None  # what the page declares, or what the parser falls back to
    return "utf-8"


class _Page:
    """One parsed page, asked for its claims by the kind of mark-up they stand in."""

    def __init__(self, root: etree._Element, path: str, sha256: str):
        self._root, self._path, self._sha256 = root, path, sha256
        self._articles = sum(1 for _ in root.iter("article"))

    def marks(self) -> Iterator[Claim]:
        """`rel=license` on links and anchors; microdata and RDFa properties that are named license."""
        for element in self._root.iter("*"):
            rel = (element.get("rel") or "").lower().split()
            named = " ".join(filter(None, (element.get("itemprop"), element.get("property"))))
            if "license" in rel or "licence" in rel or _PROPERTIES.search(named):
                address = element.get("href") or element.get("content") or element.get("resource") or element.get("src") or ""
                linked = "license" in rel or "licence" in rel
                yield self._marked(element, address.strip(), "rel=license" if linked else "property license")

    def _marked(self, element: etree._Element, address: str, mark: str) -> Claim:
        region, kind = self._region(element)
        reading = normalise.read(address, "url") if address else Reading("unresolved", "empty")
        around = self._around(element)
        if reading.spdx and kind == "file" and around and _takes_back(around, reading.spdx):
            reading = Reading("conflict", "reservation")
        raw = f"{address} ({around})" if around else address
        return self._claim(kind, raw, reading, f"{mark} in {region}")

    def metadata(self) -> Iterator[Claim]:
        """`<meta>` elements of the head that name rights."""
        for element in self._root.iter("meta"):
            value = (element.get("content") or "").strip()
            if value and _META.fullmatch((element.get("name") or "").strip()):
                if addresses.read(value) is not None:
                    yield self._claim("file", value, normalise.read(value, "url"), f"meta {element.get('name')}")
                elif reservations.reserved(value):
                    yield self._claim("file", value, Reading("conflict", "reservation"), f"meta {element.get('name')}")

    def json_ld(self) -> Iterator[Claim]:
        """`license` of JSON-LD objects: of the page's own types a claim, of pictures and the rest a notice."""
        for script in self._root.iter("script"):
            if (script.get("type") or "").split(";")[0].strip().lower() != "application/ld+json":
                continue
            try:
                data = json.loads(script.text or "")
            except (ValueError, RecursionError):
                continue  # scripts of pages are often broken; what a broken one meant is not asked
            for kind, types, raw in _licences(data, own=True, depth=0):
                place = f"JSON-LD {'/'.join(types) or 'object'}"
                yield self._claim(kind, raw, normalise.read(raw, "url"), place)

    def mentions(self) -> Iterator[Claim]:
        """Links to licences that are no marks: a restrictive one where the page speaks of itself counts, others are notices."""
        for element in self._root.iter("a"):
            rel = (element.get("rel") or "").lower().split()
            if "license" in rel or "licence" in rel or (reading := addresses.read(element.get("href") or "")) is None:
                continue
            region, kind = self._region(element)
            if not accepted.refusal(reading.spdx or reading.family or "") or region == "article":
                kind = "notice"
            yield self._claim(kind, element.get("href") or "", reading, f"link in {region}")

    def reservations(self) -> Iterator[Claim]:
        """Short pieces of text that say "All rights reserved" where the page speaks of itself, also with mark-up among them."""
        for element in self._root.iter("*"):
            own = None if element.tag in ("script", "style", "title") else element.text
            for words, holder in ((own, element), (element.tail, element.getparent()), (_marked_up(element), element)):
                if words and holder is not None and len(words) <= _SENTENCE and reservations.reserved(words):
                    region, kind = self._region(holder)
                    if kind == "file":
                        yield self._claim("file", words, Reading("conflict", "reservation"), f"words in {region}")

    def _region(self, element: etree._Element) -> tuple[str, Kind]:
        """Where an element stands, and whether that place speaks for the page ("file") or for a part of it ("notice")."""
        region = "body"
        for ancestor in (element, *element.iterancestors()):
            tag = ancestor.tag if isinstance(ancestor.tag, str) else ""
            if tag in _PARTS or _of_a_part(ancestor):
                return tag if tag in _PARTS else f"{tag}.{' '.join((ancestor.get('class') or '').split())[:40]}", "notice"
            if tag == "article":
                return "article", "file" if self._articles == 1 else "notice"
            if tag in ("head", "footer", "header", "main"):
                region = tag if region == "body" else region
        return region, "file"

    def _around(self, element: etree._Element) -> str:
        """The words of the nearest block around a mark, where it is short enough to be about the mark."""
        for ancestor in element.iterancestors():
            if ancestor.tag in _BLOCKS and (words := _text(ancestor)):
                return words if len(words) <= _SENTENCE else ""
        return ""

    def _claim(self, kind: Kind, raw: str, reading: Reading, place: str) -> Claim:
        where = f"{self._path} {place}"
        return Claim(kind, self._path, statements.excerpt(raw), reading, "rightsholder", where, self._sha256)


def _of_a_part(element: etree._Element) -> bool:
    """Whether a block's class or id says that it is a picture, a comment or the like; the page's own frame never is."""
    if element.tag in ("html", "body", "main", "head", "footer", "article", "a", "img"):
        return False
    return _PART_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}") is not None


def _takes_back(words: str, spdx: str) -> bool:
    """Whether words around a mark reserve something or name a condition the licence does not have.

    A copyright mark alone reserves nothing: who licenses a work keeps its copyright.
    """
    rest = _MARK.sub(" ", addresses.without(words))
    return reservations.partial(rest) or reservations.beyond(rest, spdx)


def _marked_up(element: etree._Element) -> str:
    """The words of an element that holds only words and inline mark-up; "" where it holds anything else, or a great deal."""
    for number, inner in enumerate(element.iterdescendants()):
        if number == MOST_INLINE or inner.tag not in _INLINE:
            return ""
    return _text(element) if len(element) else ""


def _text(element: etree._Element) -> str:
    return " ".join(" ".join(str(piece) for piece in element.itertext()).split()) if isinstance(element.tag, str) else ""


def _licences(data: Any, *, own: bool, depth: int) -> Iterator[tuple[Kind, tuple[str, ...], str]]:
    """Every `license` in JSON-LD: (kind, types of its object, address). `own` while on the way down from the page itself."""
    if depth > DEEPEST:
        return
    if isinstance(data, list):
        for item in data:
            yield from _licences(item, own=own, depth=depth + 1)
    elif isinstance(data, dict):
        types = _types(data)
        of_page = own and bool(_PAGE_TYPES & set(types))
        for raw in _addresses(data.get("license")):
            yield "file" if of_page else "notice", types, raw
        for key, value in data.items():
            if key != "license":
                yield from _licences(value, own=own and key in ("@graph", "mainEntity", "mainEntityOfPage"), depth=depth + 1)


def _types(data: Mapping[str, Any]) -> tuple[str, ...]:
    types = data.get("@type")
    return tuple(str(one) for one in (types if isinstance(types, list) else [types]) if one)


def _addresses(value: Any) -> list[str]:
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            one = one.get("@id") or one.get("url") or one.get("name")
        if one:
            found.append(str(one))
    return found
