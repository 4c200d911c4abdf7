"""Whether the store is whole: every promise a manifest makes is checked against the bytes and rows it was made about.

What belongs here: checks that read, each an independent function that yields what is wrong, so that all problems of a store
are found at once. What may not: mending (`repair`), deciding what is stale (`planner`), printing (`console`).

A stage that is merely behind its inputs is not damage: two stages are compared only where the later one was made from
the earlier one as it is now.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.assembly import RELEASE, live_shards, release_key
from pile_assets.errors import StoreDamage
from pile_assets.inspection.audit import Audit, Problem, Progress, place_of
from pile_assets.inspection.sql import filters_of
from pile_assets.inspection.withdrawn import withdrawn
from pile_assets.release import history
from pile_assets.release import manifest as releases
from pile_assets.store import Address, FileRef, Manifest, Store, rows_digest

NEVER_EMPTY = ("id", "source", "partition", "licence", "url")
"""What a shard row may not lack."""

Check = Callable[[Audit], Iterator[Problem]]


@dataclass(frozen=True)
class Verification:
    """What was checked, in figures, and every problem found."""

    figures: Mapping[str, int]
    problems: tuple[Problem, ...]


def verify(store: Store, progress: Progress = lambda what, done, total: None) -> Verification:
    """Run every check over a store and gather everything that is wrong with it."""
    audit = Audit(store, progress)
    problems = [problem for check in CHECKS for problem in check(audit)]
    live = live_shards(audit.get, audit.partitions)
    figures = {
        "manifests": len(audit.manifests),
        "files": audit.files_read,
        "shards": len(live),
        "rows": sum(manifest.counts.given for manifest in live),
        "releases": len(_release_files(store)),
    }
    return Verification(figures, tuple(problems))


# -- manifests and files -------------------------------------------------------------------------------------------


def manifests(audit: Audit) -> Iterator[Problem]:
    """Every manifest can be read, and lies where it says."""
    yield from audit.unreadable


def files(audit: Audit) -> Iterator[Problem]:
    """Every file a manifest names, or pins from an earlier stage, is there with the promised bytes."""
    for done, (address, manifest) in enumerate(audit.manifests.items()):
        audit.progress(f"files of {place_of(address)}", done, len(audit.manifests))
        yield from _damaged(audit, address, address, manifest.files)
        for stage, pins in manifest.facts.get("pins", {}).items():
            origin = Address(address.owner, stage, address.partition)
            current = audit.get(origin)
            named = {file.name for file in current.files} if current else set()
            older = [FileRef(**pin) for pin in pins if pin["name"] not in named]  # the others are reported under their stage
            yield from _damaged(audit, address, origin, older)


def _damaged(audit: Audit, address: Address, origin: Address, promised: Iterable[FileRef]) -> Iterator[Problem]:
    folder = audit.store.folder(origin)
    for file in promised:
        if found := audit.wrong(folder / file.name, file.sha256, file.bytes):
            yield Problem("files", place_of(address), found, address=address, files=(folder / file.name,))


# -- rows of shards ------------------------------------------------------------------------------------------------


def shard_rows(audit: Audit) -> Iterator[Problem]:
    """Every shard row is complete and hashes to what it says; the shard holds what its manifest says, and no more."""
    shards = [manifest for manifest in audit.of_stage("shards") if manifest.files and audit.whole(manifest)]
    for done, manifest in enumerate(shards):
        audit.progress(f"rows of shard {manifest.address.name}/{manifest.address.partition}", done, len(shards))
        for found in _wrong_rows(audit, manifest):
            yield Problem("rows", place_of(manifest.address), found, address=manifest.address, files=_paths(audit, manifest))


def _paths(audit: Audit, manifest: Manifest) -> tuple[Path, ...]:
    return tuple(audit.store.paths(manifest))


def _wrong_rows(audit: Audit, manifest: Manifest) -> Iterator[str]:
    made_of: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    rows: list[tuple[Any, ...]] = []
    family = manifest.address.partition.rpartition("-")[0]
    for part, file in zip(audit.store.parts(manifest), manifest.files, strict=True):
        yield from _wrong_part(part, file, family)
        for source, partition, size in part.select("source", "partition", "bytes").iter_rows():
            made_of[source, partition] += 1
            sizes[source, partition] += size
        rows.extend(part.drop("text").iter_rows())
    yield from _wrong_contents(manifest, made_of, sizes)
    if rows_digest(rows) != manifest.data_version:
        yield "its rows do not have the data version of its manifest"


def _wrong_part(part: pl.DataFrame, file: FileRef, family: str) -> Iterator[str]:
    if dict(part.schema) != schemas.SHARD_ROWS:
        yield f"{file.name} has columns {', '.join(part.columns)} instead of the schema's"
        return
    if part.height != file.rows:
        yield f"{file.name} has {part.height} rows instead of {file.rows}"
    for column in NEVER_EMPTY:
        lacking = part.filter(pl.col(column).fill_null("").str.strip_chars() == "")
        if lacking.height:
            yield f"{lacking.height} rows of {file.name} have no {column}, the first is {lacking['id'][0]}"
    strangers = part.filter(pl.col("family").ne_missing(pl.lit(family)))
    if strangers.height:
        yield f"{strangers.height} rows of {file.name} are not {family}, the first is {strangers['id'][0]}"
    for identifier, text, sha256, size in part.select("id", "text", "text_sha256", "bytes").iter_rows():
        encoded = (text or "").encode()
        if hashlib.sha256(encoded).hexdigest() != sha256 or len(encoded) != size:
            yield f"the text of {identifier} in {file.name} does not have its hash and length"


def _wrong_contents(
    manifest: Manifest, made_of: Mapping[tuple[str, str], int], sizes: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    promised = {(source, partition): (docs, size) for source, partition, docs, size in manifest.facts["made_of"]}
    for place in sorted(promised.keys() | made_of.keys()):
        docs, size = promised.get(place, (0, 0))
        held = made_of.get(place, 0), sizes.get(place, 0)
        if held != (docs, size):
            yield f"it promises {docs} documents of {'/'.join(place)} with {size} bytes and holds {held[0]} with {held[1]}"
    if sum(made_of.values()) != manifest.counts.given:
        yield f"it counts {manifest.counts.given} rows and holds {sum(made_of.values())}"


def admission(audit: Audit) -> Iterator[Problem]:
    """No row is in a shard unless its document's licence is resolved and accepted, and the duplicates step kept it."""
    allowed: dict[tuple[str, str], dict[str, str] | None] = {}
    for manifest in audit.of_stage("shards"):
        if not (manifest.files and audit.whole(manifest)):
            continue
        for part in audit.store.parts(manifest, ["id", "source", "partition", "licence"]):
            for identifier, source, partition, licence in part.iter_rows():
                if (source, partition) not in allowed:
                    allowed[source, partition] = _allowed(audit, source, partition)
                known = allowed[source, partition]
                if known is not None and known.get(identifier) != licence:
                    found = f"{identifier} is in the shard under {licence}, and its source partition does not give it so"
                    yield Problem("admission", place_of(manifest.address), found, address=manifest.address)


def _allowed(audit: Audit, source: str, partition: str) -> dict[str, str] | None:
    """Id -> licence of every document of a partition that may be in a shard; None where that cannot be told now."""
    unique = audit.get(Address.of_source(source, "unique", partition))
    documents = audit.get(Address.of_source(source, "documents", partition))
    if unique is None or documents is None or not (audit.whole(unique) and audit.whole(documents)):
        return None
    if [vars(file) for file in documents.files] != unique.facts["pins"]["documents"] or not _planned(audit, unique):
        return None
    kept = audit.store.frame(unique, schemas.UNIQUE, ["id", "verdict"]).filter(pl.col("verdict") == "kept")
    columns = ["id", "licence", "licence_status", "accepted"]
    admitted = audit.store.frame(documents, schemas.DOCUMENTS, columns).filter(
        pl.col("accepted") & (pl.col("licence_status") == "resolved")
    )
    return dict(admitted.join(kept, on="id", how="semi").select("id", "licence").iter_rows())


def _planned(audit: Audit, unique: Manifest) -> bool:
    """Whether the shard plans already know these verdicts; else the shards are behind and the next build mends them."""
    source, partition = unique.address.name, unique.address.partition
    planned = {
        row[4]
        for plan in audit.of_stage("shard_plan")
        for rows in plan.facts["shards"].values()
        for row in rows
        if row[:2] == [source, partition]
    }
    return planned == set(unique.versions.values())


# -- conservation --------------------------------------------------------------------------------------------------


def conservation(audit: Audit) -> Iterator[Problem]:
    """What a stage took is what the stage before it gave, and its files hold as many rows as it counts."""
    for manifest in audit.of_stage("eligible"):
        yield from _chain_counts(audit, manifest)
    for address, manifest in audit.manifests.items():
        held = sum(file.rows for file in manifest.files)
        counted = _rows_counted(manifest)
        if counted is not None and held != counted:
            found = f"it counts {counted} rows and its files hold {held}"
            yield Problem("conservation", place_of(address), found, address=address)
    yield from _corpus_counts(audit)


def _rows_counted(manifest: Manifest) -> int | None:
    """How many rows a manifest's files should hold; None for stages without files of rows."""
    stage = manifest.address.stage
    if not manifest.address.owner.startswith("sources/"):
        return manifest.counts.given if stage == "shards" else None
    if stage in ("eligible", "unique"):  # they hold a row for the dropped too; withdrawn ones have no file
        return manifest.counts.taken if manifest.files else manifest.counts.given
    return manifest.counts.given


def _chain_counts(audit: Audit, eligible: Manifest) -> Iterator[Problem]:
    owner, partition = eligible.address.owner, eligible.address.partition
    filters = filters_of(eligible)
    steps = [
        *(("documents", "text", name) for name in filters),
        ("documents", "text", "cleaned"),
        ("cleaned", "text", "signatures"),
        ("documents", "row", "eligible"),
    ]
    for before, version, after in steps:
        first, second = audit.get(Address(owner, before, partition)), audit.get(Address(owner, after, partition))
        if first is None or second is None:
            continue
        if second.inputs.get(before) == first.versions.get(version) and second.counts.taken != first.counts.given:
            found = f"{before} gave {first.counts.given} documents and {after} took {second.counts.taken}"
            yield Problem("conservation", place_of(second.address), found, address=second.address)
    unique = audit.get(Address(owner, "unique", partition))
    if unique and unique.inputs.get("eligible") == eligible.data_version and unique.counts.taken != eligible.counts.taken:
        if not eligible.facts["pins"]["documents"]:
            return  # withdrawn: `eligible` counts what left, `unique` has nothing
        found = f"eligible judged {eligible.counts.taken} documents and unique took {unique.counts.taken}"
        yield Problem("conservation", place_of(unique.address), found, address=unique.address)


def _corpus_counts(audit: Audit) -> Iterator[Problem]:
    """Each shard's rows are those its plan placed there; the release counts the rows of all shards."""
    for plan in audit.of_stage("shard_plan"):
        for shard, rows in plan.facts["shards"].items():
            manifest = audit.get(Address(plan.address.owner, "shards", shard))
            if manifest is None or [row[:4] for row in rows] != [list(row) for row in manifest.facts["made_of"]]:
                continue  # not written under this plan yet
            placed = sum(row[2] for row in rows)
            if placed != manifest.counts.given:
                found = f"its plan places {placed} documents and it holds {manifest.counts.given}"
                yield Problem("conservation", place_of(manifest.address), found, address=manifest.address)
    release, live = audit.get(RELEASE), live_shards(audit.get, audit.partitions)
    if release is None or release.facts.get("content") != release_key(live, audit.get):
        return  # a build was interrupted before the release; the next one makes it
    if (held := sum(shard.counts.given for shard in live)) != release.counts.given:
        found = f"it counts {release.counts.given} documents and its shards hold {held}"
        yield Problem("conservation", f"release {release.data_version}", found, address=RELEASE)


# -- releases ------------------------------------------------------------------------------------------------------


def release(audit: Audit) -> Iterator[Problem]:
    """Every release manifest has the digest its name promises, and lists files that are there unless they were let go;
    the latest is current."""
    let_go = {release.id for release in history.read(audit.store) if not release.files}
    for path in _release_files(audit.store):
        place = f"release {path.stem}"
        try:
            listed = json.loads(path.read_bytes())
            if listed["format"] < releases.FORMAT:
                continue  # named by an older rule; its part files are those of shards
            rebuilt = releases.again(listed)
        except (ValueError, KeyError, TypeError, StoreDamage) as error:
            yield Problem("release", place, f"the manifest cannot be used ({error})", address=RELEASE, files=(path,))
            continue
        if rebuilt != listed or listed["id"] != path.stem:
            yield Problem(
                "release", place, "its content does not have the digest it is named by", address=RELEASE, files=(path,)
            )
            continue
        if path.stem not in let_go:
            yield from _missing_from(audit, place, path, listed)
    yield from _latest(audit)


def _release_files(store: Store) -> list[Path]:
    return sorted(path for path in store.releases.glob("*.json") if path.name != "latest.json")


def _missing_from(audit: Audit, place: str, path: Path, listed: Mapping[str, Any]) -> Iterator[Problem]:
    for shard in listed["shards"]:
        address = Address.of_domain(shard["domain"], "shards", shard["shard"])
        current = audit.get(address)
        named = {file.name for file in current.files} if current else set()
        for file in shard["files"]:
            path_of_file = audit.store.folder(address) / file["name"]
            found = audit.wrong(path_of_file, file["sha256"], file["bytes"])
            if found and file["name"] not in named:  # current files are reported under their shard
                remedy = (
                    f"Restore it from a backup, or delete {path.relative_to(audit.store.home)}: only older releases need it."
                )
                yield Problem("release", place, found, remedy=remedy)


def _latest(audit: Audit) -> Iterator[Problem]:
    current = audit.get(RELEASE)
    live = live_shards(audit.get, audit.partitions)
    if current is None or current.facts.get("content") != release_key(live, audit.get):
        return  # a build was interrupted before the release; the next one makes it
    named = audit.store.releases / f"{current.data_version}.json"
    latest = audit.store.releases / "latest.json"
    for path in (named, latest):
        if not path.exists():
            yield Problem("release", f"release {current.data_version}", f"{path.name} is missing", address=RELEASE)
    if named.exists() and latest.exists() and named.read_bytes() != latest.read_bytes():
        found = f"latest.json is not a copy of {named.name}"
        yield Problem("release", f"release {current.data_version}", found, address=RELEASE)
    if named.exists() and latest.exists():
        yield from _lists_the_shards(live, current, named)


def _lists_the_shards(live: list[Manifest], current: Manifest, path: Path) -> Iterator[Problem]:
    """The current release names the very files of the current shards."""
    try:
        shards = json.loads(path.read_bytes())["shards"]
        listed = {(shard["domain"], shard["shard"]): shard["files"] for shard in shards}
    except (ValueError, KeyError, TypeError):
        return  # reported above
    held = {(m.address.name, m.address.partition): [vars(file) for file in m.files] for m in live}
    for domain, shard in sorted(listed.keys() | held.keys()):
        if listed.get((domain, shard)) != held.get((domain, shard)):
            found = f"it does not list the files of shard {domain}/{shard} as they are"
            yield Problem("release", f"release {current.data_version}", found, address=RELEASE)


CHECKS: tuple[Check, ...] = (manifests, files, shard_rows, admission, conservation, release, withdrawn)
"""All checks, cheapest to understand first. A check may trust what an earlier one has found whole."""
