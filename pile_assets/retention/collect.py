"""Removing what nothing refers to any more, once that has been so for a while.

What belongs here: garbage collection, by the survey of `references`. What may not: a clock (the caller says what time it is),
removing what is still referred to (`erasure`).

How long a file has been left over is remembered in `cache/leftover.json`, since neither the file nor its manifest can tell:
a file of last year may have been replaced a minute ago. Losing that only makes files stay longer. Collecting may be killed at
any point: releases are let go before their files, steps before what they need, and nothing that is left half-way is wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pile_assets.release import directory, history
from pile_assets.retention.references import Kind, Leftover, Survey, survey
from pile_assets.state import Published
from pile_assets.store import Store, canonical, write_atomically

SEEN = Path("cache", "leftover.json")
"""File under PILE_HOME: path of a left-over file -> when it was first seen so, in seconds since 1970."""


@dataclass
class Amount:
    """Files and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size


@dataclass
class Collected:
    """What a collection removed, or would have removed, and what waits for its grace period to end.

    `next_at` is when the first of the waiting may go, in seconds since 1970. `let_go` are the releases that are digests only
    from now on: their directories are gone, and their files begin to wait.
    """

    removed: dict[Kind, Amount] = field(default_factory=dict)
    waiting: Amount = field(default_factory=Amount)
    kept: int = 0
    let_go: list[str] = field(default_factory=list)
    next_at: float | None = None


def collect(store: Store, *, now: float, grace_seconds: float, keep_releases: int, remove: bool) -> Collected:
    """Remove the files that were left over at `now` for `grace_seconds` and more; with `remove` False, only tell.

    Whoever removes holds the store's lock exclusively. Raises StoreDamage where a manifest cannot be read.
    """
    releases = history.read(store)
    kept = history.kept(releases, keep_releases)
    found = survey(store, kept)
    seen = _seen(store, found, now)
    done = Collected(kept=len(found.wanted), let_go=_beyond(releases, kept))
    due = {one for one in found.leftover if now - seen[one.path] >= grace_seconds}
    due -= _needed_by_waiting_steps(found, due)
    for one in found.leftover:
        if one not in due:
            done.waiting.add(one.bytes)
            at = seen[one.path] + grace_seconds
            done.next_at = at if done.next_at is None else min(at, done.next_at)
    if remove:
        _write_seen(store, {one.path: seen[one.path] for one in found.leftover if one not in due})
        if done.let_go:
            history.let_go(store, done.let_go)
            for release in done.let_go:
                directory.remove(store, release)
        store.sweep()
    for one in sorted(due, key=lambda one: (one.kind != "finished step", one.path)):
        if remove:
            one.path.unlink(missing_ok=True)
        done.removed.setdefault(one.kind, Amount()).add(one.bytes)
    return done


def _beyond(releases: list[Published], kept: list[Published]) -> list[str]:
    names = {release.id for release in kept}
    return [release.id for release in releases if release.files and release.id not in names]


def _needed_by_waiting_steps(found: Survey, due: set[Leftover]) -> set[Leftover]:
    """Files that wait for a remembered step whose own grace has not ended, e.g. one of a rehearsal."""
    gone = {one.path for one in due}
    needed = {file for step, files in found.steps.items() if step not in gone for file in files}
    return {one for one in due if one.path in needed}


def _seen(store: Store, found: Survey, now: float) -> dict[Path, float]:
    """Since when every left-over file has been so; now for one that is seen for the first time."""
    try:
        stored: Mapping[str, float] = json.loads((store.home / SEEN).read_bytes())
    except (FileNotFoundError, ValueError):
        stored = {}
    return {one.path: min(now, stored.get(str(one.path.relative_to(store.home)), now)) for one in found.leftover}


def _write_seen(store: Store, seen: Mapping[Path, float]) -> None:
    named = {str(path.relative_to(store.home)): since for path, since in sorted(seen.items())}
    write_atomically(store.home / SEEN, canonical(named))
