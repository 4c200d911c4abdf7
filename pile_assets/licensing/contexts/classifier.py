"""Trove classifiers of Python distributions, "License :: …": a closed list of the names the index publishes.

Most of them name a family without a version, and stay family-only. "OSI Approved" alone says nothing.
"""

from collections.abc import Mapping

from pile_assets.licensing.model import SILENT, Reading

_IDENTIFIERS: Mapping[str, str] = {
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Other/Proprietary License": "LicenseRef-Proprietary",
    "Public Domain": "LicenseRef-PublicDomain",
    "OSI Approved :: Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "OSI Approved :: Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "OSI Approved :: European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "OSI Approved :: GNU Affero General Public License v3": "AGPL-3.0-only",
    "OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "OSI Approved :: GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "OSI Approved :: GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "OSI Approved :: GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "OSI Approved :: GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "OSI Approved :: Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: MIT No Attribution License (MIT-0)": "MIT-0",
    "OSI Approved :: Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
    "OSI Approved :: Universal Permissive License (UPL)": "UPL-1.0",
    "OSI Approved :: Zero-Clause BSD (0BSD)": "0BSD",
    "OSI Approved :: zlib/libpng License": "Zlib",
}

_FAMILIES: Mapping[str, str] = {
    "OSI Approved :: Academic Free License (AFL)": "AFL",
    "OSI Approved :: Apache Software License": "Apache",
    "OSI Approved :: Artistic License": "Artistic",
    "OSI Approved :: BSD License": "BSD",
    "OSI Approved :: GNU General Public License (GPL)": "GPL",
    "OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)": "LGPL",
    "OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL",
    "OSI Approved :: GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "OSI Approved :: Mozilla Public License 1.0 (MPL)": "MPL",
    "OSI Approved :: Python License (CNRI Python License)": "PSF",
    "OSI Approved :: Python Software Foundation License": "PSF",
    "OSI Approved :: Zope Public License": "ZPL",
}

_NAME_NOTHING = frozenset({"OSI Approved", "DFSG approved"})


def read(raw: str) -> Reading:
    """One classifier, with or without its leading "License ::"; the rule is `model.SILENT` where it names no licence."""
    name = " :: ".join(part.strip() for part in raw.split("::") if part.strip() != "License")
    if name in _NAME_NOTHING:
        return Reading("unresolved", SILENT)
    if identifier := _IDENTIFIERS.get(name):
        return Reading("resolved", "classifier", identifier)
    if family := _FAMILIES.get(name):
        return Reading("family-only", "classifier", family=family)
    return Reading("unresolved", "classifier")
