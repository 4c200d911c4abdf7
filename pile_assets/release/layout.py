"""Where everything lies in the directory of a release that a consumer takes away.

Only names belong here. All are relative, with forward slashes, and the same on every machine.

    README.md  DATASHEET.md  CHANGES.md  croissant.json                        what it is, in words
    composition.json  sources.json                                             what it is, in figures and facts
    NOTICE  licence_mix.json  REUSE.toml  LICENSES/  NOTICES/                  what its licences ask for
    ATTRIBUTION.parquet/<domain>/<shard>.parquet                               whom to credit, one row per document
    <family>/<domain>/<shard>/<digest>.parquet                                 the documents
    find/index.html                                                            whether something is in it
    manifest.json  SHA256SUMS                                                  what must be there
"""

from collections.abc import Mapping
from typing import Any

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
NOTICE = "NOTICE"
REUSE = "REUSE.toml"
MIX = "licence_mix.json"
LICENCES = "LICENSES"
NOTICES = "NOTICES"
ATTRIBUTION = "ATTRIBUTION.parquet"
CARD = "README.md"
DATASHEET = "DATASHEET.md"
CHANGES = "CHANGES.md"
COMPOSITION = "composition.json"
SOURCES = "sources.json"
CROISSANT = "croissant.json"
FIND = "find"


def family(shard: str) -> str:
    """The licence family of a shard, e.g. "public-domain" of "public-domain-0110"."""
    return shard.rpartition("-")[0]


def shard_name(shard: Mapping[str, Any]) -> str:
    """ "<domain>/<shard>" of a shard of the release manifest."""
    return f"{shard['domain']}/{shard['shard']}"


def shard_folder(shard: Mapping[str, Any]) -> str:
    """The folder of a shard's part files; families are kept apart at the top, so that one can be left out."""
    return f"{family(shard['shard'])}/{shard_name(shard)}"


def part(shard: Mapping[str, Any], file: str) -> str:
    """The path of one part file."""
    return f"{shard_folder(shard)}/{file}"


def attribution(shard: Mapping[str, Any]) -> str:
    """The path of a shard's rows of credit."""
    return f"{ATTRIBUTION}/{shard_name(shard)}.parquet"


def licence_text(identifier: str) -> str:
    """The path of a licence's text; an exception has a text of its own."""
    return f"{LICENCES}/{identifier}.txt"


def notices(source: str, partition: str) -> str:
    """The path of the licence and notice files that came with a source partition."""
    return f"{NOTICES}/{source}/{partition}.txt"
