"""Every text of a release by its path. Only that list belongs here; what stands in each is its own module's."""

from pile_assets.release import composition, croissant, dataset_card, datasheet, find_index, layout, legal_kit, source_facts
from pile_assets.release.described import Described
from pile_assets.release.manifest import to_bytes

VERSION = "3"
"""Raised whenever a text would differ for the same release: the code version of the cards."""


def texts(described: Described) -> dict[str, bytes]:
    """Path -> content of everything in the release but its documents, rows of credit and notices."""
    manifest, composed, earlier = described.manifest, described.composition, described.earlier
    return {
        layout.MANIFEST: to_bytes(manifest),
        layout.NOTICE: legal_kit.notice(manifest, described.mix, composed["modified"]),
        layout.MIX: legal_kit.licence_mix(described.mix),
        layout.REUSE: legal_kit.reuse_toml(manifest["shards"], notices=bool(described.kit["notices"])),
        **legal_kit.texts(described.mix, notices=bool(described.kit["notices"])),
        layout.COMPOSITION: composition.to_bytes(dict(composed)),
        layout.SOURCES: source_facts.to_bytes(described.sources),
        layout.CROISSANT: croissant.to_bytes(described),
        layout.CARD: dataset_card.to_bytes(described),
        layout.DATASHEET: datasheet.to_bytes(described),
        layout.CHANGES: composition.changes(
            earlier.manifest if earlier else None, manifest, earlier.composition if earlier else None, dict(composed)
        ),
        **find_index.pages(manifest["id"], (rows for _, rows in described.credits)),
    }
