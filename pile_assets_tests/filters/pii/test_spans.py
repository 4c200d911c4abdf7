"""What is reported: spans of bytes, in order, apart from each other, none in a copyright notice."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets.filters import FILTERS, pii
from pile_assets_tests.filters import samples
from pile_assets_tests.filters.pii.marked import found, unmarked

pieces = st.sampled_from(
    [
        *("a@b.org", "jörg@example.de", "@", ".", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1", ":", "+44 20 7946 0958"),
        *("+1", "202-555-0143", "-", " ", "\n", "é", "漢", "😀", "v", "tel: ", "Copyright 2020 ", "(c)", "1", "server ", "/"),
    ]
)
texts = st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=20).map("".join)


@settings(max_examples=500, deadline=None)
@given(texts)
def test_spans_lie_in_the_text_on_whole_characters_in_order_and_apart(text: str) -> None:
    data, end = text.encode(), 0
    for span in pii.measure(text)["spans"]:
        assert end <= span["start"] < span["end"] <= len(data)
        assert data[span["start"] : span["end"]].decode().strip() == data[span["start"] : span["end"]].decode()
        data[: span["start"]].decode()
        end = span["end"]


@settings(max_examples=200, deadline=None)
@given(texts)
def test_counts_are_those_of_the_spans(text: str) -> None:
    measured = pii.measure(text)
    kinds = [span["kind"] for span in measured["spans"]]
    assert set(kinds) <= set(FILTERS["pii"].kinds)
    assert (measured["emails"], measured["phones"], measured["ips"]) == tuple(map(kinds.count, ("email", "phone", "ip")))


@pytest.mark.parametrize("script", samples.SCRIPTS)
def test_offsets_are_bytes_in_every_script(script: str) -> None:
    text = samples.SCRIPTS[script]
    assert found(text) == text
    marked = f"{text} ⟦a@b.org⟧ {text} ⟦+44 20 7946 0958⟧ {text} ⟦93.184.216.34⟧ {text}"
    assert found(unmarked(marked)) == marked


@pytest.mark.parametrize("media_type", ["text/plain", "text/x-python"])
def test_prose_and_code_are_read_alike(media_type: str) -> None:
    attributes = FILTERS["pii"].annotate(samples.batch(samples.PRIVATE, media_type=media_type))
    assert attributes.select("emails", "phones", "ips").row(0) == (1, 2, 2)


def test_a_huge_line_is_read_to_its_end() -> None:
    text = samples.HUGE_LINE + "a@b.org"
    assert pii.measure(text)["spans"] == [{"start": len(text) - 7, "end": len(text), "kind": "email"}]


NOTICES = [
    "# Copyright (c) 2011 Jane Doe <jane@example.org>",
    "Copyright 2011-2020, Jane Doe jane@example.org and others",
    "© Jane Doe, jane@example.org",
    "(C) 2011 Jane Doe <jane@example.org>",
    "SPDX-FileCopyrightText: Jane Doe <jane@example.org>",
    '__copyright__ = "(c) Jane Doe <jane@example.org>"',
    "Copyright Jane Doe <jane@example.org>",
    "Copyright: Jane Doe <jane@example.org>, +44 20 7946 0958",
    "copyrighted by Jane Doe (jane@example.org)",
    "jane@example.org holds the Copyright (C) 2011",
]


@pytest.mark.parametrize("notice", NOTICES)
def test_copyright_notices_are_left_whole(notice: str) -> None:
    assert found(notice) == notice


@pytest.mark.parametrize(
    "text",
    [
        "For copyright questions write to ⟦jane@example.org⟧.",
        "f(c) calls ⟦jane@example.org⟧",
        "Copyright 2011 Jane Doe\nmail ⟦jane@example.org⟧",
        "⟦jane@example.org⟧\nCopyright 2011 Jane Doe",
        "Copyright 2011 Jane Doe" + " " * pii.NOTICE_REACH + "⟦jane@example.org⟧",
        "Author: Jane Doe <⟦jane@example.org⟧>",
    ],
)
def test_other_lines_are_not(text: str) -> None:
    assert found(unmarked(text)) == text


@pytest.mark.parametrize("notice", NOTICES)
def test_the_guard_is_what_keeps_notices_whole(notice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii, "_NOTICE", re2.compile(rb"[^\x00-\x{10ffff}]"))
    assert found(notice) != notice


def test_of_overlapping_findings_the_first_and_longest_counts() -> None:
    assert found("+1 202-555-0143") == "⟦+1 202-555-0143⟧"
    assert found("Tel. 202-555-0143") == "Tel. ⟦202-555-0143⟧"
    assert found("93.184.216.34@example.org") == "⟦93.184.216.34@example.org⟧"
