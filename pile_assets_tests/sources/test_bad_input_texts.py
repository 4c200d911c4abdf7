"""XML, encodings and markup from strangers: a reason why not, and never an exception nobody expects."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.sources.formats import gutenberg_text, rdf, restructured_text, text_encoding, xml
from pile_assets.sources.formats.text_encoding import WrongEncoding
from pile_assets.sources.formats.xml import UnreadableXml

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12))
    + b"]><lolz>&a11;</lolz>"
)


# -- XML -------------------------------------------------------------------------------------------------------------------


def test_ordinary_xml_is_parsed():
    root = xml.parse(b'<?xml version="1.0" encoding="ISO-8859-1"?><a b="1">\xe9<!-- c --></a>', 1_000)
    assert (root.tag, root.get("b"), root.text) == ("a", "1", "é")


def test_a_bomb_of_entities_is_refused():
    with pytest.raises(UnreadableXml, match="document type or entities"):
        xml.parse(LAUGHS, 10_000)


def test_a_bomb_in_another_encoding_is_refused():
    with pytest.raises(UnreadableXml, match="encoding"):
        xml.parse(LAUGHS.decode().encode("utf-16"), 100_000)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:1/x"])
def test_nothing_outside_the_document_is_read(address):
    content = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}">]><a>&x;</a>'.encode()
    with pytest.raises(UnreadableXml):
        xml.parse(content, 1_000)


def test_xml_over_the_limit_is_not_parsed():
    with pytest.raises(UnreadableXml, match="more than 10"):
        xml.parse(b"<a>long enough</a>", 10)


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a></b>", b"no xml", b"<a>\xff</a>", b"<a>" * 1_000, b"<" * 1_000])
def test_what_is_no_xml_is_unreadable(content):
    with pytest.raises(UnreadableXml):
        xml.parse(content, 10_000)


@given(st.binary(max_size=200))
def test_any_bytes_are_xml_or_unreadable(content):
    with suppress(UnreadableXml):
        assert xml.parse(content, 1_000).tag


@given(st.binary(max_size=200), st.integers(0, 999_999))
def test_any_bytes_are_a_catalogue_record_or_unreadable(content, number):
    with pytest.raises(UnreadableXml):
        rdf.read_book(content, number)


# -- encodings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "declared", "text"),
    [
        ("déjà\r\nvu\rvu\n".encode(), "UTF-8", "déjà\nvu\nvu\n"),
        ("\ufeffdéjà".encode(), None, "déjà"),
        ("déjà".encode(), "ASCII", "déjà"),
        ("déjà".encode("latin-1"), "ISO-8859-1", "déjà"),
        ("“déjà” €".encode("cp1252"), "ISO-8859-1", "“déjà” €"),
        ("déjà".encode("cp1252"), None, "déjà"),
        (b"the end\x1a\x0c", None, "the end\x1a\x0c"),
        (b"", None, ""),
    ],
)
def test_three_encodings_are_read_and_line_ends_are_one(content, declared, text):
    assert text_encoding.decode(content, declared) == text


@pytest.mark.parametrize(
    ("content", "declared", "why"),
    [
        ("déjà".encode("latin-1"), "UTF-8", "declared or marked as UTF-8"),
        ("déjà".encode("latin-1"), "us-ascii", "declared or marked as us-ascii"),
        (b"\xef\xbb\xbf" + "déjà".encode("latin-1"), None, "declared or marked"),
        (b"\xef\xbb\xbf" + "déjà".encode("latin-1"), "ISO-8859-1", "declared or marked"),
        ("déjà vu".encode("utf-16"), None, "control character|neither"),
        ("чай".encode("koi8-r"), "koi8-r", "is not read"),
        (b"PK\x03\x04binary", None, "control character"),
        (b"caf\xe9 \x81", None, "neither UTF-8 nor Windows-1252"),
    ],
)
def test_doubt_is_an_error(content, declared, why):
    with pytest.raises(WrongEncoding, match=why):
        text_encoding.decode(content, declared)


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "ascii", "ISO-8859-1", "x-unknown"]))
def test_any_bytes_are_text_or_wrongly_encoded(content, declared):
    with suppress(WrongEncoding):
        text = text_encoding.decode(content, declared)
        assert "\r" not in text
        assert "\0" not in text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_valid_utf8_comes_through_unchanged(text):
    assert text_encoding.decode(text.encode(), "ISO-8859-1") == text.removeprefix("\ufeff")


# -- markers of Project Gutenberg ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("*** START OF THIS PROJECT GUTENBERG EBOOK A LAMP ***", "*** END OF THIS PROJECT GUTENBERG EBOOK A LAMP ***"),
        ("***START OF THE PROJECT GUTENBERG EBOOK A LAMP***", "***END OF THE PROJECT GUTENBERG EBOOK A LAMP***"),
        ("***START OF THE PROJECT GUTENBERG EBOOK A LAMP\nAND A LADDER***", "***END OF THE PROJECT GUTENBERG EBOOK A\nLAMP***"),
        ("*** START OF THE PROJECT GUTENBERG ETEXT A LAMP", "*** END OF THE PROJECT GUTENBERG ETEXT A LAMP"),
        ("*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*", "End of Project Gutenberg's A Lamp, by an author"),
        ("*** START OF THE PROJECT GUTENBERG EBOOK, A LAMP ***",
         "End of the Project Gutenberg EBook of A Lamp, by\nan author\n\n*** END OF THE PROJECT GUTENBERG EBOOK"),
    ],
)  # fmt: skip
def test_the_book_is_what_stands_between_the_markers(start, end):
    book = "  A LAMP\n\nThe lamp was lit.\n\n*** a star or three ***\n\nThe End"
    assert gutenberg_text.body(f"Header.\n\n{start}\n\n\n{book}\n\n\n{end}\n") == book + "\n"


def test_a_start_without_closing_stars_takes_no_line_of_the_book():
    start = "*** START OF THE PROJECT GUTENBERG EBOOK A LAMP"
    assert gutenberg_text.body(f"{start}\nFirst line.\nSecond line.\n") == "First line.\nSecond line.\n"


def test_a_text_without_markers_stays_as_it_is():
    assert gutenberg_text.body("Only\na poem.\n") == "Only\na poem.\n"


def test_a_quotation_deep_in_the_book_does_not_cut_it():
    quoted = "*** START OF THE PROJECT GUTENBERG EBOOK A LAMP ***\n" + "line\n" * 2_000
    late = quoted + "*** START OF THE PROJECT GUTENBERG EBOOK QUOTED ***\nmore\n"
    assert gutenberg_text.body(late).startswith("line\nline\n")
    assert gutenberg_text.body(late).endswith("QUOTED ***\nmore\n")


@given(st.text(st.sampled_from("*ENDSTARTOFPROJECTGUTENBERGEBOOK!\n ")))
def test_any_text_has_a_body(text):
    body = gutenberg_text.body(text)
    assert body == "" or body.endswith("\n")
    assert len(body) <= len(text) + 1


# -- reStructuredText ------------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("Copyright:=-. `_<>\n\t")))
def test_any_text_has_sections_a_header_and_prose(text):
    for body in (*restructured_text.sections(text, "Copyright"), *restructured_text.plain_sections(text, "Copyright")):
        assert "\n" not in restructured_text.prose(body)
    restructured_text.header(text)


def test_a_section_has_its_subsections_and_ends_at_its_own_level():
    text = "First\n=====\n\nPart\n----\n\nx\n\nCopyright\n=========\n\none\n\nTwo\n---\n\ntwo\n\nLast\n====\n\nthree\n"
    (body,) = restructured_text.sections(text, "copyright")
    assert restructured_text.prose(body) == "one Two --- two"
