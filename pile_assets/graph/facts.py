"""What Dagster should show: per asset, the version of every partition the store or the catalogue holds.

What belongs here: reading committed facts into `AssetFacts`. What may not: asking Dagster anything (`reconcile`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import dagster as dg

from pile_assets.assembly import RELEASE, changed_because
from pile_assets.chain import Outcome
from pile_assets.corpus import DEDUP
from pile_assets.deployment import Session
from pile_assets.graph import events
from pile_assets.graph.naming import (
    DEDUP_WORK,
    RELEASE_WORK,
    asset_key,
    domain_work,
    partition_of,
    shard_partitions,
    source_key,
    source_work,
)
from pile_assets.graph.sources import SourceInGraph, domains_of
from pile_assets.store import Address, Manifest

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
    """Everything to be shown, but for works that are busy: their runs report themselves.

    `outcomes` are what a build has just done: they say why shards changed, and which steps have new code and old output.
    """

    def __init__(
        self,
        session: Session,
        shown: Sequence[SourceInGraph],
        outcomes: Mapping[Address, Outcome],
        busy: Collection[str],
    ):
        self._session, self._view, self._shown = session, session.view, shown
        self._outcomes, self._busy = outcomes, busy
        self._landing = events.landing(session)

    def partitions(self) -> Iterator[tuple[str, list[str]]]:
        """The dynamic partitions that must exist, by their definition's name."""
        for source in self._shown:
            made = self._view.partitions(f"sources/{source.name}", "eligible")
            yield source.name, [*self._session.state.catalogue(source.name), *made]
        for domain in domains_of(self._shown):
            yield shard_partitions(domain), self._shards(domain)

    def assets(self) -> Iterator[AssetFacts]:
        """Every asset, in the order of the graph."""
        for source in self._shown:
            yield self._upstream(source)
            if source_work(source.name) not in self._busy:
                for stage in source.stages:
                    yield self._stage(f"sources/{source.name}", stage)
        if DEDUP_WORK not in self._busy:
            yield self._single(DEDUP)
            for source in self._shown:
                yield self._stage(f"sources/{source.name}", "unique")
        for domain in domains_of(self._shown):
            if domain_work(domain) not in self._busy:
                yield self._single(Address.of_domain(domain, "shard_plan"))
                yield self._shard_inputs(domain)
                yield self._stage(f"domains/{domain}", "shards")
        if RELEASE_WORK not in self._busy:
            yield self._single(RELEASE)

    def _upstream(self, source: SourceInGraph) -> AssetFacts:
        catalogue = self._session.state.catalogue(source.name)
        facts: dict[str | None, Fact] = {
            partition: Fact(entry.upstream, partial(events.of_upstream, source.name, partition, entry))
            for partition, entry in sorted(catalogue.items())
        }
        return AssetFacts(source_key(source.name, "upstream"), True, facts)

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
        return Fact(manifest.data_version, partial(events.of_manifest, manifest, self._landing, why), insist)
