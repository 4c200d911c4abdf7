"""How tests ask a source module: a context for it, and everything it yields for a partition."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, SourceModule

MIB = 1024 * 1024


def context(
    cache: Path, options: Mapping[str, Any], *, source: str = "a_source", document_bytes: int = 4 * MIB
) -> SourceContext:
    """A context as the chain would make it, with a cache folder that exists."""
    cache.mkdir(parents=True, exist_ok=True)
    return SourceContext(source, options, cache, document_bytes, partition_bytes=1024 * MIB)


def versions(found: Discovery) -> dict[str, str]:
    """Partition to version."""
    return {key: upstream.version for key, upstream in found.partitions.items()}


def fetch(module: SourceModule, asking: SourceContext, partition: str) -> list[RawFile]:
    """The raw files of a partition as upstream has it now."""
    return list(module.fetch(asking, partition, module.discover(asking).partitions[partition]))


def read(module: SourceModule, asking: SourceContext, *partitions: str) -> tuple[dict[str, Document], list[Skipped]]:
    """The documents of these partitions (of all, where none is named) by native id, and what was skipped.

    Fails where two documents share an id.
    """
    documents: dict[str, Document] = {}
    skipped: list[Skipped] = []
    found = module.discover(asking).partitions
    for partition in partitions or found:
        for item in module.documents(asking, partition, module.fetch(asking, partition, found[partition])):
            if isinstance(item, Skipped):
                skipped.append(item)
            else:
                assert item.native_id not in documents
                documents[item.native_id] = item
    return documents, skipped
