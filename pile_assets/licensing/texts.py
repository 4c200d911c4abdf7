"""Which licences a text holds in full, told by their own clauses: never by first words, a title or a file's name.

A licence is recognised where its opening is followed by every one of its distinctive clauses and by its end, within the
length it can have. An opening without the rest is a changed licence, which is worse than none: the text then reads as
unresolved. So does one that restricts what the recognised licences allow. Copyleft texts and grants are recognised too,
so that they are refused by name rather than overlooked. Which file a text came from, and what it covers, is for `claims`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from pile_assets.licensing import legal_codes
from pile_assets.licensing.model import Reading

LEAD = 250
"""Characters of the words before a statement that say what it is about: a copyright line and a sentence."""


@dataclass(frozen=True)
class Findings:
    """Everything licence-like in one text, in order of appearance and without repeats."""

    licences: tuple[str, ...] = ()  # SPDX identifiers of complete texts
    refused: tuple[str, ...] = ()  # identifiers or families of copyleft texts and grants
    restrictions: tuple[str, ...] = ()  # phrases that restrict use beyond any accepted licence
    changed: bool = False  # a known licence begins but does not go on as it should
    rest: str = ""  # the words that are no part of a complete licence text
    leads: tuple[str, ...] = ()  # the words before each complete text, at most LEAD characters

    @property
    def nothing(self) -> bool:
        return not (self.licences or self.refused or self.restrictions or self.changed)


@dataclass(frozen=True)
class _Text:
    """One licence: phrases of lower-case words as `words` spells them; `opening` and `ending` are patterns over them."""

    spdx: str
    opening: str
    ending: str
    longest: int  # words from opening to ending, about a third more than the canonical text has
    clauses: tuple[str, ...]
    without: tuple[str, ...] = field(default=())
    operative: int | None = None  # words of `_OPERATIVE` it has, where that differs from `_MOST`


_OPERATIVE = re.compile(
    r"\b(?:not|no|nor|neither|except|unless|only|must|shall|may|cannot|without|provided|prohibited|prior|non|additional|however)\b"
)
"""Words that make or take back a condition."""
_MOST = {
    "BSD-4-Clause": 17, "BSD-3-Clause-Open-MPI": 19, "BSD-3-Clause-LBNL": 20,
    "BSD-3-Clause": 16, "BSD-2-Clause": 11, "NCSA": 15, "Unicode-3.0": 13,
    "Unicode-DFS-2016": 13, "X11": 13, "JSON": 10, "MIT": 8, "MIT-0": 7, "ISC": 5, "0BSD": 4, "HPND": 5, "MIT-CMU": 5,
    "Zlib": 13, "Unlicense": 6, "BSL-1.0": 8, "Apache-2.0": 69, "Python-2.0.1": 51, "PSF-2.0": 11,
}  # fmt: skip
"""How many of them the text of the SPDX list has. A copy with more has a condition more, and is another licence."""

_BSD = "redistribution and use in source and binary forms"
_BSD_END = "advised of the possibility of such damages?"
_BSD_CLAUSES = (
    "are permitted provided that",
    "redistributions of source code must retain the above copyright",
    "redistributions in binary form must reproduce the above copyright",
    "in the documentation and or other materials provided with the distribution",
)
_ENDORSEMENT = "endorse or promote products derived from this software without specific prior"
_ADVERTISING = "advertising materials mentioning features or use of this software must display"
_NO_REASSURANCES = "provide no reassurances that the source code provided does not infringe any patent"
_NO_PATENTS = "no express or implied licenses to any party s patent rights are granted"
_LBNL = "under no obligation whatsoever to provide any bug fixes patches or upgrades to the features"
_LBNL_END = "derivative works thereof in binary and source code form"
_MIT = "permission is hereby granted free of charge to any person obtaining a copy"
_MIT_CLAUSES = (
    "without restriction including without limitation the rights to use copy modify merge publish distribute sublicense",
    "provided as is without warranty of any kind",
)
_MIT_KEEP_NOTICE = "above copyright notice and this permission notice"
_GOOD_NOT_EVIL = "shall be used for good not evil"
_PERMISSION = "permission to use copy modify and (?:or )?distribute this (?:python )?software"
_PERMISSION_END = "use or performance of this software"
_PYTHON = "this license agreement is between the python software foundation psf and the individual or organization"

_TEXTS = (
    _Text("BSD-4-Clause", _BSD, _BSD_END, 330, (*_BSD_CLAUSES, _ADVERTISING)),
    _Text("BSD-3-Clause-Open-MPI", _BSD, _BSD_END, 380, (*_BSD_CLAUSES, _ENDORSEMENT, _NO_REASSURANCES)),
    _Text("BSD-3-Clause-Clear", _BSD, _BSD_END, 330, (*_BSD_CLAUSES, _ENDORSEMENT, _NO_PATENTS)),
    _Text("BSD-3-Clause-LBNL", _BSD, _LBNL_END, 430, (*_BSD_CLAUSES, _ENDORSEMENT, _LBNL), (_ADVERTISING, _NO_PATENTS)),
    _Text("BSD-3-Clause", _BSD, _BSD_END, 300, (*_BSD_CLAUSES, _ENDORSEMENT), (_ADVERTISING, _NO_REASSURANCES, _NO_PATENTS)),
    _Text(
        "BSD-2-Clause", _BSD, _BSD_END, 260, _BSD_CLAUSES, ("endorse or promote", _ADVERTISING, _NO_PATENTS, "patent license")
    ),
    _Text(
        "NCSA",
        _MIT,
        "dealings with the software",
        330,
        (
            "to deal with the software",
            *_MIT_CLAUSES,
            "redistributions of source code must retain the above copyright",
            "redistributions in binary form must reproduce the above copyright",
            "endorse or promote products derived from this software without specific prior",
        ),
    ),
    _Text(
        "Unicode-3.0",
        _MIT,
        "without prior written authorization",
        330,
        ("obtaining a copy of data files and any associated documentation", "copyright and permission notices? appear"),
    ),
    _Text(
        "Unicode-DFS-2016",
        _MIT,
        "without prior written authorization",
        330,
        ("obtaining a copy of the unicode data files and any associated documentation", "copyright and permission notice"),
    ),
    _Text(
        "X11",
        _MIT,
        "without prior written authorization",
        260,
        (*_MIT_CLAUSES, _MIT_KEEP_NOTICE, "shall not be used in advertising or otherwise to promote the sale"),
        (_GOOD_NOT_EVIL,),
    ),
    _Text("JSON", _MIT, "dealings in the software", 230, (*_MIT_CLAUSES, _MIT_KEEP_NOTICE, _GOOD_NOT_EVIL)),
    _Text(
        "MIT",
        _MIT,
        "dealings in the software",
        220,
        (*_MIT_CLAUSES, _MIT_KEEP_NOTICE, "shall be included in all copies or substantial portions"),
        (_GOOD_NOT_EVIL,),
    ),
    _Text("MIT-0", _MIT, "dealings in the software", 180, _MIT_CLAUSES, (_MIT_KEEP_NOTICE, _GOOD_NOT_EVIL, "subject to")),
    _Text(
        "ISC",
        _PERMISSION,
        _PERMISSION_END,
        170,
        (
            "for any purpose with or without fee is hereby granted",
            "provided that the above copyright notice and this permission notice appear in all copies",
            "disclaims all warranties",
        ),
        ("supporting documentation",),
    ),
    _Text(
        "0BSD",
        _PERMISSION,
        _PERMISSION_END,
        140,
        ("for any purpose with or without fee is hereby granted", "disclaims all warranties"),
        ("provided that", "supporting documentation"),
    ),
    _Text(
        "HPND",
        _PERMISSION,
        "specific,? written,? prior permission|prior written permission",
        150,
        (
            "without fee is hereby granted",
            "provided that the above copyright notice appears? in all copies",
            "copyright notice and this permission notice appear in supporting documentation",
        ),
    ),
    _Text(
        "MIT-CMU",
        "by obtaining using and or copying this software and or its associated documentation you agree that you have read",
        "specific,? written,? prior permission",
        180,
        (
            "permission to use copy modify and distribute this software and its associated documentation",
            "without fee is hereby granted provided that the above copyright notice appears in all copies",
        ),
    ),
    _Text(
        "Zlib",
        "provided as is without any express or implied warranty",
        "from any source distribution",
        190,
        (
            "be held liable for any damages arising from the use of this software",
            "permission is granted to anyone to use this software for any purpose including commercial applications",
            "and to alter it and redistribute it freely",
            "must not be misrepresented",
            "altered source versions must be plainly marked as such",
        ),
    ),
    _Text(
        "Unlicense",
        "this is free and unencumbered software released into the public domain",
        "dealings in the software",
        270,
        ("anyone is free to copy modify publish use compile sell or distribute this software", "relinquishment in perpetuity"),
    ),
    _Text(
        "BSL-1.0",
        "permission is hereby granted free of charge to any person or organization obtaining a copy of the software",
        "dealings in the software",
        290,
        ("must be included in all copies of the software in whole or in part", "machine executable object code"),
    ),
    _Text(
        "Apache-2.0 WITH LLVM-exception",
        "apache license version 2 0 january 2004",
        "combined software",
        2_300,
        (
            "grant of patent license",
            "llvm exceptions to the apache 2 0 license",
            "embedded into an object form of such source code",
        ),
    ),
    _Text(
        "Apache-2.0",
        "apache license version 2 0 january 2004",
        "accepting any such warranty or additional liability",
        2_000,
        (
            "terms and conditions for use reproduction and distribution",
            "grant of copyright license",
            "grant of patent license",
            "you must cause any modified files to carry prominent notices",
        ),
    ),
    _Text(
        "Apache-2.0",
        "under the apache license version 2 0 the license you may not use this file except in compliance with the license",
        "limitations under the license",
        110,
        ("without warranties or conditions of any kind",),
        operative=6,
    ),
    _Text(
        "Python-2.0.1",
        _PYTHON,
        "for python 1 6 1.{1,6000}?stichting mathematisch centrum.{1,2500}?use or performance of this software",
        1_900,
        (
            "psf hereby grants licensee a nonexclusive royalty free world wide license",
            "beopen python open source license agreement version 1",
            "between the corporation for national research initiatives",
        ),
    ),
    _Text(
        "PSF-2.0",
        _PYTHON,
        "agrees to be bound by the terms and conditions of this license agreement",
        520,
        (
            "psf hereby grants licensee a nonexclusive royalty free world wide license",
            "prepare derivative works distribute and otherwise use",
            "brief summary of the changes made",
            "on an as is basis",
        ),
    ),
)

_OPENINGS: dict[str, list[_Text]] = {}
for _text in _TEXTS:
    _OPENINGS.setdefault(_text.opening, []).append(_text)
_ANY_OPENING = re.compile("|".join(f"(?P<o{number}>{opening})" for number, opening in enumerate(_OPENINGS)))
_CANDIDATES = [
    [(text, re.compile(text.ending), [re.compile(clause) for clause in text.clauses]) for text in texts]
    for texts in _OPENINGS.values()
]
_BY_GROUP = {f"o{number}": candidates for number, candidates in enumerate(_CANDIDATES)}

_GNU = "gnu (?P<kind>lesser |library |library or lesser |affero |free documentation )?(?:general public )?license"
# Not what the Python licence says of older releases, nor the LLVM exception of what a program may be combined with.
_GRANTED = r"(?<!previously )(?<!software that is )(?:licensed|released|distributed|available) under"
_REFUSED = (
    (re.compile(rf"{_GNU} version \d.{{0,120}}everyone is permitted to copy and distribute verbatim copies"), None),
    (re.compile(rf"(?:terms|conditions) of (?:version \d of )?the {_GNU}"), None),
    (re.compile(rf"{_GRANTED} (?:version \d of )?(?:the )?{_GNU}"), None),
    (re.compile(rf"{_GRANTED} (?:the )?(?P<kind>l|a)?gpl"), None),
    (
        re.compile(r"mozilla public license version 1 1 1 definitions|terms of the mozilla public license version 1 1"),
        "MPL-1.1",
    ),
    (
        re.compile(r"mozilla public license version 2 0 1 definitions|terms of the mozilla public license v(?:ersion)? 2 0"),
        "MPL-2.0",
    ),
    (re.compile(r"eclipse public license v(?:ersion)? \d"), "EPL"),
    (re.compile(r"common development and distribution license"), "CDDL"),
    (re.compile(r"european union public licen[cs]e"), "EUPL"),
    (re.compile(r"server side public license"), "SSPL"),
    (re.compile(r"business source license"), "BUSL-1.1"),
    (re.compile(r"elastic license"), "Elastic-2.0"),
)
_KINDS = {"lesser": "LGPL", "library": "LGPL", "library or lesser": "LGPL", "l": "LGPL", "affero": "AGPL", "a": "AGPL"}
_RESTRICTIONS = re.compile(
    r"(?<!commercial or )(?<!commercial and )\bnon ?commercial\b(?! (?:and|or) commercial)|\bnot be used for commercial\b"
    r"|\bno derivative works\b|\bcommons clause\b|\bstrictly prohibited\b|\btrade secrets?\b|\bis proprietary\b"
    r"|\b(?:research|educational|evaluation|academic|personal|internal) (?:purposes?|use) only\b"
    r"|\bonly for (?:non|research|academic)\b|\bproprietary and confidential\b|\bconfidential and proprietary\b"
    r"|\bmay not be (?:copied|redistributed|reproduced|disclosed)\b(?! modified or distributed except according to those terms)"
    rf"|{_ADVERTISING}|{_GOOD_NOT_EVIL}"
)

_MARKS = re.compile(r"^[ \t]*(?:[#*/;|>%!\"'.]+|REM|dnl|\.\.)+", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> str:
    """The lower-case words of `text` joined by single blanks; comment marks, punctuation and line ends are gone."""
    return " ".join(_WORD.findall(_MARKS.sub(" ", text.lower().replace("licence", "license"))))


@lru_cache(maxsize=512)
def find(text: str) -> Findings:
    """All licences in `text`, complete ones apart from changed, refused and restricting ones."""
    codes = legal_codes.take(words(text))
    content = " ".join(codes.rest)
    licences, rest, leads, changed, end = list(codes.licences), [], [], codes.changed, 0
    for match in _ANY_OPENING.finditer(content):
        if match.start() < end:
            continue
        found = _complete(content, match)
        if found is None:
            changed = True
        else:
            rest.append(content[end : match.start()])
            leads.append(content[max(end, match.start() - LEAD) : match.start()])
            licence, end = found
            licences.append(licence)
    rest.append(content[end:])
    restrictive = any("-NC" in licence for licence in codes.licences)  # its title alone would restrict it once more
    return Findings(
        tuple(dict.fromkeys(licences)),
        tuple(dict.fromkeys(_refused(content))),
        () if restrictive else tuple(dict.fromkeys(match[0] for match in _RESTRICTIONS.finditer(content))),
        changed,
        " ".join(" ".join(rest).split()),
        tuple(leads),
    )


def _complete(content: str, opening: re.Match[str]) -> tuple[str, int] | None:
    """The licence that begins at `opening` with the position behind its end, where all of it is there."""
    for text, ending, clauses in _BY_GROUP[opening.lastgroup or ""]:
        end = ending.search(content, opening.start())
        if end is None:
            continue
        body = content[opening.start() : end.end()]
        if body.count(" ") >= text.longest or any(phrase in body for phrase in text.without):
            continue
        if all(clause.search(body) for clause in clauses) and not _adds_to(text, body):
            return text.spdx, end.end()
    return None


def _adds_to(text: _Text, body: str) -> bool:
    """Whether a body has more words that make conditions than its licence."""
    most = text.operative or _MOST.get(text.spdx)
    return most is not None and sum(1 for _ in _OPERATIVE.finditer(body)) > most


def _refused(content: str) -> Iterator[str]:
    for pattern, name in _REFUSED:
        for match in pattern.finditer(content):
            yield name or _gnu(match["kind"])


def _gnu(kind: str | None) -> str:
    name = (kind or "").strip()
    return "GFDL" if name == "free documentation" else _KINDS.get(name, "GPL")


def recognise(text: str) -> Reading:
    """One reading for a licence text: resolved only where everything licence-like in it is a complete, known licence.

    Several complete licences are read as binding together (AND): whichever part each is meant for, keeping all of their
    terms keeps the right ones.
    """
    found = find(text)
    if found.nothing:
        return Reading("unresolved", "licence-text-unknown")
    if found.changed or found.restrictions:
        return Reading("unresolved", "licence-text-changed" if found.changed else "licence-text-restricts")
    if found.refused:
        alone = len(found.refused) == 1 and not found.licences
        return (
            Reading("family-only", "licence-text", family=found.refused[0])
            if alone
            else Reading("conflict", "licence-text-mixed")
        )
    return Reading("resolved", "licence-text" if len(found.licences) == 1 else "licence-texts", " AND ".join(found.licences))
