"""Trove classifiers of Python distributions, "License :: …": a closed list of the names the index publishes.

Most of them name a family without a version, and stay family-only. "OSI Approved" alone says nothing.
"""

from collections.abc import Mapping

from pile_assets.licensing.model import SILENT, Reading

IDENTIFIERS: Mapping[str, str] = {
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "CeCILL-B Free Software License Agreement (CECILL-B)": "CECILL-B",
    "CeCILL-C Free Software License Agreement (CECILL-C)": "CECILL-C",
    "GUST Font License 1.0": "LicenseRef-GUST-Font-License-1.0",
    "GUST Font License 2006-09-30": "LicenseRef-GUST-Font-License-2006-09-30",
    "Free For Educational Use": "LicenseRef-Free-For-Educational-Use",
    "Free For Home Use": "LicenseRef-Free-For-Home-Use",
    "Free for non-commercial use": "LicenseRef-Free-for-non-commercial-use",
    "Free To Use But Restricted": "LicenseRef-Free-To-Use-But-Restricted",
    "Other/Proprietary License": "LicenseRef-Proprietary",
    "Public Domain": "LicenseRef-PublicDomain",
    "OSI Approved :: Attribution Assurance License": "AAL",
    "OSI Approved :: Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "OSI Approved :: Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "OSI Approved :: CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": "CECILL-2.1",
    "OSI Approved :: CMU License (MIT-CMU)": "MIT-CMU",
    "OSI Approved :: Common Development and Distribution License 1.0 (CDDL-1.0)": "CDDL-1.0",
    "OSI Approved :: Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "OSI Approved :: Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "OSI Approved :: Educational Community License, Version 2.0 (ECL-2.0)": "ECL-2.0",
    "OSI Approved :: European Union Public Licence 1.0 (EUPL 1.0)": "EUPL-1.0",
    "OSI Approved :: European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
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
    "OSI Approved :: IBM Public License": "IPL-1.0",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: MIT No Attribution License (MIT-0)": "MIT-0",
    "OSI Approved :: MirOS License (MirOS)": "MirOS",
    "OSI Approved :: Motosoto License": "Motosoto",
    "OSI Approved :: Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: Mulan Permissive Software License v2 (MulanPSL-2.0)": "MulanPSL-2.0",
    "OSI Approved :: NASA Open Source Agreement v1.3 (NASA-1.3)": "NASA-1.3",
    "OSI Approved :: Nethack General Public License": "NGPL",
    "OSI Approved :: Open Group Test Suite License": "OGTSL",
    "OSI Approved :: Open Software License 3.0 (OSL-3.0)": "OSL-3.0",
    "OSI Approved :: PostgreSQL License": "PostgreSQL",
    "OSI Approved :: Qt Public License (QPL)": "QPL-1.0",
    "OSI Approved :: Ricoh Source Code Public License": "RSCPL",
    "OSI Approved :: SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "OSI Approved :: Sleepycat License": "Sleepycat",
    "OSI Approved :: Sun Public License": "SPL-1.0",
    "OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
    "OSI Approved :: Universal Permissive License (UPL)": "UPL-1.0",
    "OSI Approved :: University of Illinois/NCSA Open Source License": "NCSA",
    "OSI Approved :: Vovida Software License 1.0": "VSL-1.0",
    "OSI Approved :: Zero-Clause BSD (0BSD)": "0BSD",
    "OSI Approved :: zlib/libpng License": "Zlib",
}
"""Classifiers that name one licence."""

FAMILIES: Mapping[str, str] = {
    "Eiffel Forum License (EFL)": "EFL",
    "Netscape Public License (NPL)": "NPL",
    "OSI Approved :: Academic Free License (AFL)": "AFL",
    "OSI Approved :: Apache Software License": "Apache",
    "OSI Approved :: Apple Public Source License": "APSL",
    "OSI Approved :: Artistic License": "Artistic",
    "OSI Approved :: BSD License": "BSD",
    "OSI Approved :: Common Public License": "CPL",
    "OSI Approved :: Eiffel Forum License": "EFL",
    "OSI Approved :: GNU Free Documentation License (FDL)": "GFDL",
    "OSI Approved :: GNU General Public License (GPL)": "GPL",
    "OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)": "LGPL",
    "OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL",
    "OSI Approved :: GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "OSI Approved :: Mozilla Public License 1.0 (MPL)": "MPL",
    "OSI Approved :: Python License (CNRI Python License)": "PSF",
    "OSI Approved :: Python Software Foundation License": "PSF",
    "OSI Approved :: W3C License": "W3C",
    "OSI Approved :: Zope Public License": "ZPL",
}
"""Classifiers that leave the version or the variant open."""

_NAME_NOTHING = frozenset({"OSI Approved", "DFSG approved"})


def read(raw: str) -> Reading:
    """One classifier, with or without its leading "License ::"; the rule is `model.SILENT` where it names no licence."""
    name = " :: ".join(part.strip() for part in raw.split("::") if part.strip() != "License")
    if name in _NAME_NOTHING:
        return Reading("unresolved", SILENT)
    if identifier := IDENTIFIERS.get(name):
        return Reading("resolved", "classifier", identifier)
    if family := FAMILIES.get(name):
        return Reading("family-only", "classifier", family=family)
    return Reading("unresolved", "classifier")
