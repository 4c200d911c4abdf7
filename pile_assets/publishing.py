"""From shards to a release that can be taken away: its legal kit, its cards, its manifest, its directory.

What belongs here: the keys of these three steps (pure, read by the planner) and their bodies. What may not: what stands in
the files of a release (`release`), deciding what is due (`planner`), Dagster.

The legal kit and the cards keep what they know per shard (whom to credit, languages, what a recipe draws) and per source
partition (its licence and notice files), so that a change costs as much as the shards it touched. The id of a release names
all three: shards, kit and cards. Only the day of publication and the comparison with the release before depend on its
history, which is primary state; everything else is a function of what is live.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pile_assets import assembly, schemas, stages
from pile_assets.chain import Outcome
from pile_assets.corpus import Partitions, Report
from pile_assets.errors import PileError
from pile_assets.licensing import accepted, claims
from pile_assets.registry.models import Domain
from pile_assets.release import attribution, composition, directory, files, history, layout, legal_kit
from pile_assets.release import manifest as release_manifest
from pile_assets.release.described import Described
from pile_assets.release.source_facts import SourceFacts
from pile_assets.shards import mixture
from pile_assets.state import Published
from pile_assets.steps import Lookup
from pile_assets.store import Address, Counts, Manifest, digest, write_atomically
from pile_assets.view import View

LEGAL_KIT, CARDS, RELEASE = Address("corpus", "legal_kit"), Address("corpus", "cards"), assembly.RELEASE
KIT_VERSION, CREDITS_VERSION, CARDS_VERSION, RELEASE_VERSION = "1", "2", files.VERSION, "4"

CREDITS, NOTICES = "attribution", "corpus/notices"
"""Where the parts of the kit lie: the rows of credit of each shard beside it, the notices of a source partition by source."""

LANGUAGE = "language"
"""The filter whose attributes say what language a document is in."""


@dataclass(frozen=True)
class Keys:
    """The keys of the three steps, each of which covers the one before it."""

    kit: str
    cards: str
    release: str

    def of(self, stage: str) -> str:
        """The key of a step by the name of its stage."""
        return {"legal_kit": self.kit, "cards": self.cards, "release": self.release}[stage]


def keys(lookup: Lookup, partitions: Partitions, described: Mapping[str, str]) -> Keys:
    """The keys of kit, cards and release as everything is now; `described` are digests of the facts of each source."""
    shards = assembly.live_shards(lookup, partitions)
    content = [[shard.address.owner, shard.address.partition, shard.data_version] for shard in shards]
    places = made_of(shards)
    notices = [[*place, _notice_version(lookup, place)] for place in places]
    kit = digest([KIT_VERSION, legal_kit.VERSION, legal_kit.texts_digest(), accepted.digest(), content, notices])
    languages = [[*place, _version(lookup, LANGUAGE, place)] for place in places]
    sources = {source: described.get(source) for source, _ in places}
    cards = digest([CARDS_VERSION, mixture.PARAMETERS, content, languages, sources])
    return Keys(kit, cards, digest([RELEASE_VERSION, assembly.release_key(shards, lookup), kit, cards]))


def made_of(shards: Iterable[Manifest]) -> list[tuple[str, str]]:
    """Every (source, partition) with a document in these shards, sorted."""
    return sorted({(row[0], row[1]) for shard in shards for row in shard.facts.get("made_of", ())})


def _notice_version(lookup: Lookup, place: tuple[str, str]) -> str | None:
    """The version of the licence and notice files of a source partition."""
    raw = lookup(Address.of_source(place[0], "raw", place[1]))
    return raw.versions.get(stages.NOTICES, raw.data_version) if raw is not None else None


def _version(lookup: Lookup, stage: str, place: tuple[str, str]) -> str | None:
    manifest = lookup(Address.of_source(place[0], stage, place[1]))
    return manifest.data_version if manifest is not None else None


def described(sources: Mapping[str, SourceFacts], jurisdictions: Sequence[str]) -> dict[str, str]:
    """Digests of what a release says of each source."""
    return {source: digest([facts, list(jurisdictions)]) for source, facts in sources.items()}


@dataclass(frozen=True)
class Publisher:
    """All that a release needs beside the store: what the records say of each source, and the day."""

    view: View
    sources: Mapping[str, SourceFacts]
    today: date
    jurisdictions: tuple[str, ...] = ()  # where works without a licence were judged

    @property
    def described(self) -> dict[str, str]:
        return described(self.sources, self.jurisdictions)

    @property
    def keys(self) -> Keys:
        return keys(self.view.get, self.view.partitions, self.described)


def publish(publisher: Publisher, report: Report, *, force: bool = False) -> None:
    """Bring kit, cards and release up to date, each only where its key has changed."""
    for step in STEPS.values():
        step(publisher, report, force=force)


# -- the legal kit -------------------------------------------------------------------------------------------------


def run_legal_kit(publisher: Publisher, report: Report, *, force: bool = False) -> None:
    """Gather whom to credit and which notices go along. Raises PileError for a licence without a text, naming it, and for a
    document whose licence asks for credit that it does not have."""
    started, view, key = time.monotonic(), publisher.view, publisher.keys.kit
    before = view.get(LEGAL_KIT)
    if _is_current(before, key) and not force:
        return
    shards = assembly.live_shards(view.get, view.partitions)
    mix = legal_kit.mix_of(map(assembly.shard_facts, shards))
    texts = legal_kit.texts(mix)
    credited = [_credits(publisher, shard) for shard in shards]
    noted = [place for place in made_of(shards) if _notices(view, place).files]
    _retire(view, shards)
    rows = sum(shard.counts.given for shard in shards)
    facts = {
        "families": {family: sum(one["docs"] for one in found.values()) for family, found in mix.items()},
        "licences": {expression: one["docs"] for found in mix.values() for expression, one in found.items()},
        "texts": len(texts),
        "modified": sum(piece.facts["modified"] for piece in credited),
        "notices": [list(place) for place in noted],
    }
    manifest = Manifest(LEGAL_KIT, key, KIT_VERSION, {}, key, {}, Counts(rows, rows), (), facts)
    view.commit(manifest)
    report(Outcome(LEGAL_KIT, "worked", manifest, before, time.monotonic() - started))


def _is_current(manifest: Manifest | None, key: str) -> bool:
    return manifest is not None and manifest.key == key


def _credits(publisher: Publisher, shard: Manifest) -> Manifest:
    """The rows of credit and the figures of one shard, made once for its content, the languages of its documents and the
    weights of its sources."""
    view, weights = publisher.view, _weights(publisher, shard)
    address = Address(shard.address.owner, CREDITS, shard.address.partition)
    languages = [[*place, _version(view.get, LANGUAGE, place)] for place in made_of([shard])]
    key = digest(
        [CREDITS_VERSION, mixture.PARAMETERS, address.owner, address.partition, shard.data_version, languages, weights]
    )
    if known := _known(view, address, key):
        return known
    name = layout.shard_name(assembly.shard_facts(shard))
    rows = pl.concat([part.select(attribution.READ) for part in view.store.parts(shard, attribution.READ)])
    credited = attribution.credit_rows(rows, name)
    _check_credited(credited, shard.address)
    facts = attribution.figures(rows, _languages(view, made_of([shard]))) | {"mixtures": _drawn(rows, weights)}
    counts = Counts(rows.height, rows.height)
    file = view.store.write_part(address, credited)
    manifest = Manifest(address, key, CREDITS_VERSION, {"shards": shard.data_version}, key, {}, counts, (file,), facts)
    view.commit(manifest)
    return manifest


def _weights(publisher: Publisher, shard: Manifest) -> dict[str, dict[str, float]]:
    """Recipe -> source -> weight, for the sources of a shard."""
    weights: dict[str, dict[str, float]] = {}
    for source in sorted({source for source, _ in made_of([shard])} & publisher.sources.keys()):
        for recipe, weight in publisher.sources[source]["mixture"].items():
            weights.setdefault(recipe, {})[source] = weight
    return weights


def _drawn(rows: pl.DataFrame, weights: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, list[float]]]:
    """Recipe -> source -> `mixture.Effective.stored`: what each recipe makes of the rows of a shard."""
    drawn = {}
    for recipe, of_recipe in weights.items():
        amounts = mixture.effective(rows.filter(pl.col("source").is_in(list(of_recipe))), of_recipe)
        drawn[recipe] = {source: amount.stored for source, amount in amounts.items()}
    return drawn


def _mixtures(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Recipe -> `mixture.told`, from the figures of all shards."""
    told = {}
    for recipe in sorted({recipe for own in figures for recipe in own["mixtures"]}):
        drawn = (own["mixtures"].get(recipe, {}) for own in figures)
        amounts = ({source: mixture.Effective(*stored) for source, stored in one.items()} for one in drawn)
        told[recipe] = mixture.told(mixture.add(amounts))
    return told


def _known(view: View, address: Address, key: str) -> Manifest | None:
    """What is committed or remembered under this key, with all its files."""
    current = view.get(address)
    if current is not None and current.key == key:
        return current
    remembered = view.store.recall(key)
    if remembered is not None:
        view.commit(remembered)
    return remembered


def _check_credited(rows: pl.DataFrame, shard: Address) -> None:
    lacking = attribution.uncredited(rows)
    if lacking.height:
        first = lacking.row(0, named=True)
        raise PileError(
            f"{lacking.height} documents of the shard {shard.name}/{shard.partition} cannot be credited as their licences ask, "
            f"the first of them under {first['licence_spdx']}.",
            remedy="The documents step holds such documents: run `pile verify`, then `pile build --repair`.",
            source=first["source"],
            partition=first["partition"],
            document=first["doc_id"],
        )


def _languages(view: View, places: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Language of every document of these partitions whose source runs the filter; the ids are unique in the corpus."""
    found: dict[str, str | None] = {}
    for source, partition in places:
        manifest = view.get(Address.of_source(source, LANGUAGE, partition))
        for part in view.store.parts(manifest, ["id", "lang"]) if manifest is not None else ():
            found.update(part.iter_rows())
    return found


def _notices(view: View, place: tuple[str, str]) -> Manifest:
    """The licence and notice files that came with a source partition, kept once for each version of them."""
    source, partition = place
    address = Address(NOTICES, source, partition)
    raw = view.get(Address.of_source(source, "raw", partition))
    key = digest([KIT_VERSION, NOTICES, source, partition, _notice_version(view.get, place)])
    if known := _known(view, address, key):
        return known
    frames = list(_notice_rows(view, raw)) if raw is not None else []
    rows = pl.concat(frames) if frames else pl.DataFrame()
    written = (view.store.write_part(address, rows),) if rows.height else ()
    counts = Counts(rows.height, rows.height)
    manifest = Manifest(address, key, KIT_VERSION, {}, key, {}, counts, written)
    view.commit(manifest)
    return manifest


def _retire(view: View, shards: Iterable[Manifest]) -> None:
    """Empty the parts of shards and source partitions that are no longer in the release."""
    live = {Address(shard.address.owner, CREDITS, shard.address.partition) for shard in shards}
    live |= {Address(NOTICES, source, partition) for source, partition in made_of(shards)}
    owners = [(f"domains/{domain.value}", CREDITS) for domain in Domain]
    for owner, stage in (*owners, *((NOTICES, source) for source in view.store.sources())):
        for partition in view.partitions(owner, stage):
            address = Address(owner, stage, partition)
            if address not in live and view.need(address).files:
                key = digest([KIT_VERSION, owner, stage, partition, "retired"])
                view.commit(Manifest(address, key, KIT_VERSION, {}, key))


def _notice_rows(view: View, raw: Manifest) -> Iterable[pl.DataFrame]:
    """Path and content of the licence files of a raw partition; the content of the others is not kept in memory."""
    for path in view.store.paths(raw):
        names = view.store.read_part(path, ["path"])["path"]
        wanted = [name for name in names if claims.goes_along(name)]
        if wanted:
            yield view.store.read_part(path, ["path", "content"]).filter(pl.col("path").is_in(wanted))


# -- the cards -----------------------------------------------------------------------------------------------------


def run_cards(publisher: Publisher, report: Report, *, force: bool = False) -> None:
    """Compute what the release is made of and how open that makes it."""
    started, view, key = time.monotonic(), publisher.view, publisher.keys.cards
    before = view.get(CARDS)
    if _is_current(before, key) and not force:
        return
    shards = assembly.live_shards(view.get, view.partitions)
    facts = [assembly.shard_facts(shard) for shard in shards]
    figures = [_credits(publisher, shard).facts for shard in shards]
    composed = composition.compose(facts, figures, publisher.sources, legal_kit.mix_of(facts), publisher.jurisdictions)
    counts = Counts(composed["documents"], composed["documents"])
    told = {"composition": composed, "mixtures": _mixtures(figures)}
    manifest = Manifest(CARDS, key, CARDS_VERSION, {}, key, {}, counts, (), told)
    view.commit(manifest)
    report(Outcome(CARDS, "worked", manifest, before, time.monotonic() - started))


# -- the release ---------------------------------------------------------------------------------------------------


def run_release(publisher: Publisher, report: Report, *, force: bool = False) -> None:
    """Write the immutable manifest over all shards, and the directory that a consumer takes away."""
    started, view, key = time.monotonic(), publisher.view, publisher.keys.release
    before = view.get(RELEASE)
    if _is_current(before, key) and not force:
        return
    shards = assembly.live_shards(view.get, view.partitions)
    kit, cards = view.need(LEGAL_KIT), view.need(CARDS)
    mixtures = cards.facts.get("mixtures", {})
    built = release_manifest.build_manifest(
        [assembly.shard_facts(shard) for shard in shards],
        assembly.withdrawn(view.get),
        legal_kit=kit.data_version,
        cards=cards.data_version,
        mixtures=mixtures,
    )
    if not view.rehearse:
        _write(publisher, built, shards)
    facts = {
        "release": built["id"],
        "shards": len(shards),
        "bytes": built["totals"]["bytes"],
        "content": assembly.release_key(shards, view.get),
        "mixtures": {recipe: told["totals"] for recipe, told in mixtures.items()},
    }
    counts = Counts(built["totals"]["docs"], built["totals"]["docs"])
    manifest = Manifest(RELEASE, key, RELEASE_VERSION, {}, built["id"], {}, counts, (), facts)
    view.commit(manifest)
    report(Outcome(RELEASE, "worked", manifest, before, time.monotonic() - started))


def _write(publisher: Publisher, built: release_manifest.Manifest, shards: list[Manifest]) -> None:
    """The directory first, then the manifest, then that it is published, then that it is the latest."""
    store, identifier = publisher.view.store, built["id"]
    published = history.entry(store, identifier, publisher.today)
    earlier = directory.read_earlier(store, published.previous)
    parts = _Parts(publisher, built, shards)
    content = files.texts(parts.described(published, earlier))
    directory.write(store, identifier, content | parts.notices(), parts.links())
    write_atomically(store.releases / f"{identifier}.json", release_manifest.to_bytes(built))
    history.publish(store, published)
    write_atomically(store.releases / "latest.json", release_manifest.to_bytes(built))


@dataclass(frozen=True)
class _Parts:
    """The stored parts of one release."""

    publisher: Publisher
    built: release_manifest.Manifest
    shards: list[Manifest]

    def described(self, published: Published, earlier: directory.Earlier | None) -> Described:
        view = self.publisher.view
        return Described(
            manifest=self.built,
            kit=view.need(LEGAL_KIT).facts,
            composition=view.need(CARDS).facts["composition"],
            sources={source: self.publisher.sources[source] for source in sorted({s for s, _ in made_of(self.shards)})},
            published=published,
            earlier=earlier,
            credits=[(name, self._credit_rows(shard)) for name, shard in self._named()],
        )

    def _named(self) -> list[tuple[str, Manifest]]:
        return [(layout.shard_name(assembly.shard_facts(shard)), shard) for shard in self.shards]

    def _credit_rows(self, shard: Manifest) -> pl.DataFrame:
        return self.publisher.view.store.frame(_credits(self.publisher, shard), attribution.ATTRIBUTION)

    def notices(self) -> dict[str, bytes]:
        """The notices of every source partition that has any, as one text each, word for word."""
        view, found = self.publisher.view, {}
        for source, partition in view.need(LEGAL_KIT).facts["notices"]:
            rows = view.store.frame(_notices(view, (source, partition)), schemas.RAW, ["path", "content"])
            found[layout.notices(source, partition)] = legal_kit.notices_text(rows.iter_rows())
        return found

    def links(self) -> dict[str, directory.Linked]:
        """The part files and the rows of credit, which lie in the store already."""
        view, found = self.publisher.view, {}
        for shard in self.shards:
            facts, credited = assembly.shard_facts(shard), _credits(self.publisher, shard)
            for file, path in zip(shard.files, view.store.paths(shard), strict=True):
                found[layout.part(facts, file.name)] = directory.Linked(path, file.sha256)
            found[layout.attribution(facts)] = directory.Linked(view.store.paths(credited)[0], credited.files[0].sha256)
        return found


STEPS: Mapping[str, Callable[..., None]] = {"legal_kit": run_legal_kit, "cards": run_cards, "release": run_release}
"""The steps of a release in order, by the stage they commit."""
