"""One partition's documents against the takedowns: what they are known by, and which of them are out.

What belongs here: reading a partition's narrow columns, committing its `suppressions`, and the check on documents that have
just arrived. What may not: which documents are meant (`licensing.takedowns`), the step over the whole corpus (`step`).

`suppressions` is a change barrier: a partition gets a version only where its set of documents changes, and only where it has
one does it enter the key of `eligible`. No text is read: ids, addresses, authors, hashes and signatures are columns of their
own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from pile_assets import schemas
from pile_assets.licensing.takedowns import marks, scopes
from pile_assets.licensing.takedowns.matching import Matcher, Partition, Place
from pile_assets.steps import RELEASE, SUPPRESSIONS
from pile_assets.store import Address, Counts, Manifest, digest, rows_digest
from pile_assets.view import View
from pile_assets.withdrawal.vault import Vault

VERSION = "4"
"""Raised when the same request names other documents."""

Committed = tuple[Manifest, Manifest | None]
"""A manifest as it is now and as it was."""


def known_by(view: View, key: bytes, place: Place, *, signatures: bool) -> Partition:
    """What the documents of a partition are known by; nothing where it has none. `signatures` only where they are needed."""
    source, partition = place
    documents = view.get(Address.of_source(source, "documents", partition))
    signed = view.get(Address.of_source(source, "signatures", partition))
    if documents is None:
        return Partition(key, place, pl.DataFrame(schema=_FACTS))
    columns = ["id", "norm_hash", "shingles", *(["signature"] if signatures else [])]
    narrow = view.store.frame(documents, schemas.DOCUMENTS, [*scopes.FACTS, "text_sha256"])
    if signed is None:
        facts = narrow
    else:
        facts = narrow.join(view.store.frame(signed, schemas.SIGNATURES, columns), on="id", how="left", maintain_order="left")
    lacking = [pl.lit(None, dtype).alias(name) for name, dtype in _FACTS.items() if name not in facts.columns]
    release, released = _released(view, place)
    texts = dict(narrow.select("id", "text_sha256").iter_rows())

    def settled() -> list[str]:
        return [id_ for id_, text in _judged(view, place) if texts.get(id_) == text]

    return Partition(key, place, facts.with_columns(lacking), release, released, settled)


_FACTS = {name: schemas.DOCUMENTS[name] for name in scopes.FACTS} | marks.FACTS


def _released(view: View, place: Place) -> tuple[str | None, Sequence[str]]:
    """The latest release, and the documents of a partition that were kept for it."""
    release, unique = view.get(RELEASE), view.get(Address.of_source(place[0], "unique", place[1]))
    if release is None or unique is None:
        return None, ()
    verdicts = view.store.frame(unique, schemas.UNIQUE, ["id", "verdict"])
    return release.facts["release"], verdicts.filter(pl.col("verdict") == "kept")["id"].to_list()


def _judged(view: View, place: Place) -> Iterator[tuple[str, str]]:
    """(document id, digest of its text) of the documents that the last verdicts were made on."""
    unique = view.get(Address.of_source(place[0], "unique", place[1]))
    folder = view.store.folder(Address.of_source(place[0], "documents", place[1]))
    for pin in unique.facts["pins"]["documents"] if unique else ():
        yield from view.store.read_part(folder / pin["name"], ["id", "text_sha256"]).iter_rows()


def check(vault: Vault, view: View, source: str, partition: str) -> Committed | None:
    """Commit which documents of one partition are out, as it is now; None where that is as it was.

    To be called between its signatures and its `eligible`, so that what arrives is never eligible first. The ledger is read
    afresh. Raises PileError where the vault cannot be used: then the partition must not go on.
    """
    if not vault.used:
        return None
    with vault.alone():
        in_force = vault.ledger().in_force
        if not in_force:
            return commit(view, (source, partition), [])
        matcher = Matcher(vault.key(), in_force, vault.marks())
        known = known_by(view, vault.key(), (source, partition), signatures=matcher.needs_signatures)
        matcher.mark_meant(known)
        matcher.mark_copies(known, binding=False)
        vault.save_marks({name: matcher.marks[name] for name in matcher.touched})
        return commit(view, (source, partition), matcher.suppressed(known))


def commit(view: View, place: Place, rows: Sequence[tuple[str, str]]) -> Committed | None:
    """Make these (document id, takedowns) the suppressions of a partition; None where they are. They are written in order of
    id: a file in the order of documents would tell in which order the publisher had them first.
    """
    address = Address.of_source(place[0], SUPPRESSIONS, place[1])
    before = view.get(address)
    version = rows_digest(rows)
    if before is None and not rows:
        return None
    if before is not None and (before.data_version, before.code_version) == (version, VERSION):
        return None
    frame = pl.DataFrame(sorted(rows), schema=schemas.SUPPRESSIONS, orient="row")
    by_takedown = Counter(id_ for _, ids in rows for id_ in ids.split(" "))
    manifest = Manifest(
        address,
        digest([address.owner, address.partition, VERSION, version]),
        VERSION,
        {},
        version,
        {"documents": rows_digest([[row[0]] for row in rows])},
        Counts(len(rows), len(rows)),
        (view.store.write_part(address, frame),) if rows else (),
        {"takedowns": dict(sorted(by_takedown.items()))},
    )
    view.commit(manifest)
    return manifest, before
