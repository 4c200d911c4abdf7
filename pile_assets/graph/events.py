"""The events that tell Dagster what the store and the catalogue hold.

What belongs here: one function per kind of event, each from committed facts alone, so that a run and `reconcile` report the
same. What may not: deciding when to report, storing anything.

Every event names its parents and their versions in Dagster's provenance tags, with no pointer to an event of theirs. Dagster
would call a partition unsynced without the tags, for having new parents; and with pointers, when a parent has a new version in
a part that the step does not read (`Manifest.versions`). What is out of date is the planner's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from pile_assets.assembly import changed_because, domains, shard_key
from pile_assets.chain import Outcome
from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.graph import metadata
from pile_assets.graph.markdown import list_field
from pile_assets.graph.naming import CODE_VERSION, DATA_VERSION, asset_key, partition_of, source_key
from pile_assets.graph.parents import Parents, parents
from pile_assets.graph.sources import sources_in_graph
from pile_assets.state import Entry
from pile_assets.store import Address, Manifest

ABSENT = "absent"
"""The data version of a partition that Dagster was told of by hand and the store does not hold."""
RETIRED = "retired"
"""The data version of the inputs of a shard that the plan no longer has."""


@dataclass(frozen=True)
class Surroundings:
    """What an event says beyond its own manifest: where source partitions land, and what every asset is made from."""

    landing: metadata.Landing
    parents: Parents


def surroundings(session: Session) -> Surroundings:
    """By the shard plans and the registry as they are now."""
    addresses = (Address.of_domain(domain, "shard_plan") for domain in domains(session.sources, session.view.partitions))
    plans = [plan for address in addresses if (plan := session.view.get(address))]
    return Surroundings(metadata.landing(plans), parents(sources_in_graph(session)))


def of_outcome(outcome: Outcome, around: Surroundings) -> dg.AssetMaterialization:
    """A step was worked or taken up again."""
    return of_manifest(outcome.manifest, around, _why(outcome))


def _why(outcome: Outcome) -> Sequence[str]:
    """Why a shard was written, in words; nothing for other stages."""
    if outcome.address.stage != "shards":
        return ()
    if outcome.before and outcome.before.data_version == outcome.manifest.data_version:
        return ("nothing: it was written again, and its documents are the same",)
    return changed_because(outcome.before, outcome.manifest)


def of_manifest(manifest: Manifest, around: Surroundings, why: Sequence[str] = ()) -> dg.AssetMaterialization:
    """A committed step, with the reasons for its last change where they are known."""
    key = asset_key(manifest.address)
    return dg.AssetMaterialization(
        key,
        partition=partition_of(manifest.address),
        metadata=metadata.of_manifest(manifest, around.landing) | list_field("changed_because", why),
        tags={
            DATA_VERSION: manifest.data_version,
            CODE_VERSION: manifest.code_version,
            **_provenance(manifest, around.parents.get(key, ())),
        },
    )


def _provenance(manifest: Manifest, parents: Sequence[dg.AssetKey]) -> dict[str, str]:
    """Dagster's tags on the parents. Of a parent read as a whole, what was read is in the step's key."""
    tags = {}
    for parent in parents:
        name = parent.to_user_string()
        tags[f"dagster/input_data_version/{name}"] = manifest.inputs.get(parent.path[-1], manifest.key)
        tags[f"dagster/input_event_pointer/{name}"] = "NULL"
    return tags


def of_upstream(source: str, partition: str, entry: Entry) -> dg.AssetMaterialization:
    """A partition as upstream has it, or its tombstone."""
    return dg.AssetMaterialization(
        source_key(source, "upstream"),
        partition=partition,
        metadata=metadata.of_entry(entry),
        tags={DATA_VERSION: entry.upstream},
    )


def shard_inputs_version(plan: Manifest, shard: str) -> str:
    """What tells one set of inputs of a shard from another."""
    return shard_key(plan, shard) if shard in plan.facts["shards"] else RETIRED


def of_shard_inputs(plan: Manifest, shard: str) -> dg.AssetMaterialization:
    """The inputs of one shard as the plan has them."""
    return dg.AssetMaterialization(
        asset_key(Address.of_domain(plan.address.name, "shard_inputs")),
        partition=shard,
        metadata=metadata.of_shard_inputs(plan, shard),
        tags={DATA_VERSION: shard_inputs_version(plan, shard)},
    )


def of_landing(source: str, partition: str, shards: list[Address], version: str) -> dg.AssetObservation:
    """A source partition lands in other shards than before; its documents are the same, hence no materialization."""
    return dg.AssetObservation(
        source_key(source, "unique"),
        partition=partition,
        description="The shard plan placed this partition anew.",
        metadata=metadata.lands_in(shards) or {"lands_in": dg.MetadataValue.text("no shard: none of its documents is kept")},
        tags={DATA_VERSION: version},
    )


def of_unchanged(key: dg.AssetKey, partition: str | None, remedy: str) -> dg.AssetObservation:
    """A run by hand found nothing to do: said where the operator looks, so that the button does not seem broken."""
    said = f"Unchanged: everything it depends on is as it was when this was made, so nothing was done. {remedy}"
    return dg.AssetObservation(key, partition=partition, description=said, metadata={"unchanged": said})


def of_unchanged_again(manifest: Manifest, around: Surroundings, remedy: str) -> dg.AssetMaterialization:
    """The same, within a range launched by hand, as the version that stands: without it the range would look failed."""
    said = f"Unchanged: everything it depends on is as it was when this was made, so nothing was done. {remedy}"
    return of_manifest(manifest, around).with_metadata({**metadata.of_manifest(manifest, around.landing), "unchanged": said})


def of_quarantine(address: Address, note: Mapping[str, object]) -> dg.AssetObservation:
    """A step's input is unusable: the partition keeps its last good version."""
    return dg.AssetObservation(
        asset_key(address),
        partition=partition_of(address),
        description=f"Quarantined: {note['cause']}",
        metadata={"quarantined": str(note["cause"]), "next_step": str(note["remedy"])},
    )


def of_absence(key: dg.AssetKey, partition: str | None) -> dg.AssetMaterialization:
    """Takes back a materialization that was reported by hand: the store has nothing there."""
    said = "The store holds nothing here. A materialization was reported by hand; the corpus never had it."
    return dg.AssetMaterialization(key, partition=partition, description=said, tags={DATA_VERSION: ABSENT})


def failures(errors: Sequence[PileError]) -> dg.Failure:
    """One failure of a run for several partitions, each with cause and next step; never retried by Dagster itself."""
    listed = [str(error) for error in errors]
    return dg.Failure(
        description="\n\n".join(listed),
        metadata=list_field("failed", listed),
        allow_retries=False,
    )
