"""The licences Creative Commons has published: type, version and jurisdiction port, and the grammar of their addresses.

Only Creative Commons belongs here; its names and their translations are `creative_commons_names`. The matrix is closed
(creativecommons.org, list of legal tools): a type, version or port that was never published is no licence. A port without
an SPDX identifier of its own keeps the unported identifier and is reported beside it, and a version that exists only as
ports (2.1) becomes a `LicenseRef-`.
"""

import re
from collections.abc import Mapping

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading

_CURRENT = {
    "by": "CC-BY",
    "by-sa": "CC-BY-SA",
    "by-nc": "CC-BY-NC",
    "by-nd": "CC-BY-ND",
    "by-nc-sa": "CC-BY-NC-SA",
    "by-nc-nd": "CC-BY-NC-ND",
    "by-nd-nc": "CC-BY-NC-ND",  # how version 1.0 spelled it
}
_RETIRED: Mapping[str, tuple[str, str]] = {
    "sa": ("CC-SA", "1.0"),
    "nc": ("CC-NC", "1.0"),
    "nd": ("CC-ND", "1.0"),
    "nc-sa": ("CC-NC-SA", "1.0"),
    "nd-nc": ("CC-NC-ND", "1.0"),
    "sampling": ("CC-Sampling", "1.0"),
    "sampling+": ("CC-SamplingPlus", "1.0"),
    "nc-sampling+": ("CC-NC-SamplingPlus", "1.0"),
    "devnations": ("CC-DevNations", "2.0"),
}
"""Types that are no longer offered, with their one version. None is on the table of accepted licences."""

FAMILIES: Mapping[str, str] = {**_CURRENT, **{code: family for code, (family, _) in _RETIRED.items()}}
"""Type as addresses spell it to the family its identifiers begin with."""

PORTS: Mapping[str, frozenset[str]] = {
    "1.0": frozenset({"fi", "il", "nl"}),
    "2.0": frozenset(
        {"at", "au", "be", "br", "ca", "cl", "de", "es", "fr", "hr", "it", "jp", "kr", "nl", "pl", "tw", "uk", "za"}
    ),
    "2.1": frozenset({"au", "ca", "es", "jp"}),
    "2.5": frozenset({"ar", "au", "bg", "br", "ca", "ch", "cn", "co", "dk", "es", "hr", "hu", "il", "in", "it", "mk", "mt"})
    | {"mx", "my", "nl", "pe", "pl", "pt", "scotland", "se", "si", "tw", "za"},
    "3.0": frozenset(
        {"am", "at", "au", "az", "br", "ca", "ch", "cl", "cn", "cr", "cz", "de", "ec", "ee", "eg", "es", "fr", "ge"}
    )
    | {"gr", "gt", "hk", "hr", "ie", "igo", "it", "lu", "nl", "no", "nz", "ph", "pl", "pr", "pt", "ro", "rs", "sg", "th", "tw"}
    | {"ug", "us", "ve", "vn", "za"},
    "4.0": frozenset(),
}
"""Version to the jurisdictions it was ported to; 4.0 has none. Version 2.1 has nothing but ports."""

_SAMPLING_PORTS = frozenset({"br", "de", "tw"})

_TOOL = r"(?:deed|legalcode|rdf)(?:\.txt|\.html?|[.\-_][a-z]{2,4}(?:[\-_][a-z]{2,8})?)?"
_PATH = re.compile(
    r"/(?:licen[cs]es|l)/(?P<code>[a-z+\-]+)(?:/v?(?P<version>\d(?:\.\d)?)(?:/(?P<port>(?!deed|legalcode|rdf)[a-z]+))?)?"
    rf"/?(?:(?<=/){_TOOL}|(?<=/)(?:88x31|80x15|76x22)\.(?:png|svg))?/?"
)
_PUBLIC_DOMAIN = re.compile(
    r"/(?:publicdomain|p)/(?P<tool>zero|mark|certification)(?:/1\.0(?:/us)?)?"
    rf"/?(?:(?<=/){_TOOL}|(?<=/)(?:88x31|80x15)\.(?:png|svg))?/?"
)
_DEDICATION = re.compile(rf"/licen[cs]es/publicdomain/?(?:(?<=/){_TOOL})?/?")
_TOOLS = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0", "certification": "CC-PDDC"}
_ONLY_VERSION_OF_A_MAJOR = {"1": "1.0", "3": "3.0", "4": "4.0"}


def read_path(path: str) -> Reading | None:
    """The licence of a path of creativecommons.org in lower case; None where it is no path of a licence.

    A path that begins as a licence's and does not go on as one is unresolved, never the licence it began as.
    """
    if match := _PUBLIC_DOMAIN.fullmatch(path):
        return Reading("resolved", "cc-url", _TOOLS[match["tool"]])
    if _DEDICATION.fullmatch(path):
        return Reading("resolved", "cc-url", "CC-PDDC")
    if match := _PATH.fullmatch(path):
        return licence(match["code"], match["version"], match["port"], "cc-url")
    return Reading("unresolved", "cc-url") if re.match(r"/(?:licen[cs]es|publicdomain|l|p)/.", path) else None


def full_version(version: str) -> str | None:
    """The version that "4" or "4.0" stands for; None where several versions begin so ("2"), or none does."""
    full = _ONLY_VERSION_OF_A_MAJOR.get(version, version)
    return full if full in PORTS else None


def licence(code: str, version: str | None, port: str | None, rule: str) -> Reading:
    """The licence of a type as addresses spell it ("by-nc"), a version and a port; family-only without a version."""
    family = FAMILIES.get(code)
    if family is None:
        return Reading("unresolved", rule)
    if version is None:
        return Reading("family-only", rule, family=family)
    version = full_version(version)
    if version is None or not _published(code, version, port):
        return Reading("unresolved", rule)
    generic = f"{family}-{version}"
    port = port.upper() if port else None
    spdx = (expressions.listed(f"{generic}-{port}") if port else None) or expressions.listed(generic)
    return Reading("resolved", rule, spdx or f"LicenseRef-{generic}{'-' + port if port else ''}", family, port)


def _published(code: str, version: str, port: str | None) -> bool:
    if code in _RETIRED and version != _RETIRED[code][1]:
        return False
    if port is not None:
        return port in (_SAMPLING_PORTS if "sampling" in code else PORTS[version])
    return version != "2.1"
