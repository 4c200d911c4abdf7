"""A source's chain, carried out for one partition: raw, documents, filters, cleaned, signatures, eligible.

What belongs here: walking the steps in order, skipping those whose key is already in the store, and handing each
stage's frames to the domain module that computes it. What may not: deciding which partitions are due (`planner`),
the corpus-wide steps (`corpus`), Dagster.

`eligible` is the partition's own commit point: it pins the exact files of `documents`, `cleaned` and `signatures` it
was decided on, and the corpus-wide steps read nothing else. So a chain that stops half way leaves the corpus on the
partition's last whole version.
"""

import time
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from pile_assets import pins, stages
from pile_assets.dedup.engine import Update
from pile_assets.errors import PileError, Quarantine
from pile_assets.review import changes
from pile_assets.sources.model import SourceContext
from pile_assets.state import Entry
from pile_assets.steps import Chain, Step
from pile_assets.store import Address, Manifest
from pile_assets.view import View
from pile_assets.withdrawal import partition as arrivals
from pile_assets.withdrawal.vault import Vault

Action = Literal["unchanged", "recalled", "worked"]


@dataclass(frozen=True)
class Outcome:
    """What happened to one step: its manifest now and before, whether it was worked, and how long that took."""

    address: Address
    action: Action
    manifest: Manifest
    before: Manifest | None
    seconds: float = 0.0
    update: Update | None = None  # of `dedup`: what its engine had to do

    @property
    def materialized(self) -> bool:
        """Whether the step has a new version to show: its content or the code that made it changed."""
        old, new = self.before, self.manifest
        return old is None or (old.data_version, old.code_version, old.key) != (new.data_version, new.code_version, new.key)


@dataclass(frozen=True)
class Request:
    """How the steps are to be walked. `stages` limits a hand-launched run; `force` does steps again whose key is known;
    `refetch` also asks upstream for the bytes again."""

    stages: Collection[str] | None = None
    force: bool = False
    refetch: bool = False

    def forces(self, stage: str) -> bool:
        return self.refetch if stage == "raw" else self.force or self.refetch


def run_partition(
    view: View,
    vault: Vault,
    chain: Chain,
    partition: str,
    entry: Entry,
    report: Callable[[Outcome], None],
    request: Request = Request(),
) -> None:
    """Bring one partition up to date, reporting each step. Raises Quarantine or PileError, located; what was done stays."""
    try:
        _walk(view, vault, chain, partition, entry, report, request)
    except PileError as found:
        found.at(source=chain.record.id, partition=partition)
        raise
    except OSError as error:
        raise PileError(
            f"The machine refused a read or write: {error}.",
            remedy="Free disk space or mend permissions under PILE_HOME, then run `pile build` again.",
            source=chain.record.id,
            partition=partition,
        ) from error
    except Exception as error:
        raise PileError(
            f"A step failed unexpectedly with {type(error).__name__}: {error}\n{traceback.format_exc(limit=-4)}",
            remedy="The partition keeps its last version. Report this with the text above; `pile build` tries again.",
            source=chain.record.id,
            partition=partition,
        ) from error


def run_withdrawn(
    view: View, vault: Vault, chain: Chain, partition: str, entry: Entry, report: Callable[[Outcome], None]
) -> None:
    """Bring a partition that was withdrawn to what it is by its raw bytes: all it held before it left, then its tombstone."""
    raw = view.need(Address.of_source(chain.record.id, "raw", partition))
    run_partition(view, vault, chain, partition, replace(entry, present=True, version=raw.inputs["upstream"]), report)
    run_partition(view, vault, chain, partition, entry, report)


def _walk(
    view: View, vault: Vault, chain: Chain, partition: str, entry: Entry, report: Callable[[Outcome], None], request: Request
) -> None:
    if not entry.present:
        report(_empty_eligible(view, chain, partition, entry))
        return
    due_filters: dict[str, tuple[Step, str, dict[str, str]]] = {}
    for step in chain.steps:
        if step.stage not in chain.record.filters and due_filters:
            for outcome in _work_filters(view, chain, partition, due_filters):
                report(outcome)
            due_filters = {}
        if request.stages is not None and step.stage not in request.stages:
            continue
        if step.stage == "eligible" and (changed := arrivals.check(vault, view, chain.record.id, partition)):
            manifest, before = changed
            report(Outcome(manifest.address, "worked", manifest, before))
        address = Address.of_source(chain.record.id, step.stage, partition)
        inputs = chain.inputs(step, partition, entry, view.get)
        if inputs is None:
            raise PileError(
                f"{step.stage} has nothing to read: an earlier stage of this partition has never been made.",
                remedy="Launch the run for all stages of the source, or run `pile build`.",
            )
        key = step.key(address, inputs)
        if known := _known(view, chain, address, key, request.forces(step.stage)):
            report(known)
        elif step.stage in chain.record.filters:
            due_filters[step.stage] = (step, key, inputs)
        else:
            report(_work(view, chain, step, address, key, inputs, entry))
        if step.stage == "eligible":
            for manifest in tuple(pins.moved(view.get, chain.record.id, partition)):
                view.commit(manifest)


def _known(view: View, chain: Chain, address: Address, key: str, force: bool) -> Outcome | None:
    """The step as already done: current, or remembered from a rehearsal or an earlier version.

    Remembered documents are looked at like new ones: what a step cache holds may not decide what a reviewer gets to see.
    """
    before = view.get(address)
    if force:
        return None
    if before is not None and before.key == key:
        return Outcome(address, "unchanged", before, before)
    remembered = view.store.recall(key)
    if remembered is None:
        return None
    if address.stage == "documents":
        with _quarantining(view, chain, address, key):
            _check_licences(view, chain, before, remembered)
    view.commit(remembered)
    return Outcome(address, "recalled", remembered, before)


@contextmanager
def _quarantining(view: View, chain: Chain, address: Address, key: str) -> Iterator[None]:
    """Where a step finds its input unusable, remember that with the key it was found at."""
    try:
        yield
    except Quarantine as found:
        view.quarantine(address, key, found.at(source=chain.record.id, partition=address.partition))
        raise


def _work(view: View, chain: Chain, step: Step, address: Address, key: str, inputs: dict[str, str], entry: Entry) -> Outcome:
    started = time.monotonic()
    before = view.get(address)
    context = source_context(view, chain)
    with _quarantining(view, chain, address, key):
        match step.stage:
            case "raw":
                output = stages.make_raw(view, chain, context, address.partition, entry)
            case "documents":
                output = stages.make_documents(view, chain, context, address.partition)
                _check_licences(view, chain, before, output.manifest(address, key, step.code_version, inputs))
            case "cleaned":
                output = stages.make_cleaned(view, chain, address.partition)
            case "signatures":
                output = stages.make_signatures(view, chain, address.partition)
            case "eligible":
                output = stages.make_eligible(view, chain, address.partition)
            case _:
                raise ValueError(f"no such stage: {step.stage}")
    manifest = output.manifest(address, key, step.code_version, inputs)
    view.commit(manifest)
    return Outcome(address, "worked", manifest, before, time.monotonic() - started)


def _check_licences(view: View, chain: Chain, before: Manifest | None, after: Manifest) -> None:
    """Raises Quarantine where the publisher has relicensed what the partition holds and no reviewer has accepted that."""
    if before is None or before.inputs["raw"] == after.inputs["raw"] or not before.facts["verdicts"].get("accepted"):
        return
    source, partition = after.address.name, after.address.partition
    old, new = (view.store.parts(manifest, changes.COLUMNS) for manifest in (before, after))
    found = changes.find(source, partition, old, new, after.inputs["raw"], chain.record.licence.granularity)
    if found is None:
        return
    record = changes.Changes(view.store)
    known = record.known(found) if view.rehearse else record.note(found)
    if known.holds and known.accepted is None:
        raise Quarantine(
            f"{known.said}, for example {known.examples[0]}. The partition is held for review.",
            remedy="It keeps its last version. A licence reviewer must look at the publisher's statement, and then take up "
            f"the new version with `pile review accept {source} {partition}`, or set review.status of {source}.yaml.",
        )


def _work_filters(
    view: View, chain: Chain, partition: str, due: dict[str, tuple[Step, str, dict[str, str]]]
) -> Iterator[Outcome]:
    """All due filters in one pass over the text."""
    outputs = stages.make_attributes(view, chain, partition, tuple(due))
    for name, (step, key, inputs) in due.items():
        address = Address.of_source(chain.record.id, name, partition)
        before = view.get(address)
        output, seconds = outputs[name]
        manifest = output.manifest(address, key, step.code_version, inputs)
        view.commit(manifest)
        yield Outcome(address, "worked", manifest, before, seconds)


def _empty_eligible(view: View, chain: Chain, partition: str, entry: Entry) -> Outcome:
    """Withdrawal: `eligible` becomes empty, everything before it stays for the day the partition returns."""
    address = Address.of_source(chain.record.id, "eligible", partition)
    step = chain.step("eligible")
    inputs = {"upstream": entry.upstream}
    key = step.key(address, inputs)
    before = view.get(address)
    if before is not None and before.key == key:
        return Outcome(address, "unchanged", before, before)
    # never recalled: it counts what was there, which the key does not say
    manifest = stages.withdrawn(before).manifest(address, key, step.code_version, inputs)
    view.commit(manifest)
    return Outcome(address, "worked", manifest, before)


def source_context(view: View, chain: Chain) -> SourceContext:
    """What the source module may use."""
    record = chain.record
    return SourceContext(
        source=record.id,
        options=record.options,
        cache=view.store.source_cache(record.id),
        document_bytes=record.size_cap.document_bytes,
        partition_bytes=record.size_cap.partition_bytes,
        wishes=record.preferences.robots_txt != "not_applicable",
    )
