"""How far a request reaches, before it is written: documents, shards, releases. Nothing here changes anything."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.licensing.takedowns.marks import Marks
from pile_assets.licensing.takedowns.matching import Matcher, Partition
from pile_assets.licensing.takedowns.model import Takedown
from pile_assets.release import history
from pile_assets.store import Address
from pile_assets.view import View
from pile_assets.withdrawal import absence
from pile_assets.withdrawal.partition import known_by
from pile_assets.withdrawal.step import places
from pile_assets.withdrawal.vault import Vault

EXAMPLES = 5


@dataclass(frozen=True)
class Reach:
    """What a request means now. `documents` are ids by source partition; `kept` how many of them are in shards; `returning`
    are documents that would take the place of one of them, since they are its duplicates and are not meant."""

    documents: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)
    kept: int = 0
    shards: Mapping[str, int] = field(default_factory=dict)
    returning: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(map(len, self.documents.values()))

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "documents": self.total,
            "in_shards": self.kept,
            "partitions": {"/".join(place): len(ids) for place, ids in self.documents.items()},
            "examples": [id_ for ids in self.documents.values() for id_ in ids][:EXAMPLES],
            "shards": dict(self.shards),
            "may_return": list(self.returning),
            "releases": list(self.releases),
        }


def of(vault: Vault, view: View, entry: Takedown) -> Reach:
    """The documents that a request names, and their copies or neighbours where those are meant."""
    marks = vault.marks()
    remembered = {entry.name: Marks.from_json(marks[entry.name].as_json())} if entry.name in marks else {}
    matcher = Matcher(vault.key(), [entry], remembered)
    everywhere = places(view)

    def known(place: tuple[str, str]) -> Partition:
        return known_by(view, vault.key(), place, signatures=matcher.needs_signatures)

    for place in everywhere:
        matcher.mark_meant(known(place))
    for place in everywhere:
        matcher.mark_copies(known(place), binding=True)
    found = {place: [row[0] for row in matcher.suppressed(known(place))] for place in everywhere}
    documents = {place: ids for place, ids in found.items() if ids}
    held = absence.in_shards(view, documents)
    kept = {id_ for ids in held.values() for id_ in ids}
    return Reach(
        documents,
        len(kept),
        {shard: len(ids) for shard, ids in held.items()},
        tuple(_returning(view, {id_ for ids in documents.values() for id_ in ids})),
        tuple(release.id for release in history.read(view.store)) if kept else (),
    )


def _returning(view: View, out: set[str]) -> list[str]:
    """Duplicates of these documents that are not among them."""
    wanted = pl.Series(sorted(out), dtype=pl.String)
    found: Counter[str] = Counter()
    for source, partition in places(view):
        unique = view.get(Address.of_source(source, "unique", partition))
        if unique is None or not unique.files:
            continue
        rows = view.store.frame(unique, schemas.UNIQUE, ["id", "dup_of"])
        found.update(rows.filter(pl.col("dup_of").is_in(wanted.implode()))["id"].to_list())
    return sorted(found.keys() - out)
