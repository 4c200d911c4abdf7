"""Finding documents by a piece of their id, address, title or author. Only that question belongs here."""

from dataclasses import dataclass

from pile_assets.inspection.sql import Tables

LIMIT = 50

_MATCHES = """
from documents d left join "unique" u on u.id = d.id and u.source = d.source and u.partition = d.partition
where contains(lower(d.id), lower($1)) or contains(lower(d.url), lower($1))
   or contains(lower(coalesce(d.title, '')), lower($1)) or contains(lower(coalesce(d.author, '')), lower($1))
"""


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


def find(tables: Tables, text: str, limit: int = LIMIT) -> tuple[list[Found], int]:
    """The first `limit` documents, in id order, that hold `text` in any letter case, and how many there are in all."""
    columns = "d.id, d.source, d.partition, d.title, d.author, d.url, d.licence, d.accepted"
    verdict = "coalesce(u.verdict, 'not decided yet')"
    (total,) = next(tables.ask(f"select count(*) {_MATCHES}", [text]).rows)
    rows = tables.ask(
        f"select {columns}, {verdict} {_MATCHES} order by d.id, d.source, d.partition limit $2", [text, limit]
    ).rows
    return [Found(*row) for row in rows], total


def near(tables: Tables, name: str, limit: int = 5) -> list[str]:
    """The document ids most like a misspelt one, best first."""
    query = "select id from documents group by id order by jaro_winkler_similarity(id, $1) desc, id limit $2"
    return [row[0] for row in tables.ask(query, [name, limit]).rows]
