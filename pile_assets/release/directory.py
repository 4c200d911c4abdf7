"""Writing the directory of a release so that nobody ever sees half of one, and reading one that is there.

What belongs here: files and links. What may not: what stands in the files (`files`, `legal_kit`).

    releases/<id>/       immutable; part files are further names of the store's own files where the disk allows that
    releases/latest.json the manifest of the one that was published last: no link, which a copy of the store would turn into a
                         second directory that nobody removes documents from
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pile_assets.release import layout
from pile_assets.store import Store, file_sha256, flush_folder


@dataclass(frozen=True)
class Linked:
    """A file of the store that belongs to a release as it is."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Earlier:
    """The release before: what it consisted of, in shards and in figures."""

    manifest: dict[str, Any]
    composition: dict[str, Any]


def folder(store: Store, release: str) -> Path:
    """Where the directory of a release is, or would be."""
    return store.releases / release


def write(store: Store, release: str, texts: Mapping[str, bytes], links: Mapping[str, Linked]) -> None:
    """Write the directory of a release beside its place and rename it there. One that is there is left alone, unless a file
    of the store that it holds has been made again since."""
    final = folder(store, release)
    if final.is_dir() and all(_is_same(final / name, linked) for name, linked in links.items()):
        return
    temporary = store.releases / f".{release}-{os.getpid()}-{os.urandom(4).hex()}.tmp"
    try:
        _fill(temporary, texts, links)
        if final.is_dir():
            old = temporary.with_suffix(".old.tmp")
            final.rename(old)
            shutil.rmtree(old)
        temporary.rename(final)
        flush_folder(store.releases)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_same(path: Path, linked: Linked) -> bool:
    """Whether a file of a release is the store's file: another name of it, or a copy with the same bytes. One whose other name
    was damaged and made again is neither, though it has the same size."""
    try:
        return path.samefile(linked.path) or file_sha256(path) == linked.sha256
    except FileNotFoundError:
        return False


def _fill(root: Path, texts: Mapping[str, bytes], links: Mapping[str, Linked]) -> None:
    """All files, and the list of their digests. Files of the store are known by digest and not read again."""
    for folder in sorted({(root / name).parent for name in (*texts, *links)}):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in texts.items():
        (root / name).write_bytes(content)
    for name, linked in links.items():
        try:
            os.link(linked.path, root / name)
        except OSError:  # another disk, or one without links
            shutil.copyfile(linked.path, root / name)
    known = {name: linked.sha256 for name, linked in links.items()}
    sums = known | {name: file_sha256(root / name) for name in texts}
    (root / layout.SUMS).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())))
    for name in (*texts, layout.SUMS):
        with open(root / name, "rb") as handle:
            os.fsync(handle.fileno())


def remove(store: Store, release: str) -> None:
    """Remove the directory of a release whose files are let go; its manifest stays as a list of digests."""
    final = folder(store, release)
    if final.is_dir():
        hidden = store.releases / f".{release}-{os.getpid()}.tmp"
        final.rename(hidden)
        shutil.rmtree(hidden)


def latest(store: Store) -> str | None:
    """The id of the release that was published last; None where there is none."""
    try:
        found: str = json.loads((store.releases / "latest.json").read_bytes())["id"]
    except FileNotFoundError:
        return None
    return found


def read_earlier(store: Store, release: str | None) -> Earlier | None:
    """What is kept of an earlier release; None where it is not there, or cannot be read."""
    if release is None:
        return None
    try:
        manifest = json.loads((store.releases / f"{release}.json").read_bytes())
        composed = json.loads((folder(store, release) / layout.COMPOSITION).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return Earlier(manifest, composed)
