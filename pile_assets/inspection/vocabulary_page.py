"""The page docs/licence-vocabularies.md: every table the normaliser reads by, written from the tables themselves."""

import inspect
from collections.abc import Iterable, Iterator, Mapping

from pile_assets.inspection.licences import vocabularies
from pile_assets.licensing import (
    addresses,
    carriers,
    creative_commons,
    creative_commons_titles,
    family_table,
    name_table,
    normalise,
)
from pile_assets.licensing.contexts import (
    classifier,
    codes,
    debian_copyright,
    improvement_proposals,
    rights_statement,
    stackexchange,
    wikimedia_template,
)

_INTRODUCTION = """# Licence vocabularies

What `pile licence` and the sources understand, by the place a statement was found in. This page is written by
`pile licence --vocabularies` and checked by a test: change a table, and print it anew. How a reading becomes a verdict is in
[licensing](licensing.md).

A statement is read as a whole. Each word of it is a name, an address or one of the words that say nothing; one word more
leaves it unread. Nothing here is a licence's text, and none of the names is accepted by being listed: that is the table in
`licensing/accepted.py`.
"""

_CODES: Mapping[str, codes.Codes] = {
    "flickr": codes.FLICKR,
    "github": codes.GITHUB,
    "huggingface": codes.HUGGING_FACE,
    "openalex": codes.OPENALEX,
    "youtube": codes.YOUTUBE,
}
_TABLES: Mapping[str, tuple[Mapping[str, str | None], ...]] = {
    "bip-license": (improvement_proposals.BIP_CODES,),
    "classifier": (classifier.IDENTIFIERS, classifier.FAMILIES),
    "debian-copyright": (debian_copyright.SHORT_NAMES, debian_copyright.FAMILIES),
    "rights-statement": (rights_statement.LABELS,),
    "stackexchange": (stackexchange.CODES,),
    "wikimedia-template": (wikimedia_template.NAMES,),
    **{context: (table,) for context, table in _CODES.items()},
}


def page() -> str:
    """The page as Markdown, with a line end at its end."""
    parts = [_INTRODUCTION, "## Contexts\n", *_contexts(), *_names(), *_creative_commons(), *_addresses(), *_carriers()]
    return "\n".join(parts)


def _contexts() -> Iterator[str]:
    for vocabulary in vocabularies():
        yield f"### `{vocabulary.context}`\n"
        yield f"{vocabulary.summary}\n"
        if vocabulary.context not in normalise.SUMMARIES:
            documentation = inspect.getdoc(inspect.getmodule(normalise.CONTEXTS[vocabulary.context])) or ""
            if rest := documentation.partition("\n\n")[2]:
                yield f"{rest}\n"
        if vocabulary.other_names:
            yield f"Also called {', '.join(f'`{name}`' for name in vocabulary.other_names)}.\n"
        for table in _TABLES.get(vocabulary.context, ()):
            yield _rows(("statement", "means"), ((statement, _meaning(meaning)) for statement, meaning in table.items()))


def _names() -> Iterator[str]:
    yield "## Names without a version\n"
    yield _rows(("means", "names"), ((spdx, ", ".join(names)) for spdx, names in name_table.SINGLE.items()))
    yield "## Names with versions\n"
    rows = ((name, ", ".join(family.stems), ", ".join(family.versions)) for name, family in family_table.FAMILIES.items())
    yield _rows(("family", "names", "versions"), rows)


def _creative_commons() -> Iterator[str]:
    yield "## Creative Commons\n"
    yield _rows(
        ("version", "ports"), ((version, ", ".join(sorted(ports))) for version, ports in creative_commons.PORTS.items())
    )
    titles = {"en": creative_commons_titles.ENGLISH, **creative_commons_titles.TITLES}
    elements = ("by", "nc", "nd", "sa")
    yield _rows(
        ("language", *elements),
        ((language, *(", ".join(words[element]) for element in elements)) for language, words in titles.items()),
    )
    yield f"No jurisdiction: {', '.join(creative_commons_titles.REACHES)}.\n"
    yield _rows(
        ("port", "jurisdiction"), ((port, ", ".join(names)) for port, names in creative_commons_titles.COUNTRIES.items())
    )


def _addresses() -> Iterator[str]:
    yield "## Addresses\n"
    yield "Hosts, with the pattern of each path; what depends on the path is marked with an arrow.\n"
    rows = (
        (host, path, _meaning(named) if isinstance(named, str) else "→")
        for host, pages in addresses.PAGES.items()
        for path, named in pages.items()
    )
    yield _rows(("host", "path", "means"), rows)


def _carriers() -> Iterator[str]:
    yield "## Words that say nothing\n"
    yield ", ".join(sorted(carriers.WORDS)) + ".\n"
    yield "And as whole sentences:\n"
    yield _rows(("sentence",), ((sentence,) for sentence in (*carriers.SENTENCES, *carriers.NON_COMMERCIAL)))
    yield "And in articles:\n"
    yield _rows(("sentence",), ((sentence,) for sentence in carriers.IN_ARTICLES))


def _meaning(meaning: str | None) -> str:
    if meaning is None:
        return "nothing"
    return f"the family {meaning.removeprefix(codes.FAMILY)}" if meaning.startswith(codes.FAMILY) else meaning


def _rows(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
