"""`pile licence`: statements on the command line and in batches, a line of JSON each."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pile_assets.cli import main
from pile_assets.licensing.normalise import CONTEXTS, OTHER_NAMES
from pile_assets_tests.commands import PROJECT


def _run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["licence", *arguments], input=stdin, catch_exceptions=False)


def _answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_statement_is_answered_by_a_line_of_json():
    result = _run("CC BY-SA 3.0 DE", "BSD", "CC BY-NC 4.0", "who knows")
    assert result.exit_code == 0
    ported, family, restricted, unknown = _answers(result)
    assert ported == {
        "context": "text",
        "raw": "CC BY-SA 3.0 DE",
        "status": "resolved",
        "spdx": "CC-BY-SA-3.0-DE",
        "family": "CC-BY-SA",
        "port": "DE",
        "rule": "cc-text",
        "open": True,
        "reason": None,
    }
    assert (family["status"], family["spdx"], family["family"], family["open"]) == ("family-only", None, "BSD", False)
    assert (restricted["spdx"], restricted["open"]) == ("CC-BY-NC-4.0", False)
    assert "forbids commercial use" in str(restricted["reason"])
    assert (unknown["status"], unknown["spdx"], unknown["open"]) == ("unresolved", None, False)


def test_the_context_decides_what_a_statement_means():
    (answer,) = _answers(_run("--context", "YouTube", "creativeCommon"))
    assert (answer["spdx"], answer["rule"]) == ("CC-BY-3.0", "youtube")


def test_a_batch_reports_bad_lines_by_number_and_reads_the_rest(tmp_path: Path):
    lines = [
        '{"context": "trove", "raw": "License :: OSI Approved :: MIT License"}',
        "no json",
        "",
        '{"context": "no-such-context", "raw": "MIT"}',
        '{"raw": null}',
        '{"context": "text"}',
        '{"raw": 4}',
        '["MIT"]',
        '{"raw": "CC0"}',
    ]
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes("\n".join(lines).encode() + b'\n{"raw": "\xff"}\n')
    result = _run("--batch", str(batch))
    assert result.exit_code == 3
    assert [(answer["context"], answer["spdx"]) for answer in _answers(result)] == [
        ("trove", "MIT"),
        ("text", None),
        ("text", "CC0-1.0"),
    ]
    for number in (2, 4, 6, 7, 8, 10):
        assert f"line {number}: " in result.stderr
    assert "6 lines were not read" in result.stderr


def test_a_batch_may_come_from_standard_input():
    result = _run("--batch", "-", "--context", "spdx", stdin='{"raw": "mit"}\n')
    assert result.exit_code == 0
    assert [answer["spdx"] for answer in _answers(result)] == ["MIT"]


def test_a_command_without_anything_to_read_says_what_it_wants():
    assert _run().exit_code == 2
    assert _run("--context", "no-such-context", "MIT").exit_code == 2
    assert _run("--batch", "no-such-file").exit_code == 2


def test_every_context_is_listed_with_what_it_reads():
    listed = json.loads(_run("--contexts", "--json").stdout)
    assert [one["context"] for one in listed] == sorted(CONTEXTS)
    assert all(one["summary"].endswith(".") for one in listed)
    assert {name for one in listed for name in one["other_names"]} == set(OTHER_NAMES)
    assert "stackexchange" in _run("--contexts").stdout


def test_the_page_of_vocabularies_is_that_of_the_tables():
    assert _run("--vocabularies").stdout == (PROJECT / "docs" / "licence-vocabularies.md").read_text(encoding="utf-8")
