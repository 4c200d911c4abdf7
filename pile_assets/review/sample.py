"""A sample of a source's documents for a person to judge, and what the judgement says.

What belongs here: drawing, the file that is filled in, and writing the outcome into the record. What may not: setting a status,
which is a person's to do.

The draw is by the hash of seed and id: who knows the seed can draw it again, and nobody chose. Documents in the corpus are
drawn; before the first build those whose licence was accepted.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.deployment import Session
from pile_assets.errors import PileError, RegistryError
from pile_assets.registry.load import read_record
from pile_assets.registry.models import Sample
from pile_assets.review.rows import verdict_of
from pile_assets.store import Address, write_atomically

SHOWN = ("id", "url", "title", "author", "licence", "licence_rule", "licence_evidence")


def draw(session: Session, source: str, n: int, seed: int) -> list[dict[str, Any]]:
    """`n` documents of a source, or all where there are fewer, each with what its licence rests on and `wrong` to fill in."""
    chosen = sorted(_population(session, source), key=lambda place: _rank(seed, place[0]))[:n]
    by_partition: dict[str, set[str]] = {}
    for identifier, partition in chosen:
        by_partition.setdefault(partition, set()).add(identifier)
    rows = {}
    for partition, ids in by_partition.items():
        manifest = session.view.need(Address.of_source(source, "documents", partition))
        for part in session.view.store.parts(manifest, [*SHOWN, "licence_status", "licence_reason"]):
            for row in part.filter(pl.col("id").is_in(list(ids))).iter_rows(named=True):
                rows[row["id"]] = _to_judge(row, seed)
    return [rows[identifier] for identifier, _ in chosen]


def _rank(seed: int, identifier: str) -> str:
    return hashlib.sha256(f"{seed}|{identifier}".encode()).hexdigest()


def _population(session: Session, source: str) -> list[tuple[str, str]]:
    """(id, partition) of every document that may be drawn."""
    view, found = session.view, []
    for partition, entry in session.state.catalogue(source).items():
        unique = view.get(Address.of_source(source, "unique", partition))
        documents = view.get(Address.of_source(source, "documents", partition))
        if not entry.present or documents is None:
            continue
        if unique is not None:
            ids = view.store.frame(unique, schemas.UNIQUE, ["id", "verdict"]).filter(pl.col("verdict") == "kept")["id"]
        else:
            ids = view.store.frame(documents, schemas.DOCUMENTS, ["id", "accepted"]).filter("accepted")["id"]
        found += [(identifier, partition) for identifier in ids]
    return found


def _to_judge(row: dict[str, Any], seed: int) -> dict[str, Any]:
    evidence = [f"{claim.where}: {claim.raw[:200]}" for claim in verdict_of(row).evidence[:3]]
    shown = {name: row[name] for name in ("id", "url", "title", "author", "licence", "licence_rule")}
    return {**shown, "evidence": evidence, "seed": seed, "wrong": None, "note": ""}


def write(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """One JSON object a line; a person puts true or false after `wrong`."""
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


@dataclass(frozen=True)
class Judged:
    """A sample that a person has filled in."""

    rows: tuple[dict[str, Any], ...]
    sample: Sample
    repeated: bool  # whether the same draw gives the same documents today


def read(session: Session, source: str, path: Path) -> Judged:
    """The filled-in file. Raises PileError naming every line that is not judged, is of another source, or stands twice."""
    rows, problems, seen = [], [], set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            identifier, wrong = row["id"], row["wrong"]
        except (ValueError, KeyError, TypeError):
            problems.append(f"line {number} is not a line of a sample")
            continue
        if not str(identifier).startswith(f"{source}:"):
            problems.append(f"line {number}: {identifier} is no document of {source}")
        elif identifier in seen:
            problems.append(f"line {number}: {identifier} stands here twice")
        elif not isinstance(wrong, bool):
            problems.append(f'line {number}: {identifier} has no judgement; put true or false after "wrong"')
        seen.add(identifier)
        rows.append(row)
    if problems or not rows:
        said = "; ".join(problems[:20]) or "it is empty"
        raise PileError(f"{path.name} cannot be recorded: {said}.", remedy="Judge every line, then record it.", source=source)
    again = {row["id"] for row in draw(session, source, len(rows), int(rows[0].get("seed", 0)))}
    return Judged(tuple(rows), Sample(n=len(rows), wrong=sum(row["wrong"] for row in rows)), again == seen)


_SAMPLE = re.compile(r'"?\bsample"?:\s*\{[^{}]*\}')


def record(session: Session, source: str, judged: Judged) -> None:
    """Put the counts into the source's record and keep the judged sample beside it. Raises RegistryError, and changes nothing,
    where the record has no place for them."""
    folder = session.deployment.registry
    path = folder / f"{source}.yaml"
    text = path.read_text(encoding="utf-8")
    counts = json.dumps({"n": judged.sample.n, "wrong": judged.sample.wrong})
    new, found = _SAMPLE.subn(lambda match: f"{match[0].partition(':')[0]}: {counts}", text, count=1)
    if found != 1:
        raise RegistryError(
            f"{path.name} has no line `sample: {{n: 0, wrong: 0}}` to put the counts into.",
            remedy=f"Write `sample: {counts}` under `review` by hand.",
            source=source,
        )
    write(judged.rows, folder / "samples" / f"{source}.jsonl")
    write_atomically(path, new.encode())
    if read_record(path).review.sample != judged.sample:
        write_atomically(path, text.encode())
        remedy = f"Write `sample: {counts}` under `review` by hand."
        raise RegistryError(f"The counts did not arrive in {path.name}.", remedy=remedy, source=source)
