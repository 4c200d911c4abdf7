"""The graph as a whole: what it consists of, and that a broken record takes nothing else down.

`definitions.json` is the graph of the four registered sources, all switched on. A change of it is a change of what operators
see: look at the difference, and write it anew with `python -m pile_assets_tests.graph.test_definitions`.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pile_assets.deployment import Deployment
from pile_assets.graph.assemble import definitions
from pile_assets.graph.settings import Settings
from pile_assets.state import Override, State
from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import add_small_source

SNAPSHOT = Path(__file__).parent / "definitions.json"
SOURCES = ("project_gutenberg", "python_distributions", "python_peps", "python_standard_library")


def snapshot(defs: dg.Definitions) -> dict[str, Any]:
    """What an operator sees of a graph, without descriptions."""
    graph = defs.resolve_asset_graph()
    return {
        "assets": {key.to_user_string(): _asset(graph.get(key)) for key in sorted(graph.get_all_asset_keys())},
        "checks": sorted(key.to_user_string() for key in graph.asset_check_keys),
        "jobs": sorted(job.name for job in defs.jobs or ()),
        "sensors": {sensor.name: sensor.default_status.value for sensor in defs.sensors or ()},
        "schedules": {
            s.name: [s.cron_schedule, s.default_status.value]
            for s in defs.schedules or ()
            if isinstance(s, dg.ScheduleDefinition)
        },
    }


def _asset(node: Any) -> dict[str, Any]:
    return {
        "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
        "group": node.group_name,
        "kinds": sorted(node.kinds),
        "partitions": node.partitions_def.name if node.partitions_def else None,
        "executable": node.is_executable,
        "owners": sorted(node.owners),
        "tags": {name: value for name, value in sorted(node.tags.items()) if not name.startswith("dagster/")},
    }


def registered(home: Path) -> dg.Definitions:
    """The graph of the project's own registry with every source switched on."""
    for source in SOURCES:
        State(home).save_override(source, Override(enabled=True))
    return definitions(Deployment(home), Settings())


def test_the_graph_is_the_one_that_was_looked_at(tmp_path):
    found = json.loads(json.dumps(snapshot(registered(tmp_path))))
    assert found == json.loads(SNAPSHOT.read_text()), "see this module's first lines"


def test_the_snapshot_would_show_a_lost_asset_and_a_lost_edge(tmp_path):
    known = json.loads(SNAPSHOT.read_text())["assets"]
    assert known["python_peps/raw"]["deps"] == ["python_peps/upstream"]
    assert known["shards/code"]["deps"] == ["code/shard_inputs"]
    assert "python_distributions/unique" in known["code/shard_inputs"]["deps"]
    assert not known["python_peps/unique"]["executable"]


def test_everything_is_loadable_and_described(daemon):
    dg.Definitions.validate_loadable(daemon.defs)
    graph = daemon.defs.resolve_asset_graph()
    assert all(graph.get(key).description for key in graph.get_all_asset_keys())


def test_building_the_graph_writes_no_state(corpus):
    definitions(Deployment.from_environment(), Settings())
    assert not (corpus.home / "state").exists()


def test_a_broken_record_takes_no_other_source_down(built):
    (built.corpus.registry / "songs.yaml").write_text("id: [broken")
    built.reload()
    dg.Definitions.validate_loadable(built.defs)
    graph = built.defs.resolve_asset_graph()
    assert "Nothing of this source may be worked" in str(graph.get(dg.AssetKey(["songs", "raw"])).description)
    built.corpus.publish("fables", "three", [document("three")])
    assert built.settle()[0] == "sources/fables"


def test_a_record_that_was_never_good_is_left_out(corpus, daemon):
    (corpus.registry / "tales.yaml").write_text("id: [broken")
    daemon.reload()
    assert not any(key.path[0] == "tales" for key in daemon.defs.resolve_asset_graph().get_all_asset_keys())


def test_no_name_of_a_source_can_be_taken_for_anything_else(corpus, daemon):
    """Sources named like jobs, domains, stages and groups of the corpus."""
    for number, name in enumerate(("dedup", "release", "books", "shards_books", "corpus_dedup", "reconcile", "unique"), 10):
        add_small_source(corpus, name, number)
        corpus.publish(name, "one", [document(f"{name}-one")])
    daemon.reload()
    dg.Definitions.validate_loadable(daemon.defs)
    assert daemon.settle()[-3:] == ["corpus/dedup", "domains/books", "corpus/release"]
    assert daemon.version(["dedup"])
    assert daemon.version(["dedup", "unique"], "one")


def test_groups_follow_one_another_when_they_are_collapsed(tmp_path):
    """No group is both before and after another one, or the collapsed graph is a tangle."""
    assets = json.loads(SNAPSHOT.read_text())["assets"]
    edges = {(assets[dep]["group"], node["group"]) for node in assets.values() for dep in node["deps"]}
    edges = {(before, after) for before, after in edges if before != after}
    assert not any((after, before) in edges for before, after in edges)


@pytest.mark.parametrize("name", ["PILE_SENSOR_SECONDS", "PILE_ATTEMPTS"])
@pytest.mark.parametrize("value", ["0", "-1", "soon", ""])
def test_a_setting_that_is_no_positive_number_is_refused_by_name(name, value):
    with pytest.raises(Exception, match=name):
        Settings.from_environment({name: value})


def test_settings_come_from_the_environment_or_are_the_defaults():
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"PILE_ATTEMPTS": "5", "OTHER": "x"}) == Settings(attempts=5)


if __name__ == "__main__":
    os.environ.pop("PILE_REGISTRY", None)
    with tempfile.TemporaryDirectory() as home:
        SNAPSHOT.write_text(json.dumps(snapshot(registered(Path(home))), indent=1, sort_keys=True) + "\n")
