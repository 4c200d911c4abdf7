"""Where everything stands: sources and their partitions and documents, duplicates, shards, the latest release.

What belongs here: summing up committed manifests, catalogues and the registry. What may not: asking upstream, doing or
planning work beyond asking the planner what it would call stale, printing (`console`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from pile_assets import planner
from pile_assets.alerts import Alert, read_alerts
from pile_assets.assembly import RELEASE, domains, live_shards
from pile_assets.corpus import DEDUP
from pile_assets.deployment import Session
from pile_assets.errors import PileError, RegistryError
from pile_assets.filters.policy_model import LICENCE_HELD, LICENCE_REJECTED
from pile_assets.licensing.verdict import counted_under
from pile_assets.state import Entry
from pile_assets.store import Address, Manifest

Standing = Literal["running", "frozen", "refused", "off", "broken", "left"]
"""running follows upstream; frozen stays as it is; refused is kept out by its review; off by the operator; broken has an
unusable record and nothing to fall back on; left has data in the store and no record any more."""

EXAMPLES = 3
"""How many document ids a reason is illustrated with."""


@dataclass(frozen=True)
class Partitions:
    """Counts of a source's partitions as last discovered. `stale` ones are due in the next build."""

    present: int = 0
    withdrawn: int = 0
    stale: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Documents:
    """What became of the documents of a source's present partitions. found = accepted + held + rejected, and once the
    duplicates step has seen them accepted = kept + duplicates + dropped; `skipped` raw files yielded no document."""

    found: int
    accepted: int
    held: int
    rejected: int
    kept: int
    duplicates: int
    dropped: Mapping[str, int]
    not_admitted: Mapping[str, int]
    skipped: Mapping[str, int]
    licences: Mapping[str, int]
    families: Mapping[str, int]


@dataclass(frozen=True)
class SourceStatus:
    """One source. `admitted` says whether its documents may be in the corpus; `reason` why not, or why it is frozen."""

    source: str
    title: str
    domain: str
    standing: Standing
    admitted: bool
    reason: str | None
    partitions: Partitions
    documents: Documents
    quarantined: tuple[Mapping[str, Any], ...]
    not_admitted: Mapping[str, Mapping[str, int]]  # partition -> reason -> documents
    damaged: Mapping[str, tuple[str, ...]]  # partition -> raw files or lines in it that are no documents, and why


@dataclass(frozen=True)
class DomainStatus:
    """The shards of one domain. `skew` is the largest shard's bytes over the mean; sources are counted per shard."""

    domain: str
    shards: int
    rows: int
    bytes: int
    target_bytes: int
    skew: float
    sources: Mapping[str, int]  # shard -> how many sources are in it


@dataclass(frozen=True)
class Status:
    """The whole corpus."""

    home: str
    sources: tuple[SourceStatus, ...]
    domains: tuple[DomainStatus, ...]
    duplicates: Mapping[str, Mapping[str, int]]  # source -> source of the kept document -> documents
    release: Mapping[str, Any] | None
    problems: tuple[RegistryError, ...]
    alerts: tuple[Alert, ...]  # work the daemon has given up

    def quarantined(self) -> list[Mapping[str, Any]]:
        """Every partition in quarantine, with stage, cause and remedy."""
        return [note for source in self.sources for note in source.quarantined]


@dataclass(frozen=True)
class NotAdmitted:
    """Documents of one partition that share one reason for staying out."""

    source: str
    partition: str
    verdict: str  # held or rejected
    reason: str
    documents: int
    examples: tuple[str, ...]
    detail: str  # the first example's reason, with the places it was read in


def read(session: Session) -> Status:
    """The status of everything, from what is committed now."""
    world = session.world()
    left = set(session.view.store.sources()) - session.registry.records.keys() - session.registry.broken
    names = sorted({*session.registry.records, *session.registry.broken, *left})
    view = session.view
    dedup = view.get(DEDUP)
    return Status(
        home=str(session.deployment.home),
        sources=tuple(_source(session, world, name) for name in names),
        domains=tuple(_domains(session)),
        duplicates=dedup.facts["duplicates"] if dedup else {},
        release=_release(view.get(RELEASE)),
        problems=session.registry.problems,
        alerts=tuple(read_alerts(session.deployment.home)),
    )


def _release(manifest: Manifest | None) -> dict[str, Any] | None:
    return {**manifest.facts, "rows": manifest.counts.given} if manifest else None


# -- sources -------------------------------------------------------------------------------------------------------


def _source(session: Session, world: planner.World, source: str) -> SourceStatus:
    standing, reason = standing_of(session, source)
    record = session.sources.present.get(source) or session.registry.records.get(source)
    catalogue = session.state.catalogue(source)
    present = [partition for partition, entry in sorted(catalogue.items()) if entry.present]
    notes = tuple(_quarantined(session, source, present))
    made = {p: m for p in present if (m := session.view.get(Address.of_source(source, "documents", p)))}
    return SourceStatus(
        source=source,
        title=record.title if record else source,
        domain=record.domain.value if record else "",
        standing=standing,
        admitted=source in session.sources.present and source not in session.sources.refused,
        reason=reason,
        partitions=_partitions(world, source, catalogue, len(notes)),
        documents=_documents(session, source, made),
        quarantined=notes,
        not_admitted={p: m.facts["not_admitted"] for p, m in made.items() if m.facts["not_admitted"]},
        damaged={p: tuple(m.facts["problems"]) for p, m in made.items() if m.facts["problems"]},
    )


def standing_of(session: Session, source: str) -> tuple[Standing, str | None]:
    """Whether a source takes part, and why not where it does not."""
    broken = next((problem.cause for problem in session.registry.problems if problem.source == source), None)
    if source in session.sources.frozen:
        return "frozen", broken or session.sources.refused.get(source)
    if broken:
        return "broken", broken
    if source in session.sources.running:
        return "running", None
    if source in session.sources.refused:
        return "refused", session.sources.refused[source]
    if source in session.registry.records:
        return "off", f"it is switched off; `pile sources enable {source}` switches it on"
    return "left", "its record is no longer in the registry; the next build leaves its documents out"


def _partitions(world: planner.World, source: str, catalogue: Mapping[str, Entry], quarantined: int) -> Partitions:
    present = sum(entry.present for entry in catalogue.values())
    stale = sum(planner.stale_stage(world, source, p) is not None for p in catalogue) if source in world.chains else 0
    return Partitions(present, len(catalogue) - present, stale, quarantined)


def _quarantined(session: Session, source: str, present: Iterable[str]) -> Iterator[dict[str, Any]]:
    chain = session.chains.get(source)
    for partition in present:
        for stage in chain.stages if chain else ("raw", "documents"):
            note = session.view.quarantined(Address.of_source(source, stage, partition))
            if note:
                yield {
                    "source": source,
                    "partition": partition,
                    "stage": stage,
                    "cause": note["cause"],
                    "remedy": note["remedy"],
                }


def _documents(session: Session, source: str, made: Mapping[str, Manifest]) -> Documents:
    verdicts, not_admitted, skipped, licences = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for manifest in made.values():
        verdicts.update(manifest.facts["verdicts"])
        not_admitted.update(manifest.facts["not_admitted"])
        licences.update(manifest.facts["licences"])
        skipped.update(manifest.counts.dropped)
    kept, dropped, families = 0, Counter[str](), Counter[str]()
    for partition in made:
        unique = session.view.get(Address.of_source(source, "unique", partition))
        if unique is not None:
            kept += unique.counts.given
            dropped.update(unique.counts.dropped)
            families.update({family: live["docs"] for family, live in unique.facts["live"].items()})
    duplicates = dropped.pop("exact_dup", 0) + dropped.pop("near_dup", 0)
    for reason in (LICENCE_HELD, LICENCE_REJECTED):  # counted above, by the licence step itself
        dropped.pop(reason, None)
    return Documents(
        found=sum(manifest.counts.given for manifest in made.values()),
        accepted=verdicts["accepted"],
        held=verdicts["held"],
        rejected=verdicts["rejected"],
        kept=kept,
        duplicates=duplicates,
        dropped=_largest_first(dropped),
        not_admitted=_largest_first(not_admitted),
        skipped=_largest_first(skipped),
        licences=_largest_first(licences),
        families=_largest_first(families),
    )


def _largest_first(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


# -- corpus --------------------------------------------------------------------------------------------------------


def _domains(session: Session) -> Iterator[DomainStatus]:
    view = session.view
    live = live_shards(view.get, view.partitions)
    for domain in domains(session.sources, view.partitions):
        plan = view.get(Address.of_domain(domain, "shard_plan"))
        shards = [manifest for manifest in live if manifest.address.name == domain]
        sizes = [manifest.facts["bytes"] for manifest in shards]
        yield DomainStatus(
            domain=domain,
            shards=len(shards),
            rows=sum(manifest.counts.given for manifest in shards),
            bytes=sum(sizes),
            target_bytes=plan.facts["shard_bytes"] if plan else session.deployment.shard_bytes,
            skew=round(max(sizes) * len(sizes) / sum(sizes), 2) if sum(sizes) else 0.0,
            sources={m.address.partition: len({row[0] for row in m.facts["made_of"]}) for m in shards},
        )


# -- held and rejected ---------------------------------------------------------------------------------------------


def not_admitted(session: Session, source: str | None = None) -> list[NotAdmitted]:
    """Documents that the licence step held or rejected, by partition and reason, in that order, with examples."""
    names = [source] if source else sorted({*session.registry.records, *session.view.store.sources()})
    if source and source not in {*session.registry.records, *session.view.store.sources()}:
        raise PileError(f"There is no source {source!r}.", remedy="Run `pile sources list`.")
    found: list[NotAdmitted] = []
    for name in names:
        for partition, entry in sorted(session.state.catalogue(name).items()):
            if entry.present:
                found += _not_admitted(session, name, partition)
    return found


def _not_admitted(session: Session, source: str, partition: str) -> Iterator[NotAdmitted]:
    manifest = session.view.get(Address.of_source(source, "documents", partition))
    if manifest is None or not manifest.facts["not_admitted"]:
        return
    columns = ["id", "accepted", "licence_status", "licence_reason"]
    rows = pl.concat([part.filter(~pl.col("accepted")) for part in session.view.store.parts(manifest, columns)])
    grouped: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for identifier, _, licence_status, given in rows.sort("id").iter_rows():
        verdict = "rejected" if licence_status == "resolved" else "held"
        reason = given or "no reason given"
        grouped.setdefault((verdict, counted_under(reason)), []).append((identifier, reason))
    for (verdict, reason), alike in sorted(grouped.items()):
        ids = tuple(identifier for identifier, _ in alike[:EXAMPLES])
        yield NotAdmitted(source, partition, verdict, reason, len(alike), ids, alike[0][1])
