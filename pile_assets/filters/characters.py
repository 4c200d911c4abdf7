"""What the filters' compiled loops read: the table of character classes, and how much of a text is looked at.

What belongs here: plain data about characters and words. What may not: compiled code (`kernels`), which takes a second to
import and is needed only where text is measured; thresholds; frames.
"""

import functools
import sys
import unicodedata

import numpy as np
import numpy.typing as npt

HEAD_CHARACTERS = 4 * 1024 * 1024
"""How much of a text is looked at. Longer ones are judged by this much, so that no document, however large, takes
more than about 300 MB; the longest books are about this long."""

UNICODE = unicodedata.unidata_version
"""The version of the character tables below, a parameter of every filter that uses them."""

SPACE, LETTER, DIGIT, ODD = 1, 2, 4, 8

_ASSIGNED = (*range(0x40000), *range(0xE0000, 0xE1000))  # the only parts of Unicode with assigned characters
_WHITE_SPACE = (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_REPLACEMENT = 0xFFFD

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


def head(text: str) -> Bytes:
    """The UTF-8 bytes of the first `HEAD_CHARACTERS` characters, as the kernels take them."""
    return np.frombuffer(text[:HEAD_CHARACTERS].encode(), dtype=np.uint8)


@functools.cache
def classes() -> Bytes:
    """Bits SPACE, LETTER, DIGIT, ODD per code point.

    SPACE is Unicode's White_Space, so that words here are those of the `length` filter. Combining marks count as
    letters, because vowels of many scripts are marks. ODD characters do not occur in text written by people:
    control characters that are no white space, unassigned and private ones, and the replacement character.
    """
    table = np.full(sys.maxunicode + 1, ODD, dtype=np.uint8)
    for point in _ASSIGNED:
        category = unicodedata.category(chr(point))
        if category[0] in "LM":
            table[point] = LETTER
        elif category == "Nd":
            table[point] = DIGIT
        elif category not in ("Cc", "Cn", "Co"):
            table[point] = 0
    table[_REPLACEMENT] = ODD
    table[list(_WHITE_SPACE)] = SPACE
    return table


def packed_word(word: str) -> int:
    """A lower-case ASCII word of at most twelve letters as the number `word_profile` compares."""
    number = 0
    for letter in word:
        number = number << 5 | ord(letter) - 0x60
    return number


CODE_PROFILE = (
    "lines",
    "filled_lines",  # with a visible character
    "data_lines",  # with more digits than letters
    "longest_line",
    "longest_word",
    "words",
    "characters",  # line ends left out
    "visible",  # characters that are no white space
    "letters",
    "digits",
    "odd",
)
