"""Writing a release anew without documents that have to leave it: its directory as it would be had they never been in it.

What belongs here: reading the release that is there, the parts of the new one, and the order in which one takes the place of
the other. What may not: which documents (`withdrawal`), what stands in the texts of a release (`release`).

Everything that a release says is computed from the documents that remain, and part files without a removed document keep their
bytes. It may be interrupted at any point and done again, with the same bytes: the day and version of the new release are
written down first, the directory next and whole, its manifest, then in one write that it stands where the old one stood; only
after that is the old one removed. The old manifest stays as a list of digests.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.licensing import accepted
from pile_assets.publishing import CREDITS, LANGUAGE, NOTICES
from pile_assets.release import attribution, check, check_cards, composition, directory, files, history, layout, legal_kit
from pile_assets.release import manifest as manifests
from pile_assets.release.described import Described
from pile_assets.schemas import RAW, SHARD_ROWS
from pile_assets.shards import merge
from pile_assets.state import Published
from pile_assets.store import Address, Store, digest, rows_digest, write_atomically

FACTS = [name for name in SHARD_ROWS if name != "text"]

Stones = Callable[[str, Collection[str], Mapping[str, Any]], dict[str, Any]]
"""What the new release says of documents that left: from the old release, the ids, and what that one said."""


class CannotRewrite(Exception):
    """Why a release cannot be written anew: then it is let go, since its documents must leave in any case."""


@dataclass
class Shard:
    """One shard of the new release: the fields of `manifest.FACTS`, its rows without their text, where its files are, and the
    rows with text that were removed."""

    facts: dict[str, Any]
    rows: pl.DataFrame
    links: dict[str, directory.Linked] = field(default_factory=dict)
    removed: list[pl.DataFrame] = field(default_factory=list)


def held(store: Store, release: str, ids: Collection[str]) -> frozenset[str]:
    """Which of these documents are in the directory of a release; none where there is no directory."""
    root = directory.folder(store, release)
    if not (root / layout.MANIFEST).is_file():
        return frozenset()
    try:
        parts = [root / name for name in _parts(json.loads((root / layout.MANIFEST).read_bytes()))]
        return frozenset(id_ for path in parts for id_ in _ids(path) if id_ in ids)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return frozenset(ids)  # nobody can tell


def _parts(manifest: Mapping[str, Any]) -> Iterator[str]:
    for shard in manifest["shards"]:
        yield from (layout.part(shard, file["name"]) for file in shard["files"])


def _ids(path: Path) -> list[str]:
    return pl.read_parquet(path, columns=["id"], glob=False)["id"].to_list()


def rewrite(store: Store, old: Published, ids: Collection[str], stones: Stones, because: Collection[str], today: date) -> str:
    """Write a release anew without these documents, and remove the old one; returns the id of the new one.

    The caller holds the store's lock exclusively. Raises CannotRewrite where the old release is damaged or of an older format,
    where none of its documents would remain, and where the new one would not pass the checks; then the old one is as it was.
    """
    try:
        made = _Made(store, old.id, frozenset(ids), stones)
        identifier: str = made.manifest["id"]
        if begun := history.abandoned(store, identifier, old):
            _undo(store, begun)
        new = history.successor(store, identifier, old, today)
        directory.write(store, identifier, made.texts(new), made.links)
    except (FileNotFoundError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError, PileError) as error:
        raise CannotRewrite(f"{type(error).__name__}: {error}") from error
    problems = check.run((*check.CHECKS, *check_cards.CHECKS), check.Release(directory.folder(store, identifier)))
    if problems:
        _undo(store, identifier)
        raise CannotRewrite(f"what came of it is not whole: {problems[0].place}: {problems[0].found}")
    write_atomically(store.releases / f"{identifier}.json", manifests.to_bytes(made.manifest))
    history.take_place(store, new, because)
    directory.remove(store, old.id)
    return identifier


def _undo(store: Store, release: str) -> None:
    """Remove what was begun and never published."""
    directory.remove(store, release)
    (store.releases / f"{release}.json").unlink(missing_ok=True)


class _Made:
    """A release without some of its documents, made from the directory of the release that holds them."""

    def __init__(self, store: Store, old: str, ids: frozenset[str], stones: Stones):
        self._store, self._root, self._ids = store, directory.folder(store, old), ids
        self._old = self._json(layout.MANIFEST)
        self._composed = self._json(layout.COMPOSITION)
        self._sources = self._json(layout.SOURCES)
        lines = (self._root / layout.SUMS).read_text().splitlines()
        self._sums = {name: listed for listed, _, name in (line.partition("  ") for line in lines)}
        all_shards = [self._shard(shard) for shard in self._old["shards"]]
        self._removed = [rows for shard in all_shards for rows in shard.removed]
        self._shards = [shard for shard in all_shards if shard.rows.height]
        if not self._shards:
            raise ValueError("none of its documents would remain")
        gone = sorted(id_ for rows in self._removed for id_ in rows["id"])
        self._withdrawn = stones(old, gone, self._old.get("withdrawn", {}))

    def _json(self, name: str) -> Any:
        return json.loads((self._root / name).read_bytes())

    # -- shards ----------------------------------------------------------------------------------------------------

    def _shard(self, listed: Mapping[str, Any]) -> Shard:
        """A shard without its removed documents. Of its part files those that held one are written anew."""
        made = Shard(dict(listed), pl.DataFrame())
        kept, frames = [], []
        for file in listed["files"]:
            name = layout.part(listed, file["name"])
            rows = pl.read_parquet(self._root / name, columns=FACTS, glob=False).select(FACTS)
            if self._ids.isdisjoint(rows["id"].to_list()):
                made.links[name] = directory.Linked(self._root / name, file["sha256"])
            elif (file := self._cut(listed, name, made)) is None:
                continue
            else:
                rows = rows.filter(~_among(self._ids))
            kept.append(file)
            frames.append(rows)
        made.rows = pl.concat([pl.DataFrame(schema={name: SHARD_ROWS[name] for name in FACTS}), *frames])
        if made.removed and made.rows.height:
            made.facts |= _facts(made.rows, kept)
        self._link_credits(made)
        return made

    def _cut(self, listed: Mapping[str, Any], name: str, made: Shard) -> dict[str, Any] | None:
        """Write a part file without the removed documents; None where no other was in it."""
        whole = pl.read_parquet(self._root / name, glob=False)
        made.removed.append(whole.filter(_among(self._ids)))
        rest = whole.filter(~_among(self._ids))
        if not rest.height:
            return None
        address = Address.of_domain(listed["domain"], "shards", listed["shard"])
        file = self._store.write_part(address, rest)
        path = self._store.folder(address) / file.name
        made.links[layout.part(listed, file.name)] = directory.Linked(path, file.sha256)
        return dict(vars(file))

    def _link_credits(self, made: Shard) -> None:
        name = layout.attribution(made.facts)
        if not made.removed:
            made.links[name] = directory.Linked(self._root / name, self._sums[name])
        elif made.rows.height:
            address = Address(f"domains/{made.facts['domain']}", CREDITS, made.facts["shard"])
            file = self._store.write_part(address, _credits(made))
            made.links[name] = directory.Linked(self._store.folder(address) / file.name, file.sha256)

    @property
    def links(self) -> dict[str, directory.Linked]:
        """The part files and rows of credit, by their path in the release."""
        return {name: linked for shard in self._shards for name, linked in shard.links.items()}

    # -- what is said of them --------------------------------------------------------------------------------------

    @cached_property
    def manifest(self) -> manifests.Manifest:
        shards = [shard.facts for shard in self._shards]
        content = [[shard["domain"], shard["shard"], shard["data_version"]] for shard in shards]
        kit = [legal_kit.VERSION, legal_kit.texts_digest(), accepted.digest(), self._old["legal_kit"], content]
        return manifests.build_manifest(
            shards,
            self._withdrawn,
            legal_kit=digest(["rewritten", kit, [[name, sha256(text).hexdigest()] for name, text in self.notices.items()]]),
            cards=digest(["rewritten", files.VERSION, self._old["cards"], self.composition]),
            mixtures=composition.mixtures([shard.rows for shard in self._shards], self._remaining),
            replaces=self._old["id"],
        )

    @property
    def _remaining(self) -> dict[str, Any]:
        """The facts of the sources that still have a document in it."""
        return {source: self._sources[source] for source in sorted(self.composition["by"]["source"])}

    @cached_property
    def composition(self) -> dict[str, Any]:
        """Counted again from the documents that remain; their languages are those they were published with."""
        shards = [shard.facts for shard in self._shards]
        figures = [attribution.figures(shard.rows.select(attribution.READ), {}) for shard in self._shards]
        places = [place for place in self._composed["openness"]["open_in"] if place != "worldwide"]
        composed = composition.compose(shards, figures, self._sources, legal_kit.mix_of(shards), places)
        composed["by"]["language"] = self._languages()
        return composed

    def _languages(self) -> dict[str, dict[str, int]]:
        """The figures by language without what was removed. Where that does not add up, because the filter has changed since
        the release was made, all that remains is measured again."""
        left = {code: dict(counted) for code, counted in self._composed["by"]["language"].items()}
        for code, one in self._measured(iter(self._removed)).items():
            for unit, count in one.items():
                left.setdefault(code, {"docs": 0, "bytes": 0})[unit] -= count
        if any(count < 0 for one in left.values() for count in one.values()):
            left = self._measured(pl.read_parquet(linked.path, glob=False) for linked in self._part_files())
        return {code: one for code, one in sorted(left.items()) if one["docs"]}

    def _part_files(self) -> Iterator[directory.Linked]:
        return (linked for name, linked in self.links.items() if not name.startswith(f"{layout.ATTRIBUTION}/"))

    def _measured(self, frames: Iterator[pl.DataFrame]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        using = [source for source, facts in self._sources.items() if LANGUAGE in facts["filters"]]
        for rows in frames:
            codes = FILTERS[LANGUAGE].annotate(rows.select("id", "media_type", "text"))["lang"]
            asked = rows["source"].is_in(using)
            for code, known, size in zip(codes, asked, rows["bytes"], strict=True):
                counted = found.setdefault(code if known and code is not None else merge.UNKNOWN, {"docs": 0, "bytes": 0})
                counted["docs"] += 1
                counted["bytes"] += size
        return found

    @cached_property
    def notices(self) -> dict[str, bytes]:
        """The notices that came with what remains. Where a removed text stands among them, those of the source partition as it
        is now, from whose raw files that text has been cut."""
        found = {}
        places = {(row[0], row[1]) for shard in self._shards for row in shard.facts["made_of"]}
        for source, partition in sorted(places):
            name = layout.notices(source, partition)
            path = self._root / name
            content = path.read_bytes() if path.is_file() else b""
            if any(text in content for text in self._texts_of(source, partition)):
                content = self._current_notices(source, partition)
            if content:
                found[name] = content
        return found

    def _texts_of(self, source: str, partition: str) -> Iterator[bytes]:
        for rows in self._removed:
            here = rows.filter((pl.col("source") == source) & (pl.col("partition") == partition))
            yield from (line for text in here["text"] for line in (text.strip().encode(),) if line)

    def _current_notices(self, source: str, partition: str) -> bytes:
        manifest = self._store.manifest(Address(NOTICES, source, partition))
        if manifest is None or not manifest.files:
            return b""
        return legal_kit.notices_text(self._store.frame(manifest, RAW, ["path", "content"]).iter_rows())

    def texts(self, published: Published) -> dict[str, bytes]:
        """Every file of the new release but its part files and rows of credit."""
        described = Described(
            manifest=self.manifest,
            kit={"notices": sorted(self.notices)},
            composition=self.composition,
            sources=self._remaining,
            published=published,
            earlier=directory.Earlier(self._old, self._composed),
            credits=[(layout.shard_name(shard.facts), _credits(shard)) for shard in self._shards],
        )
        return files.texts(described) | self.notices


def _among(ids: Collection[str]) -> pl.Expr:
    return pl.col("id").is_in(pl.Series(sorted(ids), dtype=pl.String).implode())


def _facts(rows: pl.DataFrame, kept: list[dict[str, Any]]) -> dict[str, Any]:
    """What a manifest says of a shard with these rows and files, as `assembly` would have it."""
    counted = rows.group_by("source", "partition").agg(docs=pl.len().cast(pl.Int64), bytes=pl.col("bytes").sum())
    return {
        "data_version": rows_digest(rows.iter_rows()),
        "rows": rows.height,
        "bytes": int(rows["bytes"].sum()),
        "files": kept,
        "made_of": [list(row) for row in counted.sort("source", "partition").iter_rows()],
        "histograms": merge.histograms(rows),
    }


def _credits(shard: Shard) -> pl.DataFrame:
    return attribution.credit_rows(shard.rows.select(attribution.READ), layout.shard_name(shard.facts))
