"""Whether what is out is really out: a look at the rows of shards, not at what should be in them.

What belongs here: that look, and the moment from which a request is fulfilled. What may not: taking anything out.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from pile_assets import schemas
from pile_assets.licensing.takedowns.matching import Place
from pile_assets.registry.models import Domain
from pile_assets.steps import RELEASE, SUPPRESSIONS
from pile_assets.store import Address, Manifest
from pile_assets.view import View
from pile_assets.withdrawal.vault import Vault


def suppressed(view: View) -> dict[Place, dict[str, list[str]]]:
    """Place -> document id -> ids of the takedowns that keep it out."""
    found: dict[Place, dict[str, list[str]]] = {}
    for source in view.store.sources():
        for partition in view.partitions(f"sources/{source}", SUPPRESSIONS):
            manifest = view.get(Address.of_source(source, SUPPRESSIONS, partition))
            if manifest is not None and manifest.files:
                rows = view.store.frame(manifest, schemas.SUPPRESSIONS)
                found[source, partition] = {id_: ids.split(" ") for id_, ids in rows.iter_rows()}
    return found


def in_shards(view: View, out: Mapping[Place, Iterable[str]]) -> dict[str, list[str]]:
    """Shard -> ids of suppressed documents that its rows hold; empty where they are all gone."""
    found: dict[str, list[str]] = {}
    for manifest in _shards(view):
        here = [id_ for source, partition, *_ in manifest.facts["made_of"] for id_ in out.get((source, partition), ())]
        if not here:
            continue
        wanted = pl.Series(here, dtype=pl.String)
        for part in view.store.parts(manifest, ["id"]):
            if ids := part.filter(pl.col("id").is_in(wanted.implode()))["id"].to_list():
                found.setdefault(f"{manifest.address.name}/{manifest.address.partition}", []).extend(ids)
    return found


def _shards(view: View) -> Iterable[Manifest]:
    for domain in sorted(domain.value for domain in Domain):
        for shard in view.partitions(f"domains/{domain}", "shards"):
            manifest = view.get(Address.of_domain(domain, "shards", shard))
            if manifest is not None and manifest.files:
                yield manifest


def settle(vault: Vault, view: View) -> None:
    """Record for every request in force whose documents are in no shard that this is so, and since which release.

    To be called when shards or suppressions have changed; costs a reading of the shards that could hold such documents.
    """
    if not vault.used:
        return
    noted = vault.progress()
    waiting = {e.id for e in vault.ledger().in_force if "applied" in noted.get(e.id, {}) and "clean" not in noted[e.id]}
    if not waiting:
        return
    out = suppressed(view)
    left = {id_ for ids in in_shards(view, out).values() for id_ in ids}
    open_ = {takedown for ids in out.values() for id_, takedowns in ids.items() if id_ in left for takedown in takedowns}
    release = view.get(RELEASE)
    first = release.facts["release"] if release else None
    vault.note({id_: {"clean": None, **({"release": first} if first else {})} for id_ in waiting - open_})
