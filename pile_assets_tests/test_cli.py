"""`pile` as an operator meets it: what it prints, how it fails, and what its exit codes say."""

import json
import os
import resource
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pile_assets.cli import main
from pile_assets.console import terminal
from pile_assets.console.terminal import Bytes, plain
from pile_assets.store import Address
from pile_assets_tests.commands import PROJECT, Pile
from pile_assets_tests.deployments import document

COMMANDS = ["build", "doctor", "find", "lineage", "plan", "reconcile", "release", "serve", "sources", "sql", "status", "verify"]
SOURCES_COMMANDS = ["check", "disable", "enable", "list", "new", "show"]
GROUPED = [
    *(["sources", name] for name in SOURCES_COMMANDS),
    *([group, name] for group, name in (("release", "check"), ("release", "path"), ("dedup", "preview"), ("dedup", "run"))),
]


# -- help and form -------------------------------------------------------------------------------------------------


def test_help_answers_at_once() -> None:
    """In processor time, since the machine may be busy. Polars, DuckDB and pydantic would take longer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "pile_assets.cli", "--help"], cwd=PROJECT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert b"Usage: pile" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), *GROUPED])
def test_every_help_page_says_what_the_exit_codes_mean(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    if command != ["serve"]:
        assert "3    it finished, but some partitions failed or are in quarantine" in result.output


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS if name not in ("release", "serve", "sources")), *GROUPED])
def test_every_command_takes_json(command: list[str]) -> None:
    assert "--json" in CliRunner().invoke(main, [*command, "--help"]).output


def test_a_command_given_wrongly_exits_2() -> None:
    assert CliRunner().invoke(main, ["build", "--no-such-option"]).exit_code == 2
    assert CliRunner().invoke(main, ["sources", "enable", "songs", "--option", "no-equals"]).exit_code == 2


def test_a_title_cannot_command_the_terminal(fresh: Pile) -> None:
    fresh.corpus.publish("songs", "hostile", [document("hostile", title="\x1b]0;owned\x07\x9b2J\x1b[2Jtitle [red]of[/red]")])
    fresh.build()
    shown = fresh.run("find", "hostile").stdout
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "title [red]of[/red]" in shown.replace("\n", "")
    assert plain("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (33554432, "33.6 MB"), (10**13, "10.0 TB")]
)
def test_bytes_are_shown_in_the_unit_that_suits_them(size: int, text: str) -> None:
    assert str(Bytes(size)) == text


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_an_error_names_place_cause_and_next_step(built_once: Pile) -> None:
    result = built_once.run("lineage", "books/permissive-al")
    assert result.exit_code == 1
    assert result.stdout == ""
    cause, following = result.stderr.splitlines()[1:]
    assert cause == "  There is no shard 'books/permissive-al'."
    assert following.startswith("  Next: Is it one of these: books/permissive-all, books/sharealike-all, books/public-domain-")
    assert following.endswith("? `pile status` shows what there is.")
    as_json = built_once.ask("lineage", "books/permissive-al", exit_code=1)
    assert as_json["error"]["cause"] == "There is no shard 'books/permissive-al'."


def test_reading_where_nothing_was_built_creates_nothing_and_says_so(fresh: Pile) -> None:
    for command in (["verify"], ["find", "x"], ["sql", "select 1"], ["lineage", "books/all"]):
        refused = fresh.ask(*command, exit_code=1)
        assert "Run `pile build`" in refused["error"]["remedy"]
    assert not fresh.corpus.home.exists()


def test_a_second_build_is_told_who_has_the_store(fresh: Pile) -> None:
    with fresh.store.lock("pile build", exclusive=True):
        refused = fresh.ask("build", "--no-dagster", exit_code=1)
        assert f"pile build (process {os.getpid()})" in refused["error"]["cause"]
        assert fresh.run("plan").exit_code == 1
        assert fresh.run("verify").exit_code == 1


def test_a_store_that_cannot_be_written_is_an_error_for_people(fresh: Pile) -> None:
    fresh.corpus.home.write_text("in the way")
    refused = fresh.ask("build", "--no-dagster", exit_code=1)
    assert "refused a read or write" in refused["error"]["cause"]
    assert "PILE_HOME" in refused["error"]["remedy"]


def test_exit_codes_reach_the_shell(built: Pile) -> None:
    good = built.start("verify", "--json")
    output, _ = good.communicate(timeout=60)
    assert (good.returncode, json.loads(output)["whole"]) == (0, True)
    path = built.store.paths(built.store.manifest(Address.of_domain("books", "shards", "permissive-all")))[0]  # type: ignore[arg-type]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    bad = built.start("verify", "--json")
    output, _ = bad.communicate(timeout=60)
    assert (bad.returncode, len(json.loads(output)["problems"])) == (1, 1)


# -- reading -------------------------------------------------------------------------------------------------------


def test_lineage_of_every_shard_lists_exactly_the_partitions_of_its_rows(built_once: Pile) -> None:
    rows = built_once.ask("sql", "select domain, shard, source, partition, count(*) n from shards group by all")
    for name in {f"{row['domain']}/{row['shard']}" for row in rows}:
        listed = built_once.ask("lineage", name)["partitions"]
        held = {(r["source"], r["partition"]): r["n"] for r in rows if f"{r['domain']}/{r['shard']}" == name}
        assert {(part["source"], part["partition"]): part["documents"] for part in listed} == held


def test_every_reading_command_answers_people(built_once: Pile) -> None:
    for command, expected in {
        ("status",): "Licence statement not understood",
        ("status", "--held"): "songs:mixed/copyleft",
        ("status", "songs"): "what else",
        ("lineage", "books/sharealike-all"): "upstream version",
        ("lineage", "songs:mixed/copy"): "fables:one/fable-one-0",
        ("lineage", "fables:one/fable-one-0"): "Dropped as duplicates of it",
        ("find", "MILL"): "songs:mixed/credited",
        ("sql", "from upstream"): "present",
        ("sql", "from shards limit 2"): "Row 2",
        ("sql", "select count(*) as rows_there from shards"): "21",
        ("sql", "select 1 where false"): "No rows",
        ("verify",): "All is whole",
        ("sources", "list"): "fables",
        ("sources", "show", "songs"): "licence_grant",
        ("sources", "check"): "Every record can be used",
    }.items():
        result = built_once.run(*command)
        assert result.exit_code == 0, (command, result.output)
        assert expected in result.stdout, (command, result.stdout)


def test_sql_answers_as_csv_and_json(built_once: Pile) -> None:
    query = "select id, accepted, title from documents where id like '%mixed/c%' order by id limit 2"
    as_csv = built_once.run("sql", query, "--format", "csv").stdout
    assert as_csv == "id,accepted,title\nsongs:mixed/copy,True,\nsongs:mixed/copyleft,False,\n"
    as_json = json.loads(built_once.run("sql", query, "--format", "json").stdout)
    assert as_json[1] == {"id": "songs:mixed/copyleft", "accepted": False, "title": None}
    assert built_once.ask("sql", r"select '\x00\xFF'::blob as bytes") == [{"bytes": "00ff"}]


def test_found_ids_can_be_copied_whole(fresh: Pile) -> None:
    name = "x" * 230
    fresh.corpus.publish("songs", "long", [document(name, title="T" * 90)])
    fresh.build()
    assert f"songs:long/{name} " in fresh.run("find", "x" * 40).stdout


def test_status_lists_what_no_shard_may_hold(built_once: Pile) -> None:
    """Every document in a shard has an accepted licence, and every other one is listed with its reason."""
    held = built_once.ask("status", "--held")
    listed = {example for item in held for example in item["examples"]}
    shown = {row["id"] for row in built_once.ask("sql", "from shards")}
    accepted = {row["id"]: row["accepted"] for row in built_once.ask("sql", "select id, accepted from documents")}
    assert all(accepted[identifier] for identifier in shown)
    assert {identifier for identifier, admitted in accepted.items() if not admitted} == listed


def test_doctor_looks_at_this_deployment(fresh: Pile) -> None:
    found = json.loads(fresh.run("doctor", "--json").stdout)
    assert any(str(fresh.corpus.home) in finding["found"] for finding in found["findings"])
    assert not fresh.corpus.home.exists()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_narrow_terminal_cuts_no_number_and_no_word(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "PLAIN_WIDTH", width)
    why = "held until somebody has looked at it"
    terminal.table("Sources", ["source", "kept documents", "why"], [["python_distributions", 1_234_567, why]])
    shown = capsys.readouterr().out
    assert "python_distributions" in shown
    assert "1,234,567" in shown
    assert [word for word in why.split() if word not in shown.split()] == []
