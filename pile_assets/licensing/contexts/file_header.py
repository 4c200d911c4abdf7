"""The head of a source file: SPDX lines, complete licence texts and the usual one-sentence grants.

Nothing is vetoed here for "All rights reserved", which stands before most permissions. What does veto is a copyleft
grant, a restriction, or a licence that begins and does not go on. Everything a head names binds its file together (AND),
because no sentence of it says which lines it means; a head that speaks of borrowed parts adds to what holds for the whole
(rule `model.PART`). A head without a statement of its own is silent, and the next wider one decides; one that names a licence
or a restriction in words that are not understood is not silent, and blocks.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pile_assets.licensing import addresses, expressions, names, texts
from pile_assets.licensing.model import PART, SILENT, Reading

_HINT = re.compile(
    r"licen[cs]e|copying|public domain|redistribut|permission|gpl\b|creativecommons|proprietary|confidential|dedicat|cc0|spdx"
    r"|prohibited|do not (?:re)?distribute|internal use|non[\s\-]?commercial|free for",
    re.IGNORECASE,
)
_SPDX_LINE = re.compile(
    r"^[ \t#*/;%!\"'.<>-]*(?:(?:REM|dnl)[ \t]+)?SPDX-License-Identifier:(?P<expression>[^\n]*)$", re.MULTILINE
)
_CLOSING = ("*/", "-->")

_VERB = (
    r"(?:licensed|released|distributed|available|governed|provided|published|covered|is|are|made) (?:\w+ ){0,3}?(?:under|by)"
)
_GRANT = rf"(?:{_VERB}|\bunder|\blicense) (?:the )?(?:terms (?:and conditions )?(?:of|in) )?(?:an? |the )?"
_TWO = r"(?:v(?:ersion)? ?)?2(?: 0)?+\b"
_DEDICATED = r"(?:placed?|put|released|dedicated) (?:in|into|to) the public domain"

_STATEMENTS: Mapping[str, str] = {
    rf"{_GRANT}apache (?:software )?license {_TWO}(?! with llvm)|{_GRANT}apache {_TWO}": "Apache-2.0",
    rf"{_GRANT}apache license {_TWO} with llvm exceptions": "Apache-2.0 WITH LLVM-exception",
    rf"{_GRANT}(?:expat |mit )?(?:mit|expat)(?: license)?\b(?! cmu)": "MIT",
    rf"{_GRANT}(?:bsd 3 clause|3 clause bsd|new bsd|modified bsd|revised bsd)\b|\bnew bsd license\b": "BSD-3-Clause",
    rf"{_GRANT}(?:bsd 2 clause|2 clause bsd|simplified bsd|bsd 2)\b": "BSD-2-Clause",
    rf"{_GRANT}(?:zero clause bsd|0bsd)\b": "0BSD",
    rf"{_GRANT}isc\b": "ISC",
    rf"{_GRANT}boost software license version 1 0": "BSL-1.0",
    rf"{_GRANT}zlib (?:libpng )?license": "Zlib",
    rf"{_GRANT}psf license {_TWO}": "PSF-2.0",
    r"\bunder cnri s python 1 6 license": "CNRI-Python",
    rf"\b{_DEDICATED}|\bthis (?:\w+ ){{1,2}}is (?:in the |in )?public domain": "LicenseRef-PublicDomain-Dedication",
    rf"{_GRANT}cc0\b": "CC0-1.0",
}
_FAMILIES: Mapping[str, str] = {
    rf"{_GRANT}apache(?: software)? license(?! (?:v|version|2))": "Apache",
    rf"{_GRANT}bsd\b(?! [023])": "BSD",
    rf"{_GRANT}(?:psf|python(?: software foundation)?) license(?! (?:v|version|2))|{_GRANT}psfl\b": "PSF",
    rf"{_GRANT}(?:mpl|mozilla public license)\b": "MPL",
    rf"{_GRANT}(?:gnu )?l?gpl\b": "GPL",
}
_ALSO_NAMED: Mapping[str, tuple[str | None, str]] = {
    r"\bapache license v?(?:ersion)? ?2 0\b": ("Apache-2.0", "Apache"),
    r"\bmit license\b": ("MIT", "MIT"),
    r"\bbsd license\b": (None, "BSD"),
    r"\bgpl\b(?! compatible)|\bgeneral public license\b": (None, "GPL"),
}
_READ_AS_ID = [(re.compile(pattern), spdx) for pattern, spdx in _STATEMENTS.items()]
_READ_AS_FAMILY = [(re.compile(pattern), family) for pattern, family in _FAMILIES.items()]
_READ_IN_A_CHOICE = [(re.compile(pattern), named) for pattern, named in _ALSO_NAMED.items()]
_CHOICE = re.compile(r"\bdual(?:ly)? licensed\b|\bunder either of\b|\bat your option\b")
_PART = re.compile(
    r"\b(?:portions?|parts|some|snippets?) (?:of (?:this|the|it)|from|is|are|was|were|adapted|taken|copied|derived)\b"
    r"|\b(?:adapted|derived|taken|copied|borrowed|ported|translated|based|lifted|converted) (?:\w+ ){0,3}?(?:from|on)\b"
    r"|\b(?:uses|includes|contains) (?:code|material|parts)\b"
    r"|\b(?:which|that) (?:is|was|are) (?:\w+ )?(?:licensed|released|under|distributed|published)\b"
)
_RESERVED = re.compile(
    r"\bis proprietary\b|\bproprietary (?:and|information|license|software|to)\b|\bnot for commercial\b"
    r"|\bconfidential (?:and|to|information|property)\b"
)
_FIELD = re.compile(
    r"^[ \t#*/;%!\"'.<>-]*(?::licen[cs]e:|@licen[cs]e\b:?|licen[cs]e[ \t]*:)[ \t]*(?P<value>[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:see|refer|please|read|check|cf|found|in|as|same|this|the same)\b.*"
    r"|(?:the )?(?:https?:)?[\w./\-]*(?:licen[cs]es?|copying)(?:\.\w+)?(?: file)?/?",
    re.IGNORECASE,
)
"""A value of a licence field that leads to the statement, and is none."""
_AFTER_NAME = re.compile(r"[,;(]|[.] |\bsee\b", re.IGNORECASE)
_ELSEWHERE = r"(?:found|in|given|that|described|specified|terms|file)\b"
_UNKNOWN_GRANT = re.compile(
    r"\blicensed (?:under|as|for) (?!(?:the |a )?(?:(?:terms|conditions) of )?(?:the |a )?"
    rf"(?:same|following|contributor|this|its|terms|license {_ELSEWHERE}))"
    r"|\b(?:released|distributed|published|available|provided) under (?!(?:the )?same\b)(?:\w+ ){1,6}?"
    rf"licen[cs]e(?! {_ELSEWHERE})"
    r"|\bmodify it under (?!(?:the )?same\b)(?:\w+ ){1,14}?licen[cs]e\b"
)
_WITHHELD = re.compile(
    r"\bdo not (?:re)?distribute\b|\bnot for (?:re)?distribution\b|\bcc by n[cd]\b|\bnon ?commercial use\b"
    r"|\b(?:internal|personal|academic|educational|research) use only\b"
    r"|\bfree for (?:\w+ )?(?:non ?commercial|personal|academic|educational|private)\b"
    r"|\b(?:re)?distribution (?:is )?(?:strictly )?(?:prohibited|forbidden)\b"
    r"|\bmay not (?:be )?(?:cop(?:y|ied)|modif(?:y|ied)|(?:re)?distributed?)\b"
)


def read(raw: str) -> Reading:
    """One reading of a head that is one comment; a conflict where it makes statements that do not bind together."""
    found = readings(raw)
    if not found:
        return Reading("unresolved", SILENT)
    return found[0] if len(found) == 1 else Reading("conflict", "header-several")


def readings(comments: str, docstring: str = "") -> tuple[Reading, ...]:
    """What a file's head says; empty where it is silent.

    All identifiers it names are one reading. What vetoes it, and families whose version it leaves open, are readings of
    their own. An SPDX line counts in a comment only, and then speaks for the whole head.
    """
    raw = f"{comments}\n{docstring}"
    if _HINT.search(raw) is None:
        return ()
    found = texts.find(raw)
    if spdx := _spdx_lines(comments):
        return (spdx, *_vetoes(found))
    named = _named(raw, found)
    rule = PART if _of_parts(found, named) else "header-text" if found.licences else "header-statement"
    identifiers = [spdx for spdx in named.identifiers if spdx not in found.refused]
    known = {*found.refused, *map(names.family_of, identifiers)}
    read = list(_vetoes(found))
    if identifiers:
        read.append(Reading("resolved", rule, " AND ".join(identifiers)))
    read += [Reading("family-only", rule, family=family) for family in named.families if family not in known]
    return tuple(read + named.unread) or tuple(_not_understood(raw, found.rest))


def _not_understood(raw: str, rest: str) -> Iterator[Reading]:
    """What a head says of a licence where nothing of it was recognised: a field's value, a grant or a restriction."""
    for match in _FIELD.finditer(raw):
        value = _stated(match["value"]).strip(" \t.\"'")
        if value and not _POINTER.fullmatch(value):
            beginning = _AFTER_NAME.split(value)[0].strip()
            known = names.read(value) or names.read(beginning)
            yield known if known and known.status != "unresolved" else Reading("unresolved", "header-unknown")
    if _WITHHELD.search(rest):
        yield Reading("unresolved", "header-restricts")
    elif _UNKNOWN_GRANT.search(rest):
        yield Reading("unresolved", "header-unknown")


def _spdx_lines(comments: str) -> Reading | None:
    """The SPDX lines of a comment; several bind together (REUSE 3.3). An unreadable one leaves all unresolved."""
    found = list(dict.fromkeys(_stated(match["expression"]) for match in _SPDX_LINE.finditer(comments)))
    if not found:
        return None
    trees = [expressions.parse(expression) for expression in found]
    if any(tree is None for tree in trees):
        return Reading("unresolved", "header-spdx")
    written = [str(tree) for tree in trees]
    spdx = written[0] if len(written) == 1 else " AND ".join(f"({text})" if " OR " in text else text for text in written)
    return Reading("resolved", "header-spdx", spdx)


def _stated(rest: str) -> str:
    """What a line states after its label, without the end of the comment it stands in."""
    text = rest.strip()
    return next((text.removesuffix(mark).rstrip() for mark in _CLOSING if text.endswith(mark)), text)


def _vetoes(found: texts.Findings) -> Iterator[Reading]:
    for name in found.refused:
        known = expressions.listed(name)
        yield Reading("resolved", "header-refused", known) if known else Reading("family-only", "header-refused", family=name)
    if found.changed:
        yield Reading("unresolved", "header-text-changed")
    if found.restrictions or _RESERVED.search(found.rest):
        yield Reading("unresolved", "header-restricts")


@dataclass
class _Named:
    """What a head names, in order and without repeats, with the words before each statement."""

    identifiers: list[str]
    families: list[str]
    unread: list[Reading]
    leads: list[str]


def _named(raw: str, found: texts.Findings) -> _Named:
    rest = found.rest
    exact = [(spdx, match) for pattern, spdx in _READ_AS_ID if (match := pattern.search(rest))]
    loose = [(family, match) for pattern, family in _READ_AS_FAMILY if (match := pattern.search(rest))]
    if _CHOICE.search(rest):
        choices = [(named, match) for pattern, named in _READ_IN_A_CHOICE if (match := pattern.search(rest))]
        exact += [(identifier, match) for (identifier, _), match in choices if identifier]
        loose += [(family, match) for (identifier, family), match in choices if not identifier]
    addressed = list(addresses.every(raw))
    leads = [rest[max(0, match.start() - texts.LEAD) : match.end()] for _, match in (*exact, *loose)]
    if addressed and not leads and not found.licences:
        leads = [rest]
    return _Named(
        list(dict.fromkeys([*found.licences, *(spdx for spdx, _ in exact), *(r.spdx for r in addressed if r.spdx)])),
        list(dict.fromkeys([*(family for family, _ in loose), *(r.family for r in addressed if r.family and not r.spdx)])),
        [reading for reading in addressed if reading.status == "unresolved"],
        leads,
    )


def _of_parts(found: texts.Findings, named: _Named) -> bool:
    """Whether what a head names is said of something borrowed, and not of the file."""
    return any(_PART.search(lead) for lead in (*found.leads, *named.leads))
