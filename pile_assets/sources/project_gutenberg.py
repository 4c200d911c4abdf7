"""Project Gutenberg: plain-text ebooks in blocks of ebook numbers, each judged by the rights field of its catalogue record.

What belongs here: which books there are, how they fall into partitions, which files of a book are its text, and how they
become documents. What may not: HTTP manners (`http`), parsing (`formats.rdf`, `formats.gutenberg_catalogue`,
`formats.gutenberg_text`, `formats.text_encoding`), or what a rights sentence means (`licensing.contexts.gutenberg_rights`).

A partition is a block of numbers and is named by its first ("ebooks-000100"). Its version is known without downloading a
text: it is a hash over each book's row of the daily catalogue and the facts of its RDF record (`formats.rdf.Book`), which
give length and posting time of every text file, as the publisher wrote them. So the version changes when a row, a record
or a posted text changes, and not with the download counters, which move every day. Records are asked for one by one,
conditionally, where the operator has chosen a few books, and otherwise taken from the archive of all records that the
publisher offers for harvesting; both ways give the same version. A text is downloaded once per posting: it stays in
the cache under its length and time, so that one changed book does not fetch its block again.

The texts of a book in several encodings ("84-0.txt", "84-8.txt", "84.txt") are separate documents on purpose: which of
them is kept is for the duplicate step. The generated "84.txt.utf-8" is only taken where nothing else is listed.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from pile_assets.errors import PileError
from pile_assets.licensing import verdict
from pile_assets.licensing.extract import gutenberg
from pile_assets.licensing.model import Verdict
from pile_assets.sources.formats import gutenberg_catalogue, gutenberg_text, rdf, tarball, text_encoding
from pile_assets.sources.formats.xml import UnreadableXml
from pile_assets.sources.http import Client, Missing, TooLarge
from pile_assets.sources.http_cache import alone
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, Upstream
from pile_assets.sources.options import BaseUrl, Options, read_options

VERSION = "3"
LIBRARIES: tuple[str, ...] = ("lxml",)
HOST: str | None = "www.gutenberg.org"

PUBLISHED_AT = "https://www.gutenberg.org"
CATALOGUE = "/cache/epub/feeds/pg_catalog.csv.gz"
RECORDS = "/cache/epub/feeds/rdf-files.tar.bz2"

FEW = 200
"""Up to so many books have their records asked for one by one; for more, the archive of all records is the lighter load."""

GIVE_UP_AFTER = 3
"""So many records in a row that cannot be had mean that the server is down, and the discovery ends."""

LARGEST_FEED = 2 * 1024 * 1024 * 1024
ALL_RECORDS = tarball.Bounds(total=16 * 1024 * 1024 * 1024)
"""Bounds of the feeds in bytes. The archive of all records has about 100 MB, and 1.5 GB unpacked."""


class GutenbergOptions(Options):
    """`numbers` and `languages` choose books, by default all. `block` must not change once shards exist: keys are for ever."""

    ASKING = frozenset({"base_url", "numbers", "languages", "wait_seconds"})

    base_url: BaseUrl = PUBLISHED_AT  # or a mirror with the same layout
    block: Annotated[int, Field(ge=1, le=10_000)] = 100  # ebook numbers per partition
    numbers: tuple[str, ...] = ()  # "84" or "1000-1099"
    languages: tuple[str, ...] = ()  # codes as in the catalogue; a book in several is taken if one is named
    wait_seconds: Annotated[float, Field(ge=0, le=3_600)] = 2.0  # between two requests: what the publisher asks of harvesters

    @field_validator("numbers", mode="before")
    @classmethod
    def _ranges(cls, value: object) -> object:
        entries = [str(entry) for entry in value] if isinstance(value, list | tuple) else value
        for entry in entries if isinstance(entries, list) else []:
            match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", entry)
            if match is None or (match[2] and int(match[2]) < int(match[1])):
                raise ValueError(f"{entry!r} is neither an ebook number nor a range like 1000-1099")
        return entries

    def chosen(self, rows: Iterable[gutenberg_catalogue.Row]) -> dict[int, gutenberg_catalogue.Row]:
        """The rows of the texts that the options choose, by number."""
        numbers: set[int] = set()
        for entry in self.numbers:
            low, _, high = entry.partition("-")
            numbers.update(range(int(low), int(high or low) + 1))
        return {
            row.number: row
            for row in rows
            if row.kind == "Text"
            and (not numbers or row.number in numbers)
            and (not self.languages or not row.languages.isdisjoint(self.languages))
        }

    def key(self, number: int) -> str:
        return f"ebooks-{number // self.block * self.block:06d}"


OPTIONS: type[Options] = GutenbergOptions


# -- upstream --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Standing:
    """What the record of one book amounts to: a digest of its facts, its texts, their bytes.

    The digest is None where there is no record, or one so large that it is none.
    """

    digest: str | None
    texts: int = 0
    bytes: int = 0


def discover(context: SourceContext) -> Discovery:
    """The chosen books by blocks. Incomplete where single records could not be had: their blocks keep their last version."""
    options, client = _open(context)
    try:
        catalogue = client.get(options.base_url + CATALOGUE, limit=LARGEST_FEED)
        rows = options.chosen(gutenberg_catalogue.read_rows(catalogue.path))
        if not rows:
            raise PileError(
                "No text in the catalogue is among the chosen numbers and languages.",
                remedy=f"Mend options.numbers or options.languages in {context.source}.yaml.",
            )
        if len(rows) <= FEW:
            standings, failures = _one_by_one(client, options, sorted(rows))
        else:
            standings, failures = _from_archive(client, options, context.cache, sorted(rows)), []
    except PileError as found:
        raise found.at(source=context.source) from found
    untold = {options.key(number) for number in rows if number not in standings}
    partitions = {}
    for key, numbers in itertools.groupby(sorted(rows), options.key):
        if key not in untold:
            books = {number: standings[number] for number in numbers}
            partitions[key] = _upstream(context.cache, key, books, {number: rows[number].digest for number in books})
    return Discovery(partitions, complete=not untold, notes=tuple(failures))


def _upstream(cache: Path, key: str, books: Mapping[int, _Standing], rows: Mapping[int, str]) -> Upstream:
    """The block's version, written down with its books for fetch()."""
    facts = [[number, rows[number], standing.digest] for number, standing in books.items()]
    version = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    note = {"version": version, "books": {str(number): standing.digest for number, standing in books.items()}}
    path = cache / "blocks" / f"{key}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(note, sort_keys=True))
    return Upstream(
        version,
        documents=sum(standing.texts for standing in books.values()),
        bytes=sum(standing.bytes for standing in books.values()),
        url=f"{PUBLISHED_AT}/ebooks/{min(books)}",
    )


def _one_by_one(client: Client, options: GutenbergOptions, numbers: Sequence[int]) -> tuple[dict[int, _Standing], list[str]]:
    """Standings by conditional requests, and in words which could not be had. Raises PileError where the server is down."""
    standings: dict[int, _Standing] = {}
    failures: list[str] = []
    in_a_row = 0
    for number in numbers:
        try:
            record = client.get(options.base_url + _record_path(number), limit=rdf.LARGEST)
        except (Missing, TooLarge):
            standings[number] = _Standing(None)
        except PileError as found:
            in_a_row += 1
            if in_a_row == GIVE_UP_AFTER or in_a_row == len(numbers):
                raise
            failures.append(f"ebook {number}: {found.cause}")
            continue
        else:
            standings[number] = _standing(record.read(), number)
            client.pin(record, standings[number].digest or "")
        in_a_row = 0
    return standings, failures


def _from_archive(client: Client, options: GutenbergOptions, cache: Path, numbers: Sequence[int]) -> dict[int, _Standing]:
    """Standings from the archive of all records, read once per archive."""
    archive = client.get(options.base_url + RECORDS, limit=LARGEST_FEED)
    held = cache / f"records-{VERSION}-{archive.sha256}.json"
    try:
        found = {int(number): _Standing(*standing) for number, standing in json.loads(held.read_bytes()).items()}
    except (FileNotFoundError, ValueError, TypeError):
        found = dict(_archived(archive.path))
        for old in sorted(cache.glob("records-*.json")):
            old.unlink(missing_ok=True)
        held.write_text(json.dumps({number: [s.digest, s.texts, s.bytes] for number, s in sorted(found.items())}))
    return {number: found.get(number, _Standing(None)) for number in numbers}


def _archived(archive: Path) -> Iterator[tuple[int, _Standing]]:
    for member in tarball.members(archive, ALL_RECORDS):
        match = re.search(r"(?:^|/)(\d{1,6})/pg\1\.rdf$", member.name)
        if match is not None and member.size <= rdf.LARGEST:
            yield int(match[1]), _standing(b"".join(member.chunks()), int(match[1]))


def _standing(content: bytes, number: int) -> _Standing:
    try:
        book = rdf.read_book(content, number)
    except UnreadableXml:
        return _Standing(f"unreadable:{hashlib.sha256(content).hexdigest()}")
    texts = _texts(book)
    digest = hashlib.sha256(json.dumps(asdict(book)).encode()).hexdigest()
    return _Standing(digest, len(texts), sum(text.bytes or 0 for text in texts))


def fetch(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
    """The record and the texts of every book of the block, sorted by path."""
    books = _noted(context.cache, partition, upstream.version)
    if books is None:
        with alone(context.cache):  # blocks are fetched side by side, and one of them asks for all
            if (books := _noted(context.cache, partition, upstream.version)) is None:
                discover(context)
                books = _noted(context.cache, partition, upstream.version)
    if books is None:
        raise PileError(
            "The catalogue has moved on since this version was discovered.",
            remedy="Run `pile build` again: it discovers first.",
            source=context.source,
            partition=partition,
        )
    options, client = _open(context)
    for number in sorted(books, key=lambda number: f"{number}/"):
        try:
            yield from sorted(_book(context, options, client, number, books[number]), key=lambda file: file.path)
        except PileError as found:
            raise found.at(source=context.source, partition=partition, document=str(number)) from found


def _noted(cache: Path, partition: str, version: str) -> dict[int, str | None] | None:
    """The books of a block and the digests of their records, as discover() wrote them down for this version."""
    try:
        note = json.loads((cache / "blocks" / f"{partition}.json").read_bytes())
        return {int(number): digest for number, digest in note["books"].items()} if note["version"] == version else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _book(
    context: SourceContext, options: GutenbergOptions, client: Client, number: int, digest: str | None
) -> Iterator[RawFile]:
    """The record of a book, then the texts it lists; without a record, one text from where it would be."""

    def get(path: str, limit: int, pin: str | None = None) -> RawFile:
        fetched = client.get(options.base_url + path, limit=limit, pin=pin)
        return RawFile(f"{number}/{path.rsplit('/', 1)[1]}", PUBLISHED_AT + path, fetched.read(), fetched.facts)

    if digest is None:
        for path in _conventional_paths(number):
            with suppress(Missing, TooLarge):
                yield get(path, context.partition_bytes)
                return
        return
    record = get(_record_path(number), rdf.LARGEST, digest)
    yield record
    try:
        texts = _texts(rdf.read_book(record.content, number))
    except UnreadableXml:
        return  # documents() says so; without a readable record the texts cannot be admitted
    for text in texts:
        if _too_large(context, text):
            continue  # documents() says so
        posting = f"{text.bytes} bytes of {text.modified}" if text.modified else None
        with suppress(Missing, TooLarge):  # documents() says so: the record lists it
            file = get(_address(text), context.partition_bytes, posting)
            if _is_short(file, text):  # cut off on the way? HTTP cannot always tell; the second answer counts
                client.forget(options.base_url + _address(text))
                file = get(_address(text), context.partition_bytes, posting)
            yield file


def _open(context: SourceContext) -> tuple[GutenbergOptions, Client]:
    options = read_options(context, GutenbergOptions)
    return options, Client(context.source, context.cache / "http", interval=options.wait_seconds, wishes=context.wishes)


# -- which files are the text of a book ------------------------------------------------------------------------------------


def _record_path(number: int) -> str:
    return f"/cache/epub/{number}/pg{number}.rdf"


def _conventional_paths(number: int) -> Iterator[str]:
    """Where the text of a book without a record would be; the first that exists is enough, since it will be held."""
    yield from (f"/files/{number}/{number}{variant}.txt" for variant in ("-0", "-8", ""))
    yield f"/cache/epub/{number}/pg{number}.txt"


def _texts(book: rdf.Book) -> list[rdf.TextFile]:
    """The posted texts a record lists or, where there are none, the generated one."""
    number = book.number
    posted = [text for text in book.texts if re.fullmatch(rf"/files/{number}/{number}(?:-\d)?\.txt", text.path)]
    generated = (f"/ebooks/{number}.txt.utf-8", f"/cache/epub/{number}/pg{number}.txt")
    return posted or [text for text in book.texts if text.path in generated][:1]


def _address(text: rdf.TextFile) -> str:
    """The path a text is served under: the short address of a generated text only redirects there."""
    return re.sub(r"^/ebooks/(\d+)\.txt\.utf-8$", r"/cache/epub/\1/pg\1.txt", text.path)


def _too_large(context: SourceContext, text: rdf.TextFile) -> bool:
    """Whether the record already says that this text would be refused: then it is not downloaded."""
    return text.bytes is not None and text.bytes > context.document_bytes


def _is_short(file: RawFile, text: rdf.TextFile) -> bool:
    return text.bytes is not None and len(file.content) < text.bytes


# -- documents -------------------------------------------------------------------------------------------------------------


def documents(context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
    """One document per text file, judged by the book's record; the record itself is counted and yields none."""
    for number, files in itertools.groupby(raw, key=lambda file: int(file.path.partition("/")[0])):
        yield from _book_documents(context, number, list(files))


def _book_documents(context: SourceContext, number: int, files: Sequence[RawFile]) -> Iterator[Document | Skipped]:
    record = next((file for file in files if file.path.endswith(".rdf")), None)
    book, unreadable = None, None
    if record is not None:
        try:
            book = rdf.read_book(record.content, number)
        except UnreadableXml as error:
            unreadable = str(error)
    listed = {_address(text): text for text in _texts(book)} if book else {}
    judged = _verdict(number, record, book)
    for file in files:
        if file is not record:
            yield _document(context, file, book, listed.get(file.url.removeprefix(PUBLISHED_AT)), judged)
        elif unreadable is not None:
            yield _skipped(file, "unreadable-record", f"The catalogue record is not read: {unreadable}.")
        else:
            yield Skipped(file.path, "catalogue-record")
            yield from _not_had(context, file, listed, {other.url for other in files})


def _not_had(context: SourceContext, record: RawFile, listed: Mapping[str, rdf.TextFile], had: set[str]) -> Iterator[Skipped]:
    for path, text in listed.items():
        if PUBLISHED_AT + path in had:
            continue
        if _too_large(context, text):
            yield _skipped(record, "too-large", f"{path} has {text.bytes} bytes, the cap is {context.document_bytes}.")
        else:
            yield _skipped(
                record,
                "text-missing",
                f"The record lists {path}, which the server does not have, or not in a size that is read.",
            )


def _document(
    context: SourceContext, file: RawFile, book: rdf.Book | None, listed: rdf.TextFile | None, judged: Verdict
) -> Document | Skipped:
    size = len(file.content)
    if size > context.document_bytes:
        return _skipped(file, "too-large", f"The file has {size} bytes, the cap is {context.document_bytes}.")
    if not file.content.strip():
        return _skipped(file, "empty", "The file has no text.")
    if listed is not None and _is_short(file, listed):
        return _skipped(file, "truncated", f"The file has {size} bytes, its record promises {listed.bytes}.")
    declared = (listed.charset if listed else None) or gutenberg_text.declared_encoding(file.content)
    try:
        text = gutenberg_text.body(text_encoding.decode(file.content, declared))
    except text_encoding.WrongEncoding as error:
        return _skipped(file, "wrong-encoding", f"The text cannot be read: {error}.")
    if not text:
        return _skipped(file, "empty", "There is nothing between header and footer.")
    return Document(
        native_id=file.path,
        url=file.url,
        media_type="text/plain",
        text=text,
        verdict=judged,
        raw_path=file.path,
        raw_sha256=hashlib.sha256(file.content).hexdigest(),
        title=book.title if book else None,
        author="; ".join(book.authors) or None if book else None,
        work=rdf.work(book) if book else None,
    )


def _skipped(file: RawFile, reason: str, detail: str) -> Skipped:
    return Skipped(file.path, reason, f"{detail} Next: look at {file.url}; the other texts are not affected.", problem=True)


def _verdict(number: int, record: RawFile | None, book: rdf.Book | None) -> Verdict:
    """What the catalogue says of the book. The words inside its texts are never asked."""
    if record is None:
        return verdict.hold(
            verdict.NOTHING_SAID, "the catalogue has no usable record of the book", "gutenberg-rights:no-record"
        )
    if book is None:
        return verdict.hold(verdict.NOTHING_SAID, "the catalogue record is not readable", "gutenberg-rights:unreadable-record")
    if not book.rights:
        return verdict.hold(verdict.NOTHING_SAID, "the catalogue record states no rights", "gutenberg-rights:empty")
    scope = f"{number}/"
    return verdict.decide(scope, gutenberg.of_book(book, scope, record.path, hashlib.sha256(record.content).hexdigest()))
