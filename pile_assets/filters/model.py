"""What a filter is: a named, versioned function from documents to attributes, with its reason and its source.

Only the `Filter` dataclass and the adapter that makes `annotate` from a function of one text belong here. What a
filter measures is in its own module; what follows from a measurement is `policy`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pile_assets.filters.media import Media, covers
from pile_assets.schemas import ATTRIBUTES

Schema = Mapping[str, pl.DataType | type[pl.DataType]]
Annotate = Callable[[pl.DataFrame], pl.DataFrame]
Measure = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class Filter:
    """A measurement of documents. It annotates and never deletes.

    `annotate` takes a batch with the columns id, media_type, text and returns id and the columns of `schema`, same
    height and order; rows whose media type the filter does not read are null. A row's attributes depend on that row
    alone, so that any split into batches gives the same output.

    `version` is raised whenever the output for some text changes; `parameters` and the versions of `libraries` are
    the rest of the step's key.
    """

    name: str
    version: str
    rationale: str  # why this filter exists, for the datasheet
    source: str  # where the measurement is described
    schema: Schema  # the attribute columns, without id
    media: Media
    annotate: Annotate
    libraries: tuple[str, ...] = ()  # distributions whose version can change the output
    parameters: Mapping[str, Any] = field(default_factory=dict)  # everything frozen in code that changes the output
    kinds: tuple[str, ...] = ()  # the kinds its spans carry, for filters with a column of spans


def per_document(measure: Measure, schema: Schema, media: Media) -> Annotate:
    """The `annotate` of a filter that looks at one text at a time.

    `measure` returns a value for every column of `schema`. Memory beyond the batch and its attributes is what
    `measure` needs for one text.
    """

    def annotate(documents: pl.DataFrame) -> pl.DataFrame:
        rows = [
            measure(text) if covers(media, media_type) else None
            for media_type, text in documents.select("media_type", "text").iter_rows()
        ]
        columns = [
            pl.Series(name, [None if row is None else row[name] for row in rows], dtype=dtype) for name, dtype in schema.items()
        ]
        return pl.DataFrame([documents["id"].cast(ATTRIBUTES["id"]), *columns])

    return annotate
