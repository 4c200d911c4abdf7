"""Finding documents by what a person knows of them: a piece of their id, address, title or author, a site, a DOI, an ISBN.

Only that question belongs here; how each is spelt is `release.known_by`'s, which the page of a release goes by as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pile_assets.inspection.sql import Tables
from pile_assets.release import known_by

LIMIT = 50

WAYS = ("url", "site", "doi", "isbn", "title", "author")
"""What one can be asked to look by; without any of them, by all and by the id."""

_FROM = 'from documents d left join "unique" u on u.id = d.id and u.source = d.source and u.partition = d.partition'
_TEXTS = {"id": "d.id", "url": "d.url", "title": "coalesce(d.title, '')", "author": "coalesce(d.author, '')"}
_NAMED = "concat_ws(' ', d.id, d.url, d.title)"
"""Where a DOI or an ISBN may stand."""


@dataclass(frozen=True)
class Found:
    """One document that matches. `verdict` is that of the duplicates step, or "not decided yet"."""

    id: str
    source: str
    partition: str
    title: str | None
    author: str | None
    url: str
    licence: str | None
    accepted: bool
    verdict: str


def find(tables: Tables, text: str, limit: int = LIMIT, by: str | None = None) -> tuple[list[Found], int]:
    """The first `limit` documents, in id order, that match `text`, and how many there are in all; `by` is one of `WAYS`.

    Letter case, accents, the scheme of an address and the hyphens of an ISBN make no difference.
    """
    conditions = list(_conditions(text, by))
    if not conditions:
        return [], 0
    values = [value for _, value in conditions]
    matches = f"{_FROM} where {' or '.join(condition for condition, _ in conditions)}"
    columns = "d.id, d.source, d.partition, d.title, d.author, d.url, d.licence, d.accepted"
    verdict = "coalesce(u.verdict, 'not decided yet')"
    (total,) = next(tables.ask(f"select count(*) {matches}", values).rows)
    rows = tables.ask(
        f"select {columns}, {verdict} {matches} order by d.id, d.source, d.partition limit ?", [*values, limit]
    ).rows
    return [Found(*row) for row in rows], total


def _conditions(text: str, by: str | None) -> Iterator[tuple[str, Any]]:
    """Every condition of which one is enough, with its value."""
    if by == "site":
        host = known_by.site(f"https://{known_by.address(text)}")
        if host:
            yield "regexp_extract(lower(d.url), '^https?://(?:www\\.)?(?:[^/@]*@)?([^/:?#]+)', 1) = ?", host
        return
    for name in _TEXTS if by is None else [by] if by in _TEXTS else []:
        yield f"contains(lower({_TEXTS[name]}), lower(?))", text
        yield f"contains(strip_accents(lower({_TEXTS[name]})), ?)", known_by.fold(text)
    spelt = known_by.address(text)
    if by in (None, "url") and spelt:
        yield "contains(lower(d.url), ?)", spelt
    if by in (None, "doi") and (doi := known_by.doi(text)):
        yield f"contains(lower({_NAMED}), ?)", doi
    if by in (None, "isbn") and (isbn := known_by.isbn(text)):
        for digits in known_by.isbn_spellings(isbn):
            yield f"contains(replace(replace(lower({_NAMED}), '-', ''), ' ', ''), ?)", digits


def near(tables: Tables, name: str, limit: int = 5) -> list[str]:
    """The document ids most like a misspelt one, best first."""
    query = "select id from documents group by id order by jaro_winkler_similarity(id, $1) desc, id limit $2"
    return [row[0] for row in tables.ask(query, [name, limit]).rows]
