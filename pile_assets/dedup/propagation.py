"""The compiled loops that decide: the verdict on one document, on all of them, and on those a change can reach.

Only Numba kernels over the arrays of `runs` belong here. The definition is that of `resolve`; every function here
relies on one fact: the verdict on a document depends on better-ranked documents only.

After an edit of `runs` or `kernel` while developing, delete this folder's `__pycache__`: Numba's cache looks at a function's
own file only, and the machine code here has those functions in it.

What they count: `counters[VERIFIED]` pairs of signatures compared, `[EVALUATED]` documents whose verdict was looked for or
taken away, `[REPOINTED]` duplicates given a better canonical without that.
"""

import numpy as np

from pile_assets.compiling import numba
from pile_assets.dedup.kernel import _agreement
from pile_assets.dedup.runs import I64, KEYS, NONE, U8, U32, Documents, Index, Number, behind, better, find, in_bucket, key_of
from pile_assets.dedup.signatures import PERMUTATIONS
from pile_assets.dedup.table import LIVE, RECORDS_PER_BLOCK

CROWD = 16
"""Rows of a bucket that are looked at one after the other, before what need not be looked at is passed."""

VERIFIED, EVALUATED, REPOINTED, COUNTERS = 0, 1, 2, 3


@numba.njit(cache=True, nogil=True)
def same_text(documents: Documents, left: Number, right: Number) -> bool:
    """Whether two documents are exact duplicates."""
    documents.seen[right // RECORDS_PER_BLOCK] = 1
    return bool(np.all(documents.records[left, PERMUTATIONS:] == documents.records[right, PERMUTATIONS:]))


@numba.njit(cache=True, nogil=True)
def agreement(documents: Documents, left: Number, right: Number, threshold: int, counters: I64) -> int:
    """Equal signature positions of two documents that share a band; 0 where they are no neighbours."""
    counters[VERIFIED] += 1
    documents.seen[right // RECORDS_PER_BLOCK] = 1
    equal = _agreement(documents.records[left, :PERMUTATIONS], documents.records[right, :PERMUTATIONS])
    return equal if equal >= threshold else 0


@numba.njit(cache=True, nogil=True)
def resembles(documents: Documents, which: Number, left: Number, right: Number, threshold: int, counters: I64) -> int:
    """For two documents under one key: -1 for exact duplicates, the agreement of neighbours, 0 for neither."""
    if which == 1:
        return -1 if same_text(documents, left, right) else 0
    return agreement(documents, left, right, threshold, counters)


@numba.njit(cache=True, nogil=True)
def keys_to_search(documents: Documents, document: Number) -> int:
    """Keys 1 up to this one lead to a document's duplicates."""
    return KEYS if documents.near[document] else 2


# -- one document --------------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def best_kept(
    documents: Documents, index: Index, document: Number, lost: U32, threshold: int, counters: I64
) -> tuple[np.int64, int]:
    """The best-ranked kept duplicate of a document and what `resembles` says of it; (-1, 0) where there is none.

    Exact duplicates come first: one that is kept is the answer, since the document has the same neighbours.
    A bucket stands in order of rank, so the search in it ends at the first that is kept and resembles, at the
    document itself, and at the best one found so far. Rows in `lost` are passed, see `propagate`.
    """
    best, likeness = np.int64(-1), 0
    documents.seen[document // RECORDS_PER_BLOCK] = 1
    for which in range(1, keys_to_search(documents, document)):
        key = key_of(documents, document, which)
        for run in range(index.runs.shape[0]):
            position, walked = np.int64(find(index, run, key)), 0
            while in_bucket(index, run, position, key):
                other = np.int64(index.refs[position])
                if not better(documents, other, document) or (best >= 0 and not better(documents, other, best)):
                    break
                if documents.canonical[other] == other:
                    found = resembles(documents, which, document, other, threshold, counters)
                    if found:
                        best, likeness = other, found
                        break
                    position = onward(lost, position, walked, False)
                else:
                    position = onward(lost, position, walked, True)
                walked += 1
        if which == 1 and best >= 0:
            return best, likeness
    return best, likeness


@numba.njit(cache=True, nogil=True)
def onward(rows: U32, position: Number, walked: int, over: bool) -> np.int64:
    """The next row after one that has been looked at, which is to be passed from now on where it is `over`.

    Only in a crowd: `rows` are mapped from a file, and most buckets are shorter than a page of it takes to come.
    """
    if walked < CROWD:
        return np.int64(position + 1)
    if over:
        rows[position] = 1
    return past(rows, position + 1)


@numba.njit(cache=True, nogil=True)
def past(rows: U32, position: Number) -> np.int64:
    """The first row from a position on that is not to be passed; shortens the way for whoever comes next.

    `rows` says how many rows from each on need not be looked at, 0 for one that must be: a forest as of disjoint sets, with
    the halving of paths of Tarjan and van Leeuwen (Worst-case analysis of set union algorithms, 1984).
    """
    position = np.int64(position)
    while position < rows.size and rows[position]:
        following = position + np.int64(rows[position])
        if following < rows.size:
            rows[position] += rows[following]
        position += np.int64(rows[position])
    return position


# -- a change ------------------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def propagate(
    documents: Documents, index: Index, seeds: U32, lost: U32, settled: U32, threshold: int, touched: U8, counters: I64
) -> None:
    """Decide again what a change can reach: the documents that came or left, and those whose canonical that moves.

    `seeds` are the documents that came, live and in the index, and those that left, no longer live, still in the index
    and still with their last verdict, which is how their dependants are found. Marks in `touched` every document whose
    verdict is another one. Documents are taken in order of rank; what one of them wakes ranks after it, so that each is
    evaluated once.

    `lost` and `settled` are as long as the index and come in all 0. They keep the work in a bucket that many documents share
    in proportion to the change, whoever in it comes, goes, wins or loses. Since whatever ranks before the document at hand
    is decided for good, a row is of no more interest to those that come after it

    - in `lost`, to whoever looks for a better kept document, when its own ranks before them and is not kept;
    - in `settled`, to whoever has become kept or is kept no longer, when its own ranks after them and will be evaluated
      anyway, or has a canonical that is decided.
    """
    waiting = np.zeros(index.limit, np.uint8)
    heap, size = np.empty(max(64, 2 * seeds.size), np.uint32), 0
    for seed in seeds:
        heap, size = _push(documents, heap, size, seed)
        waiting[seed] = 1
    last = np.int64(-1)
    while size:
        document, size = _pop(documents, heap, size)
        if document == last:
            continue
        last = document
        counters[EVALUATED] += 1
        before = documents.canonical[document]
        best, likeness = np.int64(-1), 0
        if documents.standing[document] == LIVE:
            best, likeness = best_kept(documents, index, document, lost, threshold, counters)
            after = np.uint32(best) if best >= 0 else np.uint32(document)
        else:
            after = NONE
        equal = np.uint8(max(likeness, 0))
        if after != before or equal != documents.agreement[document]:
            touched[document] = 1
        documents.canonical[document], documents.agreement[document] = after, equal
        if before == document and after != document:
            heap, size = _wake_dependants(documents, index, document, waiting, settled, heap, size)
        if after == document and before != document:
            heap, size = _claim_neighbours(
                documents, index, document, waiting, settled, threshold, touched, counters, heap, size
            )


@numba.njit(cache=True, nogil=True)
def _wake_dependants(
    documents: Documents, index: Index, loser: Number, waiting: U8, settled: U32, heap: U32, size: int
) -> tuple[U32, int]:
    """A document is kept no longer: its duplicates must look for another canonical, or be kept."""
    documents.seen[loser // RECORDS_PER_BLOCK] = 1
    for which in range(1, keys_to_search(documents, loser)):
        key = key_of(documents, loser, which)
        for run in range(index.runs.shape[0]):
            position, walked = np.int64(behind(documents, index, run, key, loser)), 0
            while in_bucket(index, run, position, key):
                other = np.int64(index.refs[position])
                if not waiting[other] and documents.canonical[other] == loser and other != loser:
                    heap, size = _push(documents, heap, size, np.uint32(other))
                    waiting[other] = 1
                position = onward(settled, position, walked, _is_settled(documents, other, loser, waiting))
                walked += 1
    return heap, size


@numba.njit(cache=True, nogil=True)
def _claim_neighbours(
    documents: Documents,
    index: Index,
    winner: Number,
    waiting: U8,
    settled: U32,
    threshold: int,
    touched: U8,
    counters: I64,
    heap: U32,
    size: int,
) -> tuple[U32, int]:
    """A document is kept now: kept ones after it that resemble it must look again; duplicates of worse ones become its own."""
    for which in range(1, keys_to_search(documents, winner)):
        key = key_of(documents, winner, which)
        for run in range(index.runs.shape[0]):
            position, walked = np.int64(behind(documents, index, run, key, winner)), 0
            while in_bucket(index, run, position, key):
                other = np.int64(index.refs[position])
                if not _is_settled(documents, other, winner, waiting) and better(documents, winner, other):
                    found = resembles(documents, which, winner, other, threshold, counters)
                    if found and documents.canonical[other] == other:
                        heap, size = _push(documents, heap, size, np.uint32(other))
                        waiting[other] = 1
                    elif found:
                        documents.canonical[other], documents.agreement[other] = np.uint32(winner), np.uint8(max(found, 0))
                        touched[other] = 1
                        counters[REPOINTED] += 1
                position = onward(settled, position, walked, _is_settled(documents, other, winner, waiting))
                walked += 1
    return heap, size


@numba.njit(cache=True, nogil=True)
def _is_settled(documents: Documents, other: Number, document: Number, waiting: U8) -> bool:
    """Whether a document that ranks after the one at hand, or is that one, is of no interest to any that will be at hand."""
    canonical = np.int64(documents.canonical[other])
    if waiting[other] or canonical == NONE or other == document:
        return True
    return canonical != other and not better(documents, document, canonical)


@numba.njit(cache=True, nogil=True)
def _before(documents: Documents, left: Number, right: Number) -> bool:
    """The order of the heap: rank, and the number where a document and its own earlier state have the same."""
    if better(documents, np.int64(left), np.int64(right)):
        return True
    return bool(left < right) and not better(documents, np.int64(right), np.int64(left))


@numba.njit(cache=True, nogil=True)
def _push(documents: Documents, heap: U32, size: int, document: Number) -> tuple[U32, int]:
    if size == heap.size:
        larger = np.empty(2 * size, np.uint32)
        larger[:size] = heap
        heap = larger
    slot = size
    while slot > 0:
        parent = (slot - 1) // 2
        if not _before(documents, document, heap[parent]):
            break
        heap[slot] = heap[parent]
        slot = parent
    heap[slot] = document
    return heap, size + 1


@numba.njit(cache=True, nogil=True)
def _pop(documents: Documents, heap: U32, size: int) -> tuple[np.int64, int]:
    first, size = np.int64(heap[0]), size - 1
    moving, slot = heap[size], 0
    while True:
        child = 2 * slot + 1
        if child >= size:
            break
        if child + 1 < size and _before(documents, heap[child + 1], heap[child]):
            child += 1
        if not _before(documents, heap[child], moving):
            break
        heap[slot] = heap[child]
        slot = child
    heap[slot] = moving
    return first, size


# -- everything ----------------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def settle(documents: Documents, index: Index, order: U32, kept: U32, threshold: int, counters: I64) -> None:
    """Decide on all documents of `order`, best first, from nothing; the index is one run.

    `kept` is as long as the run and comes in all 0: the numbers of a bucket's kept documents, plus 1, are gathered there
    at the bucket's place, so that no search passes documents that are not kept.
    """
    for number in order:
        document = np.int64(number)
        counters[EVALUATED] += 1
        best, likeness = _best_settled(documents, index, document, kept, threshold, counters)
        documents.agreement[document] = np.uint8(max(likeness, 0))
        documents.canonical[document] = np.uint32(best if best >= 0 else document)
        if best >= 0:
            continue
        for which in range(1, keys_to_search(documents, document)):
            key = key_of(documents, document, which)
            position = find(index, 0, key)
            while in_bucket(index, 0, position, key) and kept[position]:
                position += 1
            kept[position] = np.uint32(document + 1)


@numba.njit(cache=True, nogil=True)
def _best_settled(
    documents: Documents, index: Index, document: Number, kept: U32, threshold: int, counters: I64
) -> tuple[np.int64, int]:
    """As `best_kept`, over the kept documents of each bucket."""
    best, likeness = np.int64(-1), 0
    for which in range(1, keys_to_search(documents, document)):
        key = key_of(documents, document, which)
        position = find(index, 0, key)
        while in_bucket(index, 0, position, key) and kept[position]:
            other = np.int64(kept[position]) - 1
            position += 1
            if best >= 0 and not better(documents, other, best):
                break
            found = resembles(documents, which, document, other, threshold, counters)
            if found:
                best, likeness = other, found
                break
        if which == 1 and best >= 0:
            return best, likeness
    return best, likeness
