"""Which documents a scope names, however they are spelt."""

import polars as pl
import pytest

from pile_assets.licensing.takedowns.model import Scope
from pile_assets.licensing.takedowns.scopes import Index, repository

ROWS = [
    ("s:book/1", "https://example.org/Book/1", "Ada Miller; B. Baker"),
    ("s:book/2", "http://EXAMPLE.org:80/book/2", "ada  miller"),
    ("s:other", "https://example.org/bookshop", None),
    ("s:code", "https://github.com/Owner/Name/blob/main/x.py", "C"),
    ("s:raw", "https://raw.githubusercontent.com/owner/name/main/y.py", "C"),
    ("s:twin", "https://github.com/owner/name2/blob/main/z.py", "C"),
    ("s:pkg", "pkg:pypi/thing@1.0#thing/a.py", "D"),
    ("s:paper", "https://doi.org/10.1000/ABC.1", "E"),
    ("t:10.1000/abc.1", "https://example.net/p", "E"),
    ("w:plain", "https://example.net/wiki/Café (Åre)", "F"),
    ("w:coded", "https://example.net/wiki/Caf%c3%a9_%28%C3%85re%29", "F"),
    ("w:bytes", "https://example.net/wiki/Caf%E9", "F"),
]
INDEX = Index(pl.DataFrame(ROWS, schema=["id", "url", "author"], orient="row"))


@pytest.mark.parametrize(
    ("kind", "value", "names"),
    [
        ("doc_id", "s:other", ["s:other"]),
        ("doc_id", "s:book", []),
        ("source", "t", ["t:10.1000/abc.1"]),
        ("url_prefix", "https://example.org/book/", ["s:book/1", "s:book/2"]),
        ("url_prefix", "HTTP://Example.ORG/BOOK/2", ["s:book/2"]),
        ("url_prefix", "pkg:pypi/thing@", ["s:pkg"]),
        ("url_prefix", "https://example.net/wiki/CAFÉ", ["w:coded", "w:plain"]),
        ("url_prefix", "https://example.net/wiki/caf%C3%89%20(%c3%a5re", ["w:plain"]),
        ("url_prefix", "https://example.net/wiki/Cafe\u0301_(", ["w:coded"]),
        ("url_prefix", "https://example.net/wiki/Caf%C3", ["w:coded", "w:plain"]),
        ("url_prefix", "https://example.net/wiki/Caf%E9", ["w:bytes"]),
        ("url_prefix", "https://example.net/wiki/Caf%25", []),
        ("author_key", "ADA MILLER", ["s:book/1", "s:book/2"]),
        ("author_key", "b. baker", ["s:book/1"]),
        ("author_key", "Miller", []),
        ("repo", "owner/name", ["s:code", "s:raw"]),
        ("repo", "github.com/owner/name.git", ["s:code", "s:raw"]),
        ("repo", "gitlab.com/owner/name", []),
        ("repo", "pkg:pypi/thing", ["s:pkg"]),
        ("doi", "10.1000/abc.1", ["s:paper", "t:10.1000/abc.1"]),
        ("doi", "https://doi.org/10.1000/ABC.1", ["s:paper", "t:10.1000/abc.1"]),
        ("doi", "10.1000/abc", []),
        ("content_hmac", "0" * 64, []),
    ],
)
def test_a_scope_names_these_documents(kind, value, names):
    assert sorted(INDEX.meant(Scope(kind=kind, value=value))) == names


@pytest.mark.parametrize(
    ("kind", "value", "names"),
    [
        ("url_prefix", "https://example.org/book/", ["s:book/2"]),
        ("author_key", "Ada Miller", ["s:book/1"]),
        ("repo", "Owner/Name", ["s:code"]),
    ],
)
def test_letter_case_counts_only_where_the_request_says_so(kind, value, names):
    assert sorted(INDEX.meant(Scope(kind=kind, value=value, case_sensitive=True))) == names


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.github.com/a/b", "github.com/a/b"),
        ("https://github.com/a", None),
        ("https://example.org/a/b", None),
        ("https://codeberg.org/a/b.git", "codeberg.org/a/b"),
        ("pkg:pypi/a@1#b", "pkg:pypi/a"),
        ("not an address", None),
    ],
)
def test_the_repository_of_an_address(url, found):
    assert repository(url) == found
