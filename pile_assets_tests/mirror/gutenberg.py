"""A library in the layout of Project Gutenberg: catalogue, records, archive of records, text files.

Books and records are written here; only their form is that of the real ones.
"""

import bz2
import csv
import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from pile_assets_tests.mirror.server import Mirror

PUBLIC_DOMAIN = "Public domain in the USA."
COPYRIGHTED = "Copyrighted. Read the copyright notice inside this book for details."
CHARSETS = {"0": "utf-8", "8": "iso-8859-1", "": "us-ascii"}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Book:
    """One ebook. `texts` are its files by name; `rights` of None leaves the record without a rights field."""

    number: int
    texts: Mapping[str, bytes]
    title: str = "The Lamp and the Ladder"
    author: str | None = "Author, First"
    died: int | None = None
    role: str | None = None  # somebody else's part, e.g. "trl"
    rights: str | None = PUBLIC_DOMAIN
    languages: str = "en"
    kind: str = "Text"
    posted: str = "2018-01-13T10:04:24"
    downloads: int = 7
    record: bytes | None = b""  # b"": made from the above; None: there is none; else these bytes
    lengths: Mapping[str, int] = field(default_factory=dict)  # where the record shall say something else


def text(body: str, *, title: str = "The Lamp and the Ladder", encoding: str = "utf-8", declared: str | None = None) -> bytes:
    """A text file with header and footer, CRLF line ends, and a byte order mark where the encoding is utf-8-sig."""
    name = declared or {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "ISO-8859-1"}.get(encoding, "ASCII")
    whole = (
        f"The Project Gutenberg EBook of {title}\n\nThis eBook is for testing.\n\nTitle: {title}\n\n"
        f"Character set encoding: {name}\n\n*** START OF THIS PROJECT GUTENBERG EBOOK {title.upper()} ***\n\n\n"
        f"{body}\n\n\nEnd of the Project Gutenberg EBook of {title}\n\n"
        f"*** END OF THIS PROJECT GUTENBERG EBOOK {title.upper()} ***\n\nHere the terms of use would follow.\n"
    )
    return whole.replace("\n", "\r\n").encode(encoding)


def chapter(number: int) -> str:
    """A few paragraphs, different for each number, with letters that the encodings spell differently."""
    return (
        f"CHAPTER {number}\n\nThe lamp stood on the {number}th step, and nobody had lit it.\n\n"
        f"“Déjà vu,” said the ladder – it had said so {number} times.\n\nBelow, the café was closed for the winter."
    )


def plain(words: str) -> str:
    """The same in ASCII, as the plain variant of a book has it."""
    table = str.maketrans({"“": '"', "”": '"', "–": "-", "é": "e", "à": "a"})
    return words.translate(table)


def record(book: Book) -> bytes | None:
    """The RDF record of a book: texts as posted, and beside them what real records list too."""
    if book.record != b"":
        return book.record
    files = [
        _file(f"http://www.gutenberg.org/files/{book.number}/{name}", [f"text/plain; charset={_charset(name)}"],
              book.lengths.get(name, len(content)), book.posted)
        for name, content in book.texts.items() if not name.startswith("pg")
    ]  # fmt: skip
    generated = next((len(content) for name, content in book.texts.items() if name.startswith("pg")), 99)
    files += [
        _file(f"http://www.gutenberg.org/ebooks/{book.number}.txt.utf-8", ["text/plain"], generated, book.posted),
        _file(f"http://www.gutenberg.org/ebooks/{book.number}.epub.noimages", ["application/epub+zip"], 1, book.posted),
        _file(f"http://www.gutenberg.org/files/{book.number}/{book.number}.zip", ["application/zip", "text/plain"], 1, "2001"),
    ]
    author = (
        f'<dcterms:creator><pgterms:agent rdf:about="2009/agents/1"><pgterms:name>{escape(book.author)}</pgterms:name>'
        f"{f'<pgterms:deathdate>{book.died}</pgterms:deathdate>' if book.died is not None else ''}"
        f"</pgterms:agent></dcterms:creator>"
        if book.author
        else ""
    )
    if book.role:
        author += f'<marcrel:{book.role} rdf:resource="2009/agents/2"/>'
    rights = f"<dcterms:rights>{escape(book.rights)}</dcterms:rights>" if book.rights is not None else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xml:base="http://www.gutenberg.org/" xmlns:dcterms="http://purl.org/dc/terms/"
  xmlns:pgterms="http://www.gutenberg.org/2009/pgterms/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:marcrel="http://id.loc.gov/vocabulary/relators/">
  <pgterms:ebook rdf:about="ebooks/{book.number}">
    <dcterms:title>{escape(book.title)}</dcterms:title>{author}{rights}
    <pgterms:downloads>{book.downloads}</pgterms:downloads>
    <dcterms:language><rdf:Description><rdf:value>{book.languages}</rdf:value></rdf:Description></dcterms:language>
    <dcterms:type><rdf:Description><rdf:value>{book.kind}</rdf:value></rdf:Description></dcterms:type>
    {"".join(files)}
  </pgterms:ebook>
</rdf:RDF>
""".encode()


def _charset(name: str) -> str:
    return CHARSETS[name.partition(".")[0].partition("-")[2]]


def _file(address: str, formats: Sequence[str], length: int, posted: str) -> str:
    values = "".join(
        f"<dcterms:format><rdf:Description><rdf:value>{form}</rdf:value></rdf:Description></dcterms:format>" for form in formats
    )
    return (
        f'<dcterms:hasFormat><pgterms:file rdf:about="{address}">{values}<dcterms:extent>{length}</dcterms:extent>'
        f"<dcterms:modified>{posted}</dcterms:modified></pgterms:file></dcterms:hasFormat>"
    )


def catalogue(books: Sequence[Book]) -> bytes:
    """pg_catalog.csv.gz, with the columns of the real one."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["Text#", "Type", "Issued", "Title", "Language", "Authors", "Subjects", "LoCC", "Bookshelves"])
    for book in books:
        writer.writerow(
            [book.number, book.kind, "1993-10-01", f"{book.title}\nA Novel", book.languages, book.author, "", "", ""]
        )
    return gzip.compress(lines.getvalue().encode(), mtime=0)


def records(books: Sequence[Book]) -> bytes:
    """rdf-files.tar.bz2."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for book in books:
            if (content := record(book)) is not None:
                info = tarfile.TarInfo(f"cache/epub/{book.number}/pg{book.number}.rdf")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return bz2.compress(packed.getvalue())


def publish(mirror: Mirror, *books: Book, version: str = "v1") -> None:
    """From `version` on the library holds these books. Book files of earlier versions stay where they are."""
    mirror.publish("/cache/epub/feeds/pg_catalog.csv.gz", catalogue(books), version=version, content_type="application/x-gzip")
    mirror.publish("/cache/epub/feeds/rdf-files.tar.bz2", records(books), version=version)
    for book in books:
        publish_files(mirror, book, version=version)


def publish_files(mirror: Mirror, book: Book, *, version: str = "v1") -> None:
    """The record and the texts of one book, without touching the feeds."""
    content = record(book)
    path = f"/cache/epub/{book.number}/pg{book.number}.rdf"
    if content is None:
        mirror.withdraw(path, version=version)
    else:
        mirror.publish(path, content, version=version, content_type="application/rdf+xml")
    for name, words in book.texts.items():
        folder = "cache/epub" if name.startswith("pg") else "files"
        mirror.publish(f"/{folder}/{book.number}/{name}", words, version=version, content_type="text/plain")


def options(mirror: Mirror, **more: Any) -> dict[str, Any]:
    """Options of the record that point at the mirror and do not wait."""
    return {"base_url": mirror.url, "wait_seconds": 0, **more}
