"""E-mail addresses: found whole, without what stands around them, and not where an "@" means something else."""

import pytest

from pile_assets.filters import pii
from pile_assets_tests.filters.pii.marked import found, unmarked


@pytest.mark.parametrize(
    "text",
    [
        "Write to ⟦john@example.org⟧ today.\n",
        "Write to ⟦john@example.org⟧",
        "⟦john@example.org⟧",
        "mail: ⟦a@b.co⟧, ⟦c@d.co⟧.\n",
        "mail:⟦a@b.co⟧,⟦c@d.co⟧;⟦e@f.co⟧",
        "Jane Doe <⟦jane.doe+lists@mail.example.co.uk⟧>",
        "('⟦jane_doe%dept@example.org⟧')",
        "mailto:⟦jane@example.org⟧?subject=x",
        "is it ⟦jane@example.org⟧?",
        "⟦jane@example.org⟧: yes\n⟦JOHN@EXAMPLE.ORG⟧",
        "...⟦jane@example.org⟧...",
        "wait..⟦jane@example.org⟧",
        'send("\\n⟦jane@example.org⟧\\n")',
        "⟦jörg@bücher.example.de⟧ and ⟦łukasz@example.pl⟧",
        "请联系⟦john@example.org⟧谢谢",
        "Пишите на ⟦ivan@example.ru⟧, пожалуйста",
        "<a href='mailto:⟦a@b.org⟧'>⟦a@b.org⟧</a>",
        "⟦jane@xn--bcher-kva.example⟧ or ⟦jane@example.xn--p1ai⟧",
        "[1]: ⟦jane@example.org⟧[2]",
    ],
)
def test_addresses_are_found_with_their_exact_boundaries(text: str) -> None:
    assert found(unmarked(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "@property\ndef name(self): ...",
        "@app.route('/x')",
        "jane@localhost",
        "jane at example dot org",
        "a @ b.T",
        "A@B.T",
        "L@D@L.conjugate().T",
        "A = A@sps.diags_array(C)",
        "y = x@w.sum(axis=0)",
        "git@example.org:group/project.git",
        "https://name:secret@example.org/path",
        "ftp://anonymous@example.org/",
        '"%s@example.org" % name',
        '"%(user)s@example.org" % row',
        "$USER@example.org",
        "icon@2x.png",
        "name@1.2.3",
        "john@@example.org",
        "a" * 65 + "@example.org",
        "@example.org",
        "jane@example.",
    ],
)
def test_other_uses_of_the_sign_are_left_alone(text: str) -> None:
    assert found(text) == text


@pytest.mark.parametrize(
    ("guard", "text"),
    [
        ("_CODE_AFTER", "y = x@w.sum(axis=0)"),
        ("_CREDENTIALS", "https://secret@example.org/"),
        ("_TEMPLATE_BEFORE", '"%s@example.org" % name'),
        ("_SCALED_IMAGE", "icon@2x.png"),
    ],
)
def test_each_guard_is_what_keeps_its_case_out(guard: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    assert found(text) == text
    monkeypatch.setattr(pii.email, guard, re.compile(rb"(?!)"))
    assert found(text) != text


def test_a_pattern_that_asks_for_white_space_after_the_address_would_miss_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The defect of the Dolma expression, planted: the end of the text, and the white space itself, go wrong."""
    import re2

    monkeypatch.setattr(pii.email, "_EMAIL", re2.compile(pii.email.PATTERN + r"\s"))
    assert found("jane@example.org") == "jane@example.org"
    assert found("to jane@example.org today") == "to ⟦jane@example.org ⟧today"
