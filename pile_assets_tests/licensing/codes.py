"""Licences of our own invention, with the length and the manner of real ones, planted on the table of legal codes.

The texts of real licences are others' writing and are not kept in this project, so that tests recognise these instead.
"""

import hashlib
import re

import pytest

from pile_assets.licensing import legal_codes, texts

_CLAUSE = """
Section {number} -- Grant number {number}.

The Licensor hereby grants You a worldwide, royalty-free licence to share and to adapt the material of section {number},
provided that You keep the name of its author, say whether You changed it, and point to this Public Licence{more}.
"""


def code(title: str, more: str = "") -> str:
    """A legal code of about 300 words under `title`; `more` ends each of its clauses and makes it another licence."""
    clauses = "".join(_CLAUSE.format(number=number, more=more) for number in range(1, 9))
    return f"{title} Example Public Licence\n\nBy using the Example Rights You agree to be bound.\n{clauses}"


ATTRIBUTION = code("Attribution 4.0")
NONCOMMERCIAL = code("Attribution-NonCommercial-ShareAlike 4.0", ", for purposes that are not directed at money")


def plant(monkeypatch: pytest.MonkeyPatch, **planted: str) -> None:
    """Put texts on the table of legal codes for one test: `plant(monkeypatch, **{"CC-BY-4.0": ATTRIBUTION})`."""
    table = dict(legal_codes.CODES)
    for spdx, text in planted.items():
        words = texts.words(text).split()
        digest = hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]
        table[" ".join(words[:8])] = (legal_codes.Code(spdx, len(words), digest),)
    monkeypatch.setattr(legal_codes, "CODES", table)
    monkeypatch.setattr(legal_codes, "OPENING", re.compile(rf"\b(?:{'|'.join(table)})\b"))
    texts.find.cache_clear()
