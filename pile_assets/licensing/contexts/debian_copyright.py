"""The first line of a `License:` field of Debian's machine-readable copyright format 1.0 (DEP-5): short names and syntax.

Debian's names are not SPDX's: "GPL-3" is that version only and "GPL-3+" also later ones, "Expat" is the MIT licence, and a
comma lets "and" bind looser than "or" (copyright-format 1.0, "Short name" and "Syntax"). A name the package made up itself
leaves the whole field unresolved, whatever it resembles.
"""

import re
from collections.abc import Mapping

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading

RULE = "debian-copyright"

SHORT_NAMES: Mapping[str, str] = {
    "public-domain": "LicenseRef-PublicDomain",
    "apache-1.0": "Apache-1.0",
    "apache-1.1": "Apache-1.1",
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "artistic-1": "Artistic-1.0",
    "artistic-2": "Artistic-2.0",
    "artistic-2.0": "Artistic-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "isc": "ISC",
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "cddl": "CDDL-1.0",
    "cpl-1.0": "CPL-1.0",
    "efl-2": "EFL-2.0",
    "expat": "MIT",
    "mit": "MIT",
    "lppl-1.3c": "LPPL-1.3c",
    "mpl-1.0": "MPL-1.0",
    "mpl-1.1": "MPL-1.1",
    "mpl-2": "MPL-2.0",
    "mpl-2.0": "MPL-2.0",
    "ofl-1.1": "OFL-1.1",
    "python-2.0": "Python-2.0",
    "python-2": "Python-2.0",
    "psf-2": "PSF-2.0",
    "psf-2.0": "PSF-2.0",
    "qpl-1.0": "QPL-1.0",
    "w3c": "W3C",
    "zlib": "Zlib",
    "zope-2.1": "ZPL-2.1",
    "zope-2.0": "ZPL-2.0",
    "zpl-2.1": "ZPL-2.1",
    "boost-1.0": "BSL-1.0",
    "bsl-1.0": "BSL-1.0",
    "unlicense": "Unlicense",
    "wtfpl-2": "WTFPL",
    "0bsd": "0BSD",
    "ncsa": "NCSA",
    "x11": "X11",
    "curl": "curl",
    "agpl-3": "AGPL-3.0-only",
    "gfdl-niv-1.1": "GFDL-1.1-no-invariants-only",
    "gfdl-niv-1.2": "GFDL-1.2-no-invariants-only",
    "gfdl-niv-1.3": "GFDL-1.3-no-invariants-only",
    "gfdl-niv-1.1+": "GFDL-1.1-no-invariants-or-later",
    "gfdl-niv-1.2+": "GFDL-1.2-no-invariants-or-later",
    "gfdl-niv-1.3+": "GFDL-1.3-no-invariants-or-later",
}
"""Names with one meaning. Versioned GNU and Creative Commons names follow the two patterns below."""

FAMILIES: Mapping[str, str] = {
    "agpl": "AGPL",
    "apache": "Apache",
    "artistic": "Artistic",
    "bsd": "BSD",
    "gfdl": "GFDL",
    "gfdl-niv": "GFDL",
    "gpl": "GPL",
    "lgpl": "LGPL",
    "lppl": "LPPL",
    "mpl": "MPL",
    "perl": "Perl",
    "psf": "PSF",
    "python": "PSF",
    "zope": "ZPL",
}
_GNU = re.compile(r"(?P<name>agpl|gfdl|gpl|lgpl)-(?P<version>[123](?:\.\d)?)(?P<later>\+)?")
_CREATIVE_COMMONS = re.compile(r"cc-(?P<code>by(?:-nc)?(?:-nd|-sa)?)(?:-(?P<version>\d\.\d|[1-4]))?(?:-(?P<port>[a-z]{2,8}))?")
_EXCEPTION = re.compile(r"(?P<name>\S+) with (?P<exception>.+) exception")
_EXCEPTIONS: Mapping[str, str] = {
    "llvm": "LLVM-exception",
    "font": "Font-exception-2.0",
    "classpath": "Classpath-exception-2.0",
    "libtool": "Libtool-exception",
}
_LONGEST = 500


def read(raw: str) -> Reading:
    """The licence of one field's first line; family-only for a single name without a version."""
    line = " ".join(raw.strip().partition("\n")[0].split())
    if not line or len(line) > _LONGEST:
        return Reading("unresolved", RULE)
    single = _single(line.lower())
    if single is not None:
        return single
    parts = re.split(r", (?=and |or )|,$", line)
    written = [_choices(re.sub(r"^(?:and|or) ", "", part)) for part in parts if part]
    words = [part.split(" ", 1)[0] for part in parts[1:] if part]
    if not written or None in written or len(set(words)) > 1 or not set(words) <= {"and", "or"}:
        return Reading("unresolved", RULE)
    joined = f" {words[0].upper()} ".join(f"({part})" for part in written) if words else written[0] or ""
    tree = expressions.parse(joined)
    return Reading("unresolved", RULE) if tree is None else Reading("resolved", RULE, str(tree))


def _single(name: str) -> Reading | None:
    if spdx := _identifier(name):
        return Reading("resolved", RULE, spdx)
    if family := FAMILIES.get(name) or _unversioned(name):
        return Reading("family-only", RULE, family=family)
    return None


def _unversioned(name: str) -> str | None:
    match = _CREATIVE_COMMONS.fullmatch(name)
    return f"CC-{match['code'].upper()}" if match and not match["version"] and not match["port"] else None


def _identifier(name: str) -> str | None:
    """The SPDX identifier of one short name with its exception, or None."""
    if match := _EXCEPTION.fullmatch(name):
        base, exception = _identifier(match["name"]), _EXCEPTIONS.get(match["exception"])
        return f"{base} WITH {exception}" if base and exception else None
    if spdx := SHORT_NAMES.get(name):
        return spdx
    if match := _GNU.fullmatch(name):
        version = match["version"] if "." in match["version"] else f"{match['version']}.0"
        return expressions.listed(f"{match['name']}-{version}-{'or-later' if match['later'] else 'only'}")
    if (match := _CREATIVE_COMMONS.fullmatch(name)) and match["version"]:
        version = match["version"] if "." in match["version"] else f"{match['version']}.0"
        return expressions.listed(f"cc-{match['code']}-{version}{'-' + match['port'] if match['port'] else ''}")
    return None


def _choices(line: str) -> str | None:
    """An SPDX expression for names joined by "and" and "or", of which "and" binds tighter; None for an unknown name."""
    branches = []
    for branch in re.split(r" or ", line, flags=re.IGNORECASE):
        names = [_identifier(name.strip().lower()) for name in re.split(r" and ", branch, flags=re.IGNORECASE)]
        if None in names:
            return None
        branches.append(" AND ".join(name for name in names if name))
    return " OR ".join(f"({branch})" if " AND " in branch else branch for branch in branches)
