"""A real deployment for a browser: three small libraries of text, built by the daemon, with the webserver in front.

What belongs here: what is published, and starting the servers. What may not: a browser.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pile_assets.deployment import PROJECT
from pile_assets.graph.serve import Servers
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word

QUICK = {"PILE_SENSOR_SECONDS": "2", "PILE_PLANNER_SECONDS": "1", "PILE_RECONCILE_SECONDS": "5"}


def library(root: Path) -> Corpus:
    """Three sources in two domains and twelve partitions: several shards, licences, drops and duplicates."""
    corpus = Corpus(root, shard_bytes=12_000, sources=())
    corpus.add_source("fables", 0, title="Fables", description="Short tales, retold for a test.")
    corpus.add_source("songs", 1, title="Songs", description="Song texts, written for a test.")
    corpus.add_source("statutes", 2, title="Statutes", description="Laws of a country that is not.", domain="legal")
    for number in range(1, 7):
        corpus.publish("fables", f"volume-{number}", [document(f"fable-{number}-{i}") for i in range(6)])
    for number in range(1, 4):
        corpus.publish("songs", f"book-{number}", list(_songs(number)))
    for number in range(1, 4):
        corpus.publish("statutes", f"year-{2000 + number}", [document(f"statute-{number}-{i}") for i in range(5)])
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


@contextmanager
def served(corpus: Corpus) -> Iterator[Servers]:
    """Code server, daemon and webserver over a corpus, with a Dagster home of their own."""
    home = corpus.root / "dagster_home"
    home.mkdir(exist_ok=True)
    shutil.copy(PROJECT / "dagster.yaml", home)
    ports = {"PILE_WEB_PORT": str(free_port()), "PILE_CODE_PORT": str(free_port())}
    servers = Servers({**os.environ, **corpus.environment, **QUICK, **ports, "DAGSTER_HOME": str(home)})
    servers.start()
    try:
        yield servers
    finally:
        servers.stop()
