"""Small real deployments for tests: a registry of `local_folder` sources, their folders, and texts to put in them."""

import copy
import json
import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pile_assets.deployment import Deployment
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.registry.plain_yaml import read_yaml

WORDS = (
    *("the", "river", "and", "a", "mill", "that", "have", "stood", "with", "us", "to", "this", "day", "of", "stone", "water"),
    *("grain", "road", "bridge", "field", "autumn", "morning", "people", "carry", "letters", "market", "bread", "lantern"),
    *("winter", "harvest", "song", "teacher", "garden", "window", "story"),
)


def prose(seed: object, words: int = 120) -> str:
    """Plain English-looking sentences that the prose policy keeps; equal seeds give equal text."""
    chosen = random.Random(str(seed))
    sentences = []
    while words > 0:
        length = chosen.randint(8, 14)
        sentences.append(" ".join(chosen.choice(WORDS) for _ in range(length)).capitalize() + f" {chosen.choice(WORDS)}.")
        words -= length
    return "\n".join(sentences)


def document(name: str, text: str | None = None, **fields: Any) -> dict[str, Any]:
    """One line of a `local_folder` file."""
    line = {
        "id": name,
        "author": "A. Writer",
        "text": prose(name) if text is None else text,
        "url": f"https://example.org/{name}",
        "licence": "CC0-1.0",
    }
    return line | fields


def with_changed_word(text: str, which: int = 7) -> str:
    """A near duplicate: one word replaced."""
    words = text.split(" ")
    words[which] = "replaced"
    return " ".join(words)


class Corpus:
    """A deployment under one folder, with as many folder sources as a test asks for."""

    def __init__(self, root: Path, sources: Iterable[str] = ("fables",), *, shard_bytes: int = 16_000):
        self.root = root
        self.registry = root / "registry"
        self.registry.mkdir(parents=True, exist_ok=True)
        self.home = root / "home"
        self.shard_bytes = shard_bytes
        for number, name in enumerate(sources):
            self.add_source(name, seniority=number)

    def with_own(self, folder: Path, *parts: str) -> "Corpus":
        """The same deployment, with copies of these parts of it (home, registry) in a folder; the others are shared."""
        own = copy.copy(self)
        for part in parts:
            shutil.copytree(getattr(self, part), folder / part)
            setattr(own, part, folder / part)
        return own

    def copied(self, root: Path) -> "Corpus":
        """A copy of everything, to be used from inside `root`: its sources are where the working directory is."""
        shutil.copytree(self.root, root)
        return Corpus(root, (), shard_bytes=self.shard_bytes)

    def add_source(self, name: str, seniority: int, **fields: Any) -> None:
        """Register a source that reads the folder `<root>/<name>`."""
        self.folder(name).mkdir(exist_ok=True)
        record = read_yaml(DEFAULT_FOLDER / "python_distributions.yaml") | {
            "id": name,
            "title": name.capitalize(),
            "domain": "books",
            "connector": "local_folder",
            "options": {"path": str(self.folder(name))},
            "partitioning": {"unit": "one file", "pattern": "[a-z0-9-]+"},
            "seniority": seniority,
        }
        (self.registry / f"{name}.yaml").write_text(json.dumps(record | fields, default=str))

    def folder(self, source: str) -> Path:
        return self.root / source

    def publish(self, source: str, partition: str, documents: Iterable[dict[str, Any]]) -> None:
        """Write a partition's file as a publisher would: whole, under its final name."""
        path = self.folder(source) / f"{partition}.jsonl"
        temporary = path.with_suffix(".part")
        temporary.write_text("".join(json.dumps(line) + "\n" for line in documents))
        temporary.replace(path)

    def withdraw(self, source: str, partition: str) -> None:
        (self.folder(source) / f"{partition}.jsonl").unlink()

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.home, self.registry, self.shard_bytes)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to work on this deployment."""
        return {
            "PILE_HOME": str(self.home),
            "PILE_REGISTRY": str(self.registry),
            "PILE_SHARD_BYTES": str(self.shard_bytes),
        }
