"""Cutting documents out of what a source that stands still had yielded: its chain cannot make its stages again.

What belongs here: the committed stages of such a partition without certain documents. What may not: its raw bytes
(`redaction`), partitions of running sources, which a build makes anew from `raw`.

The record is broken or waits for review, so nothing is parsed, judged or measured again: rows are taken out of the files as
they are, and all others stay what they were. What is committed has a key of its own, so that the chain does everything again
when the source returns. Each file is looked at for itself, so this may be interrupted and done again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.licensing.verdict import counted_under
from pile_assets.steps import SUPPRESSIONS
from pile_assets.store import Address, Counts, FileRef, Manifest, digest, rows_digest
from pile_assets.view import View
from pile_assets.withdrawal.frozen import ORIGINAL
from pile_assets.withdrawal.partition import commit

BESIDE = frozenset({"raw", "eligible", "unique", SUPPRESSIONS})
"""Stages that are not cut here row by row: `raw` is done before, `unique` follows from `eligible`."""


def cut(view: View, source: str, partition: str, documents: frozenset[str]) -> None:
    """Commit every stage of a partition without these documents (ids); nothing where none holds one.

    The caller holds the store's lock exclusively. Raises StoreDamage where a file cannot be read.
    """
    folder = view.store.home / "store" / "sources" / source
    stages = sorted(path.name for path in folder.iterdir() if path.name not in BESIDE)
    for stage in ("documents", *(stage for stage in stages if stage != "documents")):
        manifest = view.get(Address.of_source(source, stage, partition))
        if manifest is not None and (after := _without(view, manifest, documents)) is not None:
            raw = view.get(Address.of_source(source, "raw", partition))
            made_from = {"raw": raw.data_version} if stage == "documents" and raw is not None else {}
            view.commit(replace(after, inputs={**after.inputs, **made_from}))
    _cut_eligible(view, Address.of_source(source, "eligible", partition), documents)
    out = view.get(Address.of_source(source, SUPPRESSIONS, partition))
    if out is not None and out.files:
        rows = view.store.frame(out, schemas.SUPPRESSIONS).iter_rows()
        commit(view, (source, partition), [(row[0], row[1]) for row in rows if row[0] not in documents])


def _without(view: View, manifest: Manifest, documents: frozenset[str]) -> Manifest | None:
    """A stage with a row for each document without these; None where it holds none of them."""
    cutting = _Cutting(view, manifest.address, documents)
    files = cutting.files(vars(file) for file in manifest.files)
    if not cutting.removed:
        return None
    gone = pl.concat(cutting.removed)
    said = ["without", sorted(gone["id"])]
    counts = Counts(manifest.counts.taken - gone.height, manifest.counts.given - gone.height, manifest.counts.dropped)
    return replace(
        manifest,
        key=digest([manifest.key, *said]),
        data_version=digest([manifest.data_version, *said]),
        versions={name: digest([version, *said]) for name, version in manifest.versions.items()},
        counts=counts,
        files=tuple(FileRef(**file) for file in files),
        facts=_document_facts(manifest, gone) if manifest.address.stage == "documents" else manifest.facts,
    )


class _Cutting:
    """The files of one stage; those that hold one of the documents are written without it."""

    def __init__(self, view: View, address: Address, documents: frozenset[str]):
        self._store, self._address = view.store, address
        self._named = pl.col("id").is_in(pl.Series(sorted(documents), dtype=pl.String).implode())
        self.removed: list[pl.DataFrame] = []

    def files(self, listed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The files as they are now; one of which nothing is left is not among them."""
        found = (self._file(dict(file)) for file in listed)
        return [file for file in found if file is not None]

    def _file(self, file: dict[str, Any]) -> dict[str, Any] | None:
        rows = self._store.read_part(self._store.folder(self._address) / file["name"])
        rest = rows.filter(~self._named)
        if rest.height == rows.height:
            return file
        self.removed.append(rows.filter(self._named))
        return dict(vars(self._store.write_part(self._address, rest))) if rest.height else None


def _document_facts(documents: Manifest, gone: pl.DataFrame) -> dict[str, Any]:
    """What the manifest of `documents` counts, without those that are gone."""
    facts: dict[str, Any] = dict(documents.facts)
    less: dict[str, Counter[str]] = {"verdicts": Counter(), "licences": Counter(), "not_admitted": Counter()}
    for accepted, status, spdx, reason in gone.select("accepted", "licence_status", "licence", "licence_reason").iter_rows():
        less["verdicts"]["accepted" if accepted else "rejected" if status == "resolved" else "held"] += 1
        if accepted:
            less["licences"][spdx or ""] += 1
        else:
            less["not_admitted"][counted_under(reason or "no reason given")] += 1
    for name, counted in less.items():
        left = {value: count - counted[value] for value, count in facts[name].items()}
        facts[name] = {value: count for value, count in left.items() if count > 0}
    return facts | {"bytes": facts["bytes"] - int(gone["bytes"].sum())}


# -- eligible ------------------------------------------------------------------------------------------------------


def _cut_eligible(view: View, address: Address, documents: frozenset[str]) -> None:
    """`eligible`, the files of earlier stages that it pins, and the verdicts it had before takedowns."""
    before = view.get(address)
    if before is None:
        return
    facts: dict[str, Any] = dict(before.facts)
    facts["pins"] = {stage: _pinned(view, address, stage, files, documents) for stage, files in before.facts["pins"].items()}
    after = _verdicts(view, before, documents)
    if ORIGINAL in facts:
        facts[ORIGINAL] = _original(view, before, facts["pins"]["eligible"], documents)
    if (facts, after.files) != (dict(before.facts), before.files):
        view.commit(replace(after, facts=facts))


def _pinned(
    view: View, address: Address, stage: str, files: Iterable[Mapping[str, Any]], documents: frozenset[str]
) -> list[dict[str, Any]]:
    return _Cutting(view, Address(address.owner, stage, address.partition), documents).files(files)


def _verdicts(view: View, eligible: Manifest, documents: frozenset[str]) -> Manifest:
    files = tuple(FileRef(**f) for f in _pinned(view, eligible.address, "eligible", map(vars, eligible.files), documents))
    if files == eligible.files:
        return eligible
    version, counts = _judged(view, replace(eligible, files=files))
    key = digest([eligible.key, "without", sorted(documents)])
    return replace(eligible, key=key, data_version=version, counts=counts, files=files)


def _original(view: View, eligible: Manifest, files: list[dict[str, Any]], documents: frozenset[str]) -> dict[str, Any]:
    kept: dict[str, Any] = eligible.facts[ORIGINAL]
    if files == eligible.facts["pins"]["eligible"]:
        return kept
    version, counts = _judged(view, replace(eligible, files=tuple(FileRef(**file) for file in files)))
    return {
        "key": digest([kept["key"], "without", sorted(documents)]),
        "data_version": version,
        "counts": {"in": counts.taken, "out": counts.given, "dropped": dict(counts.dropped)},
    }


def _judged(view: View, eligible: Manifest) -> tuple[str, Counts]:
    rows = view.store.frame(eligible, schemas.ELIGIBLE)
    dropped = Counter(rows.filter(~pl.col("kept"))["reason"].to_list())
    return rows_digest(rows.iter_rows()), Counts(rows.height, int(rows["kept"].sum()), dict(dropped))
