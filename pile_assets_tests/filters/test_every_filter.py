"""What holds for every filter, whatever it measures."""

import ast
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pile_assets.filters
from pile_assets.filters import FILTERS, Filter
from pile_assets.filters.media import covers
from pile_assets_tests.filters import samples

every_filter = pytest.mark.parametrize("chosen", FILTERS.values(), ids=FILTERS)


def expected_schema(chosen: Filter) -> pl.Schema:
    return pl.Schema({"id": pl.String, **chosen.schema})


@every_filter
def test_rows_come_back_in_order_with_the_declared_columns(chosen: Filter) -> None:
    documents = samples.documents()
    attributes = chosen.annotate(documents)
    assert attributes.schema == expected_schema(chosen)
    assert attributes["id"].equals(documents["id"])


@every_filter
def test_exactly_the_documents_of_its_media_have_attributes(chosen: Filter) -> None:
    documents = samples.documents()
    read = [covers(chosen.media, media_type) for media_type in documents["media_type"]]
    for column in chosen.annotate(documents).drop("id"):
        assert column.is_not_null().to_list() == read, column.name


@every_filter
def test_an_empty_batch_gives_an_empty_frame(chosen: Filter) -> None:
    attributes = chosen.annotate(samples.documents().clear())
    assert attributes.height == 0
    assert attributes.schema == expected_schema(chosen)


@every_filter
def test_neither_the_batches_nor_the_order_of_documents_change_a_row(chosen: Filter) -> None:
    documents = samples.documents()
    whole = chosen.annotate(documents)
    random_order = random.Random(7)
    for size in (1, 3, 10):
        parts = [documents[start : start + size] for start in range(0, documents.height, size)]
        assert pl.concat([chosen.annotate(part) for part in parts]).equals(whole)
    order = random_order.sample(range(documents.height), documents.height)
    assert chosen.annotate(documents[order]).equals(whole[order])


@every_filter
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=200), max_size=4))
def test_any_text_has_finite_attributes(chosen: Filter, texts: list[str]) -> None:
    for media_type in ("text/plain", "text/x-python"):
        attributes = chosen.annotate(samples.batch(*texts, media_type=media_type))
        for column in attributes:
            if column.dtype.is_float() and covers(chosen.media, media_type):
                assert column.is_finite().all(), column.name


@every_filter
def test_it_says_why_it_exists_and_where_it_comes_from(chosen: Filter) -> None:
    assert FILTERS[chosen.name] is chosen
    assert len(chosen.rationale.split()) >= 15
    assert chosen.source
    assert ("spans" in chosen.schema) == bool(chosen.kinds)


def test_kernels_stand_in_one_module() -> None:
    """Numba's cache looks at one file: a kernel calling into another file would go on with its old code."""
    folder = Path(pile_assets.filters.__file__).parent
    using_numba = [
        path.name
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom | ast.Import) and "numba" in ast.unparse(node)
    ]
    assert using_numba == ["kernels.py"]
