"""The release manifest: an immutable list of shards, and what differs between two of them.

Building, writing and comparing manifests belongs here, from facts that the caller read from the store. No file is
opened, and no time, path or run enters: equal shards make equal bytes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pile_assets.errors import StoreDamage
from pile_assets.store import digest

FORMAT = 2
"""Version of the manifest's fields; part of the release id."""

FACTS = ("domain", "shard", "data_version", "rows", "bytes", "files", "made_of", "histograms")
"""What the manifest says of a shard. `files` are {"name", "sha256", "bytes", "rows"} of its part files in order, `made_of`
rows of [source, partition, docs, bytes], `histograms` as `shards.merge.histograms` gives them; `bytes` are of text."""

Manifest = dict[str, Any]


def build_manifest(
    shards: Iterable[Mapping[str, Any]],
    withdrawn: Mapping[str, Any] = MappingProxyType({}),
    *,
    legal_kit: str = "",
    cards: str = "",
    mixtures: Mapping[str, Any] = MappingProxyType({}),
    replaces: str | None = None,
) -> Manifest:
    """The manifest of a release that consists of these shards, given with the fields of `FACTS` in any order, and of a legal
    kit and cards of these versions; `withdrawn` are the tombstones of documents that left, where there are any, `mixtures`
    what each recipe makes of the documents, as `shards.mixture.told` has it; `replaces` the id of the release that was written
    anew without some of them.

    Its `id` is the digest of (domain, shard, data version) of all shards with those, so it names the content: the same
    rows, licences and facts make the same release wherever and whenever it is built, while `files` names the bytes. Raises
    StoreDamage for a shard whose part files do not hold the rows it promises, and ValueError for one given twice.
    """
    listed = sorted(({fact: shard[fact] for fact in FACTS} for shard in shards), key=_name)
    names = [_name(shard) for shard in listed]
    if len(set(names)) < len(names):
        twice = min(name for name, count in Counter(names).items() if count > 1)
        raise ValueError(f"the shard {'/'.join(twice)} was given twice to one release")
    for shard in listed:
        _check(shard)
    content = [[*_name(shard), shard["data_version"]] for shard in listed]
    told: dict[str, Any] = {name: dict(facts) for name, facts in (("withdrawn", withdrawn), ("mixtures", mixtures)) if facts}
    told |= {"replaces": replaces} if replaces else {}
    return {
        "format": FORMAT,
        "id": digest(["release", FORMAT, content, legal_kit, cards, *told.values()]),
        "legal_kit": legal_kit,
        "cards": cards,
        "totals": _totals(listed),
        "shards": listed,
        **told,
    }


def again(listed: Manifest) -> Manifest:
    """The manifest built from what one lists: equal to it where its id and totals are those of its content. Raises KeyError,
    TypeError, ValueError or StoreDamage for what is no manifest of this format."""
    return build_manifest(
        listed["shards"],
        listed.get("withdrawn", {}),
        legal_kit=listed["legal_kit"],
        cards=listed["cards"],
        mixtures=listed.get("mixtures", {}),
        replaces=listed.get("replaces"),
    )


def _name(shard: Mapping[str, Any]) -> tuple[str, str]:
    return shard["domain"], shard["shard"]


def _check(shard: Mapping[str, Any]) -> None:
    """Conservation: part files, sources and the shard itself count the same documents."""
    in_files = sum(file["rows"] for file in shard["files"])
    from_sources = sum(docs for _, _, docs, _ in shard["made_of"])
    if not shard["rows"] == in_files == from_sources:
        raise StoreDamage(
            f"The shard {'/'.join(_name(shard))} promises {shard['rows']} rows, its part files hold {in_files} and its "
            f"source partitions gave {from_sources}.",
            remedy="Run `pile verify`; then materialize this shard with `force`.",
        )


def _totals(shards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over all shards: shards, files, docs, bytes, and docs and bytes by domain, licence family and histogram."""
    by: dict[str, dict[str, Counter[str]]] = {"domain": {}, "family": {}}
    for shard in shards:
        whole = {"docs": shard["rows"], "bytes": shard["bytes"]}
        family = shard["shard"].rpartition("-")[0]
        counted = {"domain": {shard["domain"]: whole}, "family": {family: whole}, **shard["histograms"]}
        for column, values in counted.items():
            for value, figures in values.items():
                by.setdefault(column, {}).setdefault(value, Counter()).update(figures)
    return {
        "shards": len(shards),
        "files": sum(len(shard["files"]) for shard in shards),
        "docs": sum(shard["rows"] for shard in shards),
        "bytes": sum(shard["bytes"] for shard in shards),
        "by": {column: {value: dict(figures) for value, figures in values.items()} for column, values in by.items()},
    }


def to_bytes(manifest: Manifest) -> bytes:
    """The manifest as JSON: sorted keys, indented to be read and compared by line, UTF-8, a newline at the end."""
    return (json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class Difference:
    """Shards as "<domain>/<shard>", in order, by what became of them from one release to another."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def compare(old: Manifest, new: Manifest) -> Difference:
    """What differs in content between two releases; a shard whose bytes alone differ has not changed."""
    before, after = _versions(old), _versions(new)
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def _versions(manifest: Manifest) -> dict[str, str]:
    return {"/".join(_name(shard)): shard["data_version"] for shard in manifest["shards"]}
