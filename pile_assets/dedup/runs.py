"""The compiled loops over sorted runs of keys: making, searching and merging them.

Only Numba kernels over NumPy arrays belong here, and the two tuples of arrays they and `propagation` share; no files, no
Polars. Importing this module costs as `kernel` does, so the engine imports it on first use.

A document's **keys** are one for its id, one for its normalised text, and if it is long enough for near matching one for
each band; a document that only claims its id has the first alone. A **run** holds the keys of some documents in
ascending order; documents under one key, a **bucket**, stand in order of rank, best first. A run's **fence** says for
each value of a key's upper bits where those keys begin, so that a search reads one fence entry and a few keys.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pile_assets.compiling import numba
from pile_assets.dedup import table
from pile_assets.dedup.kernel import _mix64
from pile_assets.dedup.signatures import BANDS, PERMUTATIONS, ROWS
from pile_assets.dedup.table import GONE, LIVE, WORDS

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
Number = int | np.integer[Any]
"""Of a document, in whichever width a kernel has it."""

NONE = np.uint32(table.NONE)
KEYS = BANDS + 2
KEYS_PER_BLOCK = 4096
"""How many rows of the index share one checksum, see `columns`."""


class Documents(NamedTuple):
    """What is known of every document, by its number. Numbers are given on arrival and decide nothing."""

    records: U32  # [n, WORDS]
    rank: U64  # [n], tier and seniority as one number, then quality
    hashes: U64  # [n], of the id
    ids: U8  # all ids in UTF-8, one after the other
    ends: I64  # [n], where each id ends in `ids`
    near: U8  # [n], 1 where long enough for near matching
    standing: U8  # [n]
    canonical: U32  # [n], the document itself where kept, NONE where there is no verdict
    agreement: U8  # [n], equal signature positions with a near canonical, else 0
    seen: U8  # [blocks of records], set where a record was read


class Index(NamedTuple):
    """All runs, one after the other."""

    keys: U64
    refs: U32  # the document of each key
    fences: U32  # of all runs, positions relative to the run
    runs: I64  # [runs, 4]: begin and end in `keys`, begin in `fences`, upper bits
    limit: int  # how many documents there are
    seen: U8  # [blocks of keys], set where a key or ref was read


@numba.njit(cache=True, nogil=True)
def key_of(documents: Documents, document: Number, which: Number) -> np.uint64:
    """Key 0 is of the id, key 1 of the normalised text, key 2 + b of band b, as in `kernel.band_keys`."""
    if which == 0:
        return _mix64(documents.hashes[document] ^ np.uint64(0x6964))
    record = documents.records[document]
    if which == 1:
        key = np.uint64(0x746578740000)
        for word in range(PERMUTATIONS, WORDS):
            key = _mix64(key ^ np.uint64(record[word]))
        return key
    band = which - 2
    key = _mix64(np.uint64(band + 1))
    for position in range(band * ROWS, band * ROWS + ROWS):
        key = _mix64(key ^ np.uint64(record[position]))
    return key


@numba.njit(cache=True, nogil=True)
def count_of_keys(documents: Documents, document: Number) -> int:
    """How many keys a document has in the index."""
    if documents.standing[document] != LIVE:
        return 1
    return KEYS if documents.near[document] else 2


@numba.njit(cache=True, nogil=True)
def better(documents: Documents, left: Number, right: Number) -> bool:
    """Whether the left document ranks before the right one: by rank, then hash of the id, then the id itself."""
    if documents.rank[left] != documents.rank[right]:
        return bool(documents.rank[left] < documents.rank[right])
    if documents.hashes[left] != documents.hashes[right]:
        return bool(documents.hashes[left] < documents.hashes[right])
    return compare_ids(documents, left, right) < 0


@numba.njit(cache=True, nogil=True)
def compare_ids(documents: Documents, left: Number, right: Number) -> int:
    """Negative, zero or positive as the left id is before, equal to or after the right one in the order of its bytes."""
    i = documents.ends[left - 1] if left else 0
    j = documents.ends[right - 1] if right else 0
    while i < documents.ends[left] and j < documents.ends[right]:
        if documents.ids[i] != documents.ids[j]:
            return int(np.int64(documents.ids[i]) - np.int64(documents.ids[j]))  # bytes are unsigned
        i += 1
        j += 1
    return int(documents.ends[left] - i) - int(documents.ends[right] - j)


# -- making a run --------------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def count_keys(documents: Documents, numbers: U32, bits: int, counts: I64) -> None:
    """Add to `counts` how many keys of these documents begin with each value of their upper `bits`, 0 to 16."""
    for unsigned in numbers:
        number = np.int64(unsigned)
        for which in range(count_of_keys(documents, number)):
            counts[(key_of(documents, number, which) >> np.uint64(48)) >> np.uint64(16 - bits)] += 1


@numba.njit(cache=True, nogil=True)
def scatter_keys(documents: Documents, numbers: U32, bits: int, slots: I64, keys: U64, refs: U32) -> None:
    """Write every key where its slice has room next; `slots[s]` is that place for slice s and moves on."""
    for unsigned in numbers:
        number = np.int64(unsigned)
        for which in range(count_of_keys(documents, number)):
            key = key_of(documents, number, which)
            piece = (key >> np.uint64(48)) >> np.uint64(16 - bits)
            keys[slots[piece]] = key
            refs[slots[piece]] = unsigned
            slots[piece] += 1


@numba.njit(cache=True, nogil=True)
def sort_run(documents: Documents, keys: U64, refs: U32) -> None:
    """Sort in place by key, then by rank: by four passes of 16 bits, least significant first, then each bucket."""
    other_keys, other_refs = np.empty_like(keys), np.empty_like(refs)
    for shift in range(0, 64, 16):
        starts = np.zeros(65537, np.int64)
        for key in keys:
            starts[((key >> np.uint64(shift)) & np.uint64(0xFFFF)) + np.uint64(1)] += 1
        starts = np.cumsum(starts)
        for i in range(keys.size):
            digit = (keys[i] >> np.uint64(shift)) & np.uint64(0xFFFF)
            other_keys[starts[digit]] = keys[i]
            other_refs[starts[digit]] = refs[i]
            starts[digit] += 1
        keys[:], refs[:] = other_keys, other_refs
    begin = 0
    for i in range(1, keys.size + 1):
        if i == keys.size or keys[i] != keys[begin]:
            if i - begin > 1:
                order_by_rank(documents, refs[begin:i])
            begin = i


@numba.njit(cache=True, nogil=True)
def order_by_rank(documents: Documents, numbers: U32) -> None:
    """Sort document numbers in place, best first: merge sort from the bottom, which leaves sorted input at one pass."""
    ordered = True
    for i in range(1, numbers.size):
        if better(documents, np.int64(numbers[i]), np.int64(numbers[i - 1])):
            ordered = False
            break
    if ordered:
        return
    source, target = numbers.copy(), np.empty_like(numbers)
    width = 1
    while width < numbers.size:
        for begin in range(0, numbers.size, 2 * width):
            i, middle = begin, min(begin + width, numbers.size)
            j, end = middle, min(begin + 2 * width, numbers.size)
            for slot in range(begin, end):
                if i < middle and (j >= end or not better(documents, np.int64(source[j]), np.int64(source[i]))):
                    target[slot] = source[i]
                    i += 1
                else:
                    target[slot] = source[j]
                    j += 1
        source, target = target, source
        width *= 2
    numbers[:] = source


@numba.njit(cache=True, nogil=True)
def build_fence(keys: U64, bits: int, fence: U32) -> None:
    """`fence[u]` is where keys whose upper `bits` are u or more begin; one entry more than values."""
    position = 0
    for upper in range((1 << bits) + 1):
        while position < keys.size and (keys[position] >> np.uint64(64 - bits)) < np.uint64(upper):
            position += 1
        fence[upper] = position


@numba.njit(cache=True, nogil=True)
def merge_runs(documents: Documents, index: Index, left: int, right: int, keys: U64, refs: U32) -> int:
    """Merge two runs by key and rank into `keys` and `refs`, leaving out documents that are gone; returns the length."""
    i, left_end = index.runs[left, 0], index.runs[left, 1]
    j, right_end = index.runs[right, 0], index.runs[right, 1]
    written = 0
    while i < left_end or j < right_end:
        if j >= right_end:
            first = True
        elif i >= left_end:
            first = False
        elif index.keys[i] != index.keys[j]:
            first = index.keys[i] < index.keys[j]
        else:
            first = not better(documents, np.int64(index.refs[j]), np.int64(index.refs[i]))
        at = i if first else j
        if documents.standing[index.refs[at]] != GONE:
            keys[written] = index.keys[at]
            refs[written] = index.refs[at]
            written += 1
        if first:
            i += 1
        else:
            j += 1
    return written


# -- searching -----------------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def find(index: Index, run: int, key: np.uint64) -> int:
    """Where a key's bucket begins in a run, or would."""
    begin, fence = index.runs[run, 0], index.runs[run, 2]
    upper = np.int64(key >> np.uint64(64 - index.runs[run, 3]))
    low, high = begin + np.int64(index.fences[fence + upper]), begin + np.int64(index.fences[fence + upper + 1])
    index.seen[low // KEYS_PER_BLOCK] = 1
    while high - low > 8:
        middle = (low + high) >> 1
        index.seen[middle // KEYS_PER_BLOCK] = 1
        if index.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    while low < high and index.keys[low] < key:
        low += 1
    return int(low)


@numba.njit(cache=True, nogil=True)
def in_bucket(index: Index, run: int, position: Number, key: np.uint64) -> bool:
    """Whether a position is in the key's bucket of a run; notes that it was read.

    A number that no document has is damage, which the checksum of its block will show; until then it is passed by.
    """
    if position >= index.runs[run, 1]:
        return False
    index.seen[position // KEYS_PER_BLOCK] = 1
    return bool(index.keys[position] == key) and index.refs[position] < index.limit


@numba.njit(cache=True, nogil=True)
def behind(documents: Documents, index: Index, run: int, key: np.uint64, document: Number) -> int:
    """Where in the key's bucket those begin that do not rank before a document: itself, or whatever comes after its place."""
    low, step = find(index, run, key), 1
    while in_bucket(index, run, low + step - 1, key) and better(documents, np.int64(index.refs[low + step - 1]), document):
        low += step
        step *= 2
    high = low + step - 1
    while low < high:
        middle = (low + high) >> 1
        if in_bucket(index, run, middle, key) and better(documents, np.int64(index.refs[middle]), document):
            low = middle + 1
        else:
            high = middle
    return int(low)


@numba.njit(cache=True, nogil=True)
def find_twice(documents: Documents, index: Index, numbers: U32) -> tuple[int, int]:
    """The first of these documents whose id another one has too, and that one; (-1, -1) where there is none."""
    for unsigned in numbers:
        number = np.int64(unsigned)
        key = key_of(documents, number, 0)
        for run in range(index.runs.shape[0]):
            position = find(index, run, key)
            while in_bucket(index, run, position, key):
                other = np.int64(index.refs[position])
                position += 1
                if other == number or documents.standing[other] == GONE:
                    continue
                if documents.hashes[other] == documents.hashes[number] and compare_ids(documents, other, number) == 0:
                    return int(number), int(other)
    return -1, -1


@numba.njit(cache=True, nogil=True)
def mark_shared(index: Index, run: int, shared: U8) -> None:
    """Mark the documents that share a key with another one of the run."""
    begin, end = index.runs[run, 0], index.runs[run, 1]
    for i in range(begin + 1, end):
        if index.keys[i] == index.keys[i - 1]:
            shared[index.refs[i]] = 1
            shared[index.refs[i - 1]] = 1


@numba.njit(cache=True, nogil=True)
def gather(numbers: U32, ids: U8, ends: I64) -> tuple[U8, I64]:
    """The ids of these documents one after the other, and where each ends."""
    bounds = np.empty(numbers.size, np.int64)
    size = 0
    for i in range(numbers.size):
        size += ends[numbers[i]] - (ends[numbers[i] - 1] if numbers[i] else 0)
        bounds[i] = size
    text = np.empty(size, np.uint8)
    at = 0
    for number in numbers:
        for byte in range(ends[number - 1] if number else 0, ends[number]):
            text[at] = ids[byte]
            at += 1
    return text, bounds
