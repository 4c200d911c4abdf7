"""Whether a release directory is what it says: every check of our own, each independent, over the directory alone.

What belongs here: reading the directory once and judging its documents, rows of credit and legal kit; `check_cards` judges
what is told of them. What may not: the store, mending, other people's tools (`judges`). All problems are found at once.

The documents themselves are the measure. What is said of them is computed again from their rows and compared, so that a
defect in whatever wrote the release shows, and not only a file that was changed afterwards.
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from yaml import YAMLError

from pile_assets.errors import PileError
from pile_assets.licensing import accepted, expressions, obligations
from pile_assets.release import attribution, layout, legal_kit
from pile_assets.release import manifest as releases
from pile_assets.store import file_sha256

READ = [*attribution.READ, "family", "text_sha256", "media_type"]
"""Columns of the documents that are looked at: all but the text."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be."""

    check: str
    place: str  # a path in the directory
    found: str  # a sentence without its full stop

    def as_dict(self) -> dict[str, str]:
        """The same facts for `--json`."""
        return {"check": self.check, "place": self.place, "found": self.found}


Check = Callable[["Release"], Iterator[Problem]]


@dataclass
class Release:
    """One reading of a release directory. Its documents and the manifest are read once."""

    root: Path
    unreadable: list[Problem] = field(default_factory=list)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.bytes(layout.MANIFEST))
        return found

    def bytes(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def json(self, name: str) -> Any:
        return json.loads(self.bytes(name))

    @cached_property
    def files(self) -> list[str]:
        """Every file of the directory, sorted."""
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    @cached_property
    def shards(self) -> list[tuple[dict[str, Any], pl.DataFrame]]:
        """Every shard of the manifest with the rows its part files hold, in order; files that cannot be read are noted."""
        return [(shard, self._rows(shard)) for shard in self.manifest["shards"]]

    def _rows(self, shard: dict[str, Any]) -> pl.DataFrame:
        frames = [pl.DataFrame(schema=dict.fromkeys(READ, pl.String) | {"bytes": pl.Int64, "modified": pl.Boolean})]
        for file in shard["files"]:
            name = layout.part(shard, file["name"])
            try:
                frames.append(pl.read_parquet(self.root / name, columns=READ, glob=False).select(frames[0].columns))
            except (OSError, pl.exceptions.PolarsError) as error:
                self.unreadable.append(Problem("documents", name, f"it cannot be read ({error})"))
        return pl.concat(frames)

    @cached_property
    def mix(self) -> dict[str, dict[str, dict[str, int]]]:
        """What the documents are under, counted from their own rows: family of the shard -> expression -> figures."""
        return legal_kit.mix_of(_as_counted(shard, rows) for shard, rows in self.shards)

    @property
    def licences(self) -> list[str]:
        return legal_kit.identifiers(expression for family in self.mix.values() for expression in family)


def _as_counted(shard: dict[str, Any], rows: pl.DataFrame) -> dict[str, Any]:
    counted = rows.group_by("licence").agg(docs=pl.len(), bytes=pl.col("bytes").sum()).sort("licence")
    found = {licence or "": {"docs": docs, "bytes": size} for licence, docs, size in counted.iter_rows()}
    return {"shard": shard["shard"], "histograms": {"licence": found}}


def run(checks: tuple[Check, ...], release: Release) -> list[Problem]:
    """Every problem that these checks find. A check that stumbles over what is missing or malformed reports that instead."""
    found: list[Problem] = []
    for check in checks:
        name = check.__name__
        try:
            found.extend(check(release))
        except FileNotFoundError as error:
            found.append(Problem(name, _inside(release, error.filename), "it is missing"))
        except (ValueError, KeyError, TypeError, AttributeError, PileError, YAMLError, pl.exceptions.PolarsError) as error:
            found.append(Problem(name, "", f"it cannot be judged: {type(error).__name__}: {error}"))
    return [*found, *release.unreadable]


def _inside(release: Release, name: object) -> str:
    path = Path(str(name))
    return path.relative_to(release.root).as_posix() if path.is_relative_to(release.root) else str(name)


# -- files ---------------------------------------------------------------------------------------------------------


def sums(release: Release) -> Iterator[Problem]:
    """Every file is listed with its digest, and nothing else is there."""
    lines = release.bytes(layout.SUMS).decode().splitlines()
    listed = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    for name in sorted(listed.keys() - set(release.files)):
        yield Problem("sums", name, "it is listed and not there")
    for name in release.files:
        if name == layout.SUMS:
            continue
        if name not in listed:
            yield Problem("sums", name, f"it is there and not in {layout.SUMS}")
        elif file_sha256(release.root / name) != listed[name]:
            yield Problem("sums", name, f"it does not have the digest that {layout.SUMS} gives")


def manifest(release: Release) -> Iterator[Problem]:
    """The manifest has the digest it is named by, and its part files are there with the bytes and rows it promises."""
    listed = release.manifest
    if releases.again(listed) != listed:
        yield Problem("manifest", layout.MANIFEST, "its content does not have the digest it is named by")
    promised = {layout.part(shard, file["name"]): file for shard in listed["shards"] for file in shard["files"]}
    for name, file in promised.items():
        path = release.root / name
        if not path.is_file():
            yield Problem("manifest", name, "the manifest lists it and it is not there")
        elif (path.stat().st_size, file_sha256(path)) != (file["bytes"], file["sha256"]):
            yield Problem("manifest", name, "it does not have the bytes that the manifest promises")
    for shard, rows in release.shards:
        if rows.height != shard["rows"]:
            yield Problem(
                "manifest",
                layout.shard_folder(shard),
                f"it holds {rows.height} documents, and the manifest says {shard['rows']}",
            )
    strangers = {name for name in release.files if _is_document(name)} - promised.keys()
    for name in sorted(strangers):
        yield Problem("manifest", name, "it holds documents and the manifest does not list it")


def _is_document(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith((f"{layout.ATTRIBUTION}/", f"{layout.FIND}/"))


# -- documents and the legal kit -----------------------------------------------------------------------------------


def families(release: Release) -> Iterator[Problem]:
    """Every document is under an accepted licence, in the folder of its family, with the address of its original."""
    for shard, rows in release.shards:
        folder, family = layout.shard_folder(shard), layout.family(shard["shard"])
        for expression, count in rows.group_by("licence").agg(pl.len()).sort("licence").iter_rows():
            judged = accepted.judge(expression or "")
            if not judged.accepted:
                yield Problem("families", folder, f"{count} documents are under {expression}, which is not accepted")
            elif judged.family != family:
                yield Problem("families", folder, f"{count} documents are under {expression}, whose family is {judged.family}")
        wrong = rows.filter((pl.col("family") != family) | (pl.col("url").fill_null("") == ""))
        if wrong.height:
            yield Problem("families", folder, f"{wrong['id'][0]} is of another family or without an address")


def credits(release: Release) -> Iterator[Problem]:
    """Every document has its row of credit, in order, that says of it what its own row says and what its licence asks for."""
    for shard, rows in release.shards:
        name = layout.attribution(shard)
        credited = pl.read_parquet(release.root / name, glob=False)
        expected = attribution.credit_rows(rows, layout.shard_name(shard))
        if credited["doc_id"].to_list() != expected["doc_id"].to_list():
            yield Problem(
                "credits", name, f"it credits {credited.height} documents, and the shard holds {expected.height} others"
            )
        elif not credited.equals(expected):
            column = next(column for column in expected.columns if not credited[column].equals(expected[column]))
            yield Problem("credits", name, f"its {column} are not those of the documents")
        lacking = attribution.uncredited(credited)
        if lacking.height:
            found = f"{lacking.height} documents lack the author or address that their licence asks for: {lacking['doc_id'][0]}"
            yield Problem("credits", name, found)


def licence_texts(release: Release) -> Iterator[Problem]:
    """There is the text of every licence that a document is under, word for word, and of no other."""
    noted = any(name.startswith(f"{layout.NOTICES}/") for name in release.files)
    expected = legal_kit.texts(release.mix, notices=noted)
    there = {name for name in release.files if name.startswith(f"{layout.LICENCES}/")}
    for name in sorted(expected.keys() | there):
        if name not in there:
            yield Problem("licence_texts", name, "documents are under this licence, and its text is missing")
        elif name not in expected:
            yield Problem("licence_texts", name, "no document is under this licence")
        elif release.bytes(name) != expected[name]:
            yield Problem("licence_texts", name, "it is not the text of this licence, word for word")


def reuse(release: Release) -> Iterator[Problem]:
    """REUSE.toml says of every shard exactly what its documents are under."""
    annotations = tomllib.loads(release.bytes(layout.REUSE).decode())["annotations"]
    said = {entry["path"]: entry["SPDX-License-Identifier"] for entry in annotations}
    for shard, rows in release.shards:
        path = f"{layout.shard_folder(shard)}/**"
        expected = legal_kit.identifiers(rows["licence"].drop_nulls().unique())
        if sorted(expressions.identifiers(said.get(path, ""))) != expected:
            found = f"of {path} it says {said.get(path, 'nothing')}, and the documents are under {', '.join(expected)}"
            yield Problem("reuse", layout.REUSE, found)


def mix(release: Release) -> Iterator[Problem]:
    """licence_mix.json counts what the documents say."""
    if release.bytes(layout.MIX) != legal_kit.licence_mix(release.mix):
        yield Problem("mix", layout.MIX, "it does not count what the documents are under")


def notice(release: Release) -> Iterator[Problem]:
    """NOTICE names every licence with its documents, and has every statement that a licence prescribes, word for word."""
    text = release.bytes(layout.NOTICE).decode()
    for family in release.mix.values():
        for expression, counted in family.items():
            if f"{counted['docs']:,}  {expression}\n" not in text:
                yield Problem(
                    "notice", layout.NOTICE, f"it does not say that {counted['docs']} documents are under {expression}"
                )
    for said in obligations.statements(release.licences):
        if said not in text:
            yield Problem("notice", layout.NOTICE, f"the prescribed statement is missing: {said}")


CHECKS: tuple[Check, ...] = (sums, manifest, families, credits, licence_texts, reuse, mix, notice)
