"""The documents the peers are measured on: pieces of real text, and copies of them with known changes.

What belongs here: which text, and how it is changed. The text is that of the sample data beside the checkout where it is
there, else that of Python's standard library and the installed distributions; `describe` says which. Nothing is random
that a seed does not fix.
"""

import gzip
import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLE_ENVIRONMENT = "PILE_SAMPLE_DATA"
"""Where the sample data is, if not beside the checkout."""

PIECE_WORDS = (120, 1_500)
PER_FILE = 400_000
"""Characters taken of one file at most, so that no book outweighs the rest."""


@dataclass(frozen=True)
class Corpus:
    """Documents, the originals first; `pairs` are the places of an original and its copy."""

    texts: list[str]
    pairs: list[tuple[int, int]]

    @property
    def megabytes(self) -> float:
        return sum(len(text.encode()) for text in self.texts) / 1e6


@cache
def _folders() -> tuple[str, tuple[Path, ...], tuple[str, ...]]:
    sample = Path(os.environ.get(SAMPLE_ENVIRONMENT, SAMPLE))
    if (sample / "unpack").is_file():
        unpacked = subprocess.run([sample / "unpack"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        return "text files of the sample data", (Path(unpacked),), (".txt",)
    folders = sysconfig.get_paths()
    described = "source files of the standard library and the installed distributions"
    return described, (Path(folders["stdlib"]), Path(folders["purelib"])), (".py", ".rst", ".md", ".txt")


def describe(corpus: Corpus) -> str:
    copies = f", {len(corpus.pairs):,} of them copies with words replaced, taken out or put in" if corpus.pairs else ""
    what = f"pieces of {PIECE_WORDS[0]} to {PIECE_WORDS[1]:,} words of {_folders()[0]}"
    return f"{len(corpus.texts):,} documents, {corpus.megabytes:.1f} MB: {what}{copies}"


def corpus(originals: int, copies: int, seed: int = 1) -> Corpus:
    """So many pieces, and copies of the first of them."""
    draw = np.random.default_rng(seed)
    pieces = [piece for piece, _ in zip(_pieces(draw), range(originals), strict=False)]
    copied = [_changed(pieces[place], pieces[-place - 1], draw) for place in range(min(copies, len(pieces)))]
    return Corpus(pieces + copied, [(place, len(pieces) + place) for place in range(len(copied))])


def _pieces(draw: np.random.Generator) -> Iterator[str]:
    """Pieces of all files in turn, white space as it stands in them, without repeats."""
    _, folders, endings = _folders()
    seen: set[int] = set()
    for path in _shuffled(folders, endings, draw):
        try:
            text = path.read_text(encoding="utf-8")[:PER_FILE]
        except (OSError, UnicodeDecodeError):
            continue
        start = 0
        while start < len(text):
            words = int(draw.integers(*PIECE_WORDS))
            piece = text[start : start + 7 * words]
            start += len(piece)
            if len(piece.split()) >= PIECE_WORDS[0] and hash(piece) not in seen:
                seen.add(hash(piece))
                yield piece


def _shuffled(folders: Sequence[Path], endings: tuple[str, ...], draw: np.random.Generator) -> list[Path]:
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.name.endswith(endings) and path.is_file())
    return [files[place] for place in draw.permutation(len(files))]


def _changed(text: str, other: str, draw: np.random.Generator) -> str:
    """A copy that shares between a third and all of its shingles: words replaced here and there, and a stretch changed."""
    words = text.split(" ")
    other_words = other.split()
    for place in draw.integers(0, len(words), int(len(words) * draw.random() * 0.05)):
        words[place] = other_words[place % len(other_words)]
    stretch = int(len(words) * draw.random() * 0.15)
    start = int(draw.integers(0, len(words) - stretch))
    match draw.integers(0, 3):
        case 0:
            del words[start : start + stretch]
        case 1:
            words[start:start] = other_words[:stretch]
        case _:
            words[start : start + stretch] = other_words[:stretch]
    return " ".join(words)


def write_jsonl(texts: Sequence[str], path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
