"""`pile dedup run`: results that follow the inputs, and are those of a run from nothing, byte for byte."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from pile_assets import cli, store
from pile_assets.dedup.resolve import VERDICTS
from pile_assets.dedup.standalone import run as running
from pile_assets.dedup.standalone import signing
from pile_assets.dedup.standalone.reading import Columns
from pile_assets.dedup.standalone.run import STRIDE, find_inputs, numbered, run
from pile_assets.errors import PileError
from pile_assets_tests.dedup import definition
from pile_assets_tests.dedup.corpora import text

NAMES = ("a.jsonl", "b.jsonl", "c.parquet", "d.jsonl")


def rows(draw):
    """A few documents, many of them alike; some ids stand twice."""
    return [
        (f"{draw.integers(0, 60)}", text(int(draw.integers(0, 6)), int(draw.integers(0, 5))))
        for _ in range(draw.integers(0, 9))
    ]


def write(folder, name, documents):
    if name.endswith(".parquet"):
        pl.DataFrame(documents, schema={"id": pl.String, "text": pl.String}, orient="row").write_parquet(folder / name)
    else:
        lines = [json.dumps({"id": identity, "text": content}) for identity, content in documents]
        (folder / name).write_text("".join(f"{line}\n" for line in [*lines, "{broken"]))


def results(out):
    """All files but those that only save time."""
    files = [path for path in out.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in files
        if path.relative_to(out).parts[0] not in ("cache", "locks")
    }


def bring_up(folder, out, names=None, **options):
    chosen = [folder] if names is None else [folder / name for name in names]
    return run(find_inputs(chosen, out), out, Columns(), **options)


def verdicts(out):
    manifest = json.loads((out / "manifest.json").read_bytes())
    files = [out / "verdicts" / part["verdicts"]["name"] for each in manifest["inputs"] for part in each["parts"]]
    return pl.concat([pl.DataFrame(schema=VERDICTS), *(pl.read_parquet(file) for file in files)]).sort("id")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(signing, "PART_ROWS", 3)


@pytest.mark.parametrize("seed", range(4))
def test_any_succession_of_inputs_ends_as_from_nothing_byte_for_byte(folder, tmp_path, seed):
    draw = np.random.default_rng(seed)
    for step in range(6):
        for name in NAMES:
            if draw.random() < 0.5:
                write(folder, name, rows(draw))
            elif draw.random() < 0.2:
                (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            write(folder, "a.jsonl", rows(draw))
        bring_up(folder, tmp_path / "followed", workers=2)
        bring_up(folder, tmp_path / f"anew-{step}")
        assert results(tmp_path / "followed") == results(tmp_path / f"anew-{step}")


def test_verdicts_are_those_of_the_definition_with_the_inputs_ranked_as_they_are_named(folder, tmp_path):
    draw = np.random.default_rng(7)
    order = ["d.jsonl", "a.jsonl", "c.parquet"]
    candidates: dict[str, dict] = {}
    for place, name in enumerate(order):
        documents = [(f"{name}:{number}", content) for number, (_, content) in enumerate(rows(draw) + rows(draw))]
        write(folder, name, documents)
        for identity, content in documents:
            candidates[identity] = {
                "id": identity,
                "tier": 0,
                "seniority": place,
                "quality": 0,
                "norm_hash": definition.normalised(content),
                "shingles": len(definition.shingles(content)),
                "signature": definition.signature(content),
            }
    bring_up(folder, tmp_path / "out", order)
    found = verdicts(tmp_path / "out")
    assert found.equals(definition.verdicts(pl.DataFrame(list(candidates.values()))))
    assert set(found["verdict"]) == {"kept", "exact_dup", "near_dup"}, "else nothing was tested"


def test_an_unchanged_input_is_not_signed_again_and_writes_nothing(folder, tmp_path):
    for number, name in enumerate(NAMES):
        write(folder, name, [(f"{name}:{place}", text(10 * number + place, 0)) for place in range(5)])
    assert bring_up(folder, tmp_path / "out").signed == 4
    before = results(tmp_path / "out")
    again = bring_up(folder, tmp_path / "out")
    assert (again.signed, again.written) == (0, 0)
    assert results(tmp_path / "out") == before
    write(folder, "b.jsonl", [("b.jsonl:9", text(99, 0))])
    changed = bring_up(folder, tmp_path / "out")
    assert (changed.signed, changed.written) == (1, 1)


def test_the_first_of_two_documents_with_one_id_is_kept_and_the_other_named(folder, tmp_path):
    write(folder, "a.jsonl", [("x", "one"), ("y", "two"), ("x", "three")])
    write(folder, "b.jsonl", [("y", "four"), ("z", "five")])
    done = bring_up(folder, tmp_path / "out", ["a.jsonl", "b.jsonl"])
    assert verdicts(tmp_path / "out")["id"].to_list() == ["x", "y", "z"]
    assert done.refused == {"id stands twice": 2, "not JSON": 2}
    named = [json.loads(line) for line in (tmp_path / "out" / "problems.jsonl").read_text().splitlines()]
    twice = [(p["input"].rpartition("/")[2], p["line"], p["reason"].split()[2]) for p in named if "stands" in p["reason"]]
    assert twice == [("a.jsonl", 3, "x"), ("b.jsonl", 1, "y")]


def test_of_many_ids_that_stand_twice_the_first_are_named_and_all_are_counted(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "PROBLEMS_KEPT", 4)
    documents = [(f"id{number}", text(number, 0)) for number in range(9)]
    write(folder, "a.jsonl", documents)
    write(folder, "b.jsonl", documents)
    done = bring_up(folder, tmp_path / "out", ["a.jsonl", "b.jsonl"])
    assert done.refused == {"id stands twice": 9, "not JSON": 2}
    named = [json.loads(line) for line in (tmp_path / "out" / "problems.jsonl").read_text().splitlines()]
    of_b = [(problem["line"], problem["reason"]) for problem in named if problem["input"].endswith("b.jsonl")]
    assert [line for line, _ in of_b] == [10, 1, 2, 3, None], "the line that is broken, then the ids"
    assert of_b[-1][1] == "6 more lines; all are counted in manifest.json"


def test_a_file_of_verdicts_that_was_cut_short_is_written_again(folder, tmp_path):
    write(folder, "a.jsonl", [(f"id{number}", text(number, 0)) for number in range(9)])
    bring_up(folder, tmp_path / "out")
    before = results(tmp_path / "out")
    cut = min((tmp_path / "out" / "verdicts").iterdir())
    cut.write_bytes(cut.read_bytes()[:-1])
    assert bring_up(folder, tmp_path / "out").written == 1
    assert results(tmp_path / "out") == before


def test_an_input_that_cannot_be_read_is_left_out_and_named_and_the_rest_goes_on(folder, tmp_path):
    write(folder, "a.jsonl", [("x", "one")])
    (folder / "b.jsonl.gz").write_bytes(b"not gzip")
    done = bring_up(folder, tmp_path / "out")
    assert done.documents == 1
    assert list(done.failed) == [(folder / "b.jsonl.gz").as_posix()]
    assert "cannot be read to its end" in (tmp_path / "out" / "problems.jsonl").read_text()


class Crash(BaseException):
    """A kill in the middle."""


def test_after_a_crash_at_any_write_the_next_run_ends_as_from_nothing(folder, tmp_path, monkeypatch):
    draw = np.random.default_rng(3)
    for name in NAMES:
        write(folder, name, rows(draw) + rows(draw))
    bring_up(folder, tmp_path / "first")
    for name in NAMES[1:]:
        write(folder, name, rows(draw) + rows(draw))
    bring_up(folder, tmp_path / "anew")
    publish, left = store.publish, [0]

    def crashing(temporary, final):
        left[0] -= 1
        if left[0] == 0:
            raise Crash
        publish(temporary, final)

    monkeypatch.setattr(store, "publish", crashing)
    for moment in range(1, 200):
        left[0] = moment
        try:
            bring_up(folder, tmp_path / "first")
        except Crash:
            continue
        break
    assert moment > 10, "there were no writes to crash at"
    assert results(tmp_path / "first") == results(tmp_path / "anew")


def test_a_damaged_cache_costs_time_only(folder, tmp_path):
    draw = np.random.default_rng(5)
    for name in NAMES:
        write(folder, name, rows(draw))
    bring_up(folder, tmp_path / "out")
    before = results(tmp_path / "out")
    for path in (tmp_path / "out" / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    for path in (tmp_path / "out" / "signatures").iterdir():
        path.unlink()
    bring_up(folder, tmp_path / "out")
    assert results(tmp_path / "out") == before


def test_a_line_put_in_changes_the_parts_near_it_only(folder, tmp_path):
    documents = [(f"id{number}", text(number, 0, 20)) for number in range(60)]
    write(folder, "a.jsonl", documents)
    bring_up(folder, tmp_path / "out")
    before = pl.concat(pl.read_parquet(path) for path in (tmp_path / "out" / "signatures").iterdir())
    assert before["id"].sort().to_list() == sorted(identity for identity, _ in documents)
    sizes = [pl.read_parquet(path).height for path in (tmp_path / "out" / "signatures").iterdir()]
    assert max(sizes) <= 12
    assert len(sizes) > 8


def test_a_line_put_in_before_all_others_has_itself_decided_and_no_other(folder, tmp_path):
    """Although each line after it has another number."""
    documents = [(f"id{number}", text(number, 0, 40)) for number in range(60)]
    write(folder, "a.jsonl", documents)
    bring_up(folder, tmp_path / "out")
    documents[30] = ("id30", text(1000, 0, 40))
    write(folder, "a.jsonl", [("new", text(2000, 0, 40)), *documents])
    changed = bring_up(folder, tmp_path / "out")
    assert changed.rebuilt is None
    assert changed.evaluated <= 3, "the new one, and the one that is another now"
    assert changed.written <= 2
    bring_up(folder, tmp_path / "anew")
    assert results(tmp_path / "out") == results(tmp_path / "anew")


def test_parts_that_begin_after_the_same_id_are_told_apart(folder, tmp_path):
    documents = [(f"id{number % 7}", text(number, 0, 40)) for number in range(60)]
    write(folder, "a.jsonl", documents)
    done = bring_up(folder, tmp_path / "out")
    names = [part["name"] for part in json.loads((tmp_path / "out" / "manifest.json").read_bytes())["inputs"][0]["parts"]]
    assert any(name.endswith("-2") for name in names), "no part begins after an id that stood before: nothing was tested"
    assert len(set(names)) == len(names)
    assert (done.documents, done.refused["id stands twice"]) == (7, 53)


def test_numbers_follow_the_order_and_known_ones_stay_where_they_can():
    first = numbered(["a", "b", "c"], {})
    assert first == {"a": STRIDE, "b": 2 * STRIDE, "c": 3 * STRIDE}
    more = numbered(["x", "a", "y", "z", "c", "d"], first)
    assert (more["a"], more["c"]) == (first["a"], first["c"])
    assert sorted(more, key=lambda name: more[name]) == ["x", "a", "y", "z", "c", "d"]
    turned = numbered(["c", "a"], first)
    assert turned["c"] < turned["a"]
    assert numbered(["a", "m", "b"], {"a": 1, "b": 2}) == {"a": STRIDE, "m": 2 * STRIDE, "b": 3 * STRIDE}


def test_what_is_no_input_is_said_all_at_once(folder, tmp_path):
    (folder / "notes.txt").write_text("x")
    with pytest.raises(PileError) as error:
        find_inputs([folder / "notes.txt", folder / "gone.jsonl", folder], tmp_path / "out")
    assert all(part in error.value.cause for part in ("notes.txt ends in none of", "gone.jsonl does not exist", "no such file"))


def test_results_within_the_folder_of_inputs_are_no_inputs(folder):
    write(folder, "a.jsonl", [("x", "one")])
    out = folder / "out"
    bring_up(folder, out)
    assert bring_up(folder, out).inputs == 1


def test_a_folder_with_something_else_in_it_is_not_touched(folder, tmp_path):
    write(folder, "a.jsonl", [("x", "one")])
    out = tmp_path / "mine"
    (out / "verdicts").mkdir(parents=True)
    (out / "verdicts" / "precious").write_text("keep me")
    with pytest.raises(PileError, match="something else"):
        bring_up(folder, out)
    assert (out / "verdicts" / "precious").read_text() == "keep me"


def test_the_command_prints_json_and_says_by_its_exit_code_whether_lines_were_left_out(folder, tmp_path):
    (folder / "a.jsonl").write_text('{"key": "x", "body": "one"}\n')
    arguments = ["dedup", "run", str(folder), "--out", str(tmp_path / "out"), "--id-column", "key", "--text-column", "body"]
    done = CliRunner().invoke(cli.main, [*arguments, "--json"])
    assert (done.exit_code, json.loads(done.stdout)["verdicts"]) == (0, {"kept": 1})
    (folder / "a.jsonl").write_text('{"key": "x", "body": "one"}\nbroken\n')
    done = CliRunner().invoke(cli.main, arguments)
    assert done.exit_code == 3
    assert "not JSON" in done.stdout
    assert (
        CliRunner().invoke(cli.main, ["dedup", "run", str(folder / "gone.jsonl"), "--out", str(tmp_path / "o")]).exit_code == 1
    )
