"""What is remembered of documents that were taken out, so that they are known again under any id, and nobody else learns them.

What belongs here: keyed hashes of ids and texts, and the search for copies and neighbours by them. What may not: where the
key lies (`withdrawal.vault`).

Ids and texts are remembered as HMAC-SHA256 under a key that never leaves the deployment: a plain SHA-256 of a short text, a
telephone number say, is found by trying all of them in a fraction of a second. Signatures of the neighbours to refuse are
remembered as they are, since likeness cannot be seen through a keyed hash: whoever has the file, which is as private as the
key, can test whether a text they hold resembles a removed one; the text itself cannot be had from it.
"""

import base64
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pile_assets.dedup import signatures
from pile_assets.dedup.resolve import AGREEMENT, MINIMUM_SHINGLES
from pile_assets.store import digest

FACTS = {"id": pl.String, "text_sha256": pl.String, "norm_hash": pl.Binary, "shingles": pl.Int64, "signature": pl.Binary}
"""What a partition's documents are known by; the last three are null where the text has not been signed yet."""

SCHEME = digest(signatures.PARAMETERS)
"""Which signatures can be compared with each other."""


def reference(key: bytes, id_: str) -> str:
    """The opaque name of a document."""
    return _keyed(key, "document", id_.encode())


def exact(key: bytes, text_sha256: str) -> str:
    """The keyed hash of a text, by the SHA-256 of its bytes."""
    return _keyed(key, "exact", text_sha256.encode())


def normalised(key: bytes, norm_hash: bytes) -> str:
    """The keyed hash of a normalised text, by its plain hash (`signatures`)."""
    return _keyed(key, "normalised", norm_hash)


def _keyed(key: bytes, what: str, value: bytes) -> str:
    return hmac.digest(key, what.encode() + b"\0" + value, "sha256").hex()


@dataclass
class Mark:
    """One document that was taken out. `contents` are keyed hashes of all texts it was seen with, `signatures` those by which
    neighbours are refused. `neighbour`: it is out for resembling another, and speaks for no further one. `release`: the last
    that held it; `place`: source and partition."""

    place: tuple[str, str]
    contents: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)
    neighbour: bool = False
    release: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "contents": sorted(self.contents), "signatures": sorted(self.signatures)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Mark":
        return cls(
            (value["place"][0], value["place"][1]),
            set(value["contents"]),
            set(value["signatures"]),
            value["neighbour"],
            value["release"],
        )


@dataclass
class Marks:
    """What is remembered of one takedown. `bound`: what there was when it was first applied is recorded, so that what came
    later can be told from it. `others` are documents that had such a text before it was refused."""

    bound: bool = False
    documents: dict[str, Mark] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        documents = {reference: mark.as_json() for reference, mark in sorted(self.documents.items())}
        return {"bound": self.bound, "documents": documents, "others": sorted(self.others)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Marks":
        documents = {reference: Mark.from_json(mark) for reference, mark in value["documents"].items()}
        return cls(value["bound"], documents, set(value["others"]))

    def contents(self, spared: Collection[str] = ()) -> set[str]:
        """The texts that are refused: those of the documents meant, not of their neighbours, nor of those spared."""
        meant = (mark for reference, mark in self.documents.items() if not mark.neighbour and reference not in spared)
        return {content for mark in meant for content in mark.contents}

    def signed(self) -> set[bytes]:
        """The signatures whose neighbours are refused."""
        marks = (mark for mark in self.documents.values() if not mark.neighbour)
        pairs = (signature.partition(":") for mark in marks for signature in mark.signatures)
        return {base64.b64decode(value) for scheme, _, value in pairs if scheme == SCHEME}


def hashes(key: bytes, facts: pl.DataFrame) -> dict[str, tuple[str, set[str]]]:
    """Id -> reference and keyed hashes of every document. `facts` has the columns of `FACTS`."""
    found = {}
    for id_, text, norm in facts.select("id", "text_sha256", "norm_hash").iter_rows():
        contents = {exact(key, text)} | ({normalised(key, norm)} if norm is not None else set())
        found[id_] = (reference(key, id_), contents)
    return found


def remember_signatures(mark: Mark, shingles: int | None, signature: bytes | None) -> None:
    """Keep a signature by which neighbours are refused; a text too short for that is known by its hashes only."""
    if signature is not None and shingles is not None and shingles >= MINIMUM_SHINGLES:
        mark.signatures.add(f"{SCHEME}:{base64.b64encode(signature).decode()}")


class Signed:
    """The signatures of a partition's documents, laid out once so that each refused signature is a look in a sorted list."""

    def __init__(self, facts: pl.DataFrame):
        rows = facts.filter(pl.col("shingles") >= MINIMUM_SHINGLES, pl.col("signature").is_not_null())
        self._ids: list[str] = rows["id"].to_list()
        self._signatures = _matrix(rows["signature"].to_list())
        keys = _bands(self._signatures).ravel()
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], order // signatures.BANDS

    def neighbours(self, refused: Iterable[bytes]) -> set[str]:
        """The ids of the documents that are neighbours of a refused signature, as `dedup.resolve` defines neighbours."""
        seeds = sorted(refused)
        if not seeds or not self._ids:
            return set()
        against = _matrix(seeds)
        wanted = _bands(against)
        starts = np.searchsorted(self._keys, wanted, side="left")
        stops = np.searchsorted(self._keys, wanted, side="right")
        near: set[int] = set()
        for number in np.flatnonzero((stops > starts).any(axis=1)):
            places = zip(starts[number], stops[number], strict=True)
            rows = np.unique(np.concatenate([self._rows[start:stop] for start, stop in places]))
            near.update(rows[(self._signatures[rows] == against[number]).sum(axis=1) >= AGREEMENT].tolist())
        return {self._ids[row] for row in near}


def _matrix(column: list[bytes]) -> npt.NDArray[np.uint32]:
    return np.frombuffer(b"".join(column), "<u4").astype(np.uint32).reshape(-1, signatures.PERMUTATIONS)


def _bands(matrix: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """The band keys of every signature: equal where all positions of the band are."""
    from pile_assets.dedup import kernel  # on first use, see `kernel`

    keys = np.empty((matrix.shape[0], signatures.BANDS), np.uint64)
    kernel.band_keys(matrix, signatures.ROWS, keys)
    return keys
