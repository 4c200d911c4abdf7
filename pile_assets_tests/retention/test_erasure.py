"""A document that must leave for good leaves no byte behind, and the corpus is as if the publisher had never had it."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import zstandard

from pile_assets.build import build
from pile_assets.errors import PileError
from pile_assets.release import history
from pile_assets.retention import erasure, proof, redaction
from pile_assets.retention.proof import Search, search
from pile_assets.sources import local_folder
from pile_assets.store import Address
from pile_assets_tests.commands import Pile, varied
from pile_assets_tests.deployments import Corpus, document, prose

GONE = "songs:mixed/credited"
DOCUMENTS = {("songs", "mixed"): [GONE]}


def looked_for(pile: Pile) -> Search:
    """A line of the text, wherever it is."""
    return search(pile.store, {GONE: prose("credited").splitlines()[3]})


def purge(pile: Pile, documents: erasure.Documents = DOCUMENTS) -> erasure.Erased:
    report, erased = erasure.purge(pile.corpus.deployment.open(), documents)
    assert (report.failed, report.quarantined) == ([], [])
    return erased


def without_it(root: Path) -> Pile:
    """The same corpus of a publisher who never had the document."""
    pile = Pile(varied(root))
    path = pile.corpus.folder("songs") / "mixed.jsonl"
    lines = [line for line in path.read_text().splitlines(keepends=True) if json.loads(line)["id"] != "credited"]
    path.write_text("".join(lines))
    pile.build()
    return pile


def test_no_byte_of_a_purged_document_is_left(built: Pile) -> None:
    held = {Path(trace.file).parent.parent.name for trace in looked_for(built).traces}
    assert {"raw", "documents", "cleaned", "shards"} <= held
    erased = purge(built)
    assert looked_for(built) == Search(files=looked_for(built).files)
    assert erased.files["part file"] >= 4
    assert built.run("verify").exit_code == 0


def test_the_corpus_is_as_if_the_publisher_had_never_had_it(built: Pile, tmp_path: Path) -> None:
    purge(built)
    other = without_it(tmp_path / "other")
    assert built.shard_files() == other.shard_files()
    assert built.release == other.release


def test_after_a_purge_nothing_is_due_and_purging_again_does_nothing(built: Pile) -> None:
    purge(built)
    session = built.corpus.deployment.open()
    assert erasure.withhold(session, DOCUMENTS) == []
    assert erasure.erase(session, DOCUMENTS).files == {}
    assert set(build(built.corpus.deployment.open(), discover=False).materialized.values()) == {0}


def test_a_release_that_held_it_keeps_its_digests_and_loses_its_files(built: Pile) -> None:
    before = built.release
    assert purge(built).releases == [before]
    assert [(release.id, release.files) for release in history.read(built.store)] == [(before, False), (built.release, True)]
    assert (built.store.releases / f"{before}.json").exists()


def test_nothing_is_erased_while_a_current_stage_still_holds_it(built: Pile) -> None:
    before = looked_for(built).traces
    with pytest.raises(PileError, match="still holds this document"):
        erasure.erase(built.corpus.deployment.open(), DOCUMENTS)
    assert looked_for(built).traces == before


def test_an_erasure_that_is_interrupted_at_any_file_is_completed_by_the_next(
    built: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = built.corpus.deployment.open()
    erasure.withhold(session, DOCUMENTS)
    build(built.corpus.deployment.open(), discover=False)
    real, allowed, stopped = erasure.Erased.remove, 0, 0
    while True:
        left = allowed

        def remove(self: erasure.Erased, path: Path, kind: str) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            real(self, path, kind)

        monkeypatch.setattr(erasure.Erased, "remove", remove)
        try:
            erasure.erase(built.corpus.deployment.open(), DOCUMENTS)
            break
        except KeyboardInterrupt:
            stopped += 1
            assert built.run("verify").exit_code == 0
            allowed = 2
    assert stopped >= 4
    assert looked_for(built).clean


def test_a_purged_document_of_a_source_that_is_off_leaves_too(built: Pile) -> None:
    built.ask("sources", "disable", "songs")
    built.build()
    purge(built)
    assert looked_for(built).clean
    built.ask("sources", "enable", "songs")
    built.build()
    assert "songs:mixed/shared" in str(built.ask("find", "songs:mixed"))
    assert looked_for(built).clean
    assert built.run("verify").exit_code == 0


def test_a_restored_partition_is_fetched_again_and_the_corpus_is_what_it_was(built: Pile, built_once: Pile) -> None:
    purge(built)
    session = built.corpus.deployment.open()
    assert redaction.restore(session.view, "songs", "mixed")
    assert not redaction.restore(session.view, "songs", "plain")
    built.build()
    assert built.shard_files() == built_once.shard_files()
    assert built.release == built_once.release


# -- raw files ---------------------------------------------------------------------------------------------------------


def test_a_file_shared_with_others_is_cut_also_where_the_connector_cannot(built: Pile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(local_folder, "redact")
    purge(built)
    assert looked_for(built).clean


def test_a_document_that_cannot_be_cut_is_named_and_the_partition_stays(built: Pile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_folder, "redact", lambda file, native_ids: file.content[:-40])
    raw = built.store.manifest(Address.of_source("songs", "raw", "mixed"))
    with pytest.raises(PileError, match=r"songs / mixed: The raw files cannot be cut"):
        erasure.withhold(built.corpus.deployment.open(), DOCUMENTS)
    assert built.store.manifest(Address.of_source("songs", "raw", "mixed")) == raw


def test_a_file_of_removed_documents_alone_is_left_out(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.publish("fables", "one", [document("first"), document("second")])
    pile = Pile(corpus)
    pile.build()
    purge(pile, {("fables", "one"): ["fables:one/first", "fables:one/second"]})
    raw = pile.store.manifest(Address.of_source("fables", "raw", "one"))
    assert raw
    assert (raw.counts.given, raw.files, raw.facts["redacted"]) == (0, (), 1)
    assert pile.shard_files() == {}


# -- the search -------------------------------------------------------------------------------------------------------

NEEDLE = 'the miller said: "never & not again"'


def tar_of(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "inside"),
    [
        (NEEDLE.encode(), ""),
        (json.dumps({"text": NEEDLE}).encode(), ""),
        (b"<p>the miller said: &quot;never &amp; not again&quot;</p>", ""),
        (gzip.compress(b"x" * 5_000_000 + NEEDLE.encode()), "/gzip"),
        (tar_of("a.txt", gzip.compress(NEEDLE.encode())), "/a.txt/gzip"),
        (gzip.compress(tar_of("a.txt", NEEDLE.encode())), "/gzip/a.txt"),
        (b"x" * ((1 << 20) - 10) + NEEDLE.encode(), ""),
        (zstandard.compress(b"x" * 3_000_000) + zstandard.compress(NEEDLE.encode()), "/zstd"),
    ],
    ids=["plain", "json", "html", "gzip", "gzip in tar", "tar in gzip", "over the edge of a chunk", "second frame of zstd"],
)
def test_bytes_are_found_in_any_wrapping(tmp_path: Path, content: bytes, inside: str) -> None:
    pile = Pile(Corpus(tmp_path))
    (pile.store.home / "kept").write_bytes(content)
    innermost = search(pile.store, {"said": NEEDLE}).traces[-1]
    assert (innermost.file, innermost.inside) == ("kept", inside)


TORN = {
    "cut off": gzip.compress(NEEDLE.encode())[:-12],
    "changed": gzip.compress(NEEDLE.encode())[:10] + b"\xff" * 40,
    "zstd": zstandard.compress(NEEDLE.encode())[:4] + b"\xff" * 40,
}


@pytest.mark.parametrize("content", TORN.values(), ids=TORN)
def test_what_cannot_be_looked_into_is_no_proof(tmp_path: Path, content: bytes) -> None:
    pile = Pile(Corpus(tmp_path))
    (pile.store.home / "torn").write_bytes(content)
    found = search(pile.store, {"said": NEEDLE})
    assert not found.clean
    assert found.unsearched[0].startswith("torn: ")


@pytest.mark.parametrize("magic", proof.NOT_OPENED, ids=proof.NOT_OPENED.values())
def test_a_wrapping_that_cannot_be_opened_is_no_proof_either(tmp_path: Path, magic: bytes) -> None:
    pile = Pile(Corpus(tmp_path))
    (pile.store.home / "plain").write_bytes(b"nothing, " + magic)
    assert search(pile.store, {"said": NEEDLE}).clean
    (pile.store.home / "packed").write_bytes(gzip.compress(magic + b"\0" * 64))
    (problem,) = search(pile.store, {"said": NEEDLE}).unsearched
    assert problem.startswith(f"packed: /gzip: it is packed as {proof.NOT_OPENED[magic]}")


def test_a_hash_that_begins_like_an_archive_is_none_and_is_searched_all_the_same(tmp_path: Path) -> None:
    pile = Pile(Corpus(tmp_path))
    begins, wanted = b"\x1f\x8b\x08" + b"\0" * 13, b"0123456789abcdef"
    rows = pl.DataFrame({"id": ["a", "b"], "norm_hash": [begins, wanted]})
    rows.write_parquet(pile.store.home / "hashes.parquet")
    found = search(pile.store, {"hash": wanted})
    assert found.unsearched == []
    assert [(trace.inside, trace.document) for trace in found.traces] == [("norm_hash", "b")]
    rows.rename({"norm_hash": "content"}).write_parquet(pile.store.home / "hashes.parquet")
    assert search(pile.store, {"hash": wanted}).unsearched  # what a publisher gave is looked into


def test_a_needle_that_is_found_everywhere_is_refused(built_once: Pile) -> None:
    with pytest.raises(ValueError, match="fewer than four"):
        search(built_once.store, {"a": "a"})


def test_the_spellings_of_a_text_are_those_of_json_and_html() -> None:
    file = SimpleNamespace(content=json.dumps({"text": NEEDLE}).encode())
    assert any(spelling in file.content for spelling in redaction.spellings(NEEDLE))
