"""Documents of a request that no stage holds any more, and a release that was published earlier still does.

What belongs here: finding them, by the rows of those releases. What may not: what becomes of the releases (`retention`).

Upstream changed or left between that release and the request, so no partition has them, and only the release says that they
were there. They are known by what a row says: id, address, authors, the hash of the text as it was published. What merely
resembles one of them is not looked for here. A part file that cannot be read tells nothing: `unreadable` names it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.assembly import live_shards
from pile_assets.licensing.takedowns import marks as marking
from pile_assets.licensing.takedowns.marks import Marks
from pile_assets.licensing.takedowns.matching import Partition, Place
from pile_assets.licensing.takedowns.model import Takedown
from pile_assets.release import directory, history
from pile_assets.store import Address
from pile_assets.view import View
from pile_assets.withdrawal.vault import Vault

READ = ["id", "source", "partition", "url", "author", "text_sha256"]


def documents(vault: Vault, view: View, entries: Mapping[str, Takedown]) -> dict[Place, dict[str, list[str]]]:
    """Place -> document -> those of these requests that mean it; nothing that is in a current stage."""
    if not entries:
        return {}
    key, remembered = vault.key(), vault.marks()
    found: dict[Place, dict[str, list[str]]] = {}
    for place, rows in _published(view):
        known = Partition(key, place, _facts(rows))
        meant = _meant(known, entries, remembered)
        for id_ in meant.keys() - _current(view, place) if meant else ():
            names = found.setdefault(place, {}).setdefault(id_, [])
            names += [name for name in meant[id_] if name not in names]
    return {place: {id_: sorted(names) for id_, names in sorted(ids.items())} for place, ids in sorted(found.items())}


def _meant(known: Partition, entries: Mapping[str, Takedown], remembered: Mapping[str, Marks]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, entry in entries.items():
        marked = known.marked(remembered[entry.name]) if entry.name in remembered else set()
        if entry.scope.kind == "content_hmac":
            named = known.with_contents({entry.scope.value})
        else:
            named = set(known.index.meant(entry.scope))
        for id_ in (marked | named) - set(entry.decision.spared):
            found.setdefault(id_, []).append(name)
    return found


def unreadable(view: View) -> list[str]:
    """The part files of releases that cannot be read, as paths under `PILE_HOME`."""
    return [str(path.relative_to(view.store.home)) for path in _part_files(view) if _read(path, ["id"]) is None]


def texts(view: View, ids: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(document id, text) of these documents in every release that holds one."""
    wanted = pl.Series(sorted(ids), dtype=pl.String)
    for path in _part_files(view) if ids else ():
        narrow = _read(path, ["id"])
        if narrow is not None and narrow["id"].is_in(wanted.implode()).any():
            yield from _rows(path, ["id", "text"]).filter(pl.col("id").is_in(wanted.implode())).iter_rows()


def others(view: View, ids: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(document id, text) of all other documents in releases, but for those in a part file that is current."""
    current = {file.name for shard in live_shards(view.get, view.partitions) for file in shard.files}
    for path in _part_files(view):
        if path.name not in current:
            yield from (row for row in _rows(path, ["id", "text"]).iter_rows() if row[0] not in ids)


def _published(view: View) -> Iterator[tuple[Place, pl.DataFrame]]:
    """The rows of every part file of a release whose files are kept, by source partition; a file is read once."""
    for path in _part_files(view):
        for (source, partition), rows in sorted(_rows(path, READ).partition_by("source", "partition", as_dict=True).items()):
            yield (str(source), str(partition)), rows


def _part_files(view: View) -> list[Path]:
    found: dict[str, Path] = {}
    for release in history.read(view.store):
        if release.files:
            found |= {path.name: path for path in sorted(directory.folder(view.store, release.id).glob("*/*/*/*.parquet"))}
    return [found[name] for name in sorted(found)]


def _rows(path: Path, columns: list[str]) -> pl.DataFrame:
    found = _read(path, columns)
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.String)) if found is None else found


def _read(path: Path, columns: list[str]) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(path, columns=columns, glob=False).select(columns)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _facts(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with what else documents are known by, which a release does not say."""
    lacking: dict[str, Any] = {name: dtype for name, dtype in marking.FACTS.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in lacking.items())


def _current(view: View, place: Place) -> set[str]:
    manifest = view.get(Address.of_source(place[0], "documents", place[1]))
    return set() if manifest is None else set(view.store.frame(manifest, schemas.DOCUMENTS, ["id"])["id"])
