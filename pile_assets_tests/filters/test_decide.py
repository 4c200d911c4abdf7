"""Verdicts: every document gets exactly one, and everything that is not known to be good is dropped with a reason."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.filters.policy import DECIDED, Policy, decide, load_policy
from pile_assets_tests.filters import samples
from pile_assets_tests.filters.golden import DEFAULT_POLICY, annotated, licensed
from pile_assets_tests.filters.test_policy_file import SMALL

small = Policy.model_validate(SMALL)


def frame(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {
        "id": pl.String,
        "media_type": pl.String,
        "accepted": pl.Boolean,
        "licence_reason": pl.String,
        "licence_status": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def good(*media_types: str) -> pl.DataFrame:
    return frame([(str(row), media_type, True, None, "resolved") for row, media_type in enumerate(media_types)])


def attributes(documents: pl.DataFrame, **columns: Any) -> dict[str, pl.DataFrame]:
    """Attributes under which every document meets SMALL, with columns such as gopher_quality__word_count replaced."""
    values: dict[str, Any] = {
        "gopher_quality__word_count": [60] * documents.height,
        "language__lang": ["en"] * documents.height,
        "language__score": [0.99] * documents.height,
        "code_quality__generated": [False] * documents.height,
    } | columns
    frames: dict[str, dict[str, pl.Series]] = {}
    for name, column in values.items():
        filter_name, _, column_name = name.partition("__")
        dtype = FILTERS[filter_name].schema[column_name]
        frames.setdefault(filter_name, {"id": documents["id"]})[column_name] = pl.Series(column, dtype=dtype, strict=False)
    return {name: pl.DataFrame(columns) for name, columns in frames.items()}


def verdict(documents: pl.DataFrame, suppressed: Sequence[str] = (), **columns: Any) -> list[tuple[str | None, str | None]]:
    decided = decide(small, documents, attributes(documents, **columns), suppressed)
    assert (decided["kept"] == decided["reason"].is_null()).all()
    return decided.select("reason", "rule").rows()


def test_what_meets_every_rule_is_kept() -> None:
    assert verdict(good("text/plain", "text/x-python")) == [(None, None)] * 2


def test_a_dropped_document_has_the_reason_and_the_value_that_broke_the_rule() -> None:
    assert verdict(good("text/plain"), gopher_quality__word_count=[23]) == [("too-short", "gopher_quality.word_count 23 < 50")]
    assert verdict(good("text/plain"), language__lang=["fr"]) == [("not-english", "language.lang fr is not one of en")]
    assert verdict(good("text/x-c"), code_quality__generated=[True]) == [
        ("generated", "code_quality.generated true is not false")
    ]


def test_the_first_broken_rule_counts() -> None:
    assert verdict(good("text/plain"), gopher_quality__word_count=[1], language__lang=["fr"])[0][0] == "too-short"


def test_bounds_are_inclusive_and_a_value_just_beyond_shows_as_such() -> None:
    rule = {"rule": "r", "attribute": "language.score", "min": 0.5, "max": 0.9, "drop_because": "why"}
    policy = Policy.model_validate(SMALL | {"prose": {"rules": [rule]}})
    documents = good(*["text/plain"] * 4)
    decided = decide(policy, documents, attributes(documents, language__score=[0.5, 0.9, 0.49999999, 0.91]))
    assert decided["rule"].to_list() == [None, None, "language.score 0.49999999 < 0.5", "language.score 0.91 > 0.9"]


def test_takedown_outranks_licence_and_licence_outranks_rules() -> None:
    documents = frame(
        [
            ("a", "text/plain", False, "The licence is GPL-3.0-only.", "resolved"),
            ("b", "text/plain", False, "The licence is GPL-3.0-only.", "resolved"),
            ("c", "text/plain", False, None, "conflict"),
            ("d", "text/plain", None, None, None),
            ("e", "image/png", False, None, "unresolved"),
            ("f", "text/plain", True, None, "resolved"),
        ]
    )
    assert verdict(documents, suppressed=["a", "not there"], gopher_quality__word_count=[1] * 6) == [
        ("takedown", "suppressed by the takedown ledger"),
        ("licence-rejected", "The licence is GPL-3.0-only."),
        ("licence-held", "the licence is conflict and not accepted"),
        ("licence-held", "the licence is None and not accepted"),
        ("licence-held", "the licence is unresolved and not accepted"),
        ("too-short", "gopher_quality.word_count 1 < 50"),
    ]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_attribute_drops(value: float | None) -> None:
    rule = {"rule": "r", "attribute": "language.score", "max": 1, "drop_because": "why"}
    policy = Policy.model_validate(SMALL | {"prose": {"rules": [rule]}})
    documents = good("text/plain")
    decided = decide(policy, documents, attributes(documents, language__score=[value]))
    assert decided.row(0)[:4] == ("0", False, "attribute-missing", "language.score is null")


def test_an_attribute_of_the_other_kind_of_text_is_not_missed() -> None:
    documents = good("text/plain", "text/x-python")
    assert verdict(documents, gopher_quality__word_count=[60, None], code_quality__generated=[None, False]) == [
        (None, None),
        (None, None),
    ]


def test_a_rule_whose_filter_does_not_read_the_section_never_drops() -> None:
    policy = Policy.model_validate(SMALL | {"prose": SMALL["code"]})
    documents = good("text/plain")
    assert decide(policy, documents, attributes(documents, code_quality__generated=[None]))["kept"].all()


@pytest.mark.parametrize("media_type", ["text/html", "", None])
def test_a_media_type_that_is_neither_prose_nor_code_drops(media_type: str | None) -> None:
    documents = frame([("a", media_type, True, None, "resolved")])
    decided = decide(small, documents, attributes(documents))
    assert decided["reason"].to_list() == ["media-type-unknown"]
    assert decided["quality"].to_list() == [7]


def test_quality_counts_signs_and_a_missing_value_is_one() -> None:
    signs = [{"attribute": "language.score", "below": 0.9}, {"attribute": "gopher_quality.word_count", "above": 100}]
    policy = Policy.model_validate(SMALL | {"prose": {"rules": [], "quality": signs}})
    documents = good("text/plain", "text/plain", "text/plain", "text/x-c")
    values = attributes(documents, language__score=[0.9, 0.89, None, None], gopher_quality__word_count=[100, 101, 60, None])
    assert decide(policy, documents, values)["quality"].to_list() == [0, 2, 1, 0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda values: values.pop("language"),
        lambda values: values.update(language=values["language"].drop("lang")),
        lambda values: values.update(language=values["language"][:1]),
        lambda values: values.update(language=values["language"].reverse()),
    ],
)
def test_attributes_of_other_documents_are_refused(damage: Any) -> None:
    documents = good("text/plain", "text/plain")
    values = attributes(documents)
    damage(values)
    with pytest.raises(PileError, match=r"language\.lang is not there for these documents"):
        decide(small, documents, values)


def test_no_documents_no_verdicts() -> None:
    documents = good()
    assert decide(small, documents, attributes(documents)).schema == pl.Schema(DECIDED)


words = st.one_of(st.none(), st.integers(0, 100))
rows = st.lists(
    st.tuples(
        st.sampled_from(["text/plain", "text/x-c", "image/png"]),
        st.sampled_from([True, False, None]),
        st.sampled_from(["resolved", "conflict", "unresolved", "family-only"]),
        words,
        st.sampled_from(["en", "de", None]),
        st.sampled_from([True, False, None]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows)
def test_no_document_is_lost_and_none_is_kept_that_breaks_a_condition(given_rows: list[tuple[Any, ...]]) -> None:
    documents = frame([(str(i), row[0], row[1], None, row[2]) for i, row in enumerate(given_rows)])
    values = attributes(
        documents,
        gopher_quality__word_count=[row[3] for row in given_rows],
        language__lang=[row[4] for row in given_rows],
        code_quality__generated=[row[5] for row in given_rows],
    )
    suppressed = {str(i) for i, row in enumerate(given_rows) if row[6]}
    decided = decide(small, documents, values, suppressed)
    assert decided["id"].equals(documents["id"])
    assert int(decided["kept"].sum()) + decided["reason"].drop_nulls().len() == documents.height
    assert decided["rule"].is_null().equals(decided["reason"].is_null())
    assert decided["quality"].is_between(0, 7).all()
    for row, kept in zip(given_rows, decided["kept"], strict=True):
        prose_fine = row[0] == "text/plain" and (row[3] or 0) >= 50 and row[4] == "en"
        code_fine = row[0] == "text/x-c" and row[5] is False
        assert kept == (row[1] is True and not row[6] and (prose_fine or code_fine))


def test_the_split_into_batches_changes_no_verdict() -> None:
    policy, documents = load_policy(DEFAULT_POLICY), samples.documents()
    values = annotated(documents)
    whole = decide(policy, licensed(documents), values)
    parts = [
        decide(
            policy,
            licensed(documents[start : start + 5]),
            {name: frame[start : start + 5] for name, frame in values.items()},
        )
        for start in range(0, documents.height, 5)
    ]
    assert pl.concat(parts).equals(whole)
