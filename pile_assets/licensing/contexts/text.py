"""Short free text about a licence, from anywhere: names, addresses, grants, SPDX expressions, and whole licence texts.

A statement is read as a whole or not at all (`statements`). A text too long for a statement is read as a licence text, and
counts only where hardly a word stands beside the licence.
"""

import re
from collections.abc import Sequence

from pile_assets.licensing import expressions, reservations, statements, texts
from pile_assets.licensing.model import Reading

_OPERATOR = re.compile(r"\b(?:AND|OR|WITH)\b|^[^\s]+$")
_FULL_TEXT = 500
"""Characters from which a text can be a licence text."""
_WORDS_BESIDE = 30
"""Words beside a complete licence text: its title, a copyright notice."""


def read(raw: str, *, articles: bool = False) -> Reading:
    """What the text says; `articles` allows what journals say beside a licence."""
    text = raw.strip()
    if not text:
        return Reading("unresolved", "empty")
    if known := _expression(text):
        return known
    stated = statements.read(text, articles=articles)
    if stated.status != "resolved" and len(text) > _FULL_TEXT:
        return _full_text(text) or stated
    return stated


def together(stated: Sequence[Reading], rule: str) -> Reading:
    """One reading of several that speak of the same thing: the most exact, where all others say that or less."""
    if not stated:
        return Reading("unresolved", rule)
    if failed := next((reading for reading in stated if reading.status in ("conflict", "unresolved")), None):
        return failed
    return statements.agreeing(stated) or Reading("conflict", rule)


def _expression(text: str) -> Reading | None:
    """An SPDX expression: one identifier, or several with the operators in capitals, which prose does not have."""
    if not _OPERATOR.search(text):
        return None
    tree = expressions.parse(text)
    return None if tree is None else Reading("resolved", "spdx", str(tree))


def _full_text(text: str) -> Reading | None:
    found = texts.find(text)
    if not found.licences or len(found.rest.split()) > _WORDS_BESIDE or reservations.beyond(found.rest, ""):
        return None
    return texts.recognise(text)
