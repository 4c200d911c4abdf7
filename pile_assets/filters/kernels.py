"""Compiled loops over the characters and words of one text.

What belongs here: every numba function of the filters. Numba's cache notices a change only in the file a kernel stands
in, so kernels that call each other must share this one. What may not: thresholds, frames, anything that knows which
filter asks.

Kernels read valid UTF-8 as a uint8 array and never more than `characters.head` gives them, which bounds their memory.
Importing numba takes a second, so the filters import this module when they first measure a text.
"""

import numpy as np

from pile_assets.compiling import numba
from pile_assets.filters.characters import DIGIT, LETTER, ODD, SPACE, Bytes, Counts, Hashes

_MIX_A = np.uint64(0xBF58476D1CE4E5B9)  # the finaliser of SplitMix64, Steele, Lea and Flood 2014
_MIX_B = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that chaining values loses nothing


@numba.njit(cache=True, nogil=True)
def _decode(data: Bytes, at: int) -> tuple[np.int64, int]:
    """The code point whose first byte is `at`, and where the next one starts."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, at + 1
    second = np.int64(data[at + 1]) & 0x3F
    if first < 0xE0:
        return (first & 0x1F) << 6 | second, at + 2
    third = np.int64(data[at + 2]) & 0x3F
    if first < 0xF0:
        return (first & 0x0F) << 12 | second << 6 | third, at + 3
    return (first & 0x07) << 18 | second << 12 | third << 6 | np.int64(data[at + 3]) & 0x3F, at + 4


@numba.njit(cache=True, nogil=True)
def _mixed(value: np.uint64) -> np.uint64:
    """`value` with every bit depending on every other."""
    value = (value ^ (value >> np.uint64(30))) * _MIX_A
    value = (value ^ (value >> np.uint64(27))) * _MIX_B
    return value ^ (value >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def word_hashes(data: Bytes, table: Bytes) -> tuple[Hashes, Counts]:
    """A 64-bit hash and the length in characters of every word (run without white space), in order."""
    hashes = np.empty(data.size // 2 + 1, dtype=np.uint64)
    lengths = np.empty(data.size // 2 + 1, dtype=np.int64)
    words, length, value, at = 0, 0, _STEP, 0
    while at < data.size:
        point, at = _decode(data, at)
        if not table[point] & SPACE:
            value = (value ^ np.uint64(point)) * _STEP
            length += 1
            if at < data.size:
                continue
        if length:
            hashes[words], lengths[words] = _mixed(value), length
            words, length, value = words + 1, 0, _STEP
    return hashes[:words], lengths[:words]


@numba.njit(cache=True, nogil=True)
def word_profile(data: Bytes, table: Bytes, wanted: Counts, longest: int) -> tuple[Counts, int, int, int]:
    """Of all words: how many have each length (longer than `longest` counts there), how many characters they have,
    how many hold a letter, and how many of the `wanted` words occur at least once.

    A wanted word is given as `packed_word` gives it, and compared with the letters of a word, lower-cased, without
    its punctuation.
    """
    lengths = np.zeros(longest + 1, dtype=np.int64)
    seen = np.zeros(wanted.size, dtype=np.bool_)
    characters, with_letter, length, letters, at = 0, 0, 0, 0, 0
    packed = np.int64(0)
    while at < data.size:
        point, at = _decode(data, at)
        kind = table[point]
        if not kind & SPACE:
            length += 1
            if kind & LETTER:
                letters += 1
                lower = point | 0x20
                packed = packed << 5 | lower - 0x60 if point < 0x80 and letters <= 12 else np.int64(-1)
            if at < data.size:
                continue
        if length:
            lengths[min(length, longest)] += 1
            characters += length
            with_letter += letters > 0
            for index in range(wanted.size):
                seen[index] |= wanted[index] == packed
        length, letters, packed = 0, 0, np.int64(0)
    return lengths, characters, with_letter, int(seen.sum())


@numba.njit(cache=True, nogil=True)
def _slot(keys: Hashes, used: Counts, key: np.uint64) -> np.int64:
    """Where `key` is, or would be put, in an open-addressed table whose size is a power of two."""
    at = np.int64(key & np.uint64(keys.size - 1))
    while used[at] and keys[at] != key:
        at = (at + 1) & (keys.size - 1)
    return at


@numba.njit(cache=True, nogil=True)
def _table_size(entries: int) -> int:
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@numba.njit(cache=True, nogil=True)
def repeated_characters(grams: Hashes, lengths: Counts, n: int) -> int:
    """Characters inside word n-grams that occurred earlier in the text, each character counted once.

    `grams[i]` is the hash of the n words from word i on.
    """
    keys = np.empty(_table_size(grams.size), dtype=np.uint64)
    used = np.zeros(keys.size, dtype=np.int64)
    characters, covered = 0, 0
    for start in range(grams.size):
        at = _slot(keys, used, grams[start])
        if used[at]:
            for word in range(max(start, covered), start + n):
                characters += lengths[word]
            covered = start + n
        keys[at], used[at] = grams[start], 1
    return characters


@numba.njit(cache=True, nogil=True)
def most_common_characters(grams: Hashes, lengths: Counts, n: int) -> int:
    """Characters inside occurrences of the most common word n-gram, each character counted once.

    Among equally common n-grams the one with the most characters counts. An n-gram that occurs once is no
    repetition: 0.
    """
    keys = np.empty(_table_size(grams.size), dtype=np.uint64)
    used = np.zeros(keys.size, dtype=np.int64)
    most, best, best_length = 1, np.uint64(0), 0
    for start in range(grams.size):
        at = _slot(keys, used, grams[start])
        keys[at] = grams[start]
        used[at] += 1
        if used[at] > 1 and used[at] >= most:
            length = lengths[start : start + n].sum()
            if used[at] > most or length > best_length:
                most, best, best_length = used[at], grams[start], length
    if most == 1:
        return 0
    characters, covered = 0, 0
    for start in range(grams.size):
        if grams[start] == best:
            for word in range(max(start, covered), start + n):
                characters += lengths[word]
            covered = start + n
    return characters


@numba.njit(cache=True, nogil=True)
def chained(grams: Hashes, words: Hashes, n: int) -> Hashes:
    """Hashes of the word n-grams, from those of the (n-1)-grams."""
    longer = np.empty(max(words.size - n + 1, 0), dtype=np.uint64)
    for start in range(longer.size):
        longer[start] = _mixed(grams[start] * _STEP + words[start + n - 1])
    return longer


@numba.njit(cache=True, nogil=True)
def code_profile(data: Bytes, table: Bytes) -> Counts:
    """Counts over a program text, in the order of `CODE_PROFILE`. Line ends (CR, LF) belong to no line."""
    lines, longest_line, longest_word, words = 0, 0, 0, 0
    letters, digits, odd, visible, characters = 0, 0, 0, 0, 0
    filled_lines, data_lines = 0, 0
    line, word, line_letters, line_digits, line_visible, at = 0, 0, 0, 0, 0, 0
    while at < data.size:
        point, at = _decode(data, at)
        kind = table[point]
        if kind & SPACE:
            word = 0
        else:
            words += word == 0
            word += 1
            longest_word = max(longest_word, word)
            line_visible += 1
            line_letters += kind & LETTER != 0
            line_digits += kind & DIGIT != 0
            odd += kind & ODD != 0
        if point != 10 and point != 13:
            line += 1
        if point == 10 or at == data.size:
            lines += 1
            longest_line = max(longest_line, line)
            characters, visible = characters + line, visible + line_visible
            letters, digits = letters + line_letters, digits + line_digits
            filled_lines += line_visible > 0
            data_lines += line_digits > line_letters
            line, line_letters, line_digits, line_visible = 0, 0, 0, 0
    return np.array(
        [lines, filled_lines, data_lines, longest_line, longest_word, words, characters, visible, letters, digits, odd]
    )
