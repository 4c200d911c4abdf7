"""In which order releases were published, and whether the store still holds their files.

What belongs here: that list, which is primary state (`state/releases.json`). What may not: what a release consists of
(`release.manifest`), removing files (`retention`).

A release manifest says nothing of time, since equal content makes equal bytes; so order and day are recorded data. A release
whose content comes back is published again and moves to the end of the list, with the day it had first.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from pile_assets.state import Published, State
from pile_assets.store import Store


def read(store: Store) -> list[Published]:
    """Every release that has a manifest, the oldest first. One that was never recorded comes before all that were."""
    recorded = State(store.home).releases()
    known = {release.id for release in recorded}
    unrecorded = sorted(
        (path.stat().st_mtime_ns, path.stem)
        for path in store.releases.glob("*.json")
        if path.stem != "latest" and path.stem not in known
    )
    return [*(Published(name) for _, name in unrecorded), *recorded]


def entry(store: Store, release: str, today: date) -> Published:
    """What is to be recorded of a release that is published now: as it was recorded first, or else with this day."""
    known = read(store)
    first = next((one for one in known if one.id == release), None)
    if first is not None and first.on is not None:
        return replace(first, files=True)
    month = f"{today.year}.{today.month}."
    version = f"{month}{sum((one.version or '').startswith(month) for one in known)}"
    others = [one.id for one in known if one.id != release]
    return Published(release, True, today.isoformat(), version, others[-1] if others else None)


def publish(store: Store, release: Published) -> None:
    """Record that a release is now the latest. To be called once its manifest is written, and before it is `latest`."""
    others = [known for known in read(store) if known.id != release.id]
    State(store.home).save_releases([*others, release])


def let_go(store: Store, releases: Collection[str]) -> None:
    """Record that the files of these releases are no longer kept. To be called before the first of them is removed."""
    known = [replace(one, files=one.files and one.id not in releases) for one in read(store)]
    State(store.home).save_releases(known)


def kept(releases: Iterable[Published], last: int) -> list[Published]:
    """Those of the last so many releases whose files are still there."""
    return [release for release in list(releases)[-last:] if release.files]
