"""The compiled loops from text to signatures: UTF-8 in, normalised bytes and MinHash out.

The rules of this module are those of `kernel`, which has the loops over signatures. Most text is ASCII in words of a few
letters, so the loops take many at once: 64 bytes when they fold and look for spaces, sixteen tokens when they hash, eight
shingles when they permute. Where Numba would not see that by itself, a few vector operations are spelled out for LLVM,
which has instructions for them on every machine; each says in a sentence what integers it computes.

Texts lie in one uint8 array with int64 bounds: document d is `text[bounds[d]:bounds[d + 1]]`. The arrays that are read 64
bytes at a time have `SLACK` bytes more at their end, whose content does not matter.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types

from pile_assets.compiling import numba
from pile_assets.dedup.kernel import U32, U64, Bounds, Bytes, Hashes, Keys, _mix64

SLACK = 64
SPACE = np.uint8(32)
BLOCK = 64
"""Bytes looked at together: the bits of one 64-bit mask."""

SCALAR = 12
"""ASCII bytes before the next other character, below which one byte at a time is quicker than a block."""

FNV_BASIS = U64(0xCBF29CE484222325)
FNV_PRIME = U64(0x100000001B3)
"""FNV-1a, 64 bit: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923."""

SHINGLE_BASE = U64(0x9E3779B97F4A7C15)
"""Multiplier of the polynomial over a shingle's token hashes: the odd integer nearest to 2^64 divided by the golden ratio."""

PLANE_2, PLANE_4 = 0x20000, 0x40000
COMPATIBILITY, COMPATIBILITY_END = 0x2F800, 0x2FA20
"""The CJK Compatibility Ideographs Supplement: the only folded characters above plane 1 (see `signatures.fold_table`)."""

LANES = 16
CHUNK = 512
"""Tokens hashed and permuted before the next are looked for; a multiple of `LANES`. Their hashes stay in the first cache."""

LONG = 32
"""Bytes of a token that are hashed beside those of fifteen others; what is longer is finished alone."""


# -- vectors of 64 bytes -------------------------------------------------------------------------------------------------

_operation: Callable[[Callable[..., Any]], Any] = extending.intrinsic
"""Makes a function that kernels may call of one that gives its types and its LLVM code."""

_BYTE, _WORD, _BITS = ir.IntType(8), ir.IntType(64), ir.IntType(1)
_VECTOR = ir.VectorType(_BYTE, BLOCK)


def _splat(value: int) -> ir.Constant:
    return ir.Constant(_VECTOR, [value] * BLOCK)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, as_type: Any) -> Any:
    """The address of a byte of an array, as that of something else."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), as_type.as_pointer())


def _load(context: Any, builder: Any, array_type: Any, place: Any, as_type: Any) -> Any:
    """What lies at a place, which is an array and an index; it need not be aligned."""
    array, index = place
    loaded = builder.load(_pointer(context, builder, array_type, array, index, as_type))
    loaded.align = 1
    return loaded


def _separators(builder: Any, vector: Any) -> Any:
    """Which bytes are ASCII separators: those up to the space, and delete."""
    control = builder.icmp_unsigned("<=", vector, _splat(0x20))
    return builder.or_(control, builder.icmp_unsigned("==", vector, _splat(0x7F)))


@_operation
def _word(typing: Any, array: Any, index: Any) -> Any:
    """Eight bytes from `index` on, little-endian."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _load(context, builder, signature.args[0], arguments, _WORD)

    return types.uint64(array, types.int64), generate


@_operation
def _separator_bits(typing: Any, array: Any, index: Any) -> Any:
    """Bit k is set where byte `index + k` is an ASCII separator."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _load(context, builder, signature.args[0], arguments, _VECTOR)
        return builder.bitcast(_separators(builder, vector), _WORD)

    return types.uint64(array, types.int64), generate


@_operation
def _foreign_bits(typing: Any, array: Any, index: Any) -> Any:
    """Bit k is set where byte `index + k` is not ASCII."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _load(context, builder, signature.args[0], arguments, _VECTOR)
        return builder.bitcast(builder.icmp_signed("<", vector, _splat(0)), _WORD)

    return types.uint64(array, types.int64), generate


@_operation
def _fold_block(typing: Any, array: Any, index: Any, out: Any, end: Any) -> Any:
    """Write 64 bytes of ASCII from `index` on to `out` from `end` on: letters in lower case, separators as spaces."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, index, target, end = arguments
        vector = _load(context, builder, signature.args[0], (source, index), _VECTOR)
        capital = builder.icmp_unsigned("<", builder.sub(vector, _splat(ord("A"))), _splat(26))
        folded = builder.select(capital, builder.or_(vector, _splat(0x20)), vector)
        spaced = builder.select(_separators(builder, vector), _splat(0x20), folded)
        stored = builder.store(spaced, _pointer(context, builder, signature.args[2], target, end, _VECTOR))
        stored.align = 1
        return context.get_dummy_value()

    return types.void(array, types.int64, out, types.int64), generate


@_operation
def _trailing_zeros(typing: Any, bits: Any) -> Any:
    """The position of the lowest bit that is set; 64 where none is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(_BITS, 0))

    return types.int64(types.uint64), generate


@_operation
def _absorb(typing: Any, words: Any, lengths: Any, group: Any, done: Any, hashes: Any) -> Any:
    """One step of FNV-1a for each of the up to eight next bytes of sixteen tokens.

    `words` holds the bytes; the token of lane k is `lengths[group + k]` long, of which `done` bytes are in
    `hashes[group + k]`.
    """
    lanes = ir.VectorType(_WORD, LANES)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def constant(value: int) -> ir.Constant:
            return ir.Constant(lanes, [value] * LANES)

        def lane_pointer(position: int, index: Any) -> Any:
            data = context.make_array(signature.args[position])(context, builder, arguments[position]).data
            return builder.bitcast(builder.gep(data, [index]), lanes.as_pointer())

        def load(position: int, index: Any) -> Any:
            loaded = builder.load(lane_pointer(position, index))
            loaded.align = 8
            return loaded

        group, done = arguments[2], arguments[3]
        word, hashed = load(0, ir.Constant(_WORD, 0)), load(4, group)
        undone = builder.insert_element(ir.Constant(lanes, ir.Undefined), done, ir.Constant(ir.IntType(32), 0))
        undone = builder.shuffle_vector(undone, undone, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        left = builder.sub(load(1, group), undone)
        for byte in range(8):
            next_byte = builder.and_(builder.lshr(word, constant(8 * byte)), constant(255))
            further = builder.mul(builder.xor(hashed, next_byte), constant(int(FNV_PRIME)))
            hashed = builder.select(builder.icmp_signed(">", left, constant(byte)), further, hashed)
        stored = builder.store(hashed, lane_pointer(4, group))
        stored.align = 8
        return context.get_dummy_value()

    return types.void(words, lengths, types.int64, types.int64, hashes), generate


# -- normalised text -----------------------------------------------------------------------------------------------------


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


@numba.njit("int64(uint8[::1], int64, int64[::1])", nogil=True, cache=True)
def folded_size(text: Bytes, size: int, fold_bounds: Bounds) -> int:
    """An upper bound, met unless spaces collapse, of the bytes that `normalise` writes for the first `size` of `text`."""
    bound = 0
    i = 0
    while i < size:
        plain = min(_trailing_zeros(_foreign_bits(text, i)), size - i)
        bound += plain
        i += plain
        while i < size and text[i] >= 0x80:
            point, length = _decode(text, i)
            entry = _fold_entry(point)
            bound += length + 2 if entry < 0 else fold_bounds[entry + 1] - fold_bounds[entry]
            i += length
    return bound


@numba.njit(inline="always")
def _emit(out: Bytes, end: int, byte: np.uint8, spaced: bool) -> tuple[int, bool]:
    """Append a byte, unless it is a space after a space. Branch-free: the byte is written and then kept or not."""
    out[end] = byte
    space = byte == SPACE
    return end + (not (space and spaced)), space


@numba.njit(inline="always")
def _emit_block(text: Bytes, i: int, plain: int, out: Bytes, end: int, spaced: bool) -> tuple[int, bool]:
    """Append the `plain` bytes of ASCII at `i`, folded, without the spaces that follow a space; 1 to 64 of them.

    Each run of bytes that stay is written by a whole block, and what that wrote too much is written over by the next.
    """
    all_of_it = U64(0xFFFFFFFFFFFFFFFF) >> U64(BLOCK - plain)
    separators = _separator_bits(text, i)
    staying = all_of_it & ~(separators & ((separators << U64(1)) | U64(spaced)))
    while staying:
        start = _trailing_zeros(staying)
        run = _trailing_zeros(~(staying >> U64(start)))
        _fold_block(text, i + start, out, end)
        end += run
        staying &= staying + (U64(1) << U64(start))
    return end, (separators >> U64(plain - 1)) & U64(1) != 0


@numba.njit("void(uint8[::1], int64[::1], uint8[::1], int64[::1], uint8[::1], int64[::1])", nogil=True, cache=True)
def normalise(text: Bytes, bounds: Bounds, fold: Bytes, fold_bounds: Bounds, out: Bytes, out_bounds: Bounds) -> None:
    """Fold every code point, collapse runs of spaces to one and trim: `out` holds the documents' tokens, space-separated.

    `fold[fold_bounds[c]:fold_bounds[c + 1]]` is what code point c becomes; see `signatures.fold_table`. ASCII becomes one
    byte each, which `_fold_block` computes. Ideographs above the table (planes 2 and 3) stay and become tokens of their
    own; other characters above it stay. `text` has its slack, `out` has room for `folded_size(text)` bytes and two times
    the slack; `out_bounds` is filled.
    """
    end = 0
    for d in range(bounds.size - 1):
        begin = end
        spaced = True
        i, stop = bounds[d], bounds[d + 1]
        while i < stop:
            plain = min(_trailing_zeros(_foreign_bits(text, i)), stop - i)
            if plain > SCALAR:
                end, spaced = _emit_block(text, i, plain, out, end, spaced)
                i += plain
                continue
            for j in range(i, i + plain):
                end, spaced = _emit(out, end, fold[text[j]], spaced)
            i += plain
            while i < stop and text[i] >= 0x80:
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


# -- signatures ----------------------------------------------------------------------------------------------------------


@numba.njit(inline="always")
def _mix32(x: np.uint32) -> np.uint32:
    """The finaliser of MurmurHash3, which datasketch's affine32 scheme applies to every hash before permuting it."""
    x = U32((x ^ (x >> U32(16))) * U32(0x85EBCA6B))
    x = U32((x ^ (x >> U32(13))) * U32(0xC2B2AE35))
    return U32(x ^ (x >> U32(16)))


@numba.njit(inline="always")
def _next_tokens(tokens: Bytes, start: int, end: int, starts: Bounds, lengths: Bounds) -> tuple[int, int]:
    """Find where up to `CHUNK` tokens from `start` on lie, the last of which ends before `end`; how many, and what is next.

    Spare room in the arrays takes the tokens of a block that is looked at to its end.
    """
    count = 0
    i = start
    while i <= end and count < CHUNK:
        spaces = _separator_bits(tokens, i)
        if end - i < BLOCK:  # the document's end ends a token
            spaces = (spaces & ((U64(1) << U64(end - i)) - U64(1))) | (U64(1) << U64(end - i))
        while spaces:
            stop = i + _trailing_zeros(spaces)
            starts[count] = start
            lengths[count] = stop - start
            start = stop + 1
            count += 1
            spaces &= spaces - U64(1)
        i += BLOCK
    return count, start


@numba.njit(inline="always")
def _hash_tokens(tokens: Bytes, count: int, starts: Bounds, lengths: Bounds, words: Keys, hashes: Keys) -> None:
    """FNV-1a of `count` tokens, sixteen beside each other: a byte's multiplication need not wait for another token's."""
    lengths[count : count + LANES] = 0  # the lanes of the last group that are left over
    for group in range(0, count, LANES):
        longest = 0
        for lane in range(group, group + LANES):
            longest = max(longest, lengths[lane])
            hashes[lane] = FNV_BASIS
        for done in range(0, min(longest, LONG), 8):
            for lane in range(LANES):
                words[lane] = _word(tokens, starts[group + lane] + done)  # beyond the token: not absorbed
            _absorb(words, lengths, group, done, hashes)
        if longest > LONG:
            for lane in range(group, group + LANES):
                h = hashes[lane]
                for i in range(starts[lane] + LONG, starts[lane] + lengths[lane]):
                    h = (h ^ U64(tokens[i])) * FNV_PRIME
                hashes[lane] = h


@numba.njit(inline="always")
def _permute_eight(hashes: Hashes, first: int, multipliers: Hashes, addends: Hashes, signature: Hashes) -> None:
    """Lower every position of a signature by the permuted values of eight hashes.

    Eight at a time so that a signature is read and written once for eight shingles and stays in vector registers.
    The casts are needed: without them Numba widens every product to 64 bits, which is slower and not affine32.
    """
    x0, x1, x2, x3 = hashes[first], hashes[first + 1], hashes[first + 2], hashes[first + 3]
    x4, x5, x6, x7 = hashes[first + 4], hashes[first + 5], hashes[first + 6], hashes[first + 7]
    for k in range(signature.size):
        a, b = multipliers[k], addends[k]
        low = min(min(U32(a * x0 + b), U32(a * x1 + b)), min(U32(a * x2 + b), U32(a * x3 + b)))
        high = min(min(U32(a * x4 + b), U32(a * x5 + b)), min(U32(a * x6 + b), U32(a * x7 + b)))
        signature[k] = min(signature[k], min(low, high))


@numba.njit(inline="always")
def _hash_shingles(window: Keys, found: int, width: int, sums: Keys, hashes: Hashes) -> None:
    """The mixed hashes of `found` shingles of `width` tokens, the first of which begins where the window does."""
    sums[:found] = U64(0)
    for j in range(width):
        for s in range(found):
            sums[s] = sums[s] * SHINGLE_BASE + window[s + j]
    for s in range(found):
        hashes[s] = _mix32(U32(_mix64(sums[s]) >> U64(32)))


@numba.njit("void(uint8[::1], int64[::1], int64, uint32[::1], uint32[::1], uint32[:, ::1], int64[::1])", nogil=True, cache=True)
def minhash(
    tokens: Bytes, bounds: Bounds, shingle: int, multipliers: Hashes, addends: Hashes, signatures: Hashes, shingles: Bounds
) -> None:
    """MinHash signatures of documents whose tokens are separated by one space each, as `normalise` writes them.

    A shingle is `shingle` successive tokens, or all of them where a document has fewer. Its hash is the upper half of
    mix64(sum of fnv1a64(token i) * SHINGLE_BASE^(last - i)); then as datasketch does it, position k of the signature is
    the least of mix32(hash) * multipliers[k] + addends[k] modulo 2^32. `signatures` comes in all ones and stays so for a
    document without tokens; `shingles` counts them, repeats included. `tokens` has its slack.
    """
    room = CHUNK + BLOCK + LANES
    starts, lengths = np.zeros(room, np.int64), np.zeros(room, np.int64)
    words, sums, hashes = np.zeros(LANES, np.uint64), np.zeros(room, np.uint64), np.zeros(room, np.uint32)
    window = np.zeros(shingle + room, np.uint64)  # the last tokens of the chunk before, then this one's
    for d in range(bounds.size - 1):
        at, end = bounds[d], bounds[d + 1]
        shingles[d] = 0
        held = 0
        while at < end:
            count, at = _next_tokens(tokens, at, end, starts, lengths)
            _hash_tokens(tokens, count, starts, lengths, words, window[held:])
            held += count
            short = held < shingle and at >= end and shingles[d] == 0
            width = held if short else shingle
            found = max(held - width + 1, 0)
            _hash_shingles(window, found, width, sums, hashes)
            hashes[found : found + 7] = hashes[0]  # what fills up the last eight
            for s in range(0, found, 8):
                _permute_eight(hashes, s, multipliers, addends, signatures[d])
            shingles[d] += found
            kept = min(shingle - 1, held)
            window[:kept] = window[held - kept : held]
            held = kept
