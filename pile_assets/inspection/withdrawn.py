"""Whether what the takedown ledger keeps out is out, by the rows themselves and by keyed hashes of what they hold.

What belongs here: the part of `verify` about withdrawal. What may not: taking anything out (`withdrawal`).

A store that is behind its ledger is not damaged: then only the ledger itself is judged, and the next build does the rest.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from pile_assets import schemas
from pile_assets.errors import PileError
from pile_assets.inspection.audit import Audit, Problem, place_of
from pile_assets.licensing.takedowns import marks as marking
from pile_assets.licensing.takedowns.matching import Matcher
from pile_assets.steps import SUPPRESSIONS, TAKEDOWNS
from pile_assets.store import Address, Manifest
from pile_assets.view import View
from pile_assets.withdrawal import absence, purge, step
from pile_assets.withdrawal.partition import known_by
from pile_assets.withdrawal.vault import Vault

CHECK = "withdrawn"
AGAIN = "Run `pile build`; if it is still so, the store was changed from outside: `pile build --repair`."


def withdrawn(audit: Audit) -> Iterator[Problem]:
    """Every line of the ledger is usable and as it was; every document it names is suppressed and dropped; no shard holds one,
    nor its text under another name; and what was purged is not back."""
    vault = Vault(audit.store, rehearse=True)
    if not vault.used:
        return
    try:
        yield from _ledger(vault)
        view = View(audit.store, rehearse=True)
        made = audit.get(TAKEDOWNS)
        if made is None or made.facts["asked"] != step.asked(vault.ledger(), vault):
            return
        yield from _suppressions(audit, vault, view)
        yield from _shards(audit, vault)
        yield from _purged(vault, view)
    except PileError as error:
        yield Problem(CHECK, "takedowns", error.cause, remedy=error.remedy)


def _ledger(vault: Vault) -> Iterator[Problem]:
    for flaw in vault.ledger().flaws:
        yield Problem(CHECK, f"{vault.path.name} line {flaw.line}", f"{flaw.field}: {flaw.found}", remedy=flaw.remedy)


def _suppressions(audit: Audit, vault: Vault, view: View) -> Iterator[Problem]:
    """What is marked is suppressed, and what is suppressed is dropped."""
    matcher = Matcher(vault.key(), vault.ledger().in_force, vault.marks())
    committed = absence.suppressed(view)
    for place in step.places(view):
        documents = audit.get(Address.of_source(place[0], "documents", place[1]))
        if documents is None or not audit.whole(documents):
            continue
        known = known_by(view, vault.key(), place, signatures=False)
        listed = {id_: " ".join(ids) for id_, ids in committed.get(place, {}).items()}
        if missing := sorted(set(dict(matcher.suppressed(known))) - listed.keys()):
            address = Address.of_source(place[0], SUPPRESSIONS, place[1])
            yield Problem(CHECK, place_of(address), f"{missing[0]} is withdrawn and not suppressed", AGAIN, address)
        yield from _dropped(audit, place, listed)


def _dropped(audit: Audit, place: tuple[str, str], suppressed: Mapping[str, str]) -> Iterator[Problem]:
    manifest = audit.get(Address.of_source(place[0], "eligible", place[1]))
    if manifest is None or not manifest.files or not audit.whole(manifest) or not _is_settled(audit, manifest):
        return
    rows = audit.store.frame(manifest, schemas.ELIGIBLE, ["id", "kept"])
    kept = sorted(suppressed.keys() & set(rows.filter(pl.col("kept"))["id"]))
    if kept:
        found = f"{kept[0]} is withdrawn and eligible"
        yield Problem(
            CHECK, place_of(manifest.address), found, address=manifest.address, files=tuple(audit.store.paths(manifest))
        )


def _is_settled(audit: Audit, eligible: Manifest) -> bool:
    """Whether `eligible` was decided on the suppressions as they are; else the next build decides again."""
    listed = audit.get(Address(eligible.address.owner, SUPPRESSIONS, eligible.address.partition))
    version = listed.versions["documents"] if listed and listed.counts.given else None
    return eligible.inputs.get(SUPPRESSIONS) == version


def _shards(audit: Audit, vault: Vault) -> Iterator[Problem]:
    """No row is of a document that is marked, nor has a text that is refused."""
    key = vault.key()
    references: set[str] = set()
    refused: dict[str, set[str]] = {}  # keyed hash of a text -> documents that may have it all the same
    marks = vault.marks()
    for entry in vault.ledger().in_force:
        remembered = marks.get(entry.name)
        if remembered is None:
            continue
        spared = {marking.reference(key, id_) for id_ in entry.decision.spared}
        references |= remembered.documents.keys() - spared
        if entry.scope.future:
            for content in remembered.contents(spared):
                refused.setdefault(content, set()).update(remembered.others, spared)
    for manifest in audit.of_stage("shards"):
        if not manifest.files or not audit.whole(manifest):
            continue
        for part in audit.store.parts(manifest, ["id", "text_sha256"]):
            for id_, sha256 in part.iter_rows():
                name, text = marking.reference(key, id_), marking.exact(key, sha256)
                if name in references or name not in refused.get(text, {name}):
                    what = "is withdrawn" if name in references else "has the text of a withdrawn document"
                    yield Problem(CHECK, place_of(manifest.address), f"{id_} {what}", AGAIN, manifest.address)


def _purged(vault: Vault, view: View) -> Iterator[Problem]:
    noted = vault.progress()
    for place, ids in purge.pending(vault, view).items():
        back = sorted(id_ for id_, names in ids.items() if any("purged" in noted.get(name, {}) for name in names))
        if back:
            found = f"{back[0]} was removed and is in the store again"
            yield Problem(CHECK, "/".join(place), found, remedy="Run `pile takedown purge`.")
