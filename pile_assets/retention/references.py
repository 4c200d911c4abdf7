"""What of the store is referred to, and what is left over. Nothing here removes anything.

A file is referred to by the committed manifest of its stage, by the pins of `eligible` and `unique`, or by a release whose
files are kept. Files have the name of their content; anything else in a folder of the store is not this module's business.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pile_assets.errors import StoreDamage
from pile_assets.state import Published
from pile_assets.store import Address, Manifest, Store

CONTENT_NAMED = re.compile(r"(?:capture-)?[0-9a-f]{32}\.[a-z0-9]+")
"""Part files, and the capture records of `raw`: their name says which bytes they hold."""

Kind = Literal["part file", "finished step"]


@dataclass(frozen=True)
class Leftover:
    """A file that no commitment refers to."""

    path: Path
    kind: Kind
    bytes: int


@dataclass(frozen=True)
class Survey:
    """One reading of a store. `wanted` are the paths that a commitment refers to, `steps` the remembered steps that are
    nobody's commitment, with the files they would need."""

    wanted: frozenset[Path]
    leftover: tuple[Leftover, ...]
    steps: Mapping[Path, frozenset[Path]]


def survey(store: Store, kept: Iterable[Published]) -> Survey:
    """What is referred to and what is not, given the releases whose files are kept.

    Raises StoreDamage where a manifest cannot be read: what it refers to could not be told from what may go.
    """
    wanted, keys = _committed(store)
    for release in kept:
        wanted.update(release_files(store, release.id))
    steps = {path: files for path, key, files in _remembered(store) if key not in keys}
    unreferred = [path for path in _content_named(store) if path not in wanted]
    leftover = [
        *(Leftover(path, "part file", path.stat().st_size) for path in unreferred),
        *(Leftover(path, "finished step", path.stat().st_size) for path in steps),
    ]
    return Survey(frozenset(wanted), tuple(leftover), steps)


def _committed(store: Store) -> tuple[set[Path], set[str]]:
    """The files and the keys of every committed manifest."""
    wanted: set[Path] = set()
    keys: set[str] = set()
    for address in store.addresses():
        manifest = store.manifest(address)
        if manifest is not None:
            wanted.update(files_of(store, manifest))
            keys.add(manifest.key)
    return wanted, keys


def files_of(store: Store, manifest: Manifest) -> Iterator[Path]:
    """Every file that a manifest needs: its own, those it pins, and the capture record of a raw partition."""
    yield from store.paths(manifest)
    address = manifest.address
    for stage, pins in manifest.facts.get("pins", {}).items():
        folder = store.folder(Address(address.owner, stage, address.partition))
        yield from (folder / pin["name"] for pin in pins)
    if address.stage == "raw":
        yield store.folder(address) / f"capture-{manifest.data_version}.json"


def release_files(store: Store, release: str) -> Iterator[Path]:
    """The part files that a release lists. Raises StoreDamage where its manifest cannot be read."""
    path = store.releases / f"{release}.json"
    try:
        shards: list[dict[str, Any]] = json.loads(path.read_bytes())["shards"]
        for shard in shards:
            folder = store.folder(Address.of_domain(shard["domain"], "shards", shard["shard"]))
            yield from (folder / file["name"] for file in shard["files"])
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamage(
            f"The release manifest {path.relative_to(store.home)} is damaged ({error}).",
            remedy="Run `pile verify`; restore it from a backup, or delete it.",
        ) from error


def _remembered(store: Store) -> Iterator[tuple[Path, str | None, frozenset[Path]]]:
    """Every remembered step: its file, its key (None where it cannot be read) and the files it needs."""
    for path in sorted(store.steps.glob("*/*.json")):
        try:
            manifest = Manifest.from_bytes(path.read_bytes())
        except (ValueError, KeyError, TypeError):
            yield path, None, frozenset()
            continue
        yield path, manifest.key, frozenset(files_of(store, manifest))


def _content_named(store: Store) -> Iterator[Path]:
    for path in sorted((store.home / "store").rglob("*")):
        if CONTENT_NAMED.fullmatch(path.name) and path.is_file():
            yield path
