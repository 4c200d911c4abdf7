"""Which documents a takedown means, by what is said of them: id, address, author, repository, DOI.

What belongs here: the comparable form of each of these, and the comparison. What may not: texts and their hashes (`marks`).

Comparison is generous in spelling, since a request must not fail by one: http and https are the same, and a character of an
address and its percent-encoding; letter case counts only where the entry says so, and Unicode forms are compared by their
compatibility composition (NFKC).
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile
from urllib.parse import quote, unquote

import polars as pl

from pile_assets.licensing.takedowns.model import Scope

FACTS = ("id", "url", "author")
"""The columns of `schemas.DOCUMENTS` that a scope is compared with."""

FORGES = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht", "salsa.debian.org")
"""Hosts whose addresses begin with owner and name of a repository."""

_RAW_HOSTS = {"raw.githubusercontent.com": "github.com", "www.github.com": "github.com", "www.gitlab.com": "gitlab.com"}
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>?#]+")


def repository(url: str) -> str | None:
    """The repository an address lies in, as host/owner/name, or the package of a package URL without its version."""
    if url.startswith("pkg:"):
        return url.partition("#")[0].partition("?")[0].partition("@")[0]
    host, _, path = address(url).removeprefix("https://").partition("/")
    host = _RAW_HOSTS.get(host, host)
    parts = [part for part in path.partition("?")[0].partition("#")[0].split("/") if part]
    if host not in FORGES or len(parts) < 2:
        return None
    return f"{host}/{parts[0]}/{parts[1].removesuffix('.git')}"


def dois(url: str) -> Iterator[str]:
    """The DOIs in an address, in lower case: a DOI is not case-sensitive (DOI Handbook, section 2.4)."""
    for found in _DOI.finditer(unquote(url)):
        yield found[0].rstrip(".,;)").lower()


def address(url: str) -> str:
    """An address with its scheme and host in one spelling; the rest as it is."""
    scheme, mark, rest = unicodedata.normalize("NFKC", url.strip()).partition("://")
    if not mark:
        return url.strip()
    host, slash, path = rest.partition("/")
    scheme = scheme.lower().replace("http", "https").replace("httpss", "https")
    host = host.lower().removesuffix(":443").removesuffix(":80")
    return f"{scheme}://{host}{slash}{path}"


def _encoded(url: str, *, fold: bool) -> str:
    """An address with its bytes percent-encoded (RFC 3986, section 2): its beginning stays that, even amid a character."""
    plain = unicodedata.normalize("NFKC", unquote(address(url), errors="surrogateescape"))
    return quote(plain.casefold() if fold else plain, safe="/:?#[]@!$&'()*+,;=", errors="surrogateescape")


def authors(author: str | None) -> Iterator[str]:
    """The single names of a document's author line."""
    for name in (author or "").split(";"):
        if spelt := _spaced(name):
            yield spelt


def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


class Index:
    """The documents of one partition by what scopes compare, so that a thousand takedowns cost little more than one.

    `documents` has the columns of `FACTS`. Each kind of fact is laid out when it is first asked for.
    """

    def __init__(self, documents: pl.DataFrame):
        self._rows = documents.select(FACTS).rows()

    def meant(self, scope: Scope) -> Collection[str]:
        """The ids of the documents that a scope names; none for a scope that says nothing of these facts."""
        match scope.kind:
            case "doc_id":
                return self._ids & {scope.value.strip()}
            case "source":
                return [id_ for id_ in self._ids if id_.startswith(f"{scope.value.strip().lower()}:")]
            case "url_prefix":
                return self._under(scope.value, scope.case_sensitive)
            case "author_key":
                name = _spaced(scope.value)
                return self._authors.get(name, ()) if scope.case_sensitive else self._folded_authors.get(name.casefold(), ())
            case "doi":
                return self._dois.get(next(dois(scope.value), ""), ())
            case "repo":
                return self._in_repository(scope)
        return ()

    @cached_property
    def _ids(self) -> set[str]:
        return {row[0] for row in self._rows}

    @cached_property
    def _authors(self) -> dict[str, list[str]]:
        return _listed((name, id_) for id_, _, author in self._rows for name in authors(author))

    @cached_property
    def _folded_authors(self) -> dict[str, list[str]]:
        return _listed((name.casefold(), id_) for name, ids in self._authors.items() for id_ in ids)

    @cached_property
    def _dois(self) -> dict[str, list[str]]:
        return _listed((doi, id_) for id_, url, _ in self._rows for doi in {*dois(url), *dois(id_)})

    @cached_property
    def _repositories(self) -> dict[str, list[str]]:
        return _listed((found, id_) for id_, url, _ in self._rows if (found := repository(url)))

    @cached_property
    def _addresses(self) -> list[tuple[str, str]]:
        return sorted((_encoded(url, fold=False), id_) for id_, url, _ in self._rows)

    @cached_property
    def _folded_addresses(self) -> list[tuple[str, str]]:
        return sorted((_encoded(url, fold=True), id_) for id_, url, _ in self._rows)

    def _under(self, prefix: str, case_sensitive: bool) -> list[str]:
        listed = self._addresses if case_sensitive else self._folded_addresses
        wanted = _encoded(prefix, fold=not case_sensitive)
        start = bisect_left(listed, (wanted, ""))
        under = takewhile(lambda pair: pair[0].startswith(wanted), islice(listed, start, None))
        return [id_ for _, id_ in under]

    def _in_repository(self, scope: Scope) -> list[str]:
        cased: Callable[[str], str] = str if scope.case_sensitive else str.casefold
        wanted = cased(scope.value.strip().removesuffix("/").removesuffix(".git"))
        whole = wanted.startswith("pkg:") or wanted.count("/") == 2
        found = []
        for name, ids in self._repositories.items():
            if (cased(name) if whole else cased(name).partition("/")[2]) == wanted:
                found += ids
        return found


def _listed(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for fact, id_ in pairs:
        listed.setdefault(fact, []).append(id_)
    return listed
