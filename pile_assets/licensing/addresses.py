"""The closed table of licence addresses: which URL states which licence. Creative Commons has a grammar of its own.

An address is evidence only as a whole: two different licences in one text are a conflict. What the words beside an
address mean is for the contexts to judge, `without` leaves them those words.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pile_assets.licensing import creative_commons, expressions
from pile_assets.licensing.model import Reading

_Named = Callable[[re.Match[str]], str | None]


def _listed(match: re.Match[str]) -> str | None:
    return expressions.listed(re.sub(r"\.(?:html|txt|php)$", "", match[1].lower()).removesuffix("-license"))


_DATA_COMMONS = {"odbl": "ODbL-1.0", "by": "ODC-By-1.0", "pddl": "PDDL-1.0"}

_ADDRESSES: Mapping[str, str | _Named] = {
    r"arxiv\.org/licenses/nonexclusive-distrib/1\.0": "LicenseRef-arXiv-nonexclusive-distrib-1.0",
    r"arxiv\.org/licenses/assumed-1991-2003": "LicenseRef-arXiv-assumed-1991-2003",
    r"nationalarchives\.gov\.uk/doc/open-government-licence/version/([123])(?!\d)": lambda m: f"OGL-UK-{m[1]}.0",
    r"parliament\.uk/\S*open-parliament-licen[cs]e": "LicenseRef-Open-Parliament-Licence-3.0",
    r"opendatacommons\.org/licenses/(odbl|by|pddl)(?![a-z\-])": lambda m: _DATA_COMMONS[m[1].lower()],
    r"opendefinition\.org/licenses/odc-(odbl|by|pddl)(?![a-z\-])": lambda m: _DATA_COMMONS[m[1].lower()],
    r"opensource\.org/licenses/apache2\.0": "Apache-2.0",
    r"opensource\.org/licen[cs]es?/(?!bsd-license|apache2\.0)([A-Za-z0-9.\-]+?)(?=[\s/?#\"'<>,;)]|\.?$|\.\s)": _listed,
    r"spdx\.org/licenses/([A-Za-z0-9.\-]+?)(?=[\s/?#\"'<>,;)]|\.?$|\.\s)": _listed,
    r"choosealicense\.com/licenses/([A-Za-z0-9.\-]+?)(?=[\s/?#\"'<>,;)]|\.?$|\.\s)": _listed,
    r"apache\.org/licenses/license-2\.0": "Apache-2.0",
    r"mozilla\.org/(?:[a-z\-]+/)?mpl/2\.0": "MPL-2.0",
    r"usa\.gov/(?:government-works|government-copyright)": "LicenseRef-US-Gov-17USC105",
    r"rightsstatements\.org/(?:vocab|page)/([A-Za-z\-]+)/1\.0": lambda m: f"LicenseRef-RS-{m[1]}",
    r"cdla\.dev/permissive-([12])-0": lambda m: f"CDLA-Permissive-{m[1]}.0",
    r"fandom\.com/licensing": "LicenseRef-fandom",
    r"unlicense\.org(?![a-z.])": "Unlicense",
}
_FAMILIES: Mapping[str, str] = {
    r"docs\.python\.org/3/license\.html": "PSF",
    r"python\.org/psf/license": "PSF",
    r"opensource\.org/licenses/bsd-license": "BSD",
    r"gnu\.org/(?:copyleft|licenses)/(?:old-licenses/)?fdl": "GFDL",
    r"gnu\.org/(?:copyleft|licenses)/(?:old-licenses/)?lgpl": "LGPL",
    r"gnu\.org/(?:copyleft|licenses)/(?:old-licenses/)?agpl": "AGPL",
    r"gnu\.org/(?:copyleft|licenses)/(?:old-licenses/)?gpl": "GPL",
}
_HOST = r"(?<![a-z0-9.\-])(?:www\.)?"
_ANY = re.compile(r"<?(?:https?:)?//[^\s()<>\"']+|\b[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}/[^\s()<>\"']*", re.IGNORECASE)
_KNOWN = [(re.compile(_HOST + pattern, re.IGNORECASE), named) for pattern, named in _ADDRESSES.items()]
_KNOWN_FAMILIES = [(re.compile(_HOST + pattern, re.IGNORECASE), family) for pattern, family in _FAMILIES.items()]


def read(text: str) -> Reading | None:
    """The one licence whose address stands in `text`; None where no known address does, conflict where several do."""
    readings = {(reading.spdx, reading.family): reading for reading in every(text)}
    if len(readings) > 1:
        return Reading("conflict", "several-addresses")
    return next(iter(readings.values()), None)


def whole(value: str) -> Reading | None:
    """The licence of a value that is one address and nothing else, perhaps in angle brackets; None where it is not."""
    bare = value.strip().removeprefix("<").removesuffix(">")
    return read(bare) if re.fullmatch(r"\S+", bare) and not without(bare) else None


def every(text: str) -> Iterator[Reading]:
    """A reading for each known licence address in `text`; unresolved where the address names a licence no list has."""
    yield from creative_commons.addresses(text)
    for pattern, named in _KNOWN:
        for match in pattern.finditer(text):
            spdx = named if isinstance(named, str) else named(match)
            yield Reading("resolved", "url", spdx) if spdx else Reading("unresolved", "url")
    for pattern, family in _KNOWN_FAMILIES:
        if pattern.search(text):
            yield Reading("family-only", "url", family=family)


def without(text: str) -> str:
    """The words of `text` that are no address, with the brackets that were left empty removed."""
    return re.sub(r"\s+", " ", re.sub(r"[(\[<]\s*[)\]>]", " ", _ANY.sub(" ", text))).strip()
