"""Licence templates of Wikimedia wikis: `{{Cc-by-sa-4.0}}`, `{{self|GFDL|cc-by-sa-3.0}}`, `{{PD-self}}`.

A page may choose between the licences its templates name, so several are joined by OR. Templates for the public domain are
the uploader's assertion about a work, with reasons that differ by country: all but an author's own dedication stay
`LicenseRef-PublicDomain`, which needs a verdict of its own. A template or parameter the table does not know leaves the
whole unresolved.
"""

import re
from collections.abc import Mapping

from pile_assets.licensing import creative_commons, expressions
from pile_assets.licensing.model import Reading

RULE = "wikimedia-template"
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_CREATIVE_COMMONS = re.compile(
    r"cc-(?P<code>by(?:-nc)?(?:-nd|-sa)?|sa)(?:-(?P<versions>\d\.\d(?:,\d\.\d)*|all))?(?:-(?P<port>[a-z]{2,8}))?"
)
_ALL = ("4.0", "3.0", "2.5", "2.0", "1.0")
_WRAPPERS = frozenset({"self", "multilicense replacing placeholder", "license+", "dual", "or"})
_IGNORED = re.compile(r"(?:author|migration|attribution|user|1author|lang|categories|category)=.*")

NAMES: Mapping[str, str | None] = {
    "cc-zero": "CC0-1.0",
    "cc0": "CC0-1.0",
    "cc-0": "CC0-1.0",
    "cc-pd-mark": "CC-PDM-1.0",
    "pd-mark": "CC-PDM-1.0",
    "fal": "LAL-1.3",
    "gfdl": "GFDL-1.2-or-later",
    "gfdl-1.2": "GFDL-1.2-only",
    "gfdl-1.3": "GFDL-1.3-only",
    "gfdl-self": "GFDL-1.2-or-later",
    "pd-self": "LicenseRef-PublicDomain-Dedication",
    "pd-author": "LicenseRef-PublicDomain",
    "pd-user": "LicenseRef-PublicDomain",
    "pd": "LicenseRef-PublicDomain",
    "public domain": "LicenseRef-PublicDomain",
    "pd-us": "LicenseRef-PublicDomain",
    "pd-us-expired": "LicenseRef-PublicDomain",
    "pd-us-no notice": "LicenseRef-PublicDomain",
    "pd-us-not renewed": "LicenseRef-PublicDomain",
    "pd-old": "LicenseRef-PublicDomain",
    "pd-old-70": "LicenseRef-PublicDomain",
    "pd-old-80": "LicenseRef-PublicDomain",
    "pd-old-100": "LicenseRef-PublicDomain",
    "pd-old-70-expired": "LicenseRef-PublicDomain",
    "pd-old-100-expired": "LicenseRef-PublicDomain",
    "pd-old-auto-expired": "LicenseRef-PublicDomain",
    "pd-art": "LicenseRef-PublicDomain",
    "pd-scan": "LicenseRef-PublicDomain",
    "pd-ineligible": "LicenseRef-PublicDomain",
    "pd-textlogo": "LicenseRef-PublicDomain",
    "pd-anon-70": "LicenseRef-PublicDomain",
    "pd-anon-70-eu": "LicenseRef-PublicDomain",
    "pd-1923": "LicenseRef-PublicDomain",
    "pd-1996": "LicenseRef-PublicDomain",
    "pd-usgov": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-nasa": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-military": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-military-navy": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-congress": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-noaa": "LicenseRef-US-Gov-17USC105",
    "pd-usgov-usgs": "LicenseRef-US-Gov-17USC105",
    "ogl": None,
    "ogl3": "OGL-UK-3.0",
    "ogl2": "OGL-UK-2.0",
    "ogl1": "OGL-UK-1.0",
    "mit": "MIT",
    "expat": "MIT",
    "apache": None,
    "apache license 2.0": "Apache-2.0",
    "gpl": None,
    "gplv2": "GPL-2.0-or-later",
    "gplv2 only": "GPL-2.0-only",
    "gplv3": "GPL-3.0-or-later",
    "gplv3 only": "GPL-3.0-only",
    "lgpl": None,
    "odbl": "ODbL-1.0",
    "wtfpl": "WTFPL",
    "copyrighted free use": None,
    "attribution": None,
    "no rights reserved": None,
}
"""Template names without their arguments. The GFDL's own template says "Version 1.2 or any later version"."""


def read(raw: str) -> Reading:
    """The choice the templates in `raw` give; a single name without braces counts as a template."""
    text = " ".join(raw.split())
    calls = _TEMPLATE.findall(text)
    if not calls:
        calls = [text]
    elif _TEMPLATE.sub("", text).strip():
        return Reading("unresolved", RULE)
    found: list[str] = []
    for call in calls:
        named = _call(call)
        if named is None:
            return Reading("unresolved", RULE)
        found += named
    found = list(dict.fromkeys(found))
    if not found:
        return Reading("unresolved", RULE)
    if len(found) == 1 and found[0].startswith("FAMILY:"):
        return Reading("family-only", RULE, family=found[0].removeprefix("FAMILY:"))
    if any(name.startswith("FAMILY:") for name in found):
        return Reading("unresolved", RULE)
    return Reading("resolved", RULE, str(expressions.parse(" OR ".join(found))))


def _call(call: str) -> list[str] | None:
    """The licences of one template call; None for what is not known."""
    parts = [part.strip().lower().replace("_", " ") for part in call.split("|")]
    name, parameters = parts[0], [part for part in parts[1:] if part and not _IGNORED.fullmatch(part)]
    if name in _WRAPPERS:
        listed = [_name(part) for part in parameters]
        if not listed or any(item is None for item in listed):
            return None
        return [one for item in listed if item for one in item]
    if any("=" in part for part in parameters):
        return None
    return _name(name)


def _name(name: str) -> list[str] | None:
    if name in NAMES:
        spdx = NAMES[name]
        return [spdx] if spdx else None
    match = _CREATIVE_COMMONS.fullmatch(name.removesuffix("-migrated"))
    if match is None:
        return None
    if match["versions"] is None:
        return [f"FAMILY:CC-{match['code'].upper()}"] if match["port"] is None else None
    versions = _ALL if match["versions"] == "all" else tuple(match["versions"].split(","))
    readings = [creative_commons.licence(match["code"], version, match["port"], RULE) for version in versions]
    return None if any(reading.spdx is None for reading in readings) else [reading.spdx or "" for reading in readings]
