"""All that the texts of a release are written from, in one value. Only that type belongs here, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from pile_assets.release import legal_kit
from pile_assets.release.directory import Earlier
from pile_assets.release.manifest import Manifest
from pile_assets.release.source_facts import SourceFacts
from pile_assets.state import Published

NAME = "pile-assets"
TITLE = "Pile Assets"


@dataclass(frozen=True)
class Described:
    """One release: its manifest, what its kit and cards computed, what the records say, and when it was published."""

    manifest: Manifest
    kit: Mapping[str, Any]
    composition: Mapping[str, Any]
    sources: Mapping[str, SourceFacts]  # those with documents in it
    published: Published
    earlier: Earlier | None
    credits: Sequence[tuple[str, pl.DataFrame]]  # "<domain>/<shard>", rows of attribution.ATTRIBUTION

    @cached_property
    def mix(self) -> dict[str, dict[str, dict[str, int]]]:
        return legal_kit.mix_of(self.manifest["shards"])

    @cached_property
    def licences(self) -> list[str]:
        """The licences of its documents."""
        return legal_kit.identifiers(expression for family in self.mix.values() for expression in family)

    @property
    def documents(self) -> int:
        count: int = self.manifest["totals"]["docs"]
        return count
