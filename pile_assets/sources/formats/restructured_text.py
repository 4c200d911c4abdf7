"""The little of reStructuredText that decides something: its sections and the header block of a PEP.

What belongs here: finding a section by its title and a field by its name, as docutils would. What may not: rendering,
or reading what a section says. Plain-text PEPs (PEP 9), which indent their body instead of underlining titles, are read
here too, because they are the same documents before conversion.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")
_EXPLICIT_MARKUP = re.compile(r"(?:\.\.|__)(?:\s|$)")
_TARGET = re.compile(r"`([^`<]*?)\s*(?:<[^`>]*>)?`__?")


def header(text: str) -> Mapping[str, str]:
    """The fields before the first blank line, continuation lines joined by a blank; the first of equal names counts."""
    fields: dict[str, str] = {}
    name = None
    for line in text.split("\n"):
        if not line.strip():
            break
        if name is not None and line[0] in " \t":
            fields[name] += " " + line.strip()
        elif match := _FIELD.fullmatch(line):
            name = match[1]
            if name in fields:
                name = None
            else:
                fields[name] = match[2].strip()
        else:
            break
    return fields


def sections(text: str, title: str) -> list[str]:
    """The bodies of all sections with this title, in order, each with its subsections.

    A title is underlined, or over- and underlined alike; the order in which styles first appear gives their levels.
    """
    lines = text.split("\n")
    titles = _titles(lines)
    found = []
    for index, heading in enumerate(titles):
        if heading.words.casefold() == title.casefold():
            after = (following.start for following in titles[index + 1 :] if following.level <= heading.level)
            found.append("\n".join(lines[heading.end : next(after, len(lines))]))
    return found


def plain_sections(text: str, title: str) -> list[str]:
    """The same for a plain-text PEP: a title stands at the left margin, its body is indented."""
    found: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if line[:1].strip():
            inside = line.strip().casefold() == title.casefold()
            if inside:
                found.append([])
        elif inside:
            found[-1].append(line)
    return ["\n".join(lines) for lines in found]


def prose(body: str) -> str:
    """The words of a section in one line: without targets, footnotes and comments, references reduced to their text."""
    kept: list[str] = []
    skipping = False
    for line in body.split("\n"):
        if _EXPLICIT_MARKUP.match(line):
            skipping = True
        elif line[:1].strip():
            skipping = False
        if not skipping:
            kept.append(line)
    return re.sub(r"\s+", " ", _TARGET.sub(r"\1", " ".join(kept))).strip()


@dataclass(frozen=True)
class _Title:
    start: int  # its first line, the overline included
    end: int  # the first line after it
    words: str
    level: int  # 0 is the outermost


def _titles(lines: list[str]) -> list[_Title]:
    found = []
    styles: list[tuple[str, bool]] = []
    for number in range(len(lines) - 1):
        title, under = lines[number].rstrip(), lines[number + 1].rstrip()
        if not title or _ADORNMENT.fullmatch(title) or not _ADORNMENT.fullmatch(under) or len(under) < len(title):
            continue
        over = number > 0 and lines[number - 1].rstrip() == under
        if title[0].isspace() and not over:
            continue
        if (style := (under[0], over)) not in styles:
            styles.append(style)
        found.append(_Title(number - over, number + 2, title.strip(), styles.index(style)))
    return found
