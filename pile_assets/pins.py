"""Which files of earlier stages `eligible` and `unique` name as those they were decided on, and keeping up with these.

What belongs here: naming them, telling where a stage has been written again with nothing in it that a verdict reads, and the
manifests that then name the new files. What may not: verdicts, keys, and deciding when to look (`planner`, `chain`).

A stage that is made again with the content it had gives no later stage anything to do, but its files may be others: columns
that no verdict depends on lie in them too. Were the old ones named for ever, a manifest would tell when a partition was first
seen, and could not be what a build from nothing makes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pile_assets.steps import Lookup
from pile_assets.store import Address, Manifest

PINNED = ("documents", "cleaned", "signatures")

Pins = Mapping[str, list[dict[str, Any]]]
"""Stage -> its files, each as `store.FileRef` has it."""


def pins(stages: Mapping[str, Manifest]) -> Pins:
    """The files of the pinned stages, from the manifests of these stages or more."""
    return {stage: [vars(file) for file in stages[stage].files] for stage in PINNED}


def moved(lookup: Lookup, source: str, partition: str) -> Iterator[Manifest]:
    """`eligible` and `unique` of a partition as they should be, where the files they name are not those of the stages now.

    Only for a partition that is there and whose `eligible` has the key it should have: then the stages hold what it was decided
    on. `unique` is left alone where it was decided on another `eligible`; `dedup` is due then.
    """
    eligible = lookup(Address.of_source(source, "eligible", partition))
    stages = {stage: lookup(Address.of_source(source, stage, partition)) for stage in PINNED}
    found = {stage: manifest for stage, manifest in stages.items() if manifest is not None}
    if eligible is None or len(found) < len(PINNED):
        return
    named = pins(found)
    if eligible.facts["pins"] != named:
        yield replace(eligible, facts={**eligible.facts, "pins": named})
    unique = lookup(Address.of_source(source, "unique", partition))
    if unique is not None and unique.inputs.get("eligible") == eligible.data_version and unique.facts["pins"] != named:
        yield replace(unique, facts={**unique.facts, "pins": named})
