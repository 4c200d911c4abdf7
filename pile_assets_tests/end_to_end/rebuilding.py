"""The same inputs built again in this process, beside the deployment and from nothing, to compare bytes with.

What belongs here: a corpus of the test's own with a copy of what is published, and building it. Of what it built for an
earlier event only finished steps of chains are remembered, by their keys: the store is otherwise as on the first day, so that
verdicts, plans, shards and the release are decided from all documents at once. Nothing is taken from the deployment but what is
recorded data: its seniority numbers, and the takedown ledger with its marks.
"""

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pile_assets.build import build
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus


class Rebuilding:
    """Builds one copy at a time, in the background: one core builds while the daemon works on the next event."""

    def __init__(self, root: Path, corpus: Corpus):
        self._given = corpus
        self._copy = Corpus(root, (), shard_bytes=corpus.shard_bytes)
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def begin(self, problems: list[str]) -> None:
        """Build what is published now; what comes out differently is added to `problems` by the time `wait` returns."""
        self.wait()
        self._forget()
        self._copy_inputs()
        pile = Pile(self._given)
        self._last = self._pool.submit(self._compare, pile.shard_files(), pile.release, problems)

    def wait(self) -> None:
        """Until the last copy has been built and compared; raises what building raised."""
        if self._last is not None:
            self._last.result()
            self._last = None

    def end(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _forget(self) -> None:
        home = self._copy.home
        for manifest in home.glob("store/sources/**/manifest.json"):
            manifest.unlink()
        for name in ("state", "releases", "store/domains", "store/corpus", "cache/dedup"):
            shutil.rmtree(home / name, ignore_errors=True)

    def _copy_inputs(self) -> None:
        """Registry and published files, and nothing that a test planned beside them."""
        given, copy = self._given, self._copy
        for record in given.registry.glob("*.yaml"):
            (copy.registry / record.name).write_text(record.read_text().replace(str(given.root), str(copy.root)))
            shutil.rmtree(copy.folder(record.stem), ignore_errors=True)
            copy.folder(record.stem).mkdir()
            for published in given.folder(record.stem).glob("*.jsonl"):
                shutil.copy(published, copy.folder(record.stem))
        copy.deployment.open().state.save_seniority(given.deployment.open().state.seniority())
        if (withdrawn := given.home / "state" / "takedowns").is_dir():
            shutil.copytree(withdrawn, copy.home / "state" / "takedowns")

    def _compare(self, made: Mapping[str, bytes], release: str, problems: list[str]) -> None:
        report = build(self._copy.deployment.open(), threads=1)
        problems += [f"built from nothing, it fails: {error}" for error in report.failed]
        again = Pile(self._copy)
        problems += _unlike(made, again.shard_files())
        if again.release != release:
            problems.append("built from nothing, the release is another")


def _unlike(made: Mapping[str, bytes], again: Mapping[str, bytes]) -> Iterator[str]:
    for name in sorted({*made, *again}):
        if made.get(name) != again.get(name):
            yield f"built from nothing, {name} has other bytes"
