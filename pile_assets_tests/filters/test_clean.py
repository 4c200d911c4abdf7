"""Edits: exactly the spans are replaced, everything else is byte for byte the text as published."""

import hashlib
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets import schemas
from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.filters.policy import Policy, clean, load_policy
from pile_assets_tests.filters import samples
from pile_assets_tests.filters.golden import DEFAULT_POLICY, annotated
from pile_assets_tests.filters.test_policy_file import SMALL

small = Policy.model_validate(SMALL)
Spans = Sequence[tuple[int, int, str]]


def with_spans(documents: pl.DataFrame, *spans: Spans) -> dict[str, pl.DataFrame]:
    column = [[{"start": start, "end": end, "kind": kind} for start, end, kind in row] for row in spans]
    return {"pii": documents.select("id").with_columns(pl.Series("spans", column, dtype=FILTERS["pii"].schema["spans"]))}


def cleaned(text: str, *spans: tuple[int, int, str]) -> str:
    documents = samples.batch(text)
    result: str = clean(small, documents, with_spans(documents, spans))["text"][0]
    return result


def test_each_kind_has_its_mask() -> None:
    assert cleaned("0123456789", (1, 3, "email"), (4, 5, "ip"), (9, 10, "phone")) == "0<|email|>3<|ip|>5678<|phone|>"


def test_offsets_are_bytes() -> None:
    assert cleaned("é漢😀x", (2, 5, "ip")) == "é<|ip|>😀x"
    assert cleaned("é漢😀x", (0, 10, "ip")) == "<|ip|>"


def test_overlapping_spans_are_one_under_the_mask_of_the_first_and_longest() -> None:
    assert cleaned("0123456789", (2, 5, "ip"), (4, 7, "email")) == "01<|ip|>789"
    assert cleaned("0123456789", (2, 5, "ip"), (2, 7, "email"), (6, 9, "phone")) == "01<|email|>9"
    assert cleaned("0123456789", (2, 5, "ip"), (2, 5, "email")) == "01<|email|>56789"
    assert cleaned("0123456789", (2, 5, "ip"), (5, 7, "email")) == "01<|ip|><|email|>789"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_order_in_which_spans_are_listed_does_not_matter(data: st.DataObject) -> None:
    edges = st.tuples(st.integers(0, 19), st.integers(1, 20)).filter(lambda edge: edge[0] < edge[1])
    spans = data.draw(st.lists(st.builds(lambda edge, kind: (*edge, kind), edges, st.sampled_from(["email", "ip", "phone"]))))
    text = "abcdefghijklmnopqrst"
    result = cleaned(text, *spans)
    assert cleaned(text, *data.draw(st.permutations(spans))) == result
    covered = {place for start, end, _ in spans for place in range(start, end)}
    bare = result.replace("<|email|>", "").replace("<|ip|>", "").replace("<|phone|>", "")
    assert bare == "".join(letter for place, letter in enumerate(text) if place not in covered)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=50), max_size=5))
def test_without_spans_nothing_changes(texts: list[str]) -> None:
    documents = samples.batch(*texts)
    result = clean(small, documents, with_spans(documents, *([] for _ in texts)))
    assert result.select("id", "media_type", "text").equals(documents)
    assert not result["modified"].any()


def test_every_document_comes_back_in_order_with_hash_and_size_of_its_text() -> None:
    policy, documents = load_policy(DEFAULT_POLICY), samples.documents()
    result = clean(policy, documents, annotated(documents))
    assert result.schema == pl.Schema(schemas.CLEANED)
    assert result["id"].equals(documents["id"])
    assert result["media_type"].equals(documents["media_type"])
    for row, published in zip(result.iter_rows(named=True), documents["text"], strict=True):
        data = row["text"].encode()
        assert row["text_sha256"] == hashlib.sha256(data).hexdigest()
        assert row["bytes"] == len(data)
        assert row["modified"] == (row["text"] != published)


def test_the_private_sample_is_masked_and_its_copyright_line_is_not() -> None:
    policy, documents = load_policy(DEFAULT_POLICY), samples.batch(samples.PRIVATE)
    text = clean(policy, documents, annotated(documents))["text"][0]
    assert text == (
        "Write to <|email|> or call <|phone|>, or <|phone|> after six o'clock.\n"
        "The server answers at <|ip|> and at [<|ip|>], not at 192.168.0.1 or 127.0.0.1.\n"
        "Version 1.2.3.4 of the program has ISBN 978-0-306-40615-7 and the date 2024-01-15.\n"
        "Copyright (c) 2019 Jane Doe <jane.doe@example.org>\n"
    )


def test_masks_are_found_by_no_filter_again() -> None:
    policy, documents = load_policy(DEFAULT_POLICY), samples.documents()
    once = clean(policy, documents, annotated(documents)).select("id", "media_type", "text")
    assert not clean(policy, once, annotated(once))["modified"].any()


@pytest.mark.parametrize("span", [(-1, 2, "ip"), (2, 2, "ip"), (3, 2, "ip"), (0, 99, "ip"), (1, 3, "ip"), (0, 1, "ip")])
def test_spans_that_do_not_fit_the_text_are_refused(span: tuple[int, int, str]) -> None:
    with pytest.raises(PileError, match="does not fit the text") as caught:
        cleaned("é漢", span)
    assert caught.value.document == "0"


def test_a_kind_without_a_mask_is_refused() -> None:
    with pytest.raises(PileError, match="there is no mask"):
        cleaned("text", (0, 1, "name"))


def test_spans_of_other_documents_are_refused() -> None:
    documents = samples.batch("a", "b")
    with pytest.raises(PileError, match="not there for these documents"):
        clean(small, documents, with_spans(documents.reverse(), [], []))


def test_the_split_into_batches_changes_no_text() -> None:
    policy, documents = load_policy(DEFAULT_POLICY), samples.documents()
    values = annotated(documents)
    whole = clean(policy, documents, values)
    parts = [clean(policy, documents[row : row + 1], {"pii": values["pii"][row : row + 1]}) for row in range(documents.height)]
    assert pl.concat(parts).equals(whole)
