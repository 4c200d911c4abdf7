"""What is stale: one pure function from manifests, catalogues, registry and code versions to the work that is due.

`pile plan` prints it, `pile build` carries it out in process, the planner sensor requests it as runs. What belongs
here: deciding. What may not: doing any step, reading text, writing anything, Dagster, or the clock.

Work comes in waves, because what a later stage must do is known only when the earlier one has finished: takedowns, the
chains of sources, then `dedup`, then per domain the shard plan and its shards, then the release.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pile_assets import assembly, corpus, pins, publishing
from pile_assets.state import Entry, Sources
from pile_assets.steps import SUPPRESSIONS, TAKEDOWNS, Chain, Lookup
from pile_assets.store import Address, digest
from pile_assets.withdrawal import frozen


@dataclass(frozen=True)
class World:
    """Everything the decision depends on, and nothing else."""

    sources: Sources
    chains: Mapping[str, Chain]  # of running sources
    catalogues: Mapping[str, Mapping[str, Entry]]
    seniority: Mapping[str, int]
    manifest: Lookup
    partitions: Callable[[str, str], list[str]]  # committed partitions of (owner, stage)
    quarantined: Callable[[Address], str | None]  # key at which a step was found unusable
    shard_bytes: int = assembly.SHARD_BYTES
    takedowns: str | None = None  # the key the takedowns step should have; None where there never was one
    described: Mapping[str, str] = field(default_factory=dict)  # source -> digest of what a release says of it


@dataclass(frozen=True)
class Wave:
    """The work that is due now. An empty wave means the corpus is what its inputs say."""

    takedowns: str | None = None  # the key it would have
    chains: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # source -> partition -> first stale stage
    dedup: str | None = None  # the key it would have
    plans: Mapping[str, str] = field(default_factory=dict)  # domain -> key
    shards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # domain -> shard keys
    release: str | None = None

    @property
    def empty(self) -> bool:
        return not (self.takedowns or self.chains or self.dedup or self.plans or self.shards or self.release)


def plan(world: World) -> Wave:
    """All work that is known to be due. Later kinds are judged on what earlier ones last committed."""
    return Wave(
        takedowns=stale_takedowns(world),
        chains=_stale_chains(world),
        dedup=_changed(
            world,
            corpus.DEDUP,
            corpus.dedup_key(corpus.members(world.sources, world.manifest, world.partitions), world.seniority),
        ),
        plans=_stale_plans(world),
        shards=_stale_shards(world),
        release=_changed(world, assembly.RELEASE, publishing.keys(world.manifest, world.partitions, world.described).release),
    )


def stale_takedowns(world: World) -> str | None:
    """The key of the takedowns step where it is due: the ledger changed, or a source stands still that did not follow it."""
    if world.takedowns is None:
        return None
    if key := _changed(world, TAKEDOWNS, world.takedowns):
        return key
    behind = [
        [source, partition]
        for source in sorted(world.sources.frozen)
        for partition in world.partitions(f"sources/{source}", SUPPRESSIONS)
        if frozen.behind(world.manifest, source, partition)
    ]
    return digest([world.takedowns, behind]) if behind else None


def stale_stage(world: World, source: str, partition: str) -> str | None:
    """The first stage of a partition's chain whose key has changed, or None. Quarantined input waits for a new key.

    `eligible` is due as well where only files that it pins were written again: it takes up the new ones, and is not made again.
    """
    chain, entry = world.chains[source], world.catalogues[source][partition]
    steps = chain.steps if entry.present else chain.steps[-1:]
    if not entry.present and world.manifest(Address.of_source(source, "eligible", partition)) is None:
        return None  # it left before anything was made of it
    for step in steps:
        address = Address.of_source(source, step.stage, partition)
        inputs = chain.inputs(step, partition, entry, world.manifest)
        key = step.key(address, inputs) if inputs is not None else None
        if key is not None and world.quarantined(address) == key:
            return None
        manifest = world.manifest(address)
        if key is None or manifest is None or manifest.key != key:
            return step.stage
    behind = entry.present and any(pins.moved(world.manifest, source, partition))
    return "eligible" if behind else None


def _stale_chains(world: World) -> dict[str, dict[str, str]]:
    stale: dict[str, dict[str, str]] = {}
    for source in sorted(world.chains):
        for partition in sorted(world.catalogues.get(source, {})):
            if stage := stale_stage(world, source, partition):
                stale.setdefault(source, {})[partition] = stage
    return stale


def _stale_plans(world: World) -> dict[str, str]:
    stale = {}
    for domain in assembly.domains(world.sources, world.partitions):
        placements = assembly.placements(domain, world.sources, world.manifest, world.partitions)
        if key := _changed(
            world, Address.of_domain(domain, "shard_plan"), assembly.plan_key(domain, placements, world.shard_bytes)
        ):
            stale[domain] = key
    return stale


def _stale_shards(world: World) -> dict[str, tuple[str, ...]]:
    stale = {}
    for domain in assembly.domains(world.sources, world.partitions):
        wanted = assembly.wanted_shards(domain, world.manifest, world.partitions)
        due = [shard for shard, key in wanted.items() if _changed(world, Address.of_domain(domain, "shards", shard), key)]
        if due:
            stale[domain] = tuple(due)
    return stale


def _changed(world: World, address: Address, key: str) -> str | None:
    manifest = world.manifest(address)
    return key if manifest is None or manifest.key != key else None
