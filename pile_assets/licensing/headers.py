"""The head of a source file: what it claims about the file's licence, and the text without its licence comment.

Finding comments belongs here, reading their words is `contexts.file_header`. The head is what precedes the first token
of code: comments, and in Python the module's docstring and its `__license__` and `__copyright__`. An SPDX line inside
code or inside a string is about something else and is not looked at.
"""

import re
from dataclasses import dataclass
from functools import cache

from pile_assets.licensing import names
from pile_assets.licensing.contexts import file_header, spdx
from pile_assets.licensing.model import Claim, Reading

HEAD = 3_000
"""Characters. Comments that begin later than this are not the head of the file, however far the comments go on."""

LONGEST = 40_000
"""Characters. A head is read so far at most: room for a complete licence text, and a bound on hostile input."""

_HASH = r"#[^\n]*(?:\n[ \t]*#[^\n]*)*"
_SLASHES = r"//[^\n]*(?:\n[ \t]*//[^\n]*)*"
_STARS = r"/\*.*?(?:\*/|\Z)"
_DOTS = r"\.\.[ \t](?!_|\[|\|)(?![\w\-]+::)[^\n]*(?:\n[ \t]+[^\n]+)*|\.\.\n(?:[ \t]+[^\n]+\n?)+"
_ARROWS = r"<!--.*?-->"

_COMMENTS = {
    "text/markdown": _ARROWS,
    "text/plain": f"{_HASH}|{_SLASHES}|{_STARS}|{_DOTS}|{_ARROWS}",
    "text/x-c": f"{_SLASHES}|{_STARS}",
    "text/x-c++": f"{_SLASHES}|{_STARS}",
    "text/x-cython": _HASH,
    "text/x-python": _HASH,
    "text/x-rst": _DOTS,
}
_PYTHON = frozenset({"text/x-cython", "text/x-python"})
_TRIPLE = r"[rRuU]?(?:\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z))"
_QUOTED = r"[rRuU]?(?:\"[^\"\\\n]*\"|'[^'\\\n]*')"
_DECLARED = re.compile(
    rf"^__(?P<name>licen[cs]e|copyright)__[ \t]*=[ \t]*\(?\s*(?P<value>{_TRIPLE}|{_QUOTED})", re.MULTILINE | re.DOTALL
)
_LONGEST_NOTICE, _SHORTEST_NOTICE = 300, 12
"""Characters of a line that can be a copyright notice."""
_COPYRIGHT = re.compile(r"copyright|©|\(c\)[ \t]*\d{4}|licen[cs]e|spdx-", re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    """One comment or docstring of the head: the half-open range of characters it takes."""

    start: int
    end: int
    docstring: bool


@cache
def _pattern(media_type: str) -> re.Pattern[str] | None:
    comments = _COMMENTS.get(media_type.partition(";")[0].strip())
    if comments is None:
        return None
    docstring = f"|(?P<docstring>{_TRIPLE}|{_QUOTED}(?=[ \\t]*(?:\\n|\\Z)))" if media_type in _PYTHON else ""
    return re.compile(rf"\s*(?:(?P<comment>{comments}){docstring})", re.DOTALL)


def _parts(text: str, media_type: str) -> list[_Part]:
    """The comments and the docstring before the first token of code, in order."""
    pattern = _pattern(media_type)
    if pattern is None:
        return []
    parts: list[_Part] = []
    position = 1 if text.startswith("\ufeff") else 0
    while position < HEAD and (match := pattern.match(text, position, LONGEST)):
        docstring = match.lastgroup == "docstring"
        if docstring and any(part.docstring for part in parts):
            break
        parts.append(_Part(match.start(match.lastgroup or 0), match.end(), docstring))
        position = match.end()
    return parts


def claims(path: str, text: str, media_type: str, sha256: str = "") -> tuple[Claim, ...]:
    """What the head of the file says of its own licence; empty where it says nothing.

    `path` is the file's path in its partition, `sha256` that of its bytes. Several different statements are several
    claims: `verdict` decides whether they agree.
    """
    parts = _parts(text, media_type)
    comments = "\n".join(text[part.start : part.end] for part in parts if not part.docstring)
    docstring = "".join(text[part.start : part.end] for part in parts if part.docstring)
    read = [(reading, comments or docstring) for reading in file_header.readings(comments, docstring)]
    if media_type in _PYTHON and not any(reading.rule == "header-spdx" for reading, _ in read):
        read += _declared(text)
    return tuple(
        Claim("file", path, _excerpt(raw), reading, "rightsholder", f"{path} head", sha256)
        for reading, raw in dict(read).items()
    )


def _declared(text: str) -> list[tuple[Reading, str]]:
    """What a Python module's `__license__` and `__copyright__` say."""
    found = []
    for match in _DECLARED.finditer(text, 0, HEAD + LONGEST if "__copyright__" in text[:HEAD] else HEAD):
        if match.start() > HEAD:
            break
        value = match["value"].lstrip("rRuU").strip("\"'").strip()
        if match["name"] == "copyright":
            found += [(reading, value) for reading in file_header.readings(value, "")]
        elif value:
            known = names.read(value) or spdx.read(value)
            found.append((known if known.status != "unresolved" else Reading("unresolved", "declared"), value))
    return found


def _excerpt(raw: str) -> str:
    """The part of a head that speaks of licences, at most as long as a claim may quote."""
    at = _COPYRIGHT.search(raw)
    start = raw.rfind("\n", 0, at.start()) + 1 if at else 0
    return raw[start : start + 500]


def copyright_lines(text: str, media_type: str) -> tuple[str, ...]:
    """The copyright lines of the head, as written but for comment marks; the notice that must stay with the file."""
    return notices("\n".join(text[part.start : part.end] for part in _parts(text, media_type)))


_NOTICE = re.compile(r"SPDX-FileCopyrightText:|copyright\b|©|\(c\)[ \t]*\d{4}", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ABOUT_COPYRIGHT = re.compile(
    r"copyrights?,? (?:notice|holder|owner|law|and|or|licen[cs]e|statement|interest|treat|act|protect)|\ball copyright\b",
    re.IGNORECASE,
)
_MARGIN = " \t#*/;%!>|.\"'-"


def notices(text: str) -> tuple[str, ...]:
    """Every line of `text` that is a copyright notice, in order, without repeats and without comment marks.

    A notice names a year, or begins with the word; sentences about copyright ("the above copyright notice") are none.
    """
    found = []
    for line in text.splitlines():
        if len(line) > _LONGEST_NOTICE or (match := _NOTICE.search(line)) is None or _ABOUT_COPYRIGHT.search(line):
            continue
        notice = " ".join(line.strip(_MARGIN).split())
        if _YEAR.search(line) or notice[:1] in ":©" or match.start() <= len(line) - len(line.lstrip(_MARGIN)):
            found.append(notice.lstrip(":"))
    return tuple(dict.fromkeys(notice for notice in found if len(notice) >= _SHORTEST_NOTICE))


def strip_licence_header(text: str, media_type: str) -> str:
    """`text` without the leading comments that state copyright or licence; docstrings and other comments stay.

    For duplicate signatures: thousands of small files share nothing but this comment.
    """
    kept, position, removed = [], 0, False
    for part in _parts(text, media_type):
        if not part.docstring and _COPYRIGHT.search(text, part.start, part.end):
            kept.append(text[position : part.start])
            position, removed = part.end, True
    if not removed:
        return text
    return ("".join(kept).strip() + "\n" + text[position:].lstrip("\n")).lstrip("\n")
