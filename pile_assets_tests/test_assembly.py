"""Writing a shard holds some of its text at a time, and how much makes no difference to what is written."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pile_assets import assembly, schemas
from pile_assets.chain import Outcome
from pile_assets.parts import PartWriter
from pile_assets.store import Address, Counts, Manifest, Store
from pile_assets.view import View
from pile_assets_tests.commands import PROJECT, Pile

MEGABYTE = 1_000_000
SHARD = ("books", "public-domain-all")


def written(pile: Pile) -> dict[str, list[str]]:
    """The part files of every shard, done again."""
    view, found = View(pile.store), {}
    for domain, shard in [("books", address.partition) for address in pile.store.addresses() if address.stage == "shards"]:
        outcomes: list[Outcome] = []
        assembly.run_shard(view, domain, shard, outcomes.append, force=True)
        manifest = outcomes[0].manifest
        found[shard] = [manifest.data_version, *(file.sha256 for file in manifest.files)]
    return found


@pytest.mark.parametrize("limit", [1, 1_500, 1 << 40])
def test_how_much_text_is_held_makes_no_difference_to_a_byte(built: Pile, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    before = built.shard_files()
    expected = written(built)
    assert max(len(files) for files in expected.values()) > 3, "more part files than one"
    monkeypatch.setattr(assembly, "TEXT_TOGETHER", limit)
    assert written(built) == expected
    assert built.shard_files() == before


# -- memory --------------------------------------------------------------------------------------------------------


def large(home: Path, documents: int, size: int) -> int:
    """A store with what a shard of one large partition is written from; returns the bytes of its text."""
    store = Store(home)
    view, place = View(store), ("fables", "large")
    stages = {stage: Address.of_source(place[0], stage, place[1]) for stage in ("documents", "cleaned", "unique")}
    facts = PartWriter(store, stages["documents"], schemas.DOCUMENTS)
    cleaned = PartWriter(store, stages["cleaned"], schemas.CLEANED)
    unique = []
    for number in range(documents):
        row = dict.fromkeys((*schemas.DOCUMENTS, *schemas.CLEANED, *schemas.UNIQUE)) | {
            "id": f"fables:large/{number}",
            "source": place[0],
            "partition": place[1],
            "modified": False,
            "family": "public-domain",
            "verdict": "kept",
            "text_sha256": "",
            "row_hash": "",
            "text": f"{number:08} " * (size // 9),
            "bytes": size // 9 * 9,
        }
        facts.add(tuple(row[name] for name in schemas.DOCUMENTS), size)
        cleaned.add(tuple(row[name] for name in schemas.CLEANED), size)
        unique.append(tuple(row[name] for name in schemas.UNIQUE))
    pins = {"documents": [vars(file) for file in facts.close()], "cleaned": [vars(file) for file in cleaned.close()]}
    verdicts = store.write_part(stages["unique"], pl.DataFrame(unique, schema=schemas.UNIQUE, orient="row"))
    counts, text = Counts(documents, documents), documents * (size // 9 * 9)
    view.commit(Manifest(stages["unique"], "k", "1", {}, "v", {"public-domain": "v"}, counts, (verdicts,), {"pins": pins}))
    shards = {SHARD[1]: [[*place, documents, text, "v"]]}
    plan = {"shards": shards, "shard_bytes": 16 * MEGABYTE}
    view.commit(Manifest(Address.of_domain(SHARD[0], "shard_plan"), "k", "1", {}, "v", {}, counts, (), plan))
    return text


MEASURE = """
import json, sys
from pathlib import Path
from pile_assets import assembly
from pile_assets.store import Store
from pile_assets.view import View

def resident(field):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(field))

home, limit, domain, shard = sys.argv[1:]
if limit != "0":
    assembly.TEXT_TOGETHER = int(limit)
before = resident("VmRSS")
done = []
assembly.run_shard(View(Store(Path(home))), domain, shard, done.append)
manifest = done[0].manifest
print(json.dumps({"held": resident("VmHWM") - before, "files": len(manifest.files), "bytes": manifest.facts["bytes"]}))
"""


def measured(home: Path, limit: int = 0) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(home), str(limit), *SHARD], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads what the kernel says of a process")
def test_a_shard_of_one_large_partition_is_written_in_the_memory_of_a_small_one(tmp_path: Path) -> None:
    """The planted fault is a limit that is none: then the whole text is held, with the copies that are made on the way."""
    text = large(tmp_path / "home", 2_000, MEGABYTE // 4)
    bounded = measured(tmp_path / "home")
    assert (bounded["bytes"], bounded["files"] > 100) == (text, True)
    assert bounded["held"] < 0.8 * text
    (tmp_path / "home" / "store" / "domains" / SHARD[0] / "shards" / SHARD[1] / "manifest.json").unlink()
    Store(tmp_path / "home").forget(assembly.shard_key(_plan(tmp_path / "home"), SHARD[1]))
    assert measured(tmp_path / "home", 1 << 40)["held"] > 1.5 * text


def _plan(home: Path) -> Manifest:
    found = Store(home).manifest(Address.of_domain(SHARD[0], "shard_plan"))
    assert found
    return found
