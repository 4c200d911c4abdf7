"""The compiled loops of duplicate removal: bytes in, integers out.

Only Numba kernels over NumPy arrays belong here: no Polars, no Python objects, no parameters of their own. Every kernel
is integer arithmetic modulo a power of two, so its output is the same on every machine; all release the GIL. Importing
this module costs half a second when the machine code is found in Numba's cache and some seconds when it is not, so
`signatures` and `resolve` import it on first use.

Arrays are C-contiguous. A text column is one uint8 array with int64 bounds: document d is `text[bounds[d]:bounds[d+1]]`.
"""

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]

U32 = np.uint32
U64 = np.uint64

SPACE = np.uint8(32)

FNV_BASIS = U64(0xCBF29CE484222325)
FNV_PRIME = U64(0x100000001B3)
"""FNV-1a, 64 bit: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923."""

SHINGLE_BASE = U64(0x9E3779B97F4A7C15)
"""Multiplier of the polynomial over a shingle's token hashes: the odd integer nearest to 2^64 divided by the golden ratio."""

PLANE_2, PLANE_4 = 0x20000, 0x40000
COMPATIBILITY, COMPATIBILITY_END = 0x2F800, 0x2FA20
"""The CJK Compatibility Ideographs Supplement: the only folded characters above plane 1 (see `signatures.fold_table`)."""


@numba.njit(inline="always")
def _mix64(x: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014)."""
    x = (x ^ (x >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> U64(27))) * U64(0x94D049BB133111EB)
    return x ^ (x >> U64(31))


@numba.njit(inline="always")
def _mix32(x: np.uint32) -> np.uint32:
    """The finaliser of MurmurHash3, which datasketch's affine32 scheme applies to every hash before permuting it."""
    x = U32((x ^ (x >> U32(16))) * U32(0x85EBCA6B))
    x = U32((x ^ (x >> U32(13))) * U32(0xC2B2AE35))
    return U32(x ^ (x >> U32(16)))


@numba.njit(inline="always")
def _decode(text: Bytes, i: int) -> tuple[int | np.int64, int]:
    """The code point of the multi-byte UTF-8 sequence at `i`, and its length. The text is valid UTF-8."""
    lead = np.int64(text[i])
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | (np.int64(text[i + 1]) & 0x3F), 2
    if lead < 0xF0:
        return ((lead & 0x0F) << 12) | ((np.int64(text[i + 1]) & 0x3F) << 6) | (np.int64(text[i + 2]) & 0x3F), 3
    high = ((lead & 0x07) << 18) | ((np.int64(text[i + 1]) & 0x3F) << 12)
    return high | ((np.int64(text[i + 2]) & 0x3F) << 6) | (np.int64(text[i + 3]) & 0x3F), 4


@numba.njit(inline="always")
def _fold_entry(point: int | np.int64) -> int | np.int64:
    """The row of the fold table for a code point, or -1 where the table holds none."""
    if point < PLANE_2:
        return point
    if COMPATIBILITY <= point < COMPATIBILITY_END:
        return PLANE_2 + point - COMPATIBILITY
    return -1


@numba.njit("int64(uint8[::1], int64[::1])", nogil=True, cache=True)
def folded_size(text: Bytes, fold_bounds: Bounds) -> int:
    """An upper bound, met unless spaces collapse, of the bytes that `normalise` writes for `text`."""
    size = 0
    i = 0
    while i < text.size:
        if text[i] < 0x80:
            size += 1
            i += 1
            continue
        point, length = _decode(text, i)
        entry = _fold_entry(point)
        size += length + 2 if entry < 0 else fold_bounds[entry + 1] - fold_bounds[entry]
        i += length
    return size


@numba.njit(inline="always")
def _emit(out: Bytes, end: int, byte: np.uint8, spaced: bool) -> tuple[int, bool]:
    """Append a byte, unless it is a space after a space. Branch-free: the byte is written and then kept or not."""
    out[end] = byte
    space = byte == SPACE
    return end + (not (space and spaced)), space


@numba.njit("void(uint8[::1], int64[::1], uint8[::1], int64[::1], uint8[::1], int64[::1])", nogil=True, cache=True)
def normalise(text: Bytes, bounds: Bounds, fold: Bytes, fold_bounds: Bounds, out: Bytes, out_bounds: Bounds) -> None:
    """Fold every code point, collapse runs of spaces to one and trim: `out` holds the documents' tokens, space-separated.

    `fold[fold_bounds[c]:fold_bounds[c + 1]]` is what code point c becomes, one byte for each of
    ASCII; see `signatures.fold_table`. Ideographs above
    the table (planes 2 and 3) stay and become tokens of their own; other characters above it stay. `out` has room for
    `folded_size(text)` bytes and one more; `out_bounds` is filled.
    """
    end = 0
    for d in range(bounds.size - 1):
        begin = end
        spaced = True
        i = bounds[d]
        while i < bounds[d + 1]:
            if text[i] < 0x80:
                end, spaced = _emit(out, end, fold[text[i]], spaced)
                i += 1
                continue
            point, length = _decode(text, i)
            entry = _fold_entry(point)
            if entry >= 0:
                for j in range(fold_bounds[entry], fold_bounds[entry + 1]):
                    end, spaced = _emit(out, end, fold[j], spaced)
            else:
                if point < PLANE_4:
                    end, spaced = _emit(out, end, SPACE, spaced)
                for j in range(i, i + length):
                    end, spaced = _emit(out, end, text[j], spaced)
                if point < PLANE_4:
                    end, spaced = _emit(out, end, SPACE, spaced)
            i += length
        if end > begin and spaced:
            end -= 1
        out_bounds[d + 1] = end


@numba.njit(inline="always")
def _permute_eight(hashes: Hashes, multipliers: Hashes, addends: Hashes, signature: Hashes) -> None:
    """Lower every position of a signature by the permuted values of eight hashes.

    Eight at a time so that a signature is read and written once for eight shingles and stays in vector registers.
    The casts are needed: without them Numba widens every product to 64 bits, which is slower and not affine32.
    """
    x0, x1, x2, x3 = hashes[0], hashes[1], hashes[2], hashes[3]
    x4, x5, x6, x7 = hashes[4], hashes[5], hashes[6], hashes[7]
    for k in range(signature.size):
        a, b = multipliers[k], addends[k]
        low = min(min(U32(a * x0 + b), U32(a * x1 + b)), min(U32(a * x2 + b), U32(a * x3 + b)))
        high = min(min(U32(a * x4 + b), U32(a * x5 + b)), min(U32(a * x6 + b), U32(a * x7 + b)))
        signature[k] = min(signature[k], min(low, high))


@numba.njit("void(uint8[::1], int64[::1], int64, uint32[::1], uint32[::1], uint32[:, ::1], int64[::1])", nogil=True, cache=True)
def minhash(
    tokens: Bytes, bounds: Bounds, shingle: int, multipliers: Hashes, addends: Hashes, signatures: Hashes, shingles: Bounds
) -> None:
    """MinHash signatures of documents whose tokens are separated by one space each, as `normalise` writes them.

    A shingle is `shingle` successive tokens, or all of them where a document has fewer. Its hash is the upper half of
    mix64(sum of fnv1a64(token i) * SHINGLE_BASE^(last - i)), which rolls along the text; then as datasketch does it,
    position k of the signature is the least of mix32(hash) * multipliers[k] + addends[k] modulo 2^32. `signatures`
    comes in all ones and stays so for a document without tokens; `shingles` counts them, repeats included.
    """
    leaving = U64(1)  # SHINGLE_BASE ** shingle: weight of the token that leaves the window
    for _ in range(shingle):
        leaving *= SHINGLE_BASE
    window = np.zeros(shingle, np.uint64)
    tile = np.zeros(8, np.uint32)
    for d in range(bounds.size - 1):
        begin, end = bounds[d], bounds[d + 1]
        if begin == end:
            shingles[d] = 0
            continue
        window[:] = U64(0)
        token, rolling = FNV_BASIS, U64(0)
        count, slot, filled = 0, 0, 0
        for i in range(begin, end + 1):
            if i < end and tokens[i] != SPACE:
                token = (token ^ U64(tokens[i])) * FNV_PRIME
                continue
            rolling = rolling * SHINGLE_BASE + token - window[slot] * leaving
            window[slot] = token
            token = FNV_BASIS
            slot = slot + 1 if slot + 1 < shingle else 0
            count += 1
            if count >= shingle or i == end:
                tile[filled] = _mix32(U32(_mix64(rolling) >> U64(32)))
                filled += 1
            if filled == 8:
                _permute_eight(tile, multipliers, addends, signatures[d])
                filled = 0
        if filled:
            tile[filled:] = tile[0]
            _permute_eight(tile, multipliers, addends, signatures[d])
        shingles[d] = max(count - shingle + 1, 1)


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
