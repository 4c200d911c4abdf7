"""The release manifest: one content, one id, the same bytes."""

import copy
import json
import random

import pytest

from pile_assets.errors import StoreDamage
from pile_assets.release.manifest import build_manifest, compare, to_bytes


def shard(domain: str, key: str, version: str = "v1", docs: int = 3, licence: str = "MIT") -> dict:
    counted = {"docs": docs, "bytes": 10 * docs}
    return {
        "domain": domain,
        "shard": key,
        "data_version": version,
        "rows": docs,
        "bytes": 10 * docs,
        "files": [
            {"name": "a.parquet", "sha256": "00", "bytes": 7, "rows": docs - 1},
            {"name": "b.parquet", "sha256": "11", "bytes": 5, "rows": 1},
        ],
        "made_of": [["s", "p", docs, 10 * docs]],
        "histograms": {"source": {"s": counted}, "licence": {licence: counted}},
    }


SHARDS = [
    shard("code", "permissive-0"),
    shard("code", "permissive-1", docs=5, licence="Apache-2.0"),
    shard("books", "public-domain-all", docs=2, licence="CC0-1.0"),
]


def changed(**facts) -> dict:
    return build_manifest([{**SHARDS[0], **facts}, *SHARDS[1:]])


def test_order_of_shards_does_not_matter():
    shuffled = copy.deepcopy(SHARDS)
    random.Random(3).shuffle(shuffled)
    assert to_bytes(build_manifest(shuffled)) == to_bytes(build_manifest(SHARDS))
    assert [one["domain"] for one in build_manifest(shuffled)["shards"]] == ["books", "code", "code"]


def test_id_is_that_of_the_content():
    assert changed(data_version="v2")["id"] != changed()["id"]
    assert build_manifest(SHARDS[:2])["id"] != changed()["id"]
    assert changed(shard="permissive-00")["id"] != changed()["id"]
    assert changed(domain="web")["id"] != changed()["id"]


def test_id_does_not_depend_on_the_bytes_of_files():
    files = [{"name": "c.parquet", "sha256": "22", "bytes": 11, "rows": 3}]
    assert changed(files=files)["id"] == changed()["id"]
    assert to_bytes(changed(files=files)) != to_bytes(changed())


def test_manifest_holds_the_facts_of_every_shard_and_nothing_else():
    (one,) = build_manifest([SHARDS[0] | {"seconds": 1.5}])["shards"]
    assert one == SHARDS[0]


def test_totals_add_up():
    totals = build_manifest(SHARDS)["totals"]
    assert (totals["shards"], totals["files"], totals["docs"], totals["bytes"]) == (3, 6, 10, 100)
    assert totals["by"]["domain"] == {"books": {"docs": 2, "bytes": 20}, "code": {"docs": 8, "bytes": 80}}
    assert totals["by"]["family"] == {"permissive": {"docs": 8, "bytes": 80}, "public-domain": {"docs": 2, "bytes": 20}}
    assert totals["by"]["licence"]["Apache-2.0"] == {"docs": 5, "bytes": 50}
    assert totals["by"]["source"] == {"s": {"docs": 10, "bytes": 100}}


def test_bytes_are_json_with_sorted_keys():
    content = to_bytes(build_manifest(SHARDS))
    assert content.endswith(b"}\n")
    read = json.loads(content)
    assert read == build_manifest(SHARDS)
    assert list(read) == sorted(read)


def test_comparison_names_what_came_changed_and_went():
    after = build_manifest([SHARDS[0] | {"data_version": "v2"}, SHARDS[2], shard("web", "permissive-all")])
    difference = compare(build_manifest(SHARDS), after)
    assert difference.added == ("web/permissive-all",)
    assert difference.changed == ("code/permissive-0",)
    assert difference.removed == ("code/permissive-1",)


def test_comparison_with_itself_is_empty():
    whole = build_manifest(SHARDS)
    difference = compare(whole, json.loads(to_bytes(whole)))
    assert (difference.added, difference.changed, difference.removed) == ((), (), ())


def test_an_empty_release_has_an_id():
    assert len(build_manifest([])["id"]) == 32
    assert build_manifest([])["totals"]["docs"] == 0


def test_a_shard_given_twice_is_refused():
    with pytest.raises(ValueError, match="code/permissive-0 was given twice"):
        build_manifest([SHARDS[0], SHARDS[0]])


@pytest.mark.parametrize("facts", [{"rows": 4}, {"files": []}, {"made_of": [["s", "p", 2, 20]]}])
def test_a_shard_whose_figures_do_not_agree_is_refused(facts):
    with pytest.raises(StoreDamage, match="code/permissive-0 promises"):
        changed(**facts)
