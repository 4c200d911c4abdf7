"""From text in memory to who duplicates whom, on one core, beside datasketch and rensa; and how well each does it.

    .venv-bench/bin/python -m benchmarks.dedup.clusters

Run by `make bench-dedup`. The speed is void where the quality is not that of datasketch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.dedup import measure

if TYPE_CHECKING:
    import polars as pl

    from benchmarks.dedup.corpus import Corpus

DATASKETCH_TARGET, RENSA_TARGET = 15.0, 5.0
SIMILAR = 0.7
TRUE_PAIRS = 2_000
POINT = 0.01
PERMUTATIONS, BANDS, ROWS, SHINGLE = 112, 14, 8, 5

Labels = list[int]
"""Of each document, the place of the one that stands for its group."""


class Groups:
    """Union-find, the least place stands for the group."""

    def __init__(self, size: int):
        self._parent = list(range(size))

    def find(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def join(self, place: int, others: Iterable[int]) -> None:
        for other in others:
            one, two = self.find(place), self.find(other)
            self._parent[max(one, two)] = min(one, two)

    def labels(self) -> Labels:
        return [self.find(place) for place in range(len(self._parent))]


def shingles(text: str) -> set[str]:
    """What the peers are given, and what the true similarity is that of."""
    words = text.lower().split()
    return {" ".join(words[start : start + SHINGLE]) for start in range(max(len(words) - SHINGLE + 1, 1))}


# -- the contenders ------------------------------------------------------------------------------------------------------


def ours(documents: "pl.DataFrame", copies_from: int) -> Labels:
    """`documents` is the frame a step is given; originals are ranked before copies, as an older source before a newer."""
    import polars as pl

    from pile_assets.dedup.resolve import resolve
    from pile_assets.dedup.signatures import sign

    signed = sign(documents)
    place = pl.int_range(pl.len())
    zero = pl.lit(0, pl.Int64)
    ranked = signed.with_columns(tier=zero, seniority=(place >= copies_from).cast(pl.Int64), quality=zero)
    verdicts = resolve(ranked)
    labels = dict(zip(verdicts["id"], verdicts["dup_of"], strict=True))
    return [int(labels[identity] or identity) for identity in documents["id"]]


def ours_unverified(documents: "pl.DataFrame") -> Labels:
    """Every two documents that share a band, for the quality alone: what datasketch's index gives without comparing."""
    import numpy as np

    from pile_assets.dedup import kernel
    from pile_assets.dedup.signatures import sign_texts

    signed = sign_texts([text.encode() for text in documents["text"]])
    keys = np.empty((documents.height, BANDS), np.uint64)
    kernel.band_keys(signed.signatures, ROWS, keys)
    groups = Groups(documents.height)
    first: dict[int, int] = {}
    for place, row in enumerate(keys.tolist()):
        groups.join(place, [first.setdefault(key, place) for key in row])
    return groups.labels()


def datasketch(texts: Sequence[str], verified: bool) -> Labels:
    from datasketch import MinHash, MinHashLSH

    hashed = MinHash.bulk(([shingle.encode() for shingle in shingles(text)] for text in texts), num_perm=PERMUTATIONS)
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    groups = Groups(len(texts))
    for place, minhash in enumerate(hashed):
        alike = index.query(minhash)
        groups.join(place, (other for other in alike if not verified or minhash.jaccard(hashed[other]) >= SIMILAR))
        index.insert(place, minhash)
    return groups.labels()


def rensa(texts: Sequence[str], verified: bool) -> Labels:
    from rensa import RMinHash, RMinHashLSH

    hashed = RMinHash.from_token_sets([list(shingles(text)) for text in texts], PERMUTATIONS, 1)
    index = RMinHashLSH(threshold=SIMILAR, num_perm=PERMUTATIONS, num_bands=BANDS)
    groups = Groups(len(texts))
    for place, minhash in enumerate(hashed):
        alike = index.query(minhash)
        groups.join(place, (other for other in alike if not verified or minhash.jaccard(hashed[other]) >= SIMILAR))
        index.insert(place, minhash)
    return groups.labels()


# -- quality -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """Over the true pairs, the share that was found; of the documents removed, the share that is like one of its group."""

    pairs: int
    recall: float
    removed: int
    precision: float


class Truth:
    """Exact similarities, each computed once."""

    def __init__(self, corpus: "Corpus"):
        self._sets = [frozenset(map(hash, shingles(text))) for text in corpus.texts]
        self.pairs = [pair for pair in corpus.pairs if self.similarity(*pair) >= SIMILAR]

    def similarity(self, one: int, two: int) -> float:
        left, right = self._sets[one], self._sets[two]
        return len(left & right) / max(len(left | right), 1)

    def quality(self, labels: Labels) -> Quality:
        groups = defaultdict(list)
        for place, label in enumerate(labels):
            groups[label].append(place)
        removed = right = 0
        for members in groups.values():
            for place in members[1:]:
                removed += 1
                right += any(self.similarity(place, other) >= SIMILAR for other in members if other != place)
        found = sum(labels[one] == labels[two] for one, two in self.pairs)
        return Quality(len(self.pairs), found / len(self.pairs), removed, right / max(removed, 1))


# -- the tables ----------------------------------------------------------------------------------------------------------


def main() -> None:
    measure.one_core()
    import polars as pl

    from benchmarks.dedup.corpus import corpus, describe

    made = corpus(6_000, 5_000)
    texts, first_copy = made.texts, len(made.texts) - len(made.pairs)
    documents = pl.DataFrame({"id": [str(place) for place in range(len(texts))], "media_type": "text/plain", "text": texts})
    found: dict[str, Labels] = {}

    def contender(name: str, call: Callable[[], Labels]) -> Callable[[], None]:
        def run() -> None:
            found[name] = call()

        return run

    calls: dict[str, Callable[[], Labels]] = {
        "pile": lambda: ours(documents, first_copy),
        "datasketch": lambda: datasketch(texts, verified=False),
        "rensa": lambda: rensa(texts, verified=False),
    }
    spent = measure.interleaved({name: contender(name, call) for name, call in calls.items()})
    found["pile, candidates only"] = ours_unverified(documents)
    found["datasketch, verified"] = datasketch(texts, verified=True)
    found["rensa, verified"] = rensa(texts, verified=True)
    truth = Truth(made)
    quality = {name: truth.quality(labels) for name, labels in found.items()}
    print("Clusters: text in memory to groups of duplicates, one core")
    print(f"  {describe(made)}")
    sound = print_quality(quality)
    print_speed(spent, made.megabytes, sound)
    measure.finish()


def print_quality(quality: dict[str, Quality]) -> bool:
    """The guard; says whether it held."""
    print(f"  {'':24}{'true pairs':>11}{'recall':>9}{'removed':>9}{'precision':>11}")
    for name, found in quality.items():
        print(f"  {name:24}{found.pairs:11,}{found.recall:9.4f}{found.removed:9,}{found.precision:11.4f}")
    pairs = quality["pile"].pairs
    lines = {f"at least {TRUE_PAIRS:,} true pairs, J >= {SIMILAR}": pairs >= TRUE_PAIRS}
    for ours, theirs in (("pile", "datasketch, verified"), ("pile, candidates only", "datasketch")):
        for figure in ("recall", "precision"):
            apart = getattr(quality[ours], figure) - getattr(quality[theirs], figure)
            lines[f"{figure} of {ours}: {apart:+.4f} to {theirs}"] = abs(apart) <= POINT
    for line, met in lines.items():
        print(f"  quality: {line:66}{measure.verdict(met)}")
    print("  True pairs are an original and its copy; a removed document is right where it is like another of its group. Pile")
    print(
        "  compares the signatures of candidates before it removes one (79 of 112 equal), datasketch and rensa do so on request"
    )
    print("  (verified: estimate >= 0.7); each way is held against its like. Without it more is found, and removed wrongly.")
    return all(lines.values())


def print_speed(spent: dict[str, list[measure.Spent]], megabytes: float, sound: bool) -> None:
    print(f"  {'':24}{'CPU s':>9}{'MB/CPU s':>10}{'ratio':>8}{'target':>8}")
    for name, target in (("pile", None), ("datasketch", DATASKETCH_TARGET), ("rensa", RENSA_TARGET)):
        seconds = measure.cpu(spent[name])
        line = f"  {name:24}{seconds:9.3f}{megabytes / seconds:10.1f}"
        if target:
            ratio = measure.ratio(spent[name], spent["pile"])
            line += f"{ratio:8.1f}{target:8.0f}  {measure.verdict(ratio >= target and sound)}"
        print(line)
    print("  Ours includes NFKD, hashes of normalised texts, comparing candidates, ranks, the best-ranked canonical of each;")
    print("  the peers include lower case, split, joined shingles, and union-find over candidates, which they do not compare.")
    print("  Left out of all: start and imports, compiling, reading the text. rensa is its full-set RMinHash, in one batch.")


if __name__ == "__main__":
    main()
