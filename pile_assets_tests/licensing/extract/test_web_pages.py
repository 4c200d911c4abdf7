"""Licence marks of web pages by the place where they stand."""

import json

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import html
from pile_assets.licensing.model import Verdict

BY = "https://creativecommons.org/licenses/by/4.0/"
NC = "https://creativecommons.org/licenses/by-nc/4.0/"
URL = "https://example.org/bread"


def mark(address: str, words: str = "") -> str:
    return f'<p>{words}<a rel="license" href="{address}"><img src="badge.png" alt="licence"></a></p>'


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>Bread</title>{head}</head><body>{body}</body></html>".encode()


def judged(content: bytes) -> Verdict:
    return verdict.decide(URL, html.of_page(content, URL))


def ld(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


@pytest.mark.parametrize(
    "content",
    [
        page("<main>Bread.</main>", f'<link rel="license" href="{BY}">'),
        page(f"<main>Bread.</main><footer>{mark(BY)}</footer>"),
        page(f"<main>Bread.</main><footer>{mark(BY, '© 2020 Ada Example. ')}</footer>"),
        page(f"<header>{mark(BY)}</header>Bread."),
        page(f"Bread.{mark(BY)}"),
        page(f"<article>Bread.{mark(BY)}</article>"),
        page(f'Bread.<span property="dct:license" resource="{BY}"></span>'),
        page("Bread.", f'<meta name="DC.rights" content="{BY}">'),
        page("Bread.", ld({"@type": "BlogPosting", "license": BY})),
        page("Bread.", ld({"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "license": {"@id": BY}}]})),
    ],
)
def test_a_mark_where_the_page_speaks_of_itself_licenses_it(content):
    assert (judged(content).accepted, judged(content).spdx) == (True, "CC-BY-4.0")


PARTS = [
    "<figure><img src='loaf.jpg'><figcaption>{mark}</figcaption></figure>",
    "<div class='photo'><img src='loaf.jpg'>{mark}</div>",
    "<div class='wp-caption alignright'>{mark}</div>",
    "<aside>{mark}</aside>",
    "<section id='comments'>{mark}</section>",
    "<blockquote>{mark}</blockquote>",
    "<article>One.{mark}</article><article>Two.</article>",
]


@pytest.mark.parametrize("part", PARTS)
def test_a_badge_on_a_photo_does_not_license_the_page_around_it(part):
    badge = part.format(mark=mark(BY))
    assert judged(page(f"Bread. {badge}")).reason == "No licence statement covers this file."
    with_nc = judged(page(f"Bread. {badge}<footer>{mark(NC)}</footer>"))
    assert (with_nc.accepted, with_nc.spdx) == (False, "CC-BY-NC-4.0")
    assert not judged(page(f"Bread. {badge}<footer>All rights reserved.</footer>")).accepted


@pytest.mark.parametrize("part", PARTS)
def test_without_looking_at_the_place_the_badge_would_have_licensed_the_page(part, monkeypatch):
    monkeypatch.setattr(html._Page, "_region", lambda self, element: ("body", "file"))
    assert judged(page(f"Bread. {part.format(mark=mark(BY))}")).accepted


def test_a_picture_of_json_ld_is_not_the_page():
    photo = {"@type": "ImageObject", "license": BY}
    assert judged(page("Bread.", ld(photo))).status == "unresolved"
    assert judged(page("Bread.", ld({"@type": "Article", "image": photo}))).status == "unresolved"
    assert not judged(page("Bread.", ld({"@type": "Article", "license": NC, "image": photo}))).accepted


def test_a_link_alone_is_no_mark_but_a_restrictive_one_takes_the_page_out():
    link = '<footer><a href="{}">licence</a></footer>'
    assert judged(page(f"Bread.{link.format(BY)}")).status == "unresolved"
    assert not judged(page(f"Bread.{mark(BY)}{link.format(NC)}")).accepted
    inside = f'<article>They use <a href="{NC}">this</a>.{mark(BY)}</article>'
    assert judged(page(inside)).accepted


@pytest.mark.parametrize(
    "words",
    [
        "Except where otherwise noted, this site is licensed under ",
        "The images are licensed under ",
        "All rights reserved. Photos: ",
        "For non-commercial use: ",
    ],
)
def test_words_beside_a_mark_that_take_something_back_hold_the_page(words):
    assert judged(page(f"<footer>{mark(BY, words)}</footer>")).status == "conflict"
    assert judged(page(f"<footer>{mark(BY, 'This site is licensed under ')}</footer>")).accepted


@pytest.mark.parametrize(
    "words",
    [
        *("All rights reserved.", "© 2019 – Alle Rechte vorbehalten", "Tous droits réservés"),
        *(
            "All&nbsp;rights&nbsp;reserved",
            "All rights\n      reserved.",
            "All<br>Rights<br>Reserved",
            "All rights&shy; reserved",
        ),
        *("All rights are reserved.", "© <b>A. Baker</b>, all <a href='/legal'>rights</a> reserved"),
        "<p><span>All</span> <span>rights</span> <span><i>reserved</i></span></p>",
    ],
)
def test_reserved_rights_elsewhere_on_the_page_veto_it(words):
    assert not judged(page(f"{mark(BY)}<footer>{words}</footer>")).accepted
    assert judged(page(f"{mark(BY)}<figure>{words}</figure>")).accepted


def test_two_licences_of_one_page_bind_together():
    assert not judged(page(mark(BY) + mark(NC))).accepted


@pytest.mark.parametrize("address", ["", "/about", "https://example.org/licence", "https://creativecommons.org/"])
def test_a_mark_that_leads_to_no_known_licence_holds_the_page(address):
    assert judged(page(mark(address))).status == "unresolved"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00",
        b"<",
        b"\xff\xfe<html>",
        page("<div>" * 5_000),
        page("", ld([[]] * 50) + "<script type='application/ld+json'>{</script>"),
    ],
)
def test_hostile_pages_are_held_and_do_no_harm(content):
    assert not judged(content).accepted


def test_a_page_that_is_too_long_blocks():
    [claim] = html.of_page(b" " * (html.LARGEST + 1), URL)
    assert claim.reading.status == "unresolved"
