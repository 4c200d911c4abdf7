"""The closed table of licence names: a phrase people write, to an SPDX identifier or to a family whose version is unknown.

Only whole phrases belong here; addresses are `addresses`, Creative Commons names are `creative_commons`, licence texts
are `texts`. A row is added after a person has read where the phrase stands, never to make a count look better. A phrase
that several versions or variants answer to ("BSD", "Apache") names a family and stays one.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from pile_assets.licensing.model import Reading

_IDENTIFIERS: Mapping[str, tuple[str, ...]] = {
    "0BSD": ("0bsd", "bsd zero clause license", "zero-clause bsd", "zero clause bsd", "bsd 0-clause license"),
    "Apache-1.1": ("apache software license 1.1", "apache license 1.1"),
    "Apache-2.0": (
        "apache 2.0",
        "apache 2",
        "apache v2",
        "apache v2.0",
        "apache-2",
        "apache2",
        "apache license 2.0",
        "apache license, 2.0",
        "apache license v2.0",
        "apache license v2",
        "apache license version 2.0",
        "apache license, version 2.0",
        "apache license, version 2",
        "apache license version 2",
        "apache license 2",
        "apache 2.0 license",
        "apache-2.0 license",
        "apache software license 2.0",
        "apache software license v2",
        "apache software license version 2.0",
        "apache software license, version 2.0",
        "asl 2",
        "asl 2.0",
    ),
    "BSD-2-Clause": (
        "bsd 2-clause",
        "bsd 2 clause",
        "bsd-2",
        "2-clause bsd",
        "2-clause bsd license",
        "bsd 2-clause license",
        "bsd-2-clause license",
        'bsd 2-clause "simplified" license',
        "simplified bsd",
        "simplified bsd license",
        "freebsd license",
    ),
    "BSD-3-Clause": (
        "bsd 3-clause",
        "bsd 3 clause",
        "bsd-3",
        "3-clause bsd",
        "3-clause bsd license",
        "bsd 3-clause license",
        "bsd-3-clause license",
        'bsd 3-clause "new" or "revised" license',
        "new bsd",
        "new bsd license",
        "modified bsd",
        "modified bsd license",
        "revised bsd license",
    ),
    "BSL-1.0": ("boost software license 1.0", "boost software license", "boost software license - version 1.0"),
    "CC-PDDC": ("creative commons public domain dedication and certification",),
    "CC-PDM-1.0": (
        "public domain mark 1.0",
        "public domain mark",
        "creative commons public domain mark 1.0",
        "pdm",
        "cc pdm 1.0",
    ),
    "CC0-1.0": (
        "cc0",
        "cc0 1.0",
        "cc-0",
        "cc zero",
        "cc0 1.0 universal",
        "cc0 1.0 universal (cc0 1.0)",
        "cc0 1.0 universal (cc0 1.0) public domain dedication",
        "cc0 1.0 universal public domain dedication",
        "creative commons zero",
        "creative commons zero 1.0",
        "creative commons zero v1.0 universal",
        "creative commons cc0 1.0 universal",
        "creative commons cc0",
    ),
    "CDLA-Permissive-1.0": (
        "community data license agreement permissive 1.0",
        "community data license agreement - permissive - version 1.0",
    ),
    "CDLA-Permissive-2.0": (
        "community data license agreement permissive 2.0",
        "community data license agreement - permissive - version 2.0",
    ),
    "GPL-2.0-only": ("gplv2 only",),
    "GPL-2.0-or-later": ("gplv2+", "gpl v2+", "gpl-2+", "gnu general public license v2 or later (gplv2+)"),
    "GPL-3.0-only": ("gplv3 only",),
    "GPL-3.0-or-later": ("gplv3+", "gpl v3+", "gpl-3+", "gnu general public license v3 or later (gplv3+)"),
    "HPND": ("historical permission notice and disclaimer", "historical permission notice and disclaimer (hpnd)"),
    "ISC": ("isc license", "isc license (iscl)", "iscl"),
    "LicenseRef-AllRightsReserved": ("all rights reserved",),
    "LicenseRef-OpenRAIL": ("openrail", "openrail++"),
    "LicenseRef-Proprietary": (
        "proprietary",
        "proprietary license",
        "other/proprietary license",
        "commercial",
        "closed source",
    ),
    "LicenseRef-PublicDomain": ("public domain", "public-domain", "pd", "not in copyright", "public domain dedication"),
    "LicenseRef-US-Gov-17USC105": ("u.s. government work", "us government work"),
    "MIT": (
        "mit license",
        "mit license (mit)",
        "mit-license",
        "expat",
        "expat license",
        "mit (expat)",
    ),
    "MIT-0": ("mit no attribution license", "mit no attribution license (mit-0)", "mit-0 license"),
    "MIT-CMU": ("historical permission notice and disclaimer (pil)", "mit-cmu license"),
    "MPL-1.1": ("mozilla public license 1.1", "mozilla public license 1.1 (mpl 1.1)", "mpl 1.1"),
    "MPL-2.0": (
        "mozilla public license 2.0",
        "mozilla public license 2.0 (mpl 2.0)",
        "mozilla public license, version 2.0",
        "mozilla public license version 2.0",
        "mozilla public license, v. 2.0",
        "mpl 2.0",
        "mpl2",
        "mpl v2",
    ),
    "ODC-By-1.0": (
        "open data commons attribution license",
        "odc-by",
        "odc by",
        "odc-by 1.0",
        "open data commons attribution license v1.0",
    ),
    "ODbL-1.0": (
        "open database license",
        "odbl",
        "odbl 1.0",
        "open data commons open database license",
        "open database license (odbl) v1.0",
    ),
    "OGL-UK-1.0": ("open government licence v1.0", "open government licence 1.0", "ogl v1.0"),
    "OGL-UK-2.0": ("open government licence v2.0", "open government licence 2.0", "ogl v2.0"),
    "OGL-UK-3.0": (
        "open government licence v3.0",
        "open government licence 3.0",
        "ogl v3.0",
        "uk open government licence v3.0",
    ),
    "PDDL-1.0": ("pddl", "pddl 1.0", "open data commons public domain dedication and license", "odc pddl"),
    "PSF-2.0": (
        "psf-2.0 license",
        "psf license 2.0",
        "psf license version 2",
        "psf-license 2.0",
        "python software foundation license version 2",
    ),
    "Python-2.0": ("python license 2.0",),
    "Unlicense": ("unlicense (unlicense)", "unlicense license"),
    "WTFPL": ("wtfpl license", "do what the f*ck you want to public license"),
    "Zlib": ("zlib license", "zlib/libpng license", "zlib/libpng"),
    "ZPL-2.1": ("zpl 2.1", "zope public license 2.1", "zope public license, version 2.1"),
    "etalab-2.0": (
        "etalab open license 2.0",
        "licence ouverte 2.0",
        "licence ouverte / open licence version 2.0",
        "licence ouverte v2.0",
    ),
}

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "AGPL": ("agpl", "agpl license", "gnu affero general public license", "affero gpl"),
    "AFL": ("academic free license (afl)", "academic free license"),
    "Apache": ("apache", "apache license", "apache software license", "asl", "apache public license"),
    "Artistic": ("artistic license", "artistic"),
    "BSD": ("bsd", "bsd license", "bsd-style", "bsd style", "bsd-like", "bsd-style license"),
    "EPL": ("epl", "eclipse public license"),
    "EUPL": ("eupl", "european union public license"),
    "GFDL": ("gfdl", "gnu fdl", "gnu free documentation license", "gnu free documentation license (fdl)"),
    "GPL": ("gpl", "gnu gpl", "gplv2", "gplv3", "gpl v2", "gpl v3", "gpl-2", "gpl-3", "gnu general public license"),
    "LGPL": (
        "lgpl",
        "gnu lgpl",
        "lgplv2",
        "lgplv3",
        "lgpl v2.1",
        "lgpl v3",
        "lgplv2+",
        "lgplv3+",
        "gnu lesser general public license",
        "gnu library or lesser general public license (lgpl)",
    ),
    "MPL": ("mpl", "mozilla public license"),
    "OGL-UK": ("ogl", "open government licence"),
    "PSF": (
        "psf",
        "psf license",
        "psfl",
        "python",
        "python license",
        "python software foundation license",
        "python software foundation",
    ),
    "ZPL": ("zpl", "zope public license"),
}


def phrase(raw: str) -> str:
    """`raw` as the table spells it: entities, case, "licence" and white space made alike, outer marks and "the" gone."""
    text = unicodedata.normalize("NFKC", html.unescape(raw)).casefold().replace("licence", "license")
    return re.sub(r"[\s_]+", " ", text).strip(" .,;:'\"“”‘’").removeprefix("the ")


def _index(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {phrase(spelling): value for value, spellings in table.items() for spelling in spellings}


_BY_PHRASE = _index(_IDENTIFIERS)
_FAMILY_BY_PHRASE = _index(_FAMILIES)

_SINGLE_FAMILY = {"Python-2.0": "PSF", "Python-2.0.1": "PSF", "CNRI-Python": "PSF", "0BSD": "BSD", "LAL": "FAL"}
_OWN_FAMILY = re.compile(r"(?P<family>[A-Za-z][A-Za-z\-]*?)-(?:\d[\w.]*|v\d[\w.]*)(?:-.*)?$")


def read(raw: str) -> Reading | None:
    """The reading of a phrase that is in the table as a whole; None where it is not."""
    key = phrase(raw)
    if identifier := _BY_PHRASE.get(key):
        return Reading("resolved", "name", identifier)
    if family := _FAMILY_BY_PHRASE.get(key):
        return Reading("family-only", "name", family=family)
    return None


@cache
def family_of(identifier: str) -> str:
    """The licence's own family, as family-only readings name it: "BSD" of BSD-3-Clause, "CC-BY-SA" of CC-BY-SA-4.0."""
    base = identifier.partition(" WITH ")[0]
    match = _OWN_FAMILY.match(base)
    return _SINGLE_FAMILY.get(base) or (match["family"] if match else base)
