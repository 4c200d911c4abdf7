"""What a release is made of, in figures, and how open that makes it.

Pure functions over the release manifest, the figures of each shard and the facts of the sources. Nothing here is typed in by
a person: the tier of openness is computed from licences and sources.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from pile_assets.licensing import obligations
from pile_assets.release import layout
from pile_assets.release.legal_kit import Mix, identifiers
from pile_assets.release.manifest import Manifest, compare
from pile_assets.release.source_facts import SourceFacts
from pile_assets.shards import mixture

COLUMNS = ("family", "domain", "source", "licence", "review", "origin", "language", "decade", "media_type")
"""What documents and bytes are counted by."""

Composition = dict[str, Any]


def compose(
    shards: Iterable[Mapping[str, Any]],
    figures: Iterable[Mapping[str, Any]],
    sources: Mapping[str, SourceFacts],
    mix: Mix,
    jurisdictions: Sequence[str] = (),
) -> Composition:
    """The composition of these shards; `figures` are `attribution.figures` of each, in the same order. Works without a licence
    were judged for `jurisdictions`."""
    by: dict[str, dict[str, dict[str, int]]] = {column: {} for column in COLUMNS}
    documents = size = modified = 0
    for shard, own in zip(shards, figures, strict=True):
        whole = {"docs": shard["rows"], "bytes": shard["bytes"]}
        documents, size, modified = documents + shard["rows"], size + shard["bytes"], modified + own["modified"]
        _add(by["family"], layout.family(shard["shard"]), whole)
        _add(by["domain"], shard["domain"], whole)
        for column, counted in {**shard["histograms"], "language": own["language"], "decade": own["decade"]}.items():
            for value, one in counted.items():
                _add(by.setdefault(column, {}), value, one)
    for source, counted in by["source"].items():
        _add(by["review"], sources[source]["review"]["level"], counted)
        _add(by["origin"], sources[source]["origin"], counted)
    for column in [column for column in by if column not in COLUMNS]:
        del by[column]
    return {
        "documents": documents,
        "bytes": size,
        "modified": modified,
        "by": {column: dict(sorted(counted.items())) for column, counted in by.items()},
        "review_share": _shares(by["review"], documents),
        "openness": openness(mix, {source: sources[source] for source in by["source"]}, jurisdictions),
    }


def _add(counted: dict[str, dict[str, int]], value: str, one: Mapping[str, int]) -> None:
    known = counted.setdefault(value, {"docs": 0, "bytes": 0})
    for unit in known:
        known[unit] += one[unit]


def _shares(counted: Mapping[str, Mapping[str, int]], documents: int) -> dict[str, float]:
    """The share of documents at each review level, to four digits."""
    return {level: round(one["docs"] / documents, 4) for level, one in sorted(counted.items())}


def openness(mix: Mix, sources: Mapping[str, SourceFacts], jurisdictions: Sequence[str] = ()) -> dict[str, Any]:
    """The tier of openness in the sense of the Dataset Convening (Baack et al. 2025, s.2), with what keeps it from more.

    `openly-licensed` where every document is openly licensed or free of copyright everywhere; with documents that are free in
    one country only it is that for those countries, in `open_in`. `replicable` where every source is fetched from a public
    host and rests on no private permission, so that others can build substantially the same.
    """
    named = identifiers(expression for family in mix.values() for expression in family)
    found = {obligations.of(spdx).open_in for spdx in named} - {"worldwide"}
    places = sorted((found - {obligations.JUDGED}) | (set(jurisdictions) if obligations.JUDGED in found else set()))
    private = [source for source, facts in sorted(sources.items()) if facts["rights_basis"] == "permission_letter"]
    local = [source for source, facts in sorted(sources.items()) if facts["host"] is None]
    kept = [f"{source} rests on a private permission" for source in private]
    because = [f"{source} is read from the machine that builds, not from a public host" for source in local]
    return {
        "tier": "downloadable" if private else "openly-licensed",
        "open_in": places or ["worldwide"],
        "replicable": not (private or local),
        "because": kept + because,
    }


def mixtures(shards: Sequence[pl.DataFrame], sources: Mapping[str, SourceFacts]) -> dict[str, Any]:
    """Recipe -> `mixture.told`: what each recipe makes of these shards' rows, by the weights among the facts of their sources.
    Raises KeyError for a source of which a recipe says nothing."""
    weights: dict[str, dict[str, float]] = {}
    for source, facts in sources.items():
        for recipe, weight in facts.get("mixture", {}).items():
            weights.setdefault(recipe, {})[source] = weight
    return {
        recipe: mixture.told(mixture.add([mixture.effective(rows, of_recipe) for rows in shards]))
        for recipe, of_recipe in sorted(weights.items())
    }


def to_bytes(composition: Composition) -> bytes:
    """composition.json, with sorted keys: figures that come from a manifest have lost the order they were counted in."""
    return (json.dumps(composition, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def changes(old: Manifest | None, new: Manifest, earlier: Composition | None, now: Composition) -> bytes:
    """CHANGES.md: what differs from the release published before this one; says so where that one is not kept."""
    lines = ["# Changes", ""]
    if old is None or earlier is None:
        return "\n".join([*lines, "No release before this one is kept, so there is nothing to compare it with.", ""]).encode()
    found = compare(old, new)
    lines += [f"From release `{old['id']}` to `{new['id']}`.", ""]
    if new.get("replaces") == old["id"]:
        lines += ["It is that release written anew without documents that were withdrawn, and stands in its place.", ""]
    lines += ["| | before | now |", "|---|---|---|"]
    lines += [f"| {what} | {earlier[what]:,} | {now[what]:,} |" for what in ("documents", "bytes", "modified")]
    lines += [f"| {column}: {value} | {before:,} | {after:,} |" for column, value, before, after in _moved(earlier, now)]
    for word, names in (("added", found.added), ("changed", found.changed), ("removed", found.removed)):
        lines += ["", f"Shards {word}: {len(names)}", "", *(f"- `{name}`" for name in names)]
    return ("\n".join(lines).rstrip() + "\n").encode()


def _moved(earlier: Composition, now: Composition) -> Iterable[tuple[str, str, int, int]]:
    """Column, value, documents before and now, where they differ."""
    for column in COLUMNS:
        old, new = earlier["by"].get(column, {}), now["by"].get(column, {})
        for value in sorted(old.keys() | new.keys()):
            before, after = (side.get(value, {}).get("docs", 0) for side in (old, new))
            if before != after:
                yield column, value, before, after
