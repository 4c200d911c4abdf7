"""The catalogue record of one Project Gutenberg book, RDF/XML with Dublin Core terms.

What belongs here: the facts of a record that a document or the version of a partition depends on, and no others. What may
not: judging what the rights field says, or which of the listed files are wanted. The download counter, the bookshelves
and the e-reader editions change every day or week and say nothing about the text, so they are not read at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from pile_assets.licensing.public_domain import Work
from pile_assets.sources.formats import xml
from pile_assets.sources.formats.xml import UnreadableXml

LARGEST = 4 * 1024 * 1024
"""Bytes. The records of 2018 have 5 to 65 kB."""

_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dcterms": "http://purl.org/dc/terms/",
    "pgterms": "http://www.gutenberg.org/2009/pgterms/",
}
_ROLES = "{http://id.loc.gov/vocabulary/relators/}"
_RESOURCE = f"{{{_SPACES['rdf']}}}resource"
_ABOUT = f"{{{_SPACES['rdf']}}}about"


@dataclass(frozen=True)
class TextFile:
    """One plain-text file a record lists, with what it says of its bytes."""

    path: str  # the path of its address, e.g. "/files/84/84-0.txt"
    bytes: int | None
    modified: str | None  # as written; only ever compared for equality
    charset: str | None


@dataclass(frozen=True)
class Book:
    """What the catalogue says of one ebook."""

    number: int
    rights: tuple[str, ...]  # every dcterms:rights, in order
    title: str | None
    authors: tuple[str, ...]
    deaths: tuple[int | None, ...]  # year of death of every creator, negative before Christ; None where the record has none
    roles: tuple[str, ...]  # MARC relators of everybody else, e.g. "trl" for a translator, sorted
    languages: tuple[str, ...]
    kinds: tuple[str, ...]  # DCMI types: "Text", "Sound", ...
    texts: tuple[TextFile, ...]  # sorted by path


def read_book(content: bytes, number: int) -> Book:
    """The record of ebook `number`. Raises UnreadableXml, also where the record is about another book."""
    root = xml.parse(content, LARGEST)
    ebook = root.find("pgterms:ebook", _SPACES)
    if ebook is None or ebook.get(_ABOUT) != f"ebooks/{number}":
        raise UnreadableXml(f"it is no record of ebook {number}")
    return Book(
        number=number,
        rights=tuple(_words(ebook, "dcterms:rights")),
        title="; ".join(_words(ebook, "dcterms:title")) or None,
        authors=tuple(_words(ebook, "dcterms:creator/pgterms:agent/pgterms:name")),
        deaths=tuple(_death(root, creator) for creator in ebook.iterfind("dcterms:creator", _SPACES)),
        roles=tuple(sorted({str(child.tag).removeprefix(_ROLES) for child in ebook if str(child.tag).startswith(_ROLES)})),
        languages=tuple(_words(ebook, "dcterms:language//rdf:value")),
        kinds=tuple(_words(ebook, "dcterms:type//rdf:value")),
        texts=tuple(sorted(_texts(ebook), key=lambda text: text.path)),
    )


PRINT = 1500
"""Authors who died before this year did not see their text as it is read now."""
_LATER_HANDS = re.compile(
    r"translat|edited|edition|illustrat|abridged|adapted|retold|introduction|preface|annotated|notes by|compiled", re.IGNORECASE
)
"""Words of a title that tell of a translator, editor or illustrator whom the record does not list."""


def work(book: Book) -> Work:
    """What the record knows of the term: deaths, and whether others than the authors have a part. It has no year of
    publication, and its rights field speaks for the United States (`licensing.public_domain.grounded`)."""
    return Work(
        deaths=book.deaths,
        layers=bool(book.roles) or _LATER_HANDS.search(book.title or "") is not None or _is_ancient(book),
        kind="text" if book.kinds == ("Text",) else "unknown",
    )


def _is_ancient(book: Book) -> bool:
    """Whether the text is older than print, so that what is read today is somebody's edition or translation, named or not."""
    return any(death is not None and death < PRINT for death in book.deaths)


def _death(root: etree._Element, creator: etree._Element) -> int | None:
    """The year of death of a creator, who may be described elsewhere in the record; None where it gives none or several."""
    agent = creator.find("pgterms:agent", _SPACES)
    if agent is None and (name := creator.get(_RESOURCE)):
        agent = next((found for found in root.iter(f"{{{_SPACES['pgterms']}}}agent") if found.get(_ABOUT) == name), None)
    years = set(_words(agent, "pgterms:deathdate")) if agent is not None else set()
    text = years.pop() if len(years) == 1 else ""
    return int(text) if re.fullmatch(r"-?\d{1,4}", text) else None


def _texts(ebook: etree._Element) -> Iterator[TextFile]:
    for file in ebook.iterfind("dcterms:hasFormat/pgterms:file", _SPACES):
        formats = list(_words(file, "dcterms:format//rdf:value"))
        if not formats or any(not form.startswith("text/plain") for form in formats):
            continue  # an archive of a text is listed with both media types
        charset = re.search(r"charset=\"?([\w.-]+)", " ".join(formats))
        extent = next(iter(_words(file, "dcterms:extent")), "")
        yield TextFile(
            path=_path(file.get(_ABOUT) or ""),
            bytes=int(extent) if re.fullmatch(r"\d{1,15}", extent) else None,
            modified=next(iter(_words(file, "dcterms:modified")), None),
            charset=charset[1].lower() if charset else None,
        )


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _words(element: etree._Element, path: str) -> Iterator[str]:
    for found in element.iterfind(path, _SPACES):
        words = re.sub(r"\s+", " ", "".join(str(piece) for piece in found.itertext())).strip()
        if words:
            yield words
