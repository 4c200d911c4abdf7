"""Every document is prose, code or neither, by its media type alone."""

import polars as pl
import pytest

from pile_assets.filters.media import CODE, PROSE, covers, is_code, is_prose, kind_of, kinds


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/plain", "prose"),
        ("text/plain; charset=utf-8", "prose"),
        ("Text/Markdown", "prose"),
        ("text/x-rst", "prose"),
        ("text/x-python", "code"),
        ("text/x-c", "code"),
        ("text/x-never-heard-of", "code"),
        ("application/javascript", "code"),
        ("text/html", None),
        ("application/json", None),
        ("application/octet-stream", None),
        ("", None),
    ],
)
def test_kind_of_a_media_type(media_type: str, kind: str | None) -> None:
    assert kind_of(media_type) == kind
    assert (is_prose(media_type), is_code(media_type)) == (kind == "prose", kind == "code")
    assert covers("all", media_type)


def test_the_tables_do_not_meet() -> None:
    assert not PROSE & CODE


def test_kinds_of_a_column_are_those_of_its_values_and_null_for_null() -> None:
    assert kinds(pl.Series(["text/plain", None, "text/x-c", "image/png"])).to_list() == ["prose", None, "code", None]
