"""The closed table of licence addresses: which URL states which licence.

An address is read by its parts: the host as a whole, then the whole path. So neither a look-alike host nor a licence's
address inside another one states anything; copies in the Internet Archive's Wayback Machine state what they are copies of.
Query and fragment never matter; a question mark with nothing behind it is no query but a doubt. What words beside an address
mean is for `statements` to judge.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pile_assets.licensing import creative_commons, expressions
from pile_assets.licensing.model import Reading

FAMILY = "FAMILY:"
"""Before the name of a family in the tables below, where an address leaves the version open."""

_Named = str | Callable[[re.Match[str]], str | None]


def _listed(match: re.Match[str]) -> str | None:
    """The one SPDX licence a page is named after ("mit-license.php", "BSD-3-Clause.html")."""
    name = re.sub(r"\.(?:html?|txt|php|json|xml)$", "", match[1])
    for candidate in (name, name.removesuffix("-license"), _SLUGS.get(name, "")):
        tree = expressions.parse(candidate) if candidate else None
        if tree is not None and str(tree) in expressions.identifiers(candidate):
            return None if str(tree).startswith("LicenseRef-") else str(tree)
    return None


_SLUGS = {
    "apache2.0": "Apache-2.0",
    "apache-2-0": "Apache-2.0",
    "gpl-3-0": "GPL-3.0-only",
    "gpl-2-0": "GPL-2.0-only",
    "lgpl-3-0": "LGPL-3.0-only",
    "lgpl-2-1": "LGPL-2.1-only",
    "mpl-2-0": "MPL-2.0",
    "agpl-v3": "AGPL-3.0-only",
    "isc-license-txt": "ISC",
    "epl-2-0": "EPL-2.0",
    "bsl1-0": "BSL-1.0",
}
"""Names of pages at opensource.org that are not spelled as the SPDX list spells them."""
_DATA_COMMONS = {"odbl": "ODbL-1.0", "by": "ODC-By-1.0", "pddl": "PDDL-1.0", "dbcl": "DbCL-1.0"}
_DATA_LICENCES = {"by": "DL-DE-BY-2.0", "zero": "DL-DE-ZERO-2.0"}
_STATEMENTS = {
    code.lower(): code
    for code in (
        "InC",
        "InC-OW-EU",
        "InC-EDU",
        "InC-NC",
        "InC-RUU",
        "NoC-CR",
        "NoC-NC",
        "NoC-OKLR",
        "NoC-US",
        "CNE",
        "UND",
        "NKC",
    )
}

_LOCALE = r"/(?:[a-z]{2}(?:-[a-z]{2})?/)?"
_EUROPEANA = r"/rights/(rr-f|rr-p|rr-r|orphan-work-eu|unknown|test-orphan-work|out-of-copyright-non-commercial)"
_ETALAB_2 = r"/wp-content/uploads/(?:2017/04/etalab-license-ouverte-v2\.0|2018/11/open-license)\.pdf"
_OPEN_DEFINITION = {"cc0": "CC0-1.0", "cc-by": "CC-BY-4.0", "cc-by-sa": "CC-BY-SA-4.0"}

PAGES: Mapping[str, Mapping[str, _Named]] = {
    "arxiv.org": {
        r"/licenses/nonexclusive-distrib/1\.0(?:/license\.html)?": "LicenseRef-arXiv-nonexclusive-distrib-1.0",
        r"/licenses/assumed-1991-2003(?:/license\.html)?": "LicenseRef-arXiv-assumed-1991-2003",
    },
    "nationalarchives.gov.uk": {
        r"/doc/open-government-license/version/([123])(?:/.*)?": lambda m: f"OGL-UK-{m[1]}.0",
        r"/doc/open-government-license(?:/version)?(?:/open-government-license\.htm)?": f"{FAMILY}OGL-UK",
        r"/doc/non-commercial-government-license.*": "LicenseRef-Non-Commercial-Government-Licence",
    },
    "parliament.uk": {
        r"/(?:site-information/)?copyright(?:-parliament)?/open-parliament-license": "LicenseRef-Open-Parliament-Licence-3.0",
    },
    "opendatacommons.org": {
        r"/licenses/(odbl|by|pddl|dbcl)(?:/(?:v?1[.\-]0|summary|index\.html))*": lambda m: _DATA_COMMONS[m[1]],
    },
    "opendefinition.org": {
        r"/licenses/odc-(odbl|by|pddl)": lambda m: _DATA_COMMONS[m[1]],
        r"/licenses/(cc0|cc-by|cc-by-sa)": lambda m: _OPEN_DEFINITION[m[1]],
    },
    "opensource.org": {
        r"/licenses?/bsd-license(?:\.php|\.html)?": f"{FAMILY}BSD",
        r"/licenses?/([a-z0-9.+\-]+)": _listed,
    },
    "spdx.org": {r"/licenses/([a-z0-9.+\-]+)": _listed},
    "choosealicense.com": {r"/licenses/([a-z0-9.+\-]+)": _listed},
    "apache.org": {
        r"/licenses/license-2\.0(?:\.txt|\.html?)?": "Apache-2.0",
        r"/licenses/license-1\.1(?:\.txt)?": "Apache-1.1",
        r"/licenses": f"{FAMILY}Apache",
    },
    "mozilla.org": {
        rf"{_LOCALE}mpl/2\.0(?:/index\.txt)?": "MPL-2.0",
        rf"{_LOCALE}mpl/1\.1(?:/index\.txt)?": "MPL-1.1",
        rf"{_LOCALE}mpl": f"{FAMILY}MPL",
    },
    "eclipse.org": {
        r"/legal/epl-2\.0(?:/.*)?|/org/documents/epl-2\.0(?:/.*|\.html)?": "EPL-2.0",
        r"/legal/epl-v10(?:\.html)?": "EPL-1.0",
    },
    "usa.gov": {
        r"/(?:government-works|government-copyright|publicdomain/label/1\.0)(?:\.shtml)?": "LicenseRef-US-Gov-17USC105"
    },
    "rightsstatements.org": {
        r"/(?:vocab|page)/([a-z\-]+)/1\.0": lambda m: f"LicenseRef-RS-{_STATEMENTS[m[1]]}" if m[1] in _STATEMENTS else None
    },
    "cdla.dev": {r"/(permissive|sharing)-([12])-0": lambda m: expressions.listed(f"CDLA-{m[1]}-{m[2]}.0")},
    "cdla.io": {r"/(permissive|sharing)-([12])-0": lambda m: expressions.listed(f"CDLA-{m[1]}-{m[2]}.0")},
    "fandom.com": {r"/licensing": "LicenseRef-fandom"},
    "unlicense.org": {r"": "Unlicense", r"/unlicense(?:\.txt)?": "Unlicense"},
    "boost.org": {r"/license_1_0\.txt": "BSL-1.0", r"/users/license\.html": "BSL-1.0"},
    "artlibre.org": {r"/license/lal(?:/(?:en|de|es|it|pt|pl))?": "LAL-1.3"},
    "govdata.de": {r"/dl-de/(by|zero)-2-0": lambda m: _DATA_LICENCES[m[1]], r"/dl-de/by-1-0": "LicenseRef-DL-DE-BY-1.0"},
    "data.norge.no": {r"/nlod/(?:en|no|nb|nn)/([12])\.0": lambda m: f"NLOD-{m[1]}.0"},
    "open.canada.ca": {r"/en/open-government-license-canada|/fr/license-du-gouvernement-ouvert-canada": "OGL-Canada-2.0"},
    "docs.python.org": {r"/3(?:\.\d+)?/license\.html": f"{FAMILY}PSF"},
    "python.org": {r"/psf/license|/download/releases/[\d.]+/license": f"{FAMILY}PSF"},
    "gnu.org": {
        r"/(?:copyleft|licenses)/(?:old-licenses/)?fdl.*": f"{FAMILY}GFDL",
        r"/(?:copyleft|licenses)/(?:old-licenses/)?lgpl.*": f"{FAMILY}LGPL",
        r"/(?:copyleft|licenses)/(?:old-licenses/)?agpl.*": f"{FAMILY}AGPL",
        r"/(?:copyleft|licenses)/(?:old-licenses/)?gpl.*": f"{FAMILY}GPL",
    },
    "hal.archives-ouvertes.fr": {
        r"/licenses/copyright": "LicenseRef-HAL-Copyright",
        r"/licenses/publicdomain": "LicenseRef-PublicDomain",
        r"/licenses/etalab": f"{FAMILY}etalab",
    },
    "hal.science": {r"/licenses/copyright": "LicenseRef-HAL-Copyright", r"/licenses/publicdomain": "LicenseRef-PublicDomain"},
    "about.hal.science": {r"/hal-authorisation-v1": "LicenseRef-HAL-Authorisation-1"},
    "etalab.gouv.fr": {
        r"/license-ouverte-open-license|/wp-content/uploads/2014/05/license_ouverte\.pdf": f"{FAMILY}etalab",
        _ETALAB_2: "etalab-2.0",
    },
    "elsevier.com": {
        r"/tdm/userlicense/1\.0": "LicenseRef-Elsevier-TDM-1.0",
        r"/open-access/userlicense/1\.0": "LicenseRef-Elsevier-OA-1.0",
    },
    "europeana.eu": {_EUROPEANA: lambda m: f"LicenseRef-Europeana-{m[1]}"},
}
"""Host without "www." to the paths of its licence pages, both in lower case and paths without their last slash."""

_CREATIVE_COMMONS = frozenset({"creativecommons.org", "i.creativecommons.org", "licensebuttons.net", "l.licensebuttons.net"})
_COMPILED = {host: [(re.compile(path), named) for path, named in pages.items()] for host, pages in PAGES.items()}
ADDRESS = re.compile(
    r"(?:(?:https?:)?//[^\s()<>\"'\[\]{}|\\^`\u201c\u201d\u2018\u2019]+"
    r"|(?<![a-z0-9@.\-/])(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,10}/[^\s()<>\"'\[\]{}|\\^`]*"
    r"|(?<![a-z0-9@.\-/])(?:www\.)?unlicense\.org(?![a-z.\-/]))",
    re.IGNORECASE,
)
"""What looks like an address, with or without scheme, to the first character that ends one in running text."""

_PARTS = re.compile(
    r"(?:https?:)?(?://)?(?P<host>[a-z0-9.\-]+)(?::(?:80|443))?(?P<path>/[^?#]*)?(?:\?[^?#][^#]*)?(?:#.*)?", re.DOTALL
)
_ARCHIVED = re.compile(r"(?:https?:)?(?://)?web\.archive\.org/web/\d{4,14}(?:[a-z]{2}_)?/(?P<address>.+)", re.DOTALL)
_TRAILING = ".,;:!*_\u2026\u00bb\u00a0"
LONGEST = 500
"""Characters of an address; a longer one states nothing."""


@dataclass(frozen=True)
class Address:
    """An address in a text: the half-open range it takes, and what it states; None where no table knows it."""

    start: int
    end: int
    reading: Reading | None


def find(text: str) -> Iterator[Address]:
    """Every address in `text`, known or not, in order; punctuation that ends a sentence is no part of one."""
    for match in ADDRESS.finditer(text):
        written = match[0].rstrip(_TRAILING)
        yield Address(match.start(), match.start() + len(written), _read(written))


def whole(value: str) -> Reading | None:
    """The licence of a value that is one address and nothing else, perhaps in angle brackets; None where it is not."""
    bare = value.strip().removeprefix("<").removesuffix(">").rstrip(_TRAILING)
    return _read(bare) if re.fullmatch(r"\S+", bare) else None


def read(text: str) -> Reading | None:
    """The one licence whose address stands in `text`; None where no known address does, conflict where several do."""
    readings = {(reading.spdx, reading.family, reading.port): reading for reading in every(text)}
    if len(readings) > 1:
        return Reading("conflict", "several-addresses")
    return next(iter(readings.values()), None)


def without(text: str) -> str:
    """The words of `text` that are no address, with the brackets that were left empty removed."""
    return re.sub(r"\s+", " ", re.sub(r"[(\[<]\s*[)\]>]", " ", ADDRESS.sub(" ", text))).strip()


def every(text: str) -> Iterator[Reading]:
    """A reading for each known licence address in `text`; unresolved where the address names a licence no list has."""
    return (address.reading for address in find(text) if address.reading is not None)


def _read(address: str) -> Reading | None:
    if len(address) > LONGEST:
        return None
    text = unquote(address).lower().replace("licence", "license")
    for _ in range(2):
        if archived := _ARCHIVED.fullmatch(text):
            text = archived["address"]
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    host, path = match["host"].removeprefix("www."), re.sub(r"/{2,}", "/", match["path"] or "")
    if host in _CREATIVE_COMMONS:
        return creative_commons.read_path(path)
    for pattern, named in _COMPILED.get(host, ()):
        if found := pattern.fullmatch(path.rstrip("/")):
            return _reading(named if isinstance(named, str) else named(found))
    return None


def _reading(name: str | None) -> Reading:
    if name is None:
        return Reading("unresolved", "url")
    if name.startswith(FAMILY):
        return Reading("family-only", "url", family=name.removeprefix(FAMILY))
    return Reading("resolved", "url", name)
