"""Running `pile` as an operator does, over the deployments of tests: in this process for speed, or in one of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from pile_assets.cli import main
from pile_assets.store import Store
from pile_assets_tests.deployments import Corpus, document, prose

PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Pile:
    """`pile` over one deployment."""

    corpus: Corpus

    @property
    def store(self) -> Store:
        return Store(self.corpus.home)

    def run(self, *arguments: str) -> Result:
        """Run a command in this process; stdout and stderr are apart."""
        return CliRunner().invoke(main, arguments, env=self.corpus.environment, catch_exceptions=False)

    def ask(self, *arguments: str, exit_code: int = 0) -> Any:
        """The JSON of a command that must end with `exit_code`."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def build(self, *arguments: str, exit_code: int = 0) -> Any:
        """`pile build` without Dagster, which has tests of its own."""
        return self.ask("build", "--no-dagster", *arguments, exit_code=exit_code)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command in a process of its own; `communicate()` gives its stdout and stderr."""
        return subprocess.Popen(
            [sys.executable, "-m", "pile_assets.cli", *arguments],
            cwd=PROJECT,
            env={**os.environ, **self.corpus.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def shard_files(self) -> dict[str, bytes]:
        """The bytes of every current shard file, by domain, shard and file name."""
        found = {}
        for address in self.store.addresses():
            manifest = self.store.manifest(address) if address.stage == "shards" else None
            for path in self.store.paths(manifest) if manifest else ():
                found[f"{address.name}/{address.partition}/{path.name}"] = path.read_bytes()
        return found

    @property
    def release(self) -> str:
        """The id of the latest release."""
        found: str = json.loads((self.corpus.home / "releases" / "latest.json").read_bytes())["id"]
        return found


def varied(root: Path) -> Corpus:
    """Two sources with what a corpus has: duplicates, several licence families, held, rejected and dropped documents."""
    corpus = Corpus(root, ("fables", "songs"), shard_bytes=8_000)
    for partition in ("one", "two", "three"):
        corpus.publish("fables", partition, [document(f"fable-{partition}-{i}") for i in range(5)])
    corpus.publish(
        "songs",
        "mixed",
        [
            document("credited", licence="MIT", author="The Miller", title="The Song of the Mill"),
            document("shared", licence="CC-BY-SA-4.0"),
            document("copy", prose("fable-one-0")),
            document("unclear", licence="ask the author"),
            document("copyleft", licence="GPL-3.0-only"),
            document("short", "Too short to say anything."),
        ],
    )
    corpus.publish("songs", "plain", [document(f"song-{i}", licence="MIT") for i in range(4)])
    return corpus
