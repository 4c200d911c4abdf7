"""The store as one build, run or rehearsal sees it.

What belongs here: reading manifests once, committing through or keeping in memory. What may not: where files lie and
how they are written (`store`), or what any stage means.
"""

from typing import Any

from pile_assets.errors import PileError, StoreDamage
from pile_assets.store import Address, Manifest, Store


class View:
    """The manifests as one build or run sees them: read once, committed through, or kept in memory in a rehearsal.

    A rehearsal does the same work and remembers it by key, but publishes nothing: `pile plan` is a build over a
    rehearsing view, which is why its forecast is the fact.
    """

    def __init__(self, store: Store, *, rehearse: bool = False):
        self.store, self.rehearse = store, rehearse
        self._known: dict[Address, Manifest | None] = {}
        self._quarantined: dict[Address, dict[str, Any] | None] = {}

    def get(self, address: Address) -> Manifest | None:
        if address not in self._known:
            self._known[address] = self.store.manifest(address)
        return self._known[address]

    def need(self, address: Address) -> Manifest:
        """The manifest of a step that must have been done before; raises StoreDamage where there is none."""
        manifest = self.get(address)
        if manifest is None:
            raise StoreDamage(
                f"The stage {address.stage} of {address.owner} / {address.partition} has no manifest.",
                remedy="Run `pile build`: the step is done again from its inputs.",
            )
        return manifest

    def commit(self, manifest: Manifest) -> None:
        """Make this the current version; whatever quarantine the step was under is over."""
        self._quarantined[manifest.address] = None
        if self.rehearse:
            self.store.remember(manifest)
        else:
            self.store.commit(manifest)
            self.store.clear_quarantine(manifest.address)
        self._known[manifest.address] = manifest

    def quarantine(self, address: Address, key: str, error: PileError) -> None:
        """Remember that a step's input is unusable, so that it is not tried again until its key changes."""
        note = {"key": key} | error.as_dict()
        if not self.rehearse:
            self.store.write_quarantine(address, note)
        self._quarantined[address] = note

    def quarantined(self, address: Address) -> dict[str, Any] | None:
        """The quarantine note of a step: key, cause and remedy; None where there is none."""
        if address not in self._quarantined:
            self._quarantined[address] = self.store.read_quarantine(address)
        return self._quarantined[address]

    def quarantine_key(self, address: Address) -> str | None:
        """The key at which a step's input was found unusable."""
        note = self.quarantined(address)
        return note["key"] if note else None

    def addresses(self) -> list[Address]:
        """Every committed and rehearsed address, sorted."""
        rehearsed = {address for address, manifest in self._known.items() if manifest is not None}
        return sorted(rehearsed.union(self.store.addresses()))

    def partitions(self, owner: str, stage: str) -> list[str]:
        """Committed and rehearsed partitions of a stage, sorted."""
        rehearsed = {a.partition for a, m in self._known.items() if (a.owner, a.stage) == (owner, stage) and m is not None}
        return sorted(rehearsed.union(self.store.partitions(owner, stage)))
