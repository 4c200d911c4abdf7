"""The step `takedowns`: the whole corpus against the ledger.

What belongs here: the key of the step (pure, read by the planner) and its body. What may not: one partition (`partition`),
which documents are meant (`licensing.takedowns`), deciding whether it is due (`planner`).

It is due where the ledger changed; or the marks, because a document that is meant arrived: then its copies elsewhere are looked
for; or what a partition suppresses, because a document left it: the step says how many there are.
"""

import time
from collections.abc import Collection, Iterator, Sequence

from pile_assets.chain import Outcome
from pile_assets.corpus import Report
from pile_assets.licensing.takedowns.ledger import Ledger
from pile_assets.licensing.takedowns.matching import Matcher, Partition, Place
from pile_assets.steps import SUPPRESSIONS, TAKEDOWNS
from pile_assets.store import Address, Counts, Manifest, digest
from pile_assets.view import View
from pile_assets.withdrawal import absence, tombstones
from pile_assets.withdrawal import frozen as standing_still
from pile_assets.withdrawal.partition import VERSION, commit, known_by
from pile_assets.withdrawal.vault import Vault

HELD = 200_000
"""Documents whose facts are kept in memory between the passes; partitions beyond that are read again."""


def key_of(vault: Vault, view: View) -> str | None:
    """The key the step should have; None where there never was a takedown."""
    if not vault.used:
        return None
    return _key(vault.ledger(), vault, _suppressed(view))


def _key(ledger: Ledger, vault: Vault, suppressed: Sequence[Manifest]) -> str:
    return digest([asked(ledger, vault), [[m.address.owner, m.address.partition, m.data_version] for m in suppressed]])


def asked(ledger: Ledger, vault: Vault) -> str:
    """The digest of all that was asked for and is remembered: a store that holds the step's fact `asked` has applied it."""
    gone, replaced = vault.withdrawn_releases(), vault.rewritten_releases()
    releases = [gone, *([replaced] if replaced else [])]
    return digest([VERSION, ledger.version, digest(ledger.lines), len(ledger.flaws), vault.marks_version(), *releases])


def run(vault: Vault, view: View, frozen: Collection[str], report: Report) -> None:
    """Look at every partition, commit what changed, and seal the lines read; `frozen` are the sources whose chain cannot be
    walked. Raises PileError where the vault is damaged."""
    started = time.monotonic()
    with vault.alone():
        ledger = vault.ledger()
        vault.note({id_: {"received": vault.saved()} for id_ in ledger.entries})
        matcher = Matcher(vault.key(), ledger.in_force, vault.marks())
        for outcome in _suppress(vault, view, matcher):
            report(outcome)
        vault.save_marks({name: matcher.marks[name] for name in matcher.touched})
        vault.seal(ledger)
        vault.note({entry.id: {"applied": None} for entry in ledger.in_force if entry.id in ledger.entries})
        before = view.get(TAKEDOWNS)
        manifest = _manifest(vault, view, ledger)
        view.commit(manifest)
        for after, earlier in standing_still.follow(view, frozen):
            report(Outcome(after.address, "worked", after, earlier))
    report(Outcome(TAKEDOWNS, "worked", manifest, before, time.monotonic() - started))
    absence.settle(vault, view)


def places(view: View) -> list[Place]:
    """Every partition that has documents, also of sources that do not run: they may come back."""
    found = []
    for source in view.store.sources():
        found += [(source, partition) for partition in view.partitions(f"sources/{source}", "documents")]
    return found


def _suppress(vault: Vault, view: View, matcher: Matcher) -> Iterator[Outcome]:
    everywhere = places(view)
    facts = _Facts(vault, view, signatures=matcher.needs_signatures)
    if matcher.marks:
        for place in everywhere:
            matcher.mark_meant(facts.of(place))
        for place in everywhere:
            matcher.mark_copies(facts.of(place), binding=True)
        matcher.bind()
    for place in everywhere:
        rows = matcher.suppressed(facts.of(place)) if matcher.marks else []
        if (changed := commit(view, place, rows)) is not None:
            manifest, before = changed
            yield Outcome(manifest.address, "worked", manifest, before)


class _Facts:
    """What partitions are known by, kept in memory as far as that is sensible."""

    def __init__(self, vault: Vault, view: View, *, signatures: bool):
        self._vault, self._view, self._signatures = vault, view, signatures
        self._held: dict[Place, Partition] = {}
        self._room = HELD

    def of(self, place: Place) -> Partition:
        if place in self._held:
            return self._held[place]
        found = known_by(self._view, self._vault.key(), place, signatures=self._signatures)
        if len(found.ids) <= self._room:
            self._held[place] = found
            self._room -= len(found.ids)
        return found


def _manifest(vault: Vault, view: View, ledger: Ledger) -> Manifest:
    suppressed = _suppressed(view)
    published = tombstones.of(ledger, vault.marks(), vault.withdrawn_releases(), vault.rewritten_releases())
    standings = [entry.decision.state for entry in ledger.entries.values()]
    return Manifest(
        TAKEDOWNS,
        _key(ledger, vault, suppressed),
        VERSION,
        {},
        digest([ledger.version, [[m.address.owner, m.address.partition, m.data_version] for m in suppressed], published]),
        {"tombstones": digest(published)} if any(published.values()) else {},
        Counts(),
        (),
        {
            "asked": asked(ledger, vault),
            "requests": {standing: standings.count(standing) for standing in sorted(set(standings))},
            "flaws": [str(flaw) for flaw in ledger.flaws],
            "suppressed": [[m.address.name, m.address.partition, m.counts.given] for m in suppressed],
            **published,
        },
    )


def _suppressed(view: View) -> Sequence[Manifest]:
    found = []
    for source in view.store.sources():
        for partition in view.partitions(f"sources/{source}", SUPPRESSIONS):
            manifest = view.get(Address.of_source(source, SUPPRESSIONS, partition))
            if manifest is not None and manifest.counts.given:
                found.append(manifest)
    return found
