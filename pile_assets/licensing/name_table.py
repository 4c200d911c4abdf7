"""The names of `names`: what people call licences, as `spelling.plain` spells it. Data only; reading it is `names`.

A blank in a name stands for a blank, a dash, a comma, a bracket or nothing, "license" also for "licence"; "the" and a
closing "license" need no row of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SINGLE: Mapping[str, tuple[str, ...]] = {
    "0BSD": ("0bsd", "bsd zero clause", "zero clause bsd", "bsd 0 clause", "0 clause bsd", "bsd zero clause license (0bsd)"),
    "BSD-1-Clause": ("bsd 1 clause", "1 clause bsd"),
    "BSD-2-Clause": (
        "bsd 2 clause",
        "bsd two clause",
        "bsd 2",
        "2 clause bsd",
        "two clause bsd",
        "simplified bsd",
        "bsd simplified",
        "freebsd license",
        "bsd 2 clause simplified",
        'bsd 2 clause "simplified"',
        "bsd 2 clause (simplified)",
        "bsd 2 clause freebsd license",
    ),
    "BSD-3-Clause": (
        "bsd 3 clause",
        "bsd three clause",
        "bsd 3",
        "3 clause bsd",
        "three clause bsd",
        "new bsd",
        "bsd new",
        "modified bsd",
        "revised bsd",
        "bsd 3 clause new",
        "bsd 3 clause revised",
        "bsd 3 clause new or revised",
        'bsd 3 clause "new"',
        'bsd 3 clause "new" or "revised"',
        "bsd 3 clause (new)",
        "bsd 3 clause (revised)",
        "bsd modified",
        "new bsd (3 clause)",
        "new or revised bsd",
    ),
    "BSD-3-Clause-Clear": ("bsd 3 clause clear", "clear bsd"),
    "BSD-4-Clause": (
        "bsd 4 clause",
        "bsd four clause",
        "4 clause bsd",
        "four clause bsd",
        "original bsd",
        "bsd original",
        "old bsd",
        "bsd 4 clause original or old",
    ),
    "BlueOak-1.0.0": ("blue oak model license 1.0.0", "blue oak model license", "blue oak model license version 1.0.0"),
    "BSL-1.0": (
        "boost software license 1.0",
        "boost software license",
        "boost 1.0",
        "boost license 1.0",
        "boost software license version 1.0",
        "boost software license v1.0",
        "boost license",
    ),
    "CC-PDDC": ("creative commons public domain dedication and certification",),
    "CC-PDM-1.0": (
        "public domain mark 1.0",
        "public domain mark",
        "creative commons public domain mark 1.0",
        "creative commons public domain mark",
        "pdm",
        "pdm 1.0",
        "cc pdm 1.0",
        "cc pdm",
        "cc public domain mark 1.0",
        "no copyright public domain mark 1.0",
    ),
    "CPL-1.0": ("common public license 1.0", "common public license version 1.0", "cpl 1.0"),
    "GPL-2.0-only": ("gplv2 only",),
    "HPND": ("historical permission notice and disclaimer",),
    "ISC": ("isc", "isc license", "iscl"),
    "LicenseRef-AllRightsReserved": ("all rights reserved",),
    "LicenseRef-Open-Parliament-Licence-3.0": (
        "open parliament license v3.0",
        "open parliament license version 3.0",
        "open parliament license 3.0",
        "open parliament license v3",
        "opl v3.0",
    ),
    "LicenseRef-OpenRAIL": ("openrail", "openrail++", "openrail-m"),
    "LicenseRef-Proprietary": (
        "proprietary",
        "proprietary license",
        "other/proprietary license",
        "commercial",
        "commercial license",
        "closed source",
    ),
    "LicenseRef-PublicDomain": (
        "public domain",
        "pd",
        "not in copyright",
        "public domain dedication",
        "released into the public domain",
        "in the public domain",
        "out of copyright",
    ),
    "LicenseRef-RS-CNE": ("copyright not evaluated",),
    "LicenseRef-RS-InC": ("in copyright",),
    "LicenseRef-RS-NKC": ("no known copyright restrictions", "no known copyright"),
    "LicenseRef-RS-NoC-US": ("no copyright - united states",),
    "LicenseRef-RS-UND": ("copyright undetermined",),
    "LicenseRef-US-Gov-17USC105": (
        "u.s. government work",
        "us government work",
        "u.s. government works",
        "us government works",
        "united states government work",
        "united states government works",
        "work of the u.s. government",
        "work of the us government",
        "work of the united states government",
        "u.s. federal government work",
        "us federal government work",
        "u.s. government publication",
        "united states federal government work",
    ),
    "MIT": (
        "mit",
        "mit license",
        "expat",
        "expat license",
        "mit expat",
        "expat mit",
        "mit (expat)",
        "expat (mit)",
        "mit open source license",
        "mit/expat",
        "expat/mit",
    ),
    "MIT-0": ("mit no attribution", "mit 0", "mit zero", "mit no attribution license (mit-0)"),
    "MIT-CMU": ("historical permission notice and disclaimer (pil)", "mit cmu"),
    "NCSA": (
        "university of illinois/ncsa open source license",
        "ncsa open source license",
        "university of illinois ncsa open source license",
        "ncsa",
    ),
    "OGL-Canada-2.0": (
        "open government license - canada version 2.0",
        "open government license - canada 2.0",
        "open government license canada 2.0",
        "open government license - canada v2.0",
        "ogl canada 2.0",
        "open government license - canada (version 2.0)",
    ),
    "PostgreSQL": ("postgresql", "postgresql license"),
    "UPL-1.0": (
        "universal permissive license",
        "universal permissive license 1.0",
        "universal permissive license v1.0",
        "upl 1.0",
        "universal permissive license version 1.0",
        "upl",
    ),
    "Unlicense": ("unlicense", "unlicense license"),
    "WTFPL": (
        "wtfpl",
        "wtfpl license",
        "wtfpl v2",
        "wtfpl 2",
        "wtfpl version 2",
        "do what the f*ck you want to public license",
        "do what the fuck you want to public license",
    ),
    "Zlib": ("zlib", "zlib license", "zlib/libpng license", "zlib/libpng"),
    "W3C": ("w3c software license", "w3c software notice and license", "w3c license"),
    "X11": ("x11", "x11 license"),
    "curl": ("curl license",),
}
"""SPDX identifier to the names that have no version to state, or state it themselves."""


IN_ONE_COUNTRY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "US": (
        "LicenseRef-PublicDomain",
        (
            "public domain in the usa",
            "public domain in the us",
            "public domain in the united states",
            "public domain in the u.s.a",
            "public domain in the u.s",
            "public domain in the united states of america",
            "not in copyright in the united states",
        ),
    ),
}
"""Jurisdiction to an identifier and the names that assert it there and nowhere else: the jurisdiction is the reading's port."""


@dataclass(frozen=True)
class Family:
    """A licence with versions: its stems, and what each version is; `only` is the identifier without one, if unambiguous."""

    stems: tuple[str, ...]
    versions: Mapping[str, str]
    only: str | None = None
    later: bool = False  # "or later" is part of the name, as in GNU's licences; without it the version leaves both open


def _dotted(prefix: str, *versions: str) -> dict[str, str]:
    """Version to identifier; "2" stands for "2.0" where no other version begins with 2."""
    table = {version: f"{prefix}-{version}" for version in versions}
    majors = [version.partition(".")[0] for version in versions]
    short = {version.removesuffix(".0") for version in versions if majors.count(version.partition(".")[0]) == 1}
    return table | {name: f"{prefix}-{name}.0" for name in short if "." not in name}


_DATA = ("odc", "open data commons")
FAMILIES: Mapping[str, Family] = {
    "AFL": Family(
        ("academic free license", "academic free license (afl)", "afl"), _dotted("AFL", "1.1", "1.2", "2.0", "2.1", "3.0")
    ),
    "AGPL": Family(
        (
            "agpl",
            "gnu agpl",
            "affero gpl",
            "gnu affero gpl",
            "gnu affero general public license",
            "affero general public license",
            "gnu affero general public license (agpl)",
        ),
        {"1.0": "AGPL-1.0", "1": "AGPL-1.0", "3.0": "AGPL-3.0", "3": "AGPL-3.0"},
        later=True,
    ),
    "Apache": Family(
        (
            "apache",
            "apache license",
            "apache software license",
            "asl",
            "apache public license",
            "apache software foundation license",
            "apache license (asl)",
        ),
        _dotted("Apache", "1.0", "1.1", "2.0"),
    ),
    "Artistic": Family(
        ("artistic", "artistic license", "perl artistic license"),
        {"2.0": "Artistic-2.0", "2": "Artistic-2.0", "1.0": "Artistic-1.0"},
    ),
    "BSD": Family(("bsd", "bsd style", "bsd like", "berkeley software distribution license", "bsd type"), {}),
    "CDDL": Family(
        ("cddl", "common development and distribution license", "common development and distribution license (cddl)"),
        _dotted("CDDL", "1.0", "1.1"),
    ),
    "CDLA-Permissive": Family(
        ("cdla permissive", "community data license agreement permissive", "community data license agreement - permissive"),
        _dotted("CDLA-Permissive", "1.0", "2.0"),
    ),
    "CDLA-Sharing": Family(
        ("cdla sharing", "community data license agreement sharing", "community data license agreement - sharing"),
        _dotted("CDLA-Sharing", "1.0"),
        None,
    ),
    "CECILL": Family(("cecill",), _dotted("CECILL", "1.0", "1.1", "2.0", "2.1")),
    "DL-DE-BY": Family(
        (
            "datenlizenz deutschland namensnennung",
            "datenlizenz deutschland - namensnennung -",
            "dl-de/by",
            "dl-de-by",
            "data license germany attribution",
            "data license germany - attribution -",
        ),
        {"2.0": "DL-DE-BY-2.0", "2-0": "DL-DE-BY-2.0"},
    ),
    "DL-DE-ZERO": Family(
        (
            "datenlizenz deutschland zero",
            "datenlizenz deutschland - zero -",
            "dl-de/zero",
            "dl-de-zero",
            "data license germany zero",
            "data license germany - zero -",
        ),
        {"2.0": "DL-DE-ZERO-2.0", "2-0": "DL-DE-ZERO-2.0"},
    ),
    "ECL": Family(("educational community license", "ecl"), _dotted("ECL", "1.0", "2.0")),
    "EPL": Family(
        ("epl", "eclipse public license", "eclipse public license -", "eclipse public license (epl)"),
        _dotted("EPL", "1.0", "2.0"),
    ),
    "EUPL": Family(
        ("eupl", "european union public license", "european union public license (eupl)"), _dotted("EUPL", "1.0", "1.1", "1.2")
    ),
    "GFDL": Family(
        (
            "gfdl",
            "gnu fdl",
            "fdl",
            "gnu free documentation license",
            "gnu free documentation license (gfdl)",
            "gnu free documentation license (fdl)",
        ),
        {"1.1": "GFDL-1.1", "1.2": "GFDL-1.2", "1.3": "GFDL-1.3"},
        later=True,
    ),
    "GPL": Family(
        (
            "gpl",
            "gnu gpl",
            "gnu general public license",
            "general public license",
            "gnu general public license (gpl)",
            "gnu public license",
        ),
        {"1.0": "GPL-1.0", "1": "GPL-1.0", "2.0": "GPL-2.0", "2": "GPL-2.0", "3.0": "GPL-3.0", "3": "GPL-3.0"},
        later=True,
    ),
    "LAL": Family(
        ("free art license", "license art libre", "licence art libre", "free art license (fal)", "fal", "lal"),
        {"1.2": "LAL-1.2", "1.3": "LAL-1.3"},
    ),
    "LGPL": Family(
        (
            "lgpl",
            "gnu lgpl",
            "gnu lesser general public license",
            "gnu library general public license",
            "lesser general public license",
            "gnu library or lesser general public license",
            "gnu library or lesser general public license (lgpl)",
            "gnu lesser general public license (lgpl)",
            "lesser gpl",
            "gnu lesser gpl",
        ),
        {"2.0": "LGPL-2.0", "2": "LGPL-2.0", "2.1": "LGPL-2.1", "3.0": "LGPL-3.0", "3": "LGPL-3.0"},
        later=True,
    ),
    "LPPL": Family(("lppl", "latex project public license"), {"1.3c": "LPPL-1.3c", "1.3a": "LPPL-1.3a", "1.2": "LPPL-1.2"}),
    "MPL": Family(
        ("mpl", "mozilla public license", "mozilla public license (mpl)", "mozilla"), _dotted("MPL", "1.0", "1.1", "2.0")
    ),
    "MulanPSL": Family(("mulan psl", "mulanpsl", "mulan permissive software license"), _dotted("MulanPSL", "1.0", "2.0")),
    "ODC-By": Family(
        (
            "odc by",
            "odc attribution",
            *(f"{name} attribution license" for name in _DATA),
            *(f"{name} attribution license (odc-by)" for name in _DATA),
            "open data commons attribution",
            "open data commons by",
        ),
        _dotted("ODC-By", "1.0"),
        "ODC-By-1.0",
    ),
    "ODbL": Family(
        (
            "odbl",
            "open database license",
            "open database license (odbl)",
            *(f"{name} open database license" for name in _DATA),
            *(f"{name} open database license (odbl)" for name in _DATA),
            "odc odbl",
            "odc-odbl",
        ),
        _dotted("ODbL", "1.0"),
        "ODbL-1.0",
    ),
    "OFL": Family(
        ("ofl", "sil ofl", "sil open font license", "open font license", "sil open font license (ofl)"),
        _dotted("OFL", "1.0", "1.1"),
    ),
    "OGL-UK": Family(
        (
            "ogl",
            "ogl uk",
            "uk ogl",
            "open government license",
            "open government license (ogl)",
            "uk open government license",
            "uk open government license (ogl)",
            "united kingdom open government license",
            "open government license (uk)",
            "open government license uk",
            "open government license for public sector information",
        ),
        {
            "1.0": "OGL-UK-1.0",
            "2.0": "OGL-UK-2.0",
            "3.0": "OGL-UK-3.0",
            "1": "OGL-UK-1.0",
            "2": "OGL-UK-2.0",
            "3": "OGL-UK-3.0",
        },
    ),
    "Open-Parliament-Licence": Family(("open parliament license",), {}),
    "OSL": Family(("open software license", "osl"), _dotted("OSL", "1.0", "1.1", "2.0", "2.1", "3.0")),
    "PDDL": Family(
        (
            "pddl",
            "odc pddl",
            *(f"{name} public domain dedication and license" for name in _DATA),
            *(f"{name} public domain dedication and license (pddl)" for name in _DATA),
            "public domain dedication and license",
            "public domain dedication and license (pddl)",
        ),
        _dotted("PDDL", "1.0"),
        "PDDL-1.0",
    ),
    "PSF": Family(
        (
            "psf",
            "psfl",
            "psf license",
            "python software foundation license",
            "python software foundation",
            "python software foundation license (psf)",
        ),
        {"2.0": "PSF-2.0", "2": "PSF-2.0"},
    ),
    "Python": Family(("python", "python license"), {"2.0": "Python-2.0"}),
    "Unicode": Family(("unicode license", "unicode"), {"3.0": "Unicode-3.0", "v3": "Unicode-3.0"}),
    "ZPL": Family(("zpl", "zope public license", "zope public license (zpl)"), _dotted("ZPL", "1.1", "2.0", "2.1")),
    "etalab": Family(
        (
            "etalab",
            "etalab open license",
            "license ouverte",
            "licence ouverte",
            "license ouverte / open license",
            "license ouverte etalab",
            "open license etalab",
            "etalab license ouverte",
            "license ouverte/open license",
            "license ouverte (etalab)",
        ),
        {"2.0": "etalab-2.0", "2": "etalab-2.0"},
    ),
}
"""Families by the name readings give them."""

FAMILY_NAMES: Mapping[str, str] = {"Python": "PSF"}
"""Families that answer to another one's name."""
