"""What Dagster should show: per asset, the version of every partition the store or the catalogue holds.

What belongs here: reading committed facts into `AssetFacts`. What may not: asking Dagster anything (`reconcile`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import dagster as dg

from pile_assets.assembly import changed_because
from pile_assets.chain import Outcome
from pile_assets.corpus import DEDUP
from pile_assets.deployment import Session
from pile_assets.graph import events
from pile_assets.graph.governance_assets import session_evidence
from pile_assets.graph.naming import (
    DEDUP_WORK,
    RELEASE_WORK,
    REVIEW_WORK,
    TAKEDOWNS_WORK,
    asset_key,
    catalogue_work,
    domain_work,
    evidence_key,
    evidence_work,
    partition_of,
    shard_partitions,
    source_key,
    source_work,
)
from pile_assets.graph.sources import SourceInGraph, domains_of
from pile_assets.publishing import CARDS, LEGAL_KIT, RELEASE
from pile_assets.review.queue import QUEUE
from pile_assets.steps import SUPPRESSIONS, TAKEDOWNS
from pile_assets.store import Address, Manifest
from pile_assets.view import View

AGAIN = ("reported again from the store: an earlier event says why it was last written, if Dagster still has it",)


@dataclass(frozen=True)
class Fact:
    """What should be Dagster's latest version of an asset partition, and the event that says so."""

    version: str
    event: Callable[[], dg.AssetMaterialization]
    insist: bool = False  # report it even where the version is the same


@dataclass(frozen=True)
class AssetFacts:
    """One asset: partition -> fact, with None for the partition of an asset that has none."""

    key: dg.AssetKey
    partitioned: bool
    facts: Mapping[str | None, Fact]


class Facts:
    """Everything to be shown. `outcomes` are what a build has just done: they say why shards changed, and which steps have
    new code and old output."""

    def __init__(self, session: Session, shown: Sequence[SourceInGraph], outcomes: Mapping[Address, Outcome]):
        self._session, self._shown, self._outcomes = session, shown, outcomes
        self._view = session.view
        self._around = events.surroundings(session)

    def works(self) -> list[str]:
        """The works whose assets there are, in the order of the graph; the catalogue of a source counts as one."""
        of_sources = [work for source in self._shown for work in _works(source.name)]
        return [*of_sources, TAKEDOWNS_WORK, DEDUP_WORK, *map(domain_work, domains_of(self._shown)), RELEASE_WORK, REVIEW_WORK]

    def partitions(self) -> Iterator[tuple[str, list[str]]]:
        """The dynamic partitions that must exist, by their definition's name."""
        for source in self._shown:
            made = self._view.partitions(f"sources/{source.name}", "eligible")
            yield source.name, [*self._session.state.catalogue(source.name), *made]
        for domain in domains_of(self._shown):
            yield shard_partitions(domain), self._shards(domain)

    def assets(self, work: str) -> Iterator[AssetFacts]:
        """The assets that a piece of work makes, as they are committed now."""
        self._view = View(self._session.view.store)
        kind, _, name = work.partition("/")
        if kind == "catalogue":
            yield self._upstream(name)
        elif kind == "evidence":
            yield self._evidence(name)
        elif kind == "sources":
            stages = next(source.stages for source in self._shown if source.name == name)
            yield from (self._stage(work, stage) for stage in stages)
        elif kind == "domains":
            yield self._single(Address.of_domain(name, "shard_plan"))
            yield self._shard_inputs(name)
            yield self._stage(work, "shards")
        elif work == TAKEDOWNS_WORK:
            yield self._single(TAKEDOWNS)
            yield from (self._stage(f"sources/{source.name}", SUPPRESSIONS) for source in self._shown)
        elif work == DEDUP_WORK:
            yield self._single(DEDUP)
            yield from (self._stage(f"sources/{source.name}", "unique") for source in self._shown)
        elif work == REVIEW_WORK:
            yield self._single(QUEUE)
        elif work == RELEASE_WORK:
            yield from map(self._single, (LEGAL_KIT, CARDS, RELEASE))

    def _upstream(self, source: str) -> AssetFacts:
        catalogue = self._session.state.catalogue(source)
        facts: dict[str | None, Fact] = {
            partition: Fact(entry.upstream, partial(events.of_upstream, source, partition, entry))
            for partition, entry in sorted(catalogue.items())
        }
        return AssetFacts(source_key(source, "upstream"), True, facts)

    def _evidence(self, source: str) -> AssetFacts:
        found = session_evidence(self._session, source)
        facts: dict[str | None, Fact] = {None: Fact(found[0], lambda: found[1])} if found else {}
        return AssetFacts(evidence_key(source), False, facts)

    def _stage(self, owner: str, stage: str) -> AssetFacts:
        manifests = [
            manifest
            for partition in self._view.partitions(owner, stage)
            if (manifest := self._view.get(Address(owner, stage, partition)))
        ]
        facts: dict[str | None, Fact] = {manifest.address.partition: self._fact(manifest) for manifest in manifests}
        return AssetFacts(asset_key(Address(owner, stage)), True, facts)

    def _single(self, address: Address) -> AssetFacts:
        manifest = self._view.get(address)
        return AssetFacts(asset_key(address), False, {partition_of(address): self._fact(manifest)} if manifest else {})

    def _shard_inputs(self, domain: str) -> AssetFacts:
        plan = self._view.get(Address.of_domain(domain, "shard_plan"))
        facts: dict[str | None, Fact] = {}
        if plan is not None:
            for shard in self._shards(domain):
                facts[shard] = Fact(events.shard_inputs_version(plan, shard), partial(events.of_shard_inputs, plan, shard))
        return AssetFacts(asset_key(Address.of_domain(domain, "shard_inputs")), True, facts)

    def _shards(self, domain: str) -> list[str]:
        """Every shard there is or was, in order."""
        plan = self._view.get(Address.of_domain(domain, "shard_plan"))
        planned = plan.facts["shards"] if plan else {}
        return sorted({*planned, *self._view.partitions(f"domains/{domain}", "shards")})

    def _fact(self, manifest: Manifest) -> Fact:
        outcome = self._outcomes.get(manifest.address)
        why: Sequence[str] = ()
        if manifest.address.stage == "shards":
            why = changed_because(outcome.before, manifest) if outcome else AGAIN
        insist = outcome is not None and outcome.materialized
        return Fact(manifest.data_version, partial(events.of_manifest, manifest, self._around, why), insist)


def _works(source: str) -> tuple[str, ...]:
    return catalogue_work(source), evidence_work(source), source_work(source)
