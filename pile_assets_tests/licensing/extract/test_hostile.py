"""No extractor may fall over what a stranger sends: any bytes and any JSON give claims, or the one error that is documented."""

import json
from contextlib import suppress
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import (
    bibliographic,
    cnxml,
    datasets,
    deb_copyright,
    html,
    jats,
    libraries,
    mediawiki,
    oai,
    proposals,
    repository,
    reuse,
    stackexchange,
    uk_government,
    us_government,
)
from pile_assets.sources.formats.xml import UnreadableXml

_MARKUP = (
    b"<license",
    b" xlink:href='",
    b"https://creativecommons.org/licenses/by/4.0/",
    b"'>",
    b"</license>",
    b"<permissions>",
)
_TYPES = (b"<!DOCTYPE a [", b"<!ENTITY x '", b"&x;", b"]>", b"<a rel=license href=", b"<script type=application/ld+json>", b"{")
_FIELDS = (b"<row ContentLicense='", b"Files: *\nLicense: ", b"License:", b"<pre>\n", b"[[annotations]]\n", b"## Copyright\n")
_OTHER = (b"\xff\xfe", b"\x00", b"SPDX-License-Identifier: MIT", b"/>", b"<md:license url='", b"\n", b"All rights reserved")
_PIECES = st.sampled_from((*_MARKUP, *_TYPES, *_FIELDS, *_OTHER))
HOSTILE = st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=14).map(b"".join))

OF_BYTES = (
    html.of_page,
    jats.of_article,
    uk_government.of_legislation,
    uk_government.of_debates,
    us_government.of_uslm,
    us_government.of_federal_register,
    us_government.of_case,
    mediawiki.of_rightsinfo,
)
OF_TEXT = (
    proposals.of_bip,
    proposals.of_eip,
    proposals.of_pep,
    proposals.of_rust_rfcs,
    deb_copyright.of_package,
    us_government.of_patent,
    us_government.of_congressional_record,
)


@given(HOSTILE)
def test_any_bytes_give_claims_that_can_be_judged(content):
    for extract in OF_BYTES:
        verdict.decide("a", extract(content, "a"))
    text = content.decode("utf-8", errors="replace")
    for read in OF_TEXT:
        verdict.decide("a", read(text, "a"))


@given(HOSTILE)
def test_any_bytes_give_the_documented_error_at_worst(content):
    with suppress(UnreadableXml):
        oai.of_records(content, "a")
    with suppress(UnreadableXml):
        list(stackexchange.rows(content))
    with suppress(ValueError):
        libraries.of_bhl(content, "a")


@given(HOSTILE, HOSTILE)
def test_any_files_make_a_book_and_a_repository_that_can_be_judged(one, other):
    book = {"LICENSE": one, "collections/a.collection.xml": other, "modules/m1/index.cnxml": one, "README.md": other}
    verdict.decide("modules/m1/index.cnxml", cnxml.of_book(book))
    tree = {"LICENSE": one, "REUSE.toml": other, ".reuse/dep5": one, "a.py": other, "a.py.license": one, "d/COPYING": other}
    verdict.decide("a.py", repository.Tree(tree).of("a.py"))
    reuse.of_file(tree, "d/b.c", headed=False)


_WORKS = ("license", "URL", "start", "date-parts", "attributes", "rightsList", "rights", "bibjson", "journal", "type")
_ROWS = ("metadata", "Licenses", "License", "status", "data", "documentType", "agencyId", "id", "item", "Result", "ItemID")
KEYS = (*_WORKS, *_ROWS, "Rights")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3) | JSON.filter(lambda value: isinstance(value, dict)))
def test_any_record_gives_claims_that_can_be_judged(value):
    found = [
        *bibliographic.of_crossref(value, "a", date(2026, 11, 25)),
        *bibliographic.of_datacite(value, "a"),
        *bibliographic.of_doaj(value, "a"),
        *datasets.of_dolma(value, "a"),
        *datasets.of_data_provenance(value, "a"),
        *datasets.of_oasst(value, "a"),
        *datasets.of_video(value, "a"),
        *libraries.of_loc(value, "a"),
        *us_government.of_regulations_gov(value, "a").get("", ()),
    ]
    libraries.of_bhl(json.dumps(value).encode(), "a")
    verdict.decide("a", found)
