"""The closed table of licence names: a name people write, to an SPDX identifier or to a family whose version is unknown.

A name is a stem of the table, perhaps with "licence", a version and "or later", in the ways people join them. Addresses are
`addresses`, Creative Commons names are `creative_commons_names`, licence texts are `texts`. A row is added after a person
has read where the name stands, never to make a count look better. A name that several versions or variants answer to
("BSD", "Apache") is a family and stays one; a version the table does not know leaves the name unread.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pile_assets.licensing import expressions, spelling
from pile_assets.licensing.family_table import FAMILIES, FAMILY_NAMES, Family
from pile_assets.licensing.model import Reading
from pile_assets.licensing.name_table import IN_ONE_COUNTRY, SINGLE

_SINGLE_FAMILY = {"Python-2.0": "PSF", "Python-2.0.1": "PSF", "CNRI-Python": "PSF", "0BSD": "BSD", "LAL": "FAL"}
_OWN_FAMILY = re.compile(r"(?P<family>[A-Za-z][A-Za-z\-]*?)-(?:\d[\w.]*|v\d[\w.]*)(?:-.*)?$")


def phrase(raw: str) -> str:
    """`raw` as the tables spell it, outer marks and "the" gone."""
    return spelling.plain(spelling.unescaped(raw)).strip(" .,;:'\"").removeprefix("the ")


@dataclass(frozen=True)
class Name:
    """A name in a text: where it ends, and what it says."""

    end: int
    reading: Reading


_NEVER_ALONE = frozenset({"mozilla", "unicode", "fdl", "lal", "fal"})
"""Stems that are licences only with a version or with the word."""
_LICENCE = (
    r"(?:[\s\-]*(?:public[\s\-]*)?(?:software[\s\-]*)?(?:license|licenses|lizenz|licencia|licença|licenza|waiver)(?![a-z]))"
)
_JOINT = r"[\s\-,;:()\"']*"
_NUMBER = re.compile(
    rf"{_LICENCE}?{_JOINT}(?:(?:v|ver|version)\.?[\s\-]*)?(?P<version>\d(?:[.\-]\d){{0,2}}[ac]?)(?![\d]|[.,]\d|[a-z]|-clause|[\s\-]clause)"
    rf"(?:\)?{_LICENCE})?"
)
_KIND = re.compile(rf"{_LICENCE}")
_DATE = re.compile(r",? ?\(?january 2004\)?|,? ?\(?(?:march|june|november) (?:1991|2007|2008|2002|1999)\)?")
_LATER = re.compile(
    r"[\s\-,(]*(?:\+|(?:or|and)[\s\-]*(?:\(?at[\s\-]your[\s\-]option\)?[\s\-]*)?(?:any[\s\-]*)?(?:later|newer|greater|higher|above)(?:[\s\-]*versions?)?)\)?"
)
_ONLY = re.compile(r"[\s\-,(]*only(?![a-z])\)?")
_PUBLISHER = re.compile(r",? (?:as )?published by the free software foundation")
_NO_INVARIANTS = re.compile(
    r"[;,]? with no invariant sections,? (?:with )?no front-cover texts,? (?:and )?(?:with )?no back-cover texts"
)
_CC_ZERO = re.compile(
    r"(?:(?:creative[\s\-]*commons[\s\-:,(/]*)?(?:cc[\s\-]*0|cc[\s\-]*zero)|creative[\s\-]*commons[\s\-]*(?:zero|0))(?![a-z])"
    r"(?:[\s\-,]*(?:public[\s\-]*)?(?:license|waiver|lizenz))?"
    r"(?:[\s\-,(]*(?:v(?:ersion)?\.?[\s\-]*)?1(?:\.0)?(?![\d.]\d|\d|[a-z])\)?)?"
    r"(?:[\s\-,]*(?:universal|universell|universel|universale|international))?"
    r"(?:[\s\-,]*(?:public[\s\-]*)?(?:license|waiver|deed))?"
    r"(?:[\s\-,(]*public[\s\-]*domain(?:[\s\-]*(?:dedication|waiver|license))?(?: waiver)?\)?)?"
)


@cache
def _stems() -> tuple[re.Pattern[str], Mapping[str, Reading | Family]]:
    """One pattern over all stems, the longest first, and what each stem stands for, keyed without joints."""
    table: dict[str, Reading | Family] = {
        _key(name): Reading("resolved", "name", spdx) for spdx, names in SINGLE.items() for name in names
    }
    local = {
        name: Reading("resolved", "name", spdx, port=port) for port, (spdx, names) in IN_ONE_COUNTRY.items() for name in names
    }
    table |= {_key(name): reading for name, reading in local.items()}
    table |= {_key(stem): family for family in FAMILIES.values() for stem in family.stems}
    spelled = (
        {name for names in SINGLE.values() for name in names} | set(local) | {s for f in FAMILIES.values() for s in f.stems}
    )
    alternatives = sorted((_spelled(spelling.plain(name)) for name in spelled), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(alternatives)})(?!(?!v\d)[^\W\d_])"), table


def _key(name: str) -> str:
    return re.sub(r"[\s\-,()\"']+", "", spelling.plain(name))


def _spelled(name: str) -> str:
    words = [re.escape(word.strip("()\"'")) for word in re.split(r"[\s\-]+", name) if word]
    return r"[\s\-,()\"']*".join(word for word in words if word)


_SPDX = re.compile(r"[a-z0-9][a-z0-9.+\-]*[a-z0-9+]")


def scan(text: str, start: int) -> Name | None:
    """The name that begins at `start` of `text` (as `spelling.plain` gives it), the longest; None where none does."""
    found = [name for name in (_identifier(text, start), _zero(text, start), _stem(text, start)) if name is not None]
    return max(found, key=lambda name: name.end) if found else None


def _identifier(text: str, start: int) -> Name | None:
    """An SPDX identifier with a number in it: one without could be an ordinary word."""
    match = _SPDX.match(text, start)
    if match is None or not any(c.isdigit() for c in match[0]):
        return None
    written = match[0]
    tree = expressions.parse(written)
    if tree is None or str(tree) not in expressions.identifiers(written) or str(tree).startswith("LicenseRef-"):
        return None
    return Name(match.end(), Reading("resolved", "spdx", str(tree)))


def _zero(text: str, start: int) -> Name | None:
    match = _CC_ZERO.match(text, start)
    return Name(match.end(), Reading("resolved", "name", "CC0-1.0")) if match else None


def _stem(text: str, start: int) -> Name | None:
    pattern, table = _stems()
    match = pattern.match(text, start)
    if match is None:
        return None
    meaning = table[_key(match[0])]
    if isinstance(meaning, Reading):
        kind = _KIND.match(text, match.end())
        return Name(kind.end() if kind else match.end(), meaning)
    return _versioned(meaning, match[0], text, match.end())


def _versioned(family: Family, stem: str, text: str, end: int) -> Name | None:
    name = next(key for key, value in FAMILIES.items() if value is family)
    name = FAMILY_NAMES.get(name, name)
    number = _NUMBER.match(text, end)
    version = number["version"] if number else None
    if number and version not in family.versions:
        return None if family.versions else Name(end, Reading("family-only", "name", family=name))
    if number is None or version is None:
        kind = _KIND.match(text, end)
        if kind is None and _key(stem) in _NEVER_ALONE:
            return None
        position = kind.end() if kind else end
        later = _LATER.match(text, position) if family.later else None
        reading = Reading("resolved", "name", family.only) if family.only else Reading("family-only", "name", family=name)
        return Name(later.end() if later else position, reading)
    spdx, position = family.versions[version], number.end()
    if family.later:
        return _gnu(spdx, name, text, position)
    if date := _DATE.match(text, position):
        position = date.end()
    return Name(position, Reading("resolved", "name", spdx))


def _gnu(base: str, family: str, text: str, position: int) -> Name:
    """A version of a GNU licence: with "only" or "or later" an identifier, without either a family."""
    if date := _DATE.match(text, position):
        position = date.end()
    later, only = _LATER.match(text, position), _ONLY.match(text, position)
    if later is None and only is None:
        return Name(position, Reading("family-only", "name", family=family))
    position = (later or only).end()  # type: ignore[union-attr]
    suffix = "or-later" if later else "only"
    if match := _PUBLISHER.match(text, position):
        position = match.end()
    if family == "GFDL" and (match := _NO_INVARIANTS.match(text, position)):
        return Name(match.end(), Reading("resolved", "name", f"{base}-no-invariants-{suffix}"))
    return Name(position, Reading("resolved", "name", f"{base}-{suffix}"))


def read(raw: str) -> Reading | None:
    """The reading of a value that is one name of the table as a whole; None where it is not."""
    key = spelling.mended(phrase(raw))
    name = scan(key, 0)
    return name.reading if name and not key[name.end :].strip(" .,;:'\")") and not _unbalanced(key) else None


def _unbalanced(text: str) -> bool:
    return text.count("(") != text.count(")")


@cache
def family_of(identifier: str) -> str:
    """The licence's own family, as family-only readings name it: "BSD" of BSD-3-Clause, "CC-BY-SA" of CC-BY-SA-4.0."""
    base = identifier.partition(" WITH ")[0]
    match = _OWN_FAMILY.match(base)
    return _SINGLE_FAMILY.get(base) or (match["family"] if match else base)
