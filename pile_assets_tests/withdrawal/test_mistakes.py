"""Withdrawal closed against mistakes: lost lines, broken lines, a lost key, two that write at once; and what stays private."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from pile_assets.build import build
from pile_assets.errors import PileError
from pile_assets.steps import TAKEDOWNS
from pile_assets.store import Address
from pile_assets_tests.deployments import document, prose
from pile_assets_tests.test_build import shard_bytes
from pile_assets_tests.withdrawal.requests import add, ids, request, run

CANONICAL = "fables:one/fable-one-2"
COPY, NEAR = "songs:late/same", "songs:late/near"


def test_a_ledger_that_lost_a_line_lets_nothing_in(corpus):
    add(corpus, request(1, "doc_id", CANONICAL))
    run(corpus)
    after = shard_bytes(corpus)
    corpus.deployment.open().vault.path.unlink()
    run(corpus)
    assert shard_bytes(corpus) == after
    assert "it was removed" in corpus.deployment.open().view.need(TAKEDOWNS).facts["flaws"][0]


def test_a_broken_line_keeps_out_what_can_still_be_read_of_it(corpus):
    vault = corpus.deployment.open().vault
    vault.folder.mkdir()
    vault.path.write_text(request(1, "doc_id", CANONICAL).as_line()[:-10])
    run(corpus)
    assert CANONICAL not in ids(corpus)


def test_without_its_key_nothing_new_enters_and_nothing_old_returns(corpus):
    add(corpus, request(1, "doc_id", CANONICAL))
    run(corpus)
    before = shard_bytes(corpus)
    vault = corpus.deployment.open().vault
    (vault.folder / "key").unlink()
    corpus.publish("songs", "again", [document("third", prose("fable-one-2"))])
    with pytest.raises(Exception, match="key of the takedown ledger is gone"):
        build(corpus.deployment.open())
    assert shard_bytes(corpus) == before


def test_the_private_files_are_private(corpus):
    add(corpus, request(1, "doc_id", CANONICAL))
    run(corpus)
    folder = corpus.deployment.open().vault.folder
    for path in (folder / "key", folder / "ledger.jsonl", folder / "sealed.json", *(folder / "marks").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_is_remembered_names_no_document_and_holds_no_text_or_plain_hash(corpus):
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1", near_duplicates=True))
    run(corpus)
    session = corpus.deployment.open()
    documents = session.view.store.frame(
        session.view.need(Address.of_source("fables", "documents", "two")), {"text_sha256": None}, ["text_sha256"]
    )
    remembered = "".join(path.read_text() for path in (session.vault.folder / "marks").iterdir())
    assert "fable-two" not in remembered
    assert not any(sha256 in remembered for sha256 in documents["text_sha256"])


def test_the_time_from_receipt_to_clean_shards_is_recorded(corpus):
    add(corpus, request(1, "doc_id", CANONICAL))
    run(corpus)
    session = corpus.deployment.open()
    noted = session.vault.progress()["TD-2026-0001"]
    assert noted["received"] <= noted["applied"] <= noted["clean"]
    assert noted["release"] == json.loads((corpus.home / "releases" / "latest.json").read_bytes())["id"]


def test_of_requests_that_are_written_at_once_none_is_lost(corpus):
    entries = [request(number, "doc_id", f"fables:one/{number}") for number in range(1, 13)]
    with ThreadPoolExecutor(len(entries)) as several:
        list(several.map(lambda entry: corpus.deployment.open().vault.append(entry), entries))
    ledger = corpus.deployment.open().vault.ledger()
    assert (sorted(ledger.entries), ledger.flaws) == ([entry.id for entry in entries], ())


def test_an_id_that_somebody_else_was_quicker_to_take_is_refused_and_his_line_stands(corpus):
    vault = corpus.deployment.open().vault
    vault.append(request(1, "doc_id", CANONICAL))
    with pytest.raises(PileError, match="TD-2026-0001 has been written by somebody else"):
        vault.append(request(1, "doc_id", COPY))
    assert [json.loads(line)["scope"]["value"] for line in vault.path.read_text().splitlines()] == [CANONICAL]
