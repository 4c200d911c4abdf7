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
    others = [one.id for one in known if one.id != release]
    return Published(release, True, today.isoformat(), _version(known, today), others[-1] if others else None)


def _version(known: Iterable[Published], today: date) -> str:
    month = f"{today.year}.{today.month}."
    return f"{month}{sum((one.version or '').startswith(month) for one in known)}"


def publish(store: Store, release: Published) -> None:
    """Record that a release is now the latest. To be called once its manifest is written, and before it is `latest`."""
    others = [known for known in read(store) if known.id != release.id]
    State(store.home).save_releases([*others, release])


def let_go(store: Store, releases: Collection[str], because: Collection[str] = ()) -> None:
    """Record that the files of these releases are no longer kept, and for which takedowns. To be called before the first of
    them is removed."""
    State(store.home).save_releases(_without_files(one, because) if one.id in releases else one for one in read(store))


def _without_files(release: Published, because: Collection[str]) -> Published:
    return replace(release, files=False, because=tuple(sorted({*release.because, *because})))


# -- releases that are written anew ---------------------------------------------------------------------------------


def successor(store: Store, release: str, old: Published, today: date) -> Published:
    """What is to be recorded of a release that takes the place of `old`. It is written down at once, so that whoever was
    interrupted and comes again on another day writes the same bytes."""
    state, known = State(store.home), read(store)
    under_way = state.rewriting()
    found = under_way.get(old.id)
    if found is None or found.id != release:
        others = {one.id: one for name, one in under_way.items() if name != old.id} | {one.id: one for one in known}
        version = _version(others.values(), today)
        fresh = Published(release, True, today.isoformat(), version, old.previous, replaces=old.id)
        before = next((one for one in known if one.id == release and one.on), None)  # `old` had come back since
        found = replace(before, files=True, because=()) if before else fresh
        state.save_rewriting({**under_way, old.id: found})
    return found


def abandoned(store: Store, release: str, old: Published) -> str | None:
    """The release that was begun in place of `old` before something else was decided, and that nobody has seen."""
    begun = State(store.home).rewriting().get(old.id)
    if begun is None or begun.id == release or any(one.id == begun.id and one.on for one in read(store)):
        return None
    return begun.id


def take_place(store: Store, new: Published, because: Collection[str]) -> None:
    """Record that a release stands where the one that it replaces stood, and that the files of that one are no longer kept.
    To be called once the new one is whole, and before the old one is removed."""
    recorded = []
    for one in read(store):
        if one.id == new.replaces:
            recorded += [_without_files(one, because), new]
        elif one.id != new.id:
            recorded.append(one)
    State(store.home).save_releases(recorded)


def settled(store: Store) -> None:
    """Forget what was written down of releases that are not being written anew any more."""
    State(store.home).save_rewriting({})


def replaced(store: Store) -> dict[str, str]:
    """Release that lost its files -> the one that was written in its place."""
    found = read(store)
    gone = {one.id for one in found if not one.files}
    return {one.replaces: one.id for one in found if one.replaces in gone}


def kept(releases: Iterable[Published], last: int) -> list[Published]:
    """Those of the last so many releases whose files are still there."""
    return [release for release in list(releases)[-last:] if release.files]
