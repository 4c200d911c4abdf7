"""Which extractor reads which sample: one function per source, from its files to the units that are judged.

A unit is what could become a document: an article, a row, a page, a file of a repository. Files that could not are units
without claims, with the word for what they are.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from pile_assets.licensing import claims as licence_files
from pile_assets.licensing.extract import (
    bibliographic,
    cnxml,
    datasets,
    deb_copyright,
    gutenberg,
    html,
    jats,
    libraries,
    oai,
    proposals,
    repository,
    silent,
    stackexchange,
    uk_government,
    us_government,
)
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import dist_info, rdf, source_files, xml
from pile_assets_tests.licensing.survey import reading

ON = date(2026, 11, 25)
"""The day on which licences that begin later are not in force; fixed, so that the survey says the same every day."""
EVIDENCE, NO_TEXT, STUB = "evidence", "no text of its own", "stub"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Unit:
    """One thing that was looked at: the sample file it is from, its own name, its claims, or what it is instead of text."""

    file: str
    name: str
    claims: tuple[Claim, ...] = ()
    no_document: str | None = None


def of_source(source: str, files: Files) -> Iterator[Unit]:
    """All units of one sample source. Every file yields at least one."""
    yield from _SOURCES[source](files)


def _each(extract: Callable[[bytes, str], tuple[Claim, ...]]) -> Callable[[Files], Iterator[Unit]]:
    """A source whose every file is one document."""

    def units(files: Files) -> Iterator[Unit]:
        for path, content in files.items():
            yield Unit(path, path, extract(content, path))

    return units


def _silent(kind: str) -> Callable[[Files], Iterator[Unit]]:
    """A source in a format that states no licence."""
    assert kind in silent.WHY, kind
    return _each(lambda content, path: ())


def _other(word: str) -> Callable[[Files], Iterator[Unit]]:
    def units(files: Files) -> Iterator[Unit]:
        yield from (Unit(path, path, no_document=word) for path in files)

    return units


def _archives(of_archive: Callable[[str, Files], Iterator[Unit]]) -> Callable[[Files], Iterator[Unit]]:
    def units(files: Files) -> Iterator[Unit]:
        for path, content in files.items():
            if path.endswith(".tar.gz"):
                yield from of_archive(path, reading.inside(content))
            else:
                yield Unit(path, path, no_document=EVIDENCE)

    return units


def _peps(file: str, tree: Files) -> Iterator[Unit]:
    for path, content in tree.items():
        if re.search(r"pep-\d{4}\.(?:rst|txt)$", path):
            yield Unit(file, path, proposals.of_pep(reading.text(content), path, plain=path.endswith(".txt")))


def _bips(file: str, tree: Files) -> Iterator[Unit]:
    for path, content in tree.items():
        if re.search(r"bip-\d+\.(?:mediawiki|md)$", path):
            yield Unit(file, path, proposals.of_bip(reading.text(content), path))


def _eips(file: str, tree: Files) -> Iterator[Unit]:
    for path, content in tree.items():
        if path.endswith(".md") and "eip-" in path:
            text = reading.text(content)
            moved = STUB if proposals.moved(text) else None
            yield Unit(file, path, () if moved else proposals.of_eip(text, path), moved)


def _rfcs(file: str, tree: Files) -> Iterator[Unit]:
    claims = proposals.of_rust_rfcs(reading.text(tree["README.md"]), "README.md")
    yield from (Unit(file, path, claims) for path in tree if path.startswith("text/"))


def _law(file: str, tree: Files) -> Iterator[Unit]:
    yield from (Unit(file, path) for path in tree if path.endswith(".xml"))


def _book(file: str, tree: Files) -> Iterator[Unit]:
    claims = cnxml.of_book(tree)
    yield from (Unit(file, path, claims) for path in tree if path.endswith("index.cnxml"))


def _repository(file: str, tree: Files) -> Iterator[Unit]:
    judged = repository.Tree(tree)
    for path in tree:
        if licence_files.is_licence_file(path) or path.startswith(("LICENSES/", ".reuse/")) or path.endswith(".license"):
            yield Unit(file, path, no_document=EVIDENCE)
        elif source_files.media_type(path) or repository.is_content(path):
            yield Unit(file, path, judged.of(path))


def _folders(depth: int) -> Callable[[Files], Iterator[Unit]]:
    """Sources whose folders at `depth` are trees with licence files of their own."""

    def units(files: Files) -> Iterator[Unit]:
        trees: dict[str, dict[str, bytes]] = {}
        for path, content in files.items():
            parts = PurePosixPath(path).parts
            trees.setdefault("/".join(parts[:depth]), {})["/".join(parts[depth:])] = content
        for folder, tree in trees.items():
            judged = repository.Tree(tree)
            for path in tree:
                evidence = EVIDENCE if licence_files.is_licence_file(path) else None
                yield Unit(f"{folder}/{path}", path, () if evidence else judged.of(path), evidence)

    return units


def _stackexchange(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        table = PurePosixPath(path).name
        if table not in ("Posts.xml", "Comments.xml"):
            yield Unit(path, path, no_document=NO_TEXT)
            continue
        for row in stackexchange.rows(content):
            other = NO_TEXT if table == "Posts.xml" and row.get("PostTypeId") not in ("1", "2") else None
            yield Unit(
                path, f"row {row.get('Id')}", () if other else stackexchange.of_row(row, table, f"row {row.get('Id')}"), other
            )


def _gutenberg(files: Files) -> Iterator[Unit]:
    records = {}
    for path, content in files.items():
        if path.endswith(".rdf"):
            number = int(re.findall(r"pg(\d+)\.rdf", path)[0])
            records[PurePosixPath(path).parent] = gutenberg.of_book(rdf.read_book(content, number), "", path)
    for path in files:
        text = path.endswith((".txt", ".htm", ".html"))
        claims = records.get(PurePosixPath(path).parent, ()) if text else ()
        yield Unit(path, path, claims, None if text else EVIDENCE)


def _oai(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        try:
            records = oai.of_records(content, path)
        except xml.UnreadableXml:
            yield Unit(path, path, no_document="no XML")
            continue
        yield from (Unit(path, name, claims) for name, claims in records.items())
        if not records:
            yield Unit(path, path, no_document="no record")


def _catalogues(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        found, file = False, PurePosixPath(path).name
        for number, record in enumerate(reading.objects(path, content)):
            if not isinstance(record, dict):
                continue
            name = str(record.get("DOI") or record.get("id") or number)
            if "datacite" in file:
                found, claims = True, bibliographic.of_datacite(record, path)
            elif "doaj" in file:
                found, claims = True, bibliographic.of_doaj(record, path)
            elif "DOI" in record:
                found, claims = True, bibliographic.of_crossref(record, path, ON)
            else:
                continue
            yield Unit(path, name, tuple(claims))
        if not found:
            yield Unit(path, path, no_document="no record")


def _libraries(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        found = libraries.of_bhl(content, path)
        yield from (Unit(path, name, claims) for name, claims in found.items())
        if not found:
            yield Unit(path, path, no_document="no item")


def _loc(files: Files) -> Iterator[Unit]:
    yield from (Unit(path, path, no_document="a list without rights fields") for path in files)


def _regulations(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        yield from (
            Unit(path, name, claims) for name, claims in us_government.of_regulations_gov(json.loads(content), path).items()
        )


def _register(content: bytes, path: str) -> tuple[Claim, ...]:
    uslm = b"schemas.gpo.gov/xml/uslm" in content[:2_000]
    return us_government.of_uslm(content, path) if uslm else us_government.of_federal_register(content, path)


def _bills(content: bytes, path: str) -> tuple[Claim, ...]:
    return html.of_page(content, path) if path.endswith(".html") else us_government.of_uslm(content, path)


def _congress(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        if path.endswith("mods.xml"):
            yield Unit(path, path, no_document=NO_TEXT)
        elif path.endswith(".json"):
            yield Unit(path, path)
        else:
            yield Unit(path, path, us_government.of_congressional_record(reading.text(content), path))


def _cases(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        if "/fastcase/" in path and content.lstrip()[:200].find(b"<Case>") >= 0:
            yield Unit(path, path, us_government.of_case(content, path))
        elif "/static.case.law/" in path:
            yield Unit(path, path, no_document="a placeholder of a fixture")
        elif path.endswith(".xml"):
            yield Unit(path, path)
        else:
            yield Unit(path, path, no_document=NO_TEXT)


def _patents(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        if path.lower().endswith(".zip") or "/cpc" in path:
            yield Unit(path, path, no_document=NO_TEXT)
        else:
            yield Unit(path, path, us_government.of_patent(reading.text(content), path))


def _hansard(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        index = None if path.endswith(".xml") else EVIDENCE
        yield Unit(path, path, () if index else uk_government.of_debates(content, path), index)


def _legislation(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        other = EVIDENCE if not path.endswith(".xml") else NO_TEXT if b"<feed" in content[:300] else None
        yield Unit(path, path, () if other else uk_government.of_legislation(content, path), other)


def _warcs(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        if not re.search(r"\.warc(?:\.gz)?$", path):
            yield Unit(path, path, no_document=EVIDENCE if "truth" in path else NO_TEXT)
            continue
        pages = 0
        for address, body in reading.pages(reading.unpacked(path, content)):
            pages += 1
            yield Unit(path, address, html.of_page(body, address))
        if not pages:
            yield Unit(path, path, no_document="no page")


def _metadata(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        read = dist_info.read_metadata(content)
        claims = licence_files.from_core_metadata(read.licence_expression, read.licence, read.classifiers, path, "")
        yield Unit(path, path, claims)


def _dolma(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        rows = [row for row in reading.objects(path, content) if isinstance(row, dict) and "text" in row]
        yield from (Unit(path, str(row.get("id")), datasets.of_dolma(row, path)) for row in rows)
        if not rows:
            yield Unit(path, path, no_document=NO_TEXT)


def _provenance(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        entries = list(json.loads(content).values()) if "/data_summaries/" in path else []
        entries = [entry for entry in entries if isinstance(entry, dict) and "Licenses" in entry]
        for entry in entries:
            name = str(entry.get("Unique Dataset Identifier", ""))
            yield Unit(path, name, datasets.of_data_provenance(entry, path))
        if not entries:
            yield Unit(path, path, no_document=NO_TEXT)


def _messages(files: Files) -> Iterator[Unit]:
    for path, content in files.items():
        for line in content.splitlines():
            row = json.loads(line)
            message = row.get("prompt", row)
            yield Unit(path, str(message.get("message_id")), datasets.of_oasst(message, path))


def _negative(files: Files) -> Iterator[Unit]:
    """Every case by the extractor of its format, as its own source would."""
    cases: dict[str, dict[str, bytes]] = {}
    for path, content in files.items():
        cases.setdefault(path.split("/")[1], {})[path] = content
    for case, of_case in cases.items():
        yield from _NEGATIVE[case](of_case)


_NEGATIVE: dict[str, Callable[[Files], Iterator[Unit]]] = {
    "alpaca-laundered": _folders(2),
    "alpaca-nc": _folders(2),
    "arxiv-nonexclusive": _oai,
    "au-hansard-ncnd": _hansard,
    "coraal-nc": _folders(2),
    "devolved-unclear": _hansard,
    "gutenberg-copyrighted": _gutenberg,
    "jats": _each(jats.of_article),
    "mailing-list-unclear": _silent("mailing list"),
    "openstax-licence-flip": _archives(_book),
    "uk-caselaw-open-justice": _each(uk_government.of_legislation),
}
_SOURCES: dict[str, Callable[[Files], Iterator[Unit]]] = {
    "negative": _negative,
    "arxiv-oai": _oai,
    "bhl": _libraries,
    "bips": _archives(_bips),
    "caselaw-cap": _cases,
    "code-git": _archives(_repository),
    "common-crawl": _warcs,
    "congressional-record": _congress,
    "crossref-datacite": _catalogues,
    "data-provenance": _provenance,
    "dc-law": _archives(_law),
    "debian-copyright": _each(lambda content, path: deb_copyright.of_package(reading.text(content), path)),
    "dolma-format": _dolma,
    "eips": _archives(_eips),
    "federalregister": _each(_register),
    "govinfo-bills": _each(_bills),
    "govinfo-billstatus": _each(us_government.of_uslm),
    "govinfo-ecfr": _each(_register),
    "govinfo-fr": _each(_register),
    "govinfo-plaw-comps": _each(us_government.of_uslm),
    "gutenberg": _gutenberg,
    "loc": _loc,
    "oai-generic": _oai,
    "oasst": _messages,
    "ocr-newspapers": _silent("alto"),
    "openstax": _archives(_book),
    "pmc-oa": _each(jats.of_article),
    "pypi-metadata": _metadata,
    "python-peps": _archives(_peps),
    "regulationsgov": _regulations,
    "rust-rfcs": _archives(_rfcs),
    "speech-transcripts": _folders(2),
    "stackexchange": _stackexchange,
    "ubuntu-irc": _silent("chat log"),
    "uk-hansard": _hansard,
    "uk-legislation": _legislation,
    "uspto": _patents,
    "web-cc": _warcs,
    "wikimedia": _silent("mediawiki export"),
}
SOURCES = tuple(_SOURCES)
