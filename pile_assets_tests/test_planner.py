"""The planner asks for exactly the work that a change makes due, whatever order things happened in.

A toy executor commits manifests whose content is a function of their inputs; no text, no files.
"""

from dataclasses import replace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from pile_assets import assembly, corpus, planner
from pile_assets.licensing.public_domain import Terms
from pile_assets.pins import PINNED
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.registry.models import Record
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets.sources.model import Discovery, Upstream
from pile_assets.state import Entry, Sources, merge
from pile_assets.steps import Chain, Input, Step
from pile_assets.store import Address, Counts, FileRef, Manifest, digest

STEPS = (
    Step("raw", "1", {}),
    Step("documents", "1", {}, (Input("raw"),)),
    Step("length", "1", {}, (Input("documents", "text"),)),
    Step("pii", "1", {}, (Input("documents", "text"),)),
    Step("cleaned", "1", {}, (Input("documents", "text"), Input("pii"))),
    Step("signatures", "1", {}, (Input("cleaned", "text"),)),
    Step(
        "eligible", "1", {}, (Input("documents", "row"), Input("length"), Input("pii"), Input("cleaned"), Input("signatures"))
    ),
)


class Toy:
    """A deployment in memory. Upstream versions look like "<bytes>/<records>": equal records mean equal documents."""

    def __init__(self) -> None:
        base = read_yaml(DEFAULT_FOLDER / "python_distributions.yaml") | {"filters": ["length", "pii"]}
        self.records = {
            name: Record.model_validate(base | {"id": name, "seniority": number, "domain": domain})
            for number, (name, domain) in enumerate([("fables", "books"), ("songs", "books"), ("tools", "code")])
        }
        self.steps: dict[str, tuple[Step, ...]] = dict.fromkeys(self.records, STEPS)
        self.catalogues: dict[str, dict[str, Entry]] = {name: {} for name in self.records}
        self.manifests: dict[Address, Manifest] = {}
        self.seniority: dict[str, int] = {}
        self.quarantined: dict[Address, str] = {}
        self.frozen: set[str] = set()
        self.worked: list[str] = []

    def publish(self, source: str, listing: dict[str, str]) -> None:
        self.catalogues[source], _ = merge(self.catalogues[source], Discovery({k: Upstream(v) for k, v in listing.items()}))

    @property
    def world(self) -> planner.World:
        running = {name: record for name, record in self.records.items() if name not in self.frozen}
        frozen = {name: record for name, record in self.records.items() if name in self.frozen}
        return planner.World(
            sources=Sources(running, frozen),
            chains={n: Chain(r, cast(Any, None), cast(Any, None), self.steps[n], Terms()) for n, r in running.items()},
            catalogues=self.catalogues,
            seniority=self.seniority,
            manifest=self.manifests.get,
            partitions=lambda owner, stage: sorted(a.partition for a in self.manifests if (a.owner, a.stage) == (owner, stage)),
            quarantined=self.quarantined.get,
            shard_bytes=500,
        )

    def settle(self) -> list[str]:
        """Do what the planner asks until it asks for nothing; returns the names of what was done, sorted."""
        self.worked = []
        for _ in range(20):
            wave = planner.plan(self.world)
            if wave.empty:
                return sorted(self.worked)
            if wave.chains:
                for source, partitions in wave.chains.items():
                    for partition in partitions:
                        self._chain(source, partition)
            elif wave.dedup:
                self._dedup()
            elif wave.plans:
                for domain, key in wave.plans.items():
                    self._plan(domain, key)
            elif wave.shards:
                for domain, shards in wave.shards.items():
                    for shard in shards:
                        self._shard(domain, shard)
            else:
                self._commit(assembly.RELEASE, cast(str, wave.release), "release")
        raise AssertionError(f"the planner never came to rest: {planner.plan(self.world)}")

    def _commit(self, address: Address, key: str, content: Any, **rest: Any) -> None:
        self.manifests[address] = Manifest(address, key, "1", rest.pop("inputs", {}), digest(content), **rest)
        self.worked.append(f"{address.name}/{address.stage}/{address.partition}")

    def _chain(self, source: str, partition: str) -> None:
        world, entry = self.world, self.catalogues[source][partition]
        chain = world.chains[source]
        for step in chain.steps if entry.present else chain.steps[-1:]:
            address = Address.of_source(source, step.stage, partition)
            inputs = chain.inputs(step, partition, entry, self.manifests.get)
            assert inputs is not None
            key = step.key(address, inputs)
            old = self.manifests.get(address)
            if old is None or old.key != key:
                facts: dict[str, Any] = {"pins": {stage: [] for stage in PINNED}}
                self._commit(address, key, *self._content(step.stage, partition, entry), inputs=inputs, facts=facts)
                self._version(address, entry)

    def _content(self, stage: str, partition: str, entry: Entry) -> tuple[Any]:
        if not entry.present:
            return ("empty",)
        raw, records = entry.version.split("/")
        return (([partition, raw] if stage == "raw" else [partition, stage, records]),)

    def _version(self, address: Address, entry: Entry) -> None:
        if address.stage in ("documents", "cleaned"):
            records = entry.version.split("/")[1]
            self.manifests[address] = replace(self.manifests[address], versions={"text": records, "row": records})

    def _dedup(self) -> None:
        found = corpus.members(self.world.sources, self.manifests.get, self.world.partitions)
        self.seniority = corpus.numbered(found, self.seniority)
        for member in found:
            address = Address.of_source(member.source, "unique", member.partition)
            content = member.eligible.data_version
            live = {} if content == digest("empty") else {"permissive": {"bytes": 100, "docs": 1, "version": content}}
            if address not in self.manifests or self.manifests[address].data_version != digest(content):
                self._commit(address, content, content, facts={"live": live})
        self._commit(corpus.DEDUP, corpus.dedup_key(found, self.seniority), "dedup")

    def _plan(self, domain: str, key: str) -> None:
        found = assembly.placements(domain, self.world.sources, self.manifests.get, self.world.partitions)
        shards: dict[str, list[Any]] = {f"permissive-{row[0]}": [] for row in found}  # the toy's shards: one per source
        for source, partition, _, size, docs, version in [[r[0], r[1], r[2], r[3], r[4], r[5]] for r in found]:
            shards[f"permissive-{source}"].append([source, partition, docs, size, version])
        facts = {"shards": shards, "shard_bytes": 250}
        self._commit(Address.of_domain(domain, "shard_plan"), key, shards, facts=facts)

    def _shard(self, domain: str, shard: str) -> None:
        key = assembly.wanted_shards(domain, self.manifests.get, self.world.partitions)[shard]
        live = shard in self.manifests[Address.of_domain(domain, "shard_plan")].facts["shards"]
        files = (FileRef("f", "0" * 64, 1, 1),) if live else ()
        self._commit(Address.of_domain(domain, "shards", shard), key, key, files=files, counts=Counts(1, 1))


def settled() -> Toy:
    toy = Toy()
    toy.publish("fables", {"one": "a/x", "two": "d/y"})
    toy.publish("songs", {"one": "a/z"})
    toy.publish("tools", {"saw": "a/s"})
    toy.settle()
    return toy


def stages(worked: list[str], source: str) -> list[str]:
    return [name.split("/")[1] for name in worked if name.startswith(f"{source}/")]


def test_nothing_is_due_when_nothing_has_changed() -> None:
    assert settled().settle() == []


def test_a_new_partition_works_its_chain_and_the_shards_it_lands_in() -> None:
    toy = settled()
    toy.publish("songs", {"one": "a/z", "late": "a/q"})
    worked = toy.settle()
    assert {name for name in worked if name.startswith("songs/")} == {
        f"songs/{stage}/late" for stage in ("raw", "documents", "length", "pii", "cleaned", "signatures", "eligible", "unique")
    }
    assert [name for name in worked if "/shards/" in name] == ["books/shards/permissive-songs"]
    assert not any(name.startswith(("fables/", "tools/", "code/")) for name in worked)


def test_the_same_records_in_other_bytes_work_raw_and_documents_only() -> None:
    toy = settled()
    toy.publish("fables", {"one": "b/x", "two": "d/y"})
    assert toy.settle() == ["fables/documents/one", "fables/raw/one"]


def test_a_filter_version_with_the_same_output_works_that_filter_only() -> None:
    toy = settled()
    toy.steps["fables"] = tuple(replace(s, code_version="2") if s.stage == "length" else s for s in STEPS)
    assert toy.settle() == ["fables/length/one", "fables/length/two"]


def test_a_policy_change_signs_nothing() -> None:
    toy = settled()
    toy.steps["fables"] = tuple(replace(s, parameters={"policy": "stricter"}) if s.stage == "eligible" else s for s in STEPS)
    assert "signatures" not in stages(toy.settle(), "fables")


def test_a_withdrawn_partition_leaves_its_shard_and_returns_with_identical_bytes() -> None:
    toy = settled()
    before = dict(toy.manifests)
    toy.publish("songs", {})
    worked = toy.settle()
    assert stages(worked, "songs") == ["eligible", "unique"]
    assert toy.manifests[Address.of_domain("books", "shards", "permissive-songs")].files == ()
    toy.publish("songs", {"one": "a/z"})
    assert stages(toy.settle(), "songs") == ["eligible", "unique"]
    assert {a: m.data_version for a, m in toy.manifests.items()} == {a: m.data_version for a, m in before.items()}


def test_a_partition_that_left_before_it_was_made_asks_for_nothing() -> None:
    toy = Toy()
    toy.publish("songs", {"one": "a/z"})
    toy.publish("songs", {})
    assert not any(name.startswith("songs/") for name in toy.settle())


def test_a_quarantined_step_waits_for_other_bytes() -> None:
    toy = settled()
    toy.publish("fables", {"one": "b/w", "two": "d/y"})
    address = Address.of_source("fables", "raw", "one")
    entry = toy.catalogues["fables"]["one"]
    toy.quarantined[address] = STEPS[0].key(address, {"upstream": entry.version})
    assert toy.settle() == []
    toy.publish("fables", {"one": "c/w", "two": "d/y"})
    assert "fables/raw/one" in toy.settle()


def test_a_frozen_source_stays_in_its_shards_and_takes_nothing_new() -> None:
    toy = settled()
    toy.frozen = {"fables"}
    toy.publish("fables", {"one": "b/w", "two": "d/y", "three": "a/t"})
    assert toy.settle() == []


LISTING = st.dictionaries(st.sampled_from(["one", "two", "three"]), st.sampled_from(["a/x", "b/x", "c/y"]), max_size=3)
EVENTS = st.lists(st.tuples(st.sampled_from(["fables", "songs", "tools"]), LISTING, st.booleans()), min_size=1, max_size=8)


@given(EVENTS)
def test_incremental_equals_from_scratch_and_the_planner_comes_to_rest(events: list[tuple[str, dict[str, str], bool]]) -> None:
    toy = Toy()
    for source, listing, settle_now in events:
        toy.publish(source, listing)
        if settle_now:
            toy.settle()
    toy.settle()
    assert toy.settle() == []
    scratch = Toy()
    for source, catalogue in toy.catalogues.items():
        scratch.publish(source, {key: entry.version for key, entry in catalogue.items() if entry.present})
    scratch.settle()
    assert _live(toy) == _live(scratch)


def _live(toy: Toy) -> dict[Address, Any]:
    shards = assembly.live_shards(toy.manifests.get, toy.world.partitions)
    return {m.address: m.data_version for m in shards}
