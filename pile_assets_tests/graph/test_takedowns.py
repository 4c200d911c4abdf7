"""The ledger in a running deployment: an edit is picked up, and only what it touches is done and told."""

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from pile_assets.deployment import Deployment
from pile_assets.licensing.takedowns.model import Effect
from pile_assets.store import Address
from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import Daemon, metadata
from pile_assets_tests.withdrawal.requests import add, decided, request

BOOKS_TAIL = ["corpus/dedup", "domains/books", "corpus/release"]


def test_an_edit_of_the_ledger_is_applied_before_anything_else_and_only_where_it_matters(built):
    before = built.events()
    add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
    assert built.rest() == ["corpus/takedowns", "sources/fables", *BOOKS_TAIL]
    assert built.version(["fables", "suppressions"], "one") is not None
    assert built.materializations(["fables", "suppressions"], "two") == []
    # takedowns, suppressions, eligible, unique, dedup, shard_plan, shard_inputs, shards, legal_kit, cards, release
    assert built.events() - before == 11
    assert built.tick() == []


def test_a_request_that_is_undone_leads_back_to_the_same_release(built):
    release = built.version(["release"])
    entry = request(1, "author_key", "nobody yet")
    add(built.corpus, entry)
    assert built.rest() == ["corpus/takedowns"]
    built.corpus.publish("songs", "beta", [document("new", author="Nobody Yet")])
    built.settle()
    assert built.version(["release"]) == release
    add(built.corpus, decided(entry, "refused"))
    assert built.rest() == ["corpus/takedowns", "sources/songs", *BOOKS_TAIL]
    assert built.version(["release"]) != release


def test_the_page_of_takedowns_has_numbers_and_names_nobody(built):
    add(built.corpus, request(1, "author_key", "Ada Secret"), request(2, "doc_id", "fables:one/fable-one-1"))
    built.rest()
    (event,) = built.materializations(["takedowns"])
    said = metadata(event)
    assert "Secret" not in str(said)
    assert "fable-one-1" not in str(said)
    assert "pending_quarantined" in str(said["requests"])


def test_a_broken_line_fails_the_check_and_a_mended_one_passes_it(built):
    add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
    built.rest()
    path = built.corpus.home / "state" / "takedowns" / "ledger.jsonl"
    good = path.read_text()
    path.write_text(good + "{broken\n")
    built.rest()
    passed, said = built.check(["takedowns"], "ledger_is_whole") or (True, "")
    assert not passed
    assert "1 lines need mending" in str(said)
    path.write_text(good)
    built.rest()
    assert built.check(["takedowns"], "ledger_is_whole") == (True, "Every line can be used.")


def test_a_withdrawn_document_in_a_shard_fails_the_check(built):
    add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
    assert built.tick() == ["corpus/takedowns"]
    assert (built.check(["release"], "nothing_withdrawn") or (True,))[0] is False
    built.rest()
    assert built.check(["release"], "nothing_withdrawn") == (True, "No shard holds a withdrawn document.")


def test_a_decision_to_purge_in_the_ledger_is_carried_out_and_told(built):
    entry = request(1, "doc_id", "fables:one/fable-one-1")
    withdrawn = entry.model_copy(update={"effect": Effect(older_releases="withdrawn")})
    add(built.corpus, entry, decided(withdrawn, "granted", purge=True))
    # after the purge the ledger says which releases are gone, and the next one says so too
    assert built.rest()[-4:] == ["corpus/release", "corpus/purge", "corpus/takedowns", "corpus/release"]
    session = Deployment.from_environment().open()
    assert "purged" in session.vault.progress()["TD-2026-0001"]
    documents = session.view.need(Address.of_source("fables", "documents", "one"))
    assert documents.counts.given == 3
    assert built.version(["fables", "documents"], "one") == documents.data_version
    assert built.rest() == []


def test_a_run_by_hand_applies_the_ledger_too(built):
    add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
    assert built.launch([["takedowns"]]).success
    assert built.version(["fables", "suppressions"], "one") is not None


def test_what_a_build_did_is_told_and_a_lost_event_is_told_again(built):
    add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
    built.build()
    version = built.version(["fables", "suppressions"], "one")
    assert version is not None
    built.instance.wipe_assets([dg.AssetKey(["fables", "suppressions"])])
    built.build()
    assert built.version(["fables", "suppressions"], "one") == version


@pytest.mark.parametrize("suppressed", [False, True])
def test_a_partition_is_synced_whether_or_not_it_has_something_kept_out(built: Daemon, suppressed: bool):
    if suppressed:
        add(built.corpus, request(1, "doc_id", "fables:one/fable-one-1"))
        built.rest()
    resolver = CachingStaleStatusResolver(
        built.instance, built.defs.resolve_asset_graph(), LoadingContextForTest(built.instance)
    )
    for partition in ("one", "two"):
        assert resolver.get_status(dg.AssetKey(["fables", "eligible"]), partition) is StaleStatus.FRESH
