"""Two releases of which a document is to leave, as the tests of rewriting have them."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.build import build
from pile_assets.release import check, check_cards, history
from pile_assets.release.check import Problem, Release
from pile_assets.retention import rewriting
from pile_assets.store import Store
from pile_assets.withdrawal import purge
from pile_assets.withdrawal.purge import Purged
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.release import released
from pile_assets_tests.withdrawal.requests import add, request

GONE = "papers:mixed/hostile"
FIRST, SECOND, LATER = date(2026, 10, 30), date(2026, 11, 2), date(2026, 11, 20)
Files = dict[str, bytes]


def published(root: Path) -> Corpus:
    """Two releases that hold the document, on two days."""
    corpus = released.corpus(root)
    for day in (FIRST, SECOND):
        assert not build(corpus.deployment.open(today=day)).failed
        corpus.publish("fables", "two", [document(f"fable-late-{i}") for i in range(3)])
    return corpus


def grant(corpus: Corpus, number: int, id_: str, older: str = "rewritten", **fields: Any) -> None:
    entry = request(number, "doc_id", id_)
    content = entry.model_dump(mode="json") | fields
    content["decision"] = {"state": "granted", "on": "2026-11-20", "purge": True}
    content["effect"]["older_releases"] = older
    content["history"] = [*content["history"], ["2026-11-20", "granted"]]
    before = entry.model_validate({**entry.model_dump(mode="json"), **fields})
    add(corpus, before, entry.model_validate(content))


def purged(corpus: Corpus, today: date = LATER) -> Purged:
    assert not build(corpus.deployment.open(today=today), discover=False).failed
    done = purge.run(corpus.deployment.open(today=today))
    assert done.proven, (done.left, done.unsearched)
    return done


def contents(root: Path) -> Files:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def directories(corpus: Corpus) -> dict[str, Files]:
    """Release -> everything in its directory."""
    return {path.name: contents(path) for path in sorted((corpus.home / "releases").iterdir()) if path.is_dir()}


def documents(files: Files) -> Files:
    return {name: content for name, content in files.items() if name.endswith(".parquet") and name[0].islower()}


def ids(content: bytes) -> set[str]:
    return set(pl.read_parquet(content)["id"])


def problems(root: Path) -> list[Problem]:
    return check.run((*check.CHECKS, *check_cards.CHECKS), Release(root))


def rewriting_of(corpus: Corpus) -> set[str]:
    """The releases that hold the document."""
    store = Store(corpus.home)
    return {one.id for one in history.read(store) if rewriting.held(store, one.id, {GONE})}
