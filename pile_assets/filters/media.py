"""Media types: which documents are prose, which are code.

The one place that says which section of a policy, and which filters, a document comes under. A type that is in
neither table is neither, and `policy.decide` drops its documents with a reason rather than guess.
"""

from typing import Literal

import polars as pl

Kind = Literal["prose", "code"]
Media = Literal["prose", "code", "all"]
"""What a filter reads: one kind, or every document."""

PROSE = frozenset(
    {
        "text/asciidoc",
        "text/markdown",
        "text/plain",
        "text/x-mediawiki",
        "text/x-org",
        "text/x-rst",
        "text/x-tex",
    }
)
"""Text written to be read, its light markup included. Raw HTML is neither prose nor code: extract its text first."""

CODE = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/sql",
        "application/toml",
        "application/typescript",
        "application/x-sh",
        "application/yaml",
        "text/css",
        "text/javascript",
    }
)
"""Program text with a registered type; every other `text/x-<language>` is code as well, see `is_code`. Data formats
(JSON, XML, CSV) are not: the Stack v2 classes of Common Pile leave them out too."""


def is_prose(media_type: str) -> bool:
    """Whether the prose section of a policy applies; parameters such as `; charset=utf-8` do not matter."""
    return _essence(media_type) in PROSE


def is_code(media_type: str) -> bool:
    """Whether the code section of a policy applies: a type of `CODE`, or a `text/x-` type that is not prose."""
    essence = _essence(media_type)
    return essence in CODE or (essence.startswith("text/x-") and essence not in PROSE)


def kind_of(media_type: str) -> Kind | None:
    """The section of a policy for this type; None for a type that is neither prose nor code."""
    if is_prose(media_type):
        return "prose"
    return "code" if is_code(media_type) else None


def covers(media: Media, media_type: str) -> bool:
    """Whether a filter for `media` reads a document of this type."""
    return media == "all" or kind_of(media_type) == media


def kinds(media_types: pl.Series) -> pl.Series:
    """`kind_of` of every row: a String series of "prose", "code" or null (also where the type itself is null)."""
    known = {media_type: kind_of(media_type) for media_type in media_types.drop_nulls().unique()}
    found = [known.get(media_type) for media_type in media_types]
    return pl.Series("kind", found, dtype=pl.String)


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
