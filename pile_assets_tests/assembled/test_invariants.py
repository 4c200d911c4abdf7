"""I8, I9, I12 and I13 over real builds, and what is said of faults that are planted into the assembly."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings

from pile_assets import assembly, corpus
from pile_assets.shards import merge
from pile_assets.shards import plan as trie
from pile_assets.store import Address
from pile_assets_tests.assembled.machine import Assembled, Life, Text
from pile_assets_tests.dedup.faults import broken

EXAMPLES = int(os.environ.get("PILE_ASSEMBLED_EXAMPLES", "5"))

TestAssembled = Assembled.TestCase
TestAssembled.settings = settings(
    deadline=None,
    max_examples=EXAMPLES,
    stateful_step_count=8,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a machine takes minutes; the blob repeats the failure
    print_blob=True,
)


# -- the checks can fail -------------------------------------------------------------------------------------------------


def texts(*seeds: int, words: int = 120, edits: int = 0, licence: str = "CC0-1.0") -> tuple[Text, ...]:
    return tuple(Text(seed, edits, words, licence) for seed in seeds)


BEGINNING = {
    ("fables", "d"): (*texts(1, 2), *texts(3, words=10)),
    ("fables", "e"): (*texts(4, 5), *texts(6, words=250)),
    ("fables", "f"): (*texts(7), *texts(8, licence="ask the author")),
    ("songs", "c"): (*texts(9, words=250), *texts(10, words=70)),
    ("songs", "d"): (*texts(11, 12, 13), *texts(1)),
    ("minutes", "b"): texts(14, licence="MIT"),
}
LATE = ("fables", "a"), (*texts(1, 2, 4, 5, 7), *texts(11, 12, 13, edits=1), *texts(20, 21, 22))


def walk(root: Path) -> None:
    """A life in which everything occurs that a fault below needs: duplicates, the dropped, an arrival that is named before all
    others, leaves that split and merge, a text that changes and keeps its length."""
    life = Life(root, 8_000, BEGINNING)
    life.check()
    life.append(*LATE)
    life.check()
    whole = len(life.held.shards)
    life.resize(3_000)
    life.check()
    assert len(life.held.shards) > whole, "no leaf was split"
    first, *others = BEGINNING["songs", "c"]
    life.publish(("songs", "c"), (SameLength(first), *others))
    life.build()
    life.check()
    life.resize(24_000)
    life.check()
    assert len(life.held.shards) <= whole, "no leaves were merged"


class SameLength(Text):
    """Another text of the same bytes in number."""

    def __init__(self, text: Text):
        super().__init__(text.seed, text.edits, text.words, text.licence)

    @property
    def text(self) -> str:
        return super().text.replace("bread", "grain")


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """No power fails here, and waiting for the disk would be most of the time."""
    with patch("os.fsync"):
        yield


def test_the_walk_below_is_sound_without_a_fault(tmp_path: Path) -> None:
    walk(tmp_path)


def without_what_left(domain: str, lookup: Any, partitions: Any) -> dict[str, str]:
    plan = lookup(Address.of_domain(domain, "shard_plan"))
    return {shard: assembly.shard_key(plan, shard) for shard in plan.facts["shards"]} if plan else {}


def swapped(manifest_of: Callable[..., Any]) -> Callable[..., Any]:
    """The documents and bytes of the first partition of a shard are said to be those of the last, and the other way round."""

    def run(*arguments: Any) -> Any:
        manifest = manifest_of(*arguments)
        rows = manifest.facts["made_of"]
        rows[0][2:], rows[-1][2:] = rows[-1][2:], rows[0][2:]
        return manifest

    return run


LEAF = "if sizes[stop] - sizes[start] <= leaf_bytes or"

FAULTS: dict[str, tuple[Any, str, Any, str]] = {
    # I8
    "a partition in two leaves": (trie, "_trie", ('1", middle, stop)', '1", max(middle - 1, start), stop)'), "in two shards"),
    "a leaf left out": (trie, "_trie", ("if start == stop:", 'if start == stop or prefix == "0":'), "without a record"),
    "a shard that split left as it was": (assembly, "wanted_shards", without_what_left, "in two shards"),
    "the dropped without a record": (
        corpus,
        "_unique",
        (".select(list(schemas.UNIQUE))", '.select(list(schemas.UNIQUE)).filter(pl.col("verdict") != "dropped")'),
        "without a record",
    ),
    "a shard that does not follow its texts": (
        assembly,
        "shard_key",
        (", shard_inputs(plan, shard)", ", [row[:4] for row in shard_inputs(plan, shard)]"),
        "another text",
    ),
    # I9
    "rank by name instead of arrival": (
        corpus,
        "numbered",
        lambda found, known: {member.name: number for number, member in enumerate(found)},
        "changed older verdicts",
    ),
    "no rank of partitions": (
        corpus,
        "numbered",
        lambda found, known: {member.name: 0 for member in found},
        "changed older verdicts",
    ),
    # I12
    "leaves of twice the target": (trie, "_trie", (LEAF, LEAF.replace("<=", "<= 2 *")), "the target is"),
    "large ones among others": (trie, "_leaves", ("target_bytes // 2", "target_bytes"), "is in|the target is"),
    "leaves that do not merge": (trie, "_trie", (LEAF, LEAF.replace("<= leaf_bytes", "<= leaf_bytes // 4")), "be merged"),
    "parts of twice the target": (
        merge,
        "_next_cut",
        ("return first + int(np.argmin(cut_hashes[first:beyond])) + 1", "return min(beyond + 1, ends.size)"),
        "part .* the target is",
    ),
    "parts of one document": (
        merge,
        "_next_cut",
        ("if ends[-1] - before <= target_bytes * 3 // 2:", "if True:\n        return start + 1\n    if False:"),
        "part .* the target is",
    ),
    # I13
    "lineage of another partition": (assembly, "_merge", swapped(assembly._merge), "is said to be made of"),
    "histograms of the largest document": (
        merge,
        "_histogram",
        ('bytes=pl.col("bytes").sum()', 'bytes=pl.col("bytes").max()'),
        "histograms of",
    ),
    "a release of the bytes on the disk": (
        assembly,
        "shard_facts",
        ('"bytes": manifest.facts["bytes"]', '"bytes": sum(file.bytes for file in manifest.files)'),
        "the release says another bytes",
    ),
}
"""Name -> module, function, what it becomes (a piece of its source and what stands there instead, or another function), and
what the check says."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_assembly_is_seen(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, planted, said = FAULTS[fault]
    whole = getattr(module, name)
    monkeypatch.setattr(module, name, planted if callable(planted) else broken(whole, *planted))
    with pytest.raises(AssertionError, match=said):
        walk(tmp_path)
