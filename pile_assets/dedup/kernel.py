"""The compiled loops of duplicate removal over signatures; those over text are in `text_kernel`.

Only Numba kernels over NumPy arrays belong in these two modules: no Polars, no Python objects, no parameters of their
own. Every kernel is integer arithmetic modulo a power of two, so its output is the same on every machine; all release the
GIL. Arrays are C-contiguous. Importing them costs half a second when the machine code is found in Numba's cache and some
seconds when it is not, so `signatures` and `resolve` import them on first use.
"""

import numpy as np
import numpy.typing as npt

from pile_assets.compiling import numba

Bytes = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]

U32 = np.uint32
U64 = np.uint64


@numba.njit(inline="always")
def _mix64(x: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014)."""
    x = (x ^ (x >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> U64(27))) * U64(0x94D049BB133111EB)
    return x ^ (x >> U64(31))


@numba.njit("void(uint32[:, ::1], int64, uint64[:, ::1])", nogil=True, cache=True)
def band_keys(signatures: Hashes, rows: int, keys: Keys) -> None:
    """One 64-bit key for every band of `rows` signature positions, with the band's number in it.

    Thus keys of all bands may lie in one index. Two signatures share a key where they agree in a whole band; that two
    different bands collide has a probability of 2^-64 and makes a candidate which `greedy` verifies like any other.
    """
    for d in range(signatures.shape[0]):
        for band in range(keys.shape[1]):
            key = _mix64(U64(band + 1))
            for position in range(band * rows, band * rows + rows):
                key = _mix64(key ^ U64(signatures[d, position]))
            keys[d, band] = key


@numba.njit(inline="always")
def _agreement(left: Hashes, right: Hashes) -> int:
    """How many positions of two signatures are equal."""
    equal = 0
    for k in range(left.size):
        equal += left[k] == right[k]
    return equal


@numba.njit("void(uint32[:, ::1], int32[:, ::1], int64[::1], int64, int32[::1], int32[::1])", nogil=True, cache=True)
def greedy(
    signatures: Hashes, buckets: Numbers, begins: Bounds, threshold: int, canonical: Numbers, agreement: Numbers
) -> None:
    """Keep, from the best-ranked document down, each that is no neighbour of one already kept.

    Rows are documents in order of rank, best first. `buckets[d]` are the buckets of d's bands, -1 where no other document
    shares that band; bucket k has room for its members from `begins[k]` to `begins[k + 1]`. Neighbours share a bucket and
    agree in at least `threshold` positions. Fills `canonical[d]` with the best-ranked kept neighbour, or d itself where d
    is kept, and `agreement[d]` with the positions in which d and that neighbour agree.

    A bucket collects its kept members only, hence best first: the search ends at the first neighbour, and nowhere looks
    past the best one found in another bucket.
    """
    members = np.empty(begins[-1], np.int32)
    kept = begins[:-1].copy()  # bucket k's kept members are members[begins[k]:kept[k]]
    for d in range(signatures.shape[0]):
        canonical[d] = d
        agreement[d] = signatures.shape[1]
        best = d
        for band in range(buckets.shape[1]):
            bucket = buckets[d, band]
            if bucket < 0:
                continue
            for slot in range(begins[bucket], kept[bucket]):
                other = members[slot]
                if other >= best:
                    break
                equal = _agreement(signatures[other], signatures[d])
                if equal >= threshold:
                    best = int(other)
                    canonical[d] = other
                    agreement[d] = equal
                    break
        if best < d:
            continue
        for band in range(buckets.shape[1]):
            bucket = buckets[d, band]
            if bucket >= 0:
                members[kept[bucket]] = d
                kept[bucket] += 1
