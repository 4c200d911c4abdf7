"""Licences that come in versions, for `names`: what people call them, and what each version is. Data only.

Names are spelled as in `name_table`. What the table has no version for leaves a name unread; a name without a version is the
family, except where the licence never had but one.
"""

from collections.abc import Mapping
from dataclasses import dataclass


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
    short = [version.removesuffix(".0") for version in versions if majors.count(version.partition(".")[0]) == 1]
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
    "NLOD": Family(
        (
            "nlod",
            "norwegian license for open government data",
            "norwegian license for open government data (nlod)",
            "norsk lisens for offentlige data",
            "norsk lisens for offentlige data (nlod)",
        ),
        _dotted("NLOD", "1.0", "2.0"),
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
