"""What is signed and how: the one frozen definition of normalised text, shingles and MinHash signatures.

The definition of likeness belongs here, from a document's text to its signature and normalised hash, and nothing about
which documents are compared or kept (that is `resolve`). What can change an output byte is in `PARAMETERS`, or raises
`VERSION`.

**Normalised text.** Of code, the leading licence comment is left out (`licensing.headers`), since thousands of small
files resemble each other in nothing else. Then, code point by code point,

1. each is replaced by the lower case of its compatibility decomposition (NFKD, Unicode Standard Annex #15; marks that
   stand in unusual order are not reordered);
2. control characters, White_Space of the Unicode Character Database, U+200B and U+FEFF become a space;
3. a character of a script written without spaces between words (`UNSPACED`) gets a space on both sides, so that it is a
   token by itself; thus "中文" and "中 文" are the same text;
4. runs of spaces become one, and none remains at either end.

**Tokens** are what the spaces separate; **shingles** are five successive tokens, or all of them in a shorter document.
**The shingle hash** is stated in `text_kernel.minhash`. **The signature** is bit-identical to that of
`datasketch.MinHash(num_perm=112, seed=1, scheme="affine32", hashfunc=<the shingle hash>)` of datasketch 2, hence to be
compared with any other of the same parameters. A document without tokens has the signature of the empty set, all ones.

Equal normalised text gives equal hash and equal signature; that is what lets `resolve` settle exact duplicates first.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from pile_assets import schemas

Bytes = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.int64]

VERSION = "1"
"""Of this code and of what it calls; raised whenever output on some text changes and no parameter does."""

PERMUTATIONS = 112
BANDS = 14
ROWS = 8
"""14 bands of 8: two documents of Jaccard similarity s share a band with probability 1 - (1 - s^8)^14, which is 0.56 at
s = 0.7 and 0.99 at 0.85 (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3)."""

SHINGLE = 5
SEED = 1
BATCH_BYTES = 4 * 1024 * 1024
"""Text bytes signed at once, or one document: enough that threads seldom wait for the GIL, which is held between batches.
With 0.5 MB two threads were 1.63 times as quick as one, with 4 MB 1.80 times, and one thread no slower."""

UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x2FDF),  # CJK and Kangxi radicals
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark, zero
    (0x3021, 0x3029),  # Hangzhou numerals
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana phonetic extensions
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xA000, 0xA4CF),  # Yi
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAADF),  # Myanmar extended A, Tai Viet
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x11700, 0x1174F),  # Ahom
    (0x16FE0, 0x18DFF),  # ideographic marks, Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # Kana extensions and supplement, Nushu
    (0x2F800, 0x2FA1F),  # CJK compatibility ideographs supplement
)
"""First and last code point of the blocks written without spaces between words: line-breaking classes ID and SA of
Unicode Standard Annex #14. Whole blocks, so that no later Unicode version moves a character; planes 2 and 3 are
ideographic as a whole and handled in `text_kernel.normalise`."""

SEPARATORS = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200B),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
"""First and last code point of what separates tokens: control characters, White_Space (Unicode Character Database), the
zero width space, which Thai and Khmer text puts between words, and the byte order mark."""


@cache
def fold_table() -> tuple[Bytes, Bounds]:
    """Steps 1 to 3 of the normalisation as a table: what each code point becomes, in UTF-8, and its bounds.

    Row c is code point c for planes 0 and 1; the 544 rows after them are U+2F800 to U+2FA1F, the only other characters
    that decompose. The Unicode tables are those of the installed Polars, whatever the Python version; they are stable
    for every character already assigned (Unicode Character Encoding Stability Policies) and grow with new ones.
    """
    points = np.concatenate([np.arange(0x20000), np.arange(0x2F800, 0x2FA20)])
    surrogates = (points >= 0xD800) & (points < 0xE000)  # never in UTF-8
    characters = np.where(surrogates, 0x20, points).astype("<u4").tobytes().decode("utf-32-le")
    folded = pl.Series(list(characters)).str.normalize("NFKD").str.to_lowercase()
    unspaced = np.flatnonzero(_inside(points, UNSPACED))
    apart = folded.gather(unspaced).str.replace_all(".", " ${0} ")  # each mark too, as where it stands decomposed
    rows = folded.scatter(unspaced, apart).scatter(np.flatnonzero(_inside(points, SEPARATORS)), " ")
    bounds = np.zeros(points.size + 1, np.int64)
    np.cumsum(rows.str.len_bytes().to_numpy(), out=bounds[1:])
    return np.frombuffer(bytearray(rows.str.join().item().encode()), np.uint8), bounds


def _inside(points: npt.NDArray[np.int64], ranges: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Which points lie in one of the ranges, both ends included."""
    inside = np.zeros(points.size, np.bool_)
    for first, last in ranges:
        inside |= (points >= first) & (points <= last)
    return inside


def _concatenated(texts: Sequence[bytes]) -> tuple[Bytes, Bounds]:
    """The texts in one array, and where each begins and the last ends."""
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return np.frombuffer(bytearray().join(texts), np.uint8), bounds  # of a bytearray, since the kernels take writable arrays


@cache
def permutations() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Multipliers (odd) and addends of datasketch 2's affine32 scheme for `SEED`, drawn as it draws them.

    The stream of NumPy's `RandomState` is frozen for ever (NumPy Enhancement Proposal 19).
    """
    generator = np.random.RandomState(SEED)
    multipliers = generator.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return multipliers, generator.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


PARAMETERS: dict[str, Any] = {
    "normalisation": "lower(nfkd), spaces collapsed, unspaced scripts by character, leading licence comment of code left out",
    "fold_table": xxhash.xxh3_128_hexdigest(b"".join(part.tobytes() for part in fold_table())),
    "norm_hash": "xxh3-128",
    "shingle": SHINGLE,
    "hash": "fnv1a64 tokens, polynomial base 0x9e3779b97f4a7c15, splitmix64, upper 32 bits",
    "scheme": "datasketch affine32",
    "seed": SEED,
    "permutations": PERMUTATIONS,
    "bands": BANDS,
    "rows": ROWS,
}
"""All that decides a signature besides the text; part of the step's key, so that a change of any of it signs everything
anew. No version of a library is in it: Polars enters through the fold table's digest, so that an upgrade signs anew only
if it brings new Unicode tables; Numba and NumPy do integer arithmetic, and XXH3 is a fixed specification."""


def sign(documents: pl.DataFrame, threads: int = 1) -> pl.DataFrame:
    """Signature, normalised hash and shingle count of every document.

    `documents` has the columns id, media_type and text, none of them null. Returns `schemas.SIGNATURES`, one row per
    document in the same order, whatever the number of threads. Raises ValueError on a null.
    """
    nulls = [name for name in ("id", "media_type", "text") if documents[name].null_count()]
    if nulls:
        raise ValueError(f"documents to sign have nulls in {', '.join(nulls)}")
    texts = _signed_texts(documents)
    signed = sign_texts(texts, threads)
    return pl.DataFrame(
        {
            "id": documents["id"],
            "norm_hash": signed.norm_hashes,
            "shingles": signed.shingles,
            "signature": [row.tobytes() for row in signed.signatures.astype("<u4", copy=False)],
        },
        schema=schemas.SIGNATURES,
    )


@dataclass(frozen=True)
class Signed:
    """What `sign_texts` gives for n texts."""

    signatures: npt.NDArray[np.uint32]
    """Of shape (n, PERMUTATIONS)."""
    shingles: npt.NDArray[np.int64]
    """Of shape (n,)."""
    norm_hashes: list[bytes]


def sign_texts(texts: Sequence[bytes], threads: int = 1) -> Signed:
    """The same of texts in valid UTF-8, as arrays.

    Works in batches of `BATCH_BYTES`, in as many threads as told; the GIL is released for nearly all of the time.
    """
    signed = Signed(
        np.full((len(texts), PERMUTATIONS), 0xFFFFFFFF, np.uint32), np.empty(len(texts), np.int64), [b""] * len(texts)
    )
    if threads == 1:
        for start, stop in _batches(texts):
            _sign_batch(texts, start, stop, signed)
        return signed
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(_sign_batch, texts, start, stop, signed) for start, stop in _batches(texts)]:
            done.result()
    return signed


def _batches(texts: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of at most `BATCH_BYTES` of text, but of one text at least."""
    start, size = 0, 0
    for stop, text in enumerate(texts):
        if size + len(text) > BATCH_BYTES and stop > start:
            yield start, stop
            start, size = stop, 0
        size += len(text)
    if start < len(texts):
        yield start, len(texts)


def _sign_batch(texts: Sequence[bytes], start: int, stop: int, signed: Signed) -> None:
    """Fill in the rows of `signed` from `start` up to `stop`."""
    from pile_assets.dedup import text_kernel  # on first use, see `kernel`

    tokens, bounds = normalise(texts[start:stop])
    rows = slice(start, stop)
    text_kernel.minhash(tokens, bounds, SHINGLE, *permutations(), signed.signatures[rows], signed.shingles[rows])
    signed.norm_hashes[rows] = [xxhash.xxh3_128_digest(tokens.data[begin:end]) for begin, end in pairwise(bounds.tolist())]


def _signed_texts(documents: pl.DataFrame) -> list[bytes]:
    """The texts in UTF-8, those of code without their leading licence comment."""
    from pile_assets.filters.media import is_code  # on first use: signing texts alone needs neither filters nor licences
    from pile_assets.licensing.headers import strip_licence_header

    texts: list[bytes] = documents["text"].cast(pl.Binary).to_list()
    for position, media_type in enumerate(documents["media_type"]):
        if is_code(media_type):
            texts[position] = strip_licence_header(texts[position].decode(), media_type).encode()
    return texts


def normalise(texts: Sequence[bytes]) -> tuple[Bytes, Bounds]:
    """The normalised texts, one after the other in UTF-8 with the kernels' slack after the last, and their bounds.

    `texts` is valid UTF-8.
    """
    from pile_assets.dedup import text_kernel

    slack = bytes(text_kernel.SLACK)
    source, source_bounds = _concatenated([*texts, slack])
    size = int(source_bounds[-2])
    fold, fold_bounds = fold_table()
    out = np.empty(text_kernel.folded_size(source, size, fold_bounds) + 2 * len(slack), np.uint8)
    bounds = np.zeros(len(texts) + 1, np.int64)
    text_kernel.normalise(source, source_bounds[:-1], fold, fold_bounds, out, bounds)
    return out[: bounds[-1] + len(slack)], bounds
