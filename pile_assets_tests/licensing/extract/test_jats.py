"""What a JATS article says of itself, and what it says of its parts only."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import jats
from pile_assets.licensing.model import Verdict

BY = '<license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY 4.0</license-p></license>'
NC = BY.replace("/by/", "/by-nc/").replace("CC BY", "CC BY-NC")
TYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.2//EN" "JATS.dtd">\n'


def article(permissions: str, body: str = "", head: str = TYPE, statement: str = "") -> bytes:
    held = f"<permissions>{permissions}</permissions>" if permissions else ""
    return f"""<?xml version="1.0"?>
{head}<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ali="http://www.niso.org/schemas/ali/1.0/">
<front><article-meta><title-group><article-title>On crumbs</article-title></title-group>{statement}{held}</article-meta></front>
<body><p>Crumbs fall.</p>{body}</body></article>""".encode()


def judged(content: bytes) -> Verdict:
    return verdict.decide("a.xml", jats.of_article(content, "a.xml"))


@pytest.mark.parametrize(
    "permissions",
    [
        BY,
        "<copyright-statement>© 2020 Ada Example</copyright-statement>" + BY,
        "<license><ali:license_ref>http://creativecommons.org/licenses/by/4.0/</ali:license_ref></license>",
        "<ali:license_ref>http://creativecommons.org/licenses/by/4.0/</ali:license_ref>",
    ],
)
def test_an_article_is_under_the_licence_of_its_own_permissions(permissions):
    given = judged(article(permissions))
    assert (given.accepted, given.spdx) == (True, "CC-BY-4.0")


def test_a_badge_on_a_figure_does_not_license_the_article():
    figure = f"<fig><label>1</label><permissions>{BY}</permissions></fig>"
    assert judged(article("", figure)).reason == "No licence statement covers this file."
    assert not judged(article(NC, figure)).accepted
    planted = article(BY)  # the same element as the article's own: the guard is the place
    assert judged(planted).accepted


def test_a_restriction_on_a_figure_does_not_take_the_article_out():
    assert judged(article(BY, f"<fig><permissions>{NC}</permissions></fig>")).accepted


def test_two_licences_of_one_article_bind_together():
    assert not judged(article(BY + NC)).accepted


def test_reserved_rights_veto_the_licence_beside_them():
    reserved = "<copyright-statement>© 2020 A Publisher. All rights reserved.</copyright-statement>"
    assert judged(article(reserved + BY)).status == "conflict"
    assert judged(article(reserved.replace("All rights reserved.", "Alle Rechte vorbehalten.") + BY)).status == "conflict"
    assert judged(article(reserved.replace("All rights reserved.", "") + BY)).accepted


def test_an_old_article_states_its_licence_in_the_copyright_statement():
    said = "<copyright-statement>CC BY 4.0, an open access licence</copyright-statement>"
    [claim] = jats.of_article(article("", statement=said), "a.xml")
    assert claim.where == "a.xml copyright-statement"
    plain = said.replace("CC BY 4.0, an open access licence", "© 1998 A Society")
    assert jats.of_article(article("", statement=plain), "a.xml") == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<article>",
        b"\x00",
        article(BY, head='<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        article(BY, head='<!DOCTYPE article [<!ENTITY % p "x"> %p;]>'),
        article(BY, head='<!DOCTYPE article [<!ENTITY a "aaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;">]>'),
    ],
)
def test_what_cannot_be_read_blocks(content):
    given = judged(content)
    assert (given.status, given.accepted) == ("unresolved", False)


def test_an_undeclared_character_of_the_external_type_does_no_harm():
    assert judged(article(BY, "<p>2 &minus; 1</p>")).accepted
