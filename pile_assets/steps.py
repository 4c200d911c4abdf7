"""What each step of a source's chain depends on: its code version, its parameters, its inputs; and so its key.

What belongs here: the list of steps per source and the computation of keys, both pure. What may not: doing a step
(`chain`), or deciding which steps are due (`planner`).
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as library_version
from typing import Any, cast

from pile_assets.dedup import signatures
from pile_assets.filters import FILTERS
from pile_assets.filters.policy import Policy
from pile_assets.licensing import accepted, public_domain, verdict
from pile_assets.licensing.decisions import Decision, applying
from pile_assets.licensing.model import SUFFICIENT
from pile_assets.registry.models import Record
from pile_assets.sources.model import SourceModule
from pile_assets.state import Entry
from pile_assets.store import Address, Manifest, digest

DOCUMENTS_VERSION = "4"
CLEANED_VERSION = "2"
ELIGIBLE_VERSION = "2"

RELEASE = Address("corpus", "release")
TAKEDOWNS = Address("corpus", "takedowns")
SUPPRESSIONS = "suppressions"
"""The stage that lists the documents of a partition which the takedown ledger keeps out; most partitions have none."""
TERMS = "terms"
"""Name under which `eligible` reads the year: an input that is no stage."""

Lookup = Callable[[Address], Manifest | None]


@dataclass(frozen=True)
class Input:
    """An earlier stage this step reads, and which of its versions matters ("" is its data version)."""

    stage: str
    version: str = ""


@dataclass(frozen=True)
class Step:
    """One stage of the chain of one source."""

    stage: str
    code_version: str
    parameters: Mapping[str, Any]
    inputs: tuple[Input, ...] = ()

    def key(self, address: Address, inputs: Mapping[str, str]) -> str:
        """The digest of everything the output depends on. Equal keys mean equal output."""
        return digest([address.owner, address.stage, address.partition, self.code_version, dict(self.parameters), dict(inputs)])


@dataclass(frozen=True)
class Chain:
    """The steps of one source in order, with what they are made from."""

    record: Record
    policy: Policy
    module: SourceModule
    steps: tuple[Step, ...]
    terms: public_domain.Terms
    decisions: tuple[Decision, ...] = ()  # of reviewers, those that hold for this source

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(step.stage for step in self.steps)

    def step(self, stage: str) -> Step:
        return next(step for step in self.steps if step.stage == stage)

    def inputs(self, step: Step, partition: str, entry: Entry, lookup: Lookup) -> dict[str, str] | None:
        """The versions a step would read now; None where an input has not been made yet.

        `raw` reads what upstream says. A withdrawn partition has one step left: its `eligible`, emptied. `eligible` also
        reads which documents the takedown ledger keeps out, where there are any, and the year, as far as it matters to a
        document of the partition.
        """
        if step.stage == "raw":
            return {"upstream": entry.version}
        if not entry.present:
            return {"upstream": entry.upstream}
        versions = {}
        for needed in step.inputs:
            manifest = lookup(Address.of_source(self.record.id, needed.stage, partition))
            if manifest is None:
                return None
            versions[needed.stage] = manifest.versions[needed.version] if needed.version else manifest.data_version
            if step.stage == "eligible" and (turns := manifest.facts.get("turns")):
                versions[TERMS] = self.terms.reached(turns)
        if step.stage == "eligible":
            suppressed = lookup(Address.of_source(self.record.id, SUPPRESSIONS, partition))
            if suppressed is not None and suppressed.counts.given:
                versions[SUPPRESSIONS] = suppressed.versions["documents"]
        return versions


def load_module(record: Record) -> SourceModule:
    """The source module a record's connector names."""
    return cast(SourceModule, importlib.import_module(f"pile_assets.sources.{record.connector}"))


def build_chain(record: Record, policy: Policy, terms: public_domain.Terms, decided: Iterable[Decision] = ()) -> Chain:
    """The steps of one source, from its record, its policy and the versions of the code that does them."""
    module = load_module(record)
    holding = applying(decided, record.id)
    fetching = {"options": module.OPTIONS.shaping(record.options), "partition_bytes": record.size_cap.partition_bytes}
    if record.preferences.policy == "hold":
        fetching["wishes"] = "hold"
    parsing = fetching | {
        "document_bytes": record.size_cap.document_bytes,
        "licence_table": accepted.digest(),
        "licence_reading": verdict.VERSION,
        "public_domain": public_domain.VERSION,
        "decisions": [decision.model_dump(mode="json") for decision in holding],
        "libraries": _versions(module.LIBRARIES),
        **({"speakers": sorted(speakers)} if (speakers := set(record.licence.speakers)) < SUFFICIENT else {}),
    }
    masks = tuple(dict.fromkeys(edit.partition(".")[0] for edit in policy.edited_columns()))
    steps = (
        Step("raw", module.VERSION, fetching),
        Step("documents", f"{DOCUMENTS_VERSION}.{module.VERSION}", parsing, (Input("raw"),)),
        *(_filter_step(name) for name in record.filters),
        Step("cleaned", CLEANED_VERSION, {"edits": policy.edits_digest()}, (Input("documents", "text"), *map(Input, masks))),
        Step("signatures", signatures.VERSION, signatures.PARAMETERS, (Input("cleaned", "text"),)),
        Step(
            "eligible",
            ELIGIBLE_VERSION,
            {"policy": policy.digest()},
            (Input("documents", "row"), *map(Input, record.filters), Input("cleaned"), Input("signatures")),
        ),
    )
    return Chain(record, policy, module, steps, terms, holding)


def _filter_step(name: str) -> Step:
    chosen = FILTERS[name]
    parameters = {"parameters": chosen.parameters, "libraries": _versions(chosen.libraries)}
    return Step(name, chosen.version, parameters, (Input("documents", "text"),))


def _versions(libraries: tuple[str, ...]) -> dict[str, str]:
    return {name: library_version(name) for name in libraries}
