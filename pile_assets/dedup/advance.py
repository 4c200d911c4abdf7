"""Taking up a change: from the state that was committed to one of the members there are now.

What belongs here: what came and what left, the order of the steps, and starting anew where that is due. What may not: the
loops that decide (`propagation`), the definition (`resolve`), files (`state`, `cache`).

1. Documents that left lose their standing; those that came get a number each and together a run in the index. Documents
   that a new version of a member has unchanged are not touched.
2. Ids of those that came are checked.
3. Verdicts are propagated in order of rank. The keys of those that left are still in the index, since they lead to their
   dependants; a later merge leaves them out. Where more came than was there, all is decided from nothing instead.
4. What was read on the way is checked against its checksums. Damage found at any point means to start anew from `load`,
   which gives the same verdicts.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pile_assets.dedup import propagation, runs, verdicts
from pile_assets.dedup.cache import Folder
from pile_assets.dedup.columns import Damaged
from pile_assets.dedup.engine import IdTwice, Load, Member, Update
from pile_assets.dedup.resolve import AGREEMENT
from pile_assets.dedup.runs import Documents
from pile_assets.dedup.state import State
from pile_assets.dedup.table import LIVE, NONE, U8, U32, Entry, Table, batch

MOSTLY_GONE = 1 << 16
"""Documents that left which are not worth starting anew for."""

Counters = npt.NDArray[np.int64]


def brought(folder: Folder, members: Mapping[str, Member], load: Load, *, afresh: bool) -> tuple[State, Update]:
    """A state of these members, not committed yet: the committed one advanced, or a new one with the reason why."""
    before: dict[str, str | None] = {}
    try:
        state = State.open(folder)
        before = _digests(state.table)
        if afresh:
            reason = "it was asked for"
        else:
            update = advanced(state, members, load)
            if not _mostly_gone(state.table):
                state.seal()
                return state, update
            reason = "most documents that were kept have left"
    except Damaged as damage:
        reason = str(damage)
    state = State.fresh(folder)
    update = advanced(state, members, load)
    return state, replace(update, changed=_differing(before, _digests(state.table)), rebuilt=reason)


def _mostly_gone(table: Table) -> bool:
    return table.size > 2 * int(np.count_nonzero(table.standing)) + MOSTLY_GONE


def advanced(state: State, members: Mapping[str, Member], load: Load) -> Update:
    """Take up in a state what differs from the members; raises Damaged, and ValueError and IdTwice for what `load` gave."""
    before = _digests(state.table)
    added, removed = _take_up(state.table, members, load)
    counters = np.zeros(propagation.COUNTERS, np.int64)
    touched = _decide(state, added, removed, counters) if added.size or removed.size else np.empty(0, np.uint8)
    _digest(state.table, touched)
    return Update(
        changed=_differing(before, _digests(state.table)),
        added=added.size,
        removed=removed.size,
        evaluated=int(counters[propagation.EVALUATED]),
        repointed=int(counters[propagation.REPOINTED]),
        verified=int(counters[propagation.VERIFIED]),
    )


# -- members -------------------------------------------------------------------------------------------------------


def _digests(table: Table) -> dict[str, str | None]:
    return {name: table.entries[entry].digest for name, entry in table.present.items()}


def _differing(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> tuple[str, ...]:
    """Names that one of them has not, or whose digests differ."""
    return tuple(sorted(name for name in before.keys() | after.keys() if (name, before.get(name)) != (name, after.get(name))))


def _take_up(table: Table, members: Mapping[str, Member], load: Load) -> tuple[U32, U32]:
    """Number what came and take the standing of what left; returns both."""
    present = table.present
    known = {name: table.entries[entry] for name, entry in present.items()}
    changed = [member for member in members.values() if not _same(known.get(member.name), member)]
    left = sorted(known.keys() - members.keys())
    numbers = {name: table.numbers(present[name]) for name in (*left, *(m.name for m in changed)) if name in present}
    added, removed = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for name in left:
        table.retire(present[name])
        removed.append(numbers[name])
    for member in sorted(changed, key=lambda member: (member.tier, member.seniority, member.name)):
        came, gone = _replace(table, present.get(member.name), member, numbers.get(member.name), load)
        added.append(came)
        removed.append(gone)
    table.arrive()
    gone = np.concatenate(removed)
    table.leave(gone)
    return np.concatenate(added), gone


def _same(entry: Entry | None, member: Member) -> bool:
    """Whether a member is as it was."""
    wanted = (member.tier, member.seniority, member.version)
    return entry is not None and (entry.tier, entry.seniority, entry.version) == wanted


def _replace(table: Table, entry: int | None, member: Member, numbers: U32 | None, load: Load) -> tuple[U32, U32]:
    """Number the documents a member has now and had not, as it ranks now; returns them and those it has no longer."""
    offered = batch(load(member.name))
    wanted = Entry(member.name, member.tier, member.seniority, member.version)
    nothing = np.empty(0, np.uint32)
    if entry is None or numbers is None:
        return table.append(offered, table.enter(wanted)), nothing
    if (table.entries[entry].tier, table.entries[entry].seniority) != (member.tier, member.seniority):
        table.retire(entry)
        return table.append(offered, table.enter(wanted)), numbers
    same, rows = table.unchanged(numbers, offered)
    fresh = np.setdiff1d(np.arange(offered.ids.len()), rows)
    return table.append(offered.only(fresh), table.enter(wanted)), np.setdiff1d(numbers, same)


def _digest(table: Table, touched: U8) -> None:
    """Digest the verdicts of the members that have touched documents, and of those that have no digest yet."""
    owners = np.unique(table.owners.array[np.flatnonzero(touched)]) if touched.size else np.empty(0, np.uint32)
    fresh = {entry for entry in table.present.values() if table.entries[entry].digest is None}
    for entry in sorted(fresh | (set(owners.tolist()) & set(table.present.values()))):
        table.digested(entry, verdicts.digest(table, entry))


# -- documents -----------------------------------------------------------------------------------------------------


def _decide(state: State, added: U32, removed: U32, counters: Counters) -> U8:
    """Index, check and decide; returns a mark for every document whose verdict is another one."""
    table = state.table
    candidates = int(np.count_nonzero(table.standing == LIVE))
    arrived = int(np.count_nonzero(table.standing[added] == LIVE))
    documents = state.documents()
    if 2 * arrived > candidates:
        touched = _decide_all(state, documents, counters)
    else:
        touched = np.zeros(table.size, np.uint8)
        state.index.add(documents, added)
        _check_ids(state, documents, added)
        seeds = np.concatenate([removed, added[table.standing[added] == LIVE]])
        searched = state.index.arrays(table.size)
        with _scratch(state) as lost, _scratch(state) as settled:
            propagation.propagate(documents, searched, seeds, lost, settled, AGREEMENT, touched, counters)
        state.index.check(searched.seen)
        state.index.tidy(documents)
    table.records.check(np.flatnonzero(documents.seen))
    if state.index.wasteful:
        table.records.check()
        _index_anew(state, documents)
    return touched


def _check_ids(state: State, documents: Documents, numbers: U32) -> None:
    """Raise IdTwice where one of these documents has the id of another one."""
    table, searched = state.table, state.index.arrays(state.table.size)
    first, second = runs.find_twice(documents, searched, numbers)
    state.index.check(searched.seen)
    if first >= 0:
        pair = np.array([first, second], np.uint32)
        holders = {table.entries[owner].name for owner in table.owners.array[pair]}
        raise IdTwice(table.names(pair)[0], tuple(sorted(holders)))


def _index_anew(state: State, documents: Documents) -> None:
    """One run of everything that is here, in new files."""
    state.replace_index()
    state.index.add(documents, np.flatnonzero(state.table.standing).astype(np.uint32))


def _decide_all(state: State, documents: Documents, counters: Counters) -> U8:
    """Decide on every candidate from nothing: those that share a key with another, best first; the rest are kept."""
    table = state.table
    table.records.check()
    _index_anew(state, documents)
    before = table.canonical.copy(), table.agreement.copy()
    everyone = np.arange(table.size, dtype=np.uint32)
    table.canonical[:] = np.where(table.standing == LIVE, everyone, np.uint32(NONE))
    table.agreement[:] = 0
    shared = np.zeros(table.size, np.uint8)
    searched = state.index.arrays(table.size)
    if state.index.runs:
        runs.mark_shared(searched, 0, shared)
    _check_ids(state, documents, np.flatnonzero(shared).astype(np.uint32))
    order = _by_rank(documents, np.flatnonzero(shared & (table.standing == LIVE)).astype(np.uint32))
    if order.size:
        with _scratch(state) as kept:
            propagation.settle(documents, searched, order, kept, AGREEMENT, counters)
    counters[propagation.EVALUATED] = np.count_nonzero(table.standing == LIVE)
    touched: U8 = ((table.canonical != before[0]) | (table.agreement != before[1])).astype(np.uint8)
    return touched


@contextmanager
def _scratch(state: State) -> Iterator[U32]:
    """A number for every row of the index, all 0: in a file without a name, so that only what is used takes room."""
    with tempfile.TemporaryFile(dir=state.folder.path) as file:
        yield np.memmap(file, np.uint32, "w+", shape=max(1, state.index.keys.rows)).view(np.ndarray)


def _by_rank(documents: Documents, numbers: U32) -> U32:
    """These documents, best first."""
    ordered = numbers[np.lexsort((documents.hashes[numbers], documents.rank[numbers]))]
    runs.order_by_rank(documents, ordered)
    return ordered
