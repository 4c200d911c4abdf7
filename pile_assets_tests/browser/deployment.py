"""A real deployment for a browser: three small libraries of text, built by the daemon, with the webserver in front.

What belongs here: what is published, starting the servers, and asking them and the store how things really are. What may
not: a browser.
"""

import json
import os
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pile_assets.deployment import PROJECT
from pile_assets.graph.instance import open_instance
from pile_assets.graph.planning import waves
from pile_assets.graph.reconcile import differs
from pile_assets.graph.runs import unfinished
from pile_assets.graph.serve import Servers
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word

QUICK = {"PILE_SENSOR_SECONDS": "2", "PILE_PLANNER_SECONDS": "1", "PILE_RECONCILE_SECONDS": "2"}
SETTLE_SECONDS = 240
"""How long the corpus may take to be built or healed; a minute where nothing else is at work on the machine."""


def library(root: Path) -> Corpus:
    """Three sources in two domains and 21 partitions: several shards, licences, drops and duplicates, and one shard of so
    many partitions that their list does not fit in place."""
    corpus = Corpus(root, shard_bytes=24_000, sources=())
    corpus.add_source("fables", 0, title="Fables", description="Short tales, retold for a test.")
    corpus.add_source("songs", 1, title="Songs", description="Song texts, written for a test.")
    corpus.add_source("statutes", 2, title="Statutes", description="Laws of a country that is not.", domain="legal")
    for number in range(1, 7):
        corpus.publish("fables", f"volume-{number}", [document(f"fable-{number}-{i}") for i in range(6)])
    for number in range(1, 4):
        corpus.publish("songs", f"book-{number}", list(_songs(number)))
    for year in range(2001, 2013):
        corpus.publish("statutes", f"year-{year}", [document(f"statute-{year}")])
    return corpus


def _songs(number: int) -> Iterator[dict[str, Any]]:
    """What a careless publisher mixes: several licences, one that is no licence, a fragment, and a tale told elsewhere."""
    for index, licence in enumerate(("MIT", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0")):
        yield document(f"song-{number}-{index}", licence=licence, author="The Miller")
    yield document(f"song-{number}-unclear", licence="ask the author")
    yield document(f"song-{number}-fragment", "Too short to say anything.")
    yield document(f"song-{number}-retold", with_changed_word(prose(f"fable-{number}-0")))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Deployed:
    """A running deployment, and how things really are in it, whatever its pages say."""

    corpus: Corpus
    servers: Servers

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL query or mutation, as the pages send them."""
        request = urllib.request.Request(
            f"{self.servers.url}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def runs(self) -> dict[str, str]:
        """Every run by its id, with the work that the planner asked of it or else the name of its job."""
        found = self.ask("{runsOrError {... on Runs {results {runId jobName tags {key value}}}}}")
        return {
            run["runId"]: next((tag["value"] for tag in run["tags"] if tag["key"] == "pile/work"), run["jobName"])
            for run in found["runsOrError"]["results"]
        }

    def shards(self, domain: str) -> list[str]:
        return sorted(self._pile.store.partitions(f"domains/{domain}", "shards"))

    def content(self) -> dict[str, bytes]:
        """The bytes of every shard file and the release."""
        return self._pile.shard_files() | {"release": self._pile.release.encode()}

    @property
    def _pile(self) -> Pile:
        return Pile(self.corpus)

    def wait(self, found: Callable[[], Any], what: str, seconds: float = SETTLE_SECONDS) -> Any:
        """The first truthy value."""
        deadline = time.monotonic() + seconds
        while not (value := found()):
            self.servers.check()
            assert time.monotonic() < deadline, f"{what} after {seconds:.0f} s"
            time.sleep(0.5)
        return value

    def settle(self) -> None:
        """Wait until nothing is due, nothing runs, and Dagster's records are those of the store."""
        self.wait(self._at_rest, "the deployment does not come to rest")

    def _at_rest(self) -> bool:
        session = self.corpus.deployment.open()
        if not (self.corpus.home / "releases").is_dir() or any(pieces for _, pieces in waves(session)):
            return False
        with open_instance(self.servers.environment) as instance:
            return not unfinished(instance) and not list(differs(instance, session))


@contextmanager
def deployed(corpus: Corpus) -> Iterator[Deployed]:
    """Code server, daemon and webserver over a corpus, with a Dagster home of their own."""
    home = corpus.root / "dagster_home"
    home.mkdir(exist_ok=True)
    shutil.copy(PROJECT / "dagster.yaml", home)
    ports = {"PILE_WEB_PORT": str(free_port()), "PILE_CODE_PORT": str(free_port())}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PILE_", "DAGSTER_"))}
    servers = Servers({**inherited, **corpus.environment, **QUICK, **ports, "DAGSTER_HOME": str(home)})
    servers.start()
    try:
        yield Deployed(corpus, servers)
    finally:
        servers.stop()
