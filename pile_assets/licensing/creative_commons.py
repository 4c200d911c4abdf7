"""The grammar of Creative Commons licences, as addresses and as names: type, version and jurisdiction port.

Only Creative Commons belongs here. A name without a version is a family and never gets one; a port without an SPDX
identifier of its own keeps the unported identifier and is reported beside it (the ports that have one are few, see
the SPDX list), and a version that exists only as a port (2.1 for Japan) becomes a `LicenseRef-`.
"""

import re
from collections.abc import Iterator

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading

_CODES = {
    "by": "CC-BY",
    "by-sa": "CC-BY-SA",
    "by-nc": "CC-BY-NC",
    "by-nd": "CC-BY-ND",
    "by-nc-sa": "CC-BY-NC-SA",
    "by-nc-nd": "CC-BY-NC-ND",
    "by-nd-nc": "CC-BY-NC-ND",  # how version 1.0 spelled it
    "sa": "CC-SA",
    "nc": "CC-NC",
    "nd": "CC-ND",
    "nc-sa": "CC-NC-SA",
    "nd-nc": "CC-NC-ND",
    "sampling": "CC-Sampling",
    "sampling+": "CC-SamplingPlus",
    "nc-sampling+": "CC-NC-SamplingPlus",
    "devnations": "CC-DevNations",
}
_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"})
_PORTS = frozenset(
    {"ar", "at", "au", "az", "be", "bg", "br", "ca", "ch", "cl", "cn", "cr", "cz", "de", "dk", "ec", "ee", "eg", "es", "fi"}
    | {"fr", "ge", "gr", "gt", "hk", "hr", "hu", "ie", "igo", "il", "in", "it", "jp", "kr", "lu", "mk", "mt", "mx", "my", "nl"}
    | {"no", "nz", "pe", "ph", "pl", "pr", "pt", "ro", "rs", "scotland", "se", "sg", "si", "th", "tw", "ug", "uk", "us", "ve"}
    | {"vn", "za"}
)
"""Jurisdictions Creative Commons ported a licence to; a closed list, so that "3.0 NC" is never read as a port."""

_PORT = "|".join(sorted(_PORTS))

ADDRESS = re.compile(
    r"(?:https?:)?(?://)?(?:www\.)?creativecommons\.org/(?P<what>licen[cs]es|publicdomain)/(?P<code>[a-z+\-]+)"
    rf"(?:/(?P<version>\d+\.\d+)(?!\.?\d)(?:/(?P<port>{_PORT})(?![a-z.\-]))?)?",
    re.IGNORECASE,
)
"""One Creative Commons licence address, with or without scheme; language suffixes such as `deed.de` are no port."""

_NAMED_PORTS = {"united states": "us", "germany": "de", "australia": "au", "netherlands": "nl", "austria": "at", "uk": "uk"}
_SEPARATOR = r"[\s\-_/,]*"
_ELEMENTS = {
    "by": r"attribution|by",
    "nc": r"non[\s\-]?commercial|nc",
    "nd": r"no[\s\-]?derivative[\s\-]?works|no[\s\-]?deriv(?:ative)?s?|nd",
    "sa": r"share[\s\-]?alike|sa",
}
_NAME = re.compile(
    r"(?:(?P<cc>creative commons|cc)" + _SEPARATOR + r")?(?:licenses?\s)?"
    rf"(?P<elements>(?:{_ELEMENTS['by']})(?:{_SEPARATOR}(?:{'|'.join(_ELEMENTS[e] for e in ('nc', 'nd', 'sa'))})(?![a-z]))*)"
    r"(?:\s(?:public\s)?license)?"
    r"(?:[\s\-_,]*(?:v|version)?[\s.]?(?P<version>\d\.\d))?"
    r"(?:[\s\-]*(?P<reach>international|unported|generic))?"
    rf"(?:[\s\-]*(?P<port>{'|'.join(_NAMED_PORTS)}|{_PORT}))?"
    r"(?:\s(?:public\s)?license)?"
)


def addresses(text: str) -> Iterator[Reading]:
    """Every Creative Commons licence address in `text`, in order, as a reading."""
    for match in ADDRESS.finditer(text):
        yield _address(match["what"].lower(), match["code"].lower(), match["version"], match["port"])


def _address(what: str, code: str, version: str | None, port: str | None) -> Reading:
    if what == "publicdomain":
        spdx = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}.get(code) if version in (None, "1.0") else None
        return Reading("resolved", "cc-url", spdx) if spdx else Reading("unresolved", "cc-url")
    if code == "publicdomain":
        return Reading("resolved", "cc-url", "CC-PDDC")
    return licence(code, version, port, "cc-url")


def name(phrase: str) -> Reading | None:
    """Reads a lower-case licence name such as "cc by-sa 3.0 de"; None where it is not a Creative Commons name.

    Bare codes without "CC" are taken only where they cannot be ordinary words: with a version, or with several elements.
    """
    match = _NAME.fullmatch(phrase)
    if match is None:
        return None
    elements = [
        code for code, spelling in _ELEMENTS.items() if re.search(rf"(?<![a-z])(?:{spelling})(?![a-z])", match["elements"])
    ]
    if not match["cc"] and not match["version"] and len(elements) == 1:
        return None
    port = _NAMED_PORTS.get(match["port"] or "", match["port"])
    return licence("-".join(elements), match["version"], port, "cc-text")


def licence(code: str, version: str | None, port: str | None, rule: str) -> Reading:
    """The licence of a type as addresses spell it ("by-nc"), a version and a port; family-only without a version."""
    family = _CODES.get(code)
    if family is None or (version is not None and version not in _VERSIONS):
        return Reading("unresolved", rule)
    if version is None:
        return Reading("family-only", rule, family=family)
    port = port.upper() if port else None
    generic = f"{family}-{version}"
    spdx = (expressions.listed(f"{generic}-{port}") if port else None) or expressions.listed(generic)
    return Reading("resolved", rule, spdx or f"LicenseRef-{generic}{'-' + port if port else ''}", family, port)
