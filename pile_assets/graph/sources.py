"""Which sources the graph shows and what stands behind each: its record, its chain where it can be built, its state.

What belongs here: reading registry and state into one `SourceInGraph` per source. What may not: defining assets
(`source_assets`), or doing anything with a source.

Every source that is switched on is shown, also one that may not yield documents: then its assets are there, say why, and
refuse. One that is switched off is shown as long as the store holds something of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.registry.models import Record
from pile_assets.steps import Chain, build_chain


@dataclass(frozen=True)
class SourceInGraph:
    """One source as the graph shows it. `refusal` says why nothing of it may be worked, None where it is running."""

    record: Record
    chain: Chain | None  # None where its registry record is broken: then only what is known of it is shown
    refusal: str | None

    @property
    def name(self) -> str:
        return self.record.id

    @property
    def domain(self) -> str:
        return self.record.domain.value

    @property
    def host(self) -> str | None:
        """The publisher's host, None for a source on this machine."""
        return self.chain.module.HOST if self.chain else None

    @property
    def watched(self) -> bool:
        """Whether a sensor looks at it every few seconds instead of a schedule."""
        return self.refusal is None and self.host is None

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of its chain, in order."""
        if self.chain:
            return self.chain.stages
        return ("raw", "documents", *self.record.filters, "cleaned", "signatures", "eligible")

    def parents(self, stage: str) -> tuple[str, ...]:
        """The stages a stage reads, in order; `upstream` for raw."""
        if stage == "raw":
            return ("upstream",)
        if self.chain:
            return tuple(needed.stage for needed in self.chain.step(stage).inputs)
        before = self.stages.index(stage)
        return (self.stages[before - 1],)

    def code_version(self, stage: str) -> str | None:
        return self.chain.step(stage).code_version if self.chain else None


def sources_in_graph(session: Session) -> list[SourceInGraph]:
    """Every source to be shown, in id order."""
    return sorted(_found(session), key=lambda source: source.name)


def domains_of(sources: Iterable[SourceInGraph]) -> list[str]:
    """The domains of these sources, sorted."""
    return sorted({source.domain for source in sources})


def _found(session: Session) -> Iterator[SourceInGraph]:
    held = set(session.view.store.sources())
    for name, record in session.registry.records.items():
        effective = session.state.effective(record)
        if effective.enabled or name in held:
            chain = build_chain(effective, session.registry.policies[name], session.terms, session.decisions)
            yield SourceInGraph(effective, chain, _refusal(session, name))
    for name in sorted(session.registry.broken):
        last = session.state.last_good(name)
        if last is not None:
            yield SourceInGraph(session.state.effective(last), None, _refusal(session, name))


def _refusal(session: Session, source: str) -> str | None:
    try:
        session.chain(source)
    except PileError as error:
        return str(error)
    return None
