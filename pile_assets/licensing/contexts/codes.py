"""Platforms that keep licences as codes of their own: one closed table each, and nothing read beyond it.

A code counts as a whole, whatever its case. `None` marks a code that is known to say nothing about a licence
("other", "open access"); it is listed so that nobody adds it as an oversight. Platforms whose field is prose or an
address have modules of their own.
"""

from collections.abc import Callable, Mapping

from pile_assets.licensing import expressions, statements
from pile_assets.licensing.model import Reading

Codes = Mapping[str, str | None]
"""Code in lower case to an SPDX identifier, to "FAMILY:" and a family whose version is not told, or to None."""

FAMILY = "FAMILY:"

YOUTUBE: Codes = {
    "creativecommon": "CC-BY-3.0",
    "creative commons attribution license (reuse allowed)": "CC-BY-3.0",
    "creative commons attribution licence (reuse allowed)": "CC-BY-3.0",
    "youtube": "LicenseRef-YouTube-Standard",
    "standard youtube license": "LicenseRef-YouTube-Standard",
    "standard youtube licence": "LicenseRef-YouTube-Standard",
}
"""`status.license` of the Data API and the labels of the page. The option is tied to version 3.0 of the deed."""

OPENALEX: Codes = {
    **{f"cc-{code}": f"{FAMILY}CC-{code.upper()}" for code in ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")},
    "cc0": "CC0-1.0",
    "public-domain": "LicenseRef-PublicDomain",
    "pd": "LicenseRef-PublicDomain",
    "mit": "MIT",
    "gpl": f"{FAMILY}GPL",
    "gpl-v3": f"{FAMILY}GPL",
    "isc": "ISC",
    "other-oa": None,
    "unspecified-oa": None,
    "implied-oa": None,
    "publisher-specific-oa": None,
    "publisher-specific license": None,
    "publisher-specific, author manuscript": None,
    "elsevier-specific: oa user license": None,
    "acs-specific: authorchoice/editors choice usage agreement": None,
}
"""`license` of OpenAlex and Unpaywall locations: Creative Commons without a version."""

GITHUB: Codes = {"other": None, "noassertion": None, "none": None, "no-license": None}
"""Keys of GitHub's licence API beyond SPDX identifiers, which its keys and `spdx_id` otherwise are."""

FLICKR: Codes = {
    "0": "LicenseRef-AllRightsReserved",
    "1": "CC-BY-NC-SA-2.0",
    "2": "CC-BY-NC-2.0",
    "3": "CC-BY-NC-ND-2.0",
    "4": "CC-BY-2.0",
    "5": "CC-BY-SA-2.0",
    "6": "CC-BY-ND-2.0",
    "7": "LicenseRef-RS-NKC",
    "8": "LicenseRef-US-Gov-17USC105",
    "9": "CC0-1.0",
    "10": "CC-PDM-1.0",
}
"""Numbers of `flickr.photos.licenses.getInfo`."""

HUGGING_FACE: Codes = {
    "bsd": f"{FAMILY}BSD",
    "cc": None,
    "gfdl": f"{FAMILY}GFDL",
    "gpl": f"{FAMILY}GPL",
    "lgpl": f"{FAMILY}LGPL",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "lgpl-lr": "LGPLLR",
    "openrail": "LicenseRef-OpenRAIL",
    "openrail++": "LicenseRef-OpenRAIL",
    "bigcode-openrail-m": "LicenseRef-OpenRAIL",
    "bigscience-bloom-rail-1.0": "LicenseRef-OpenRAIL",
    "bigscience-openrail-m": "LicenseRef-OpenRAIL",
    "creativeml-openrail-m": "LicenseRef-OpenRAIL",
    "apple-amlr": "LicenseRef-apple-amlr",
    "apple-ascl": "LicenseRef-apple-ascl",
    "deepfloyd-if-license": "LicenseRef-deepfloyd-if-license",
    "fair-noncommercial-research-license": "LicenseRef-fair-noncommercial-research-license",
    "gemma": "LicenseRef-gemma",
    "grok2-community": "LicenseRef-grok2-community",
    "h-research": "LicenseRef-h-research",
    "intel-research": "LicenseRef-intel-research",
    "llama2": "LicenseRef-llama2",
    "llama3": "LicenseRef-llama3",
    "llama3.1": "LicenseRef-llama3.1",
    "llama3.2": "LicenseRef-llama3.2",
    "llama3.3": "LicenseRef-llama3.3",
    "llama4": "LicenseRef-llama4",
    "openmdw-1.0": "LicenseRef-OpenMDW-1.0",
    "other": None,
    "unknown": None,
}
"""Licence names of the Hub's cards beyond SPDX identifiers, which its other names are in lower case."""


def reader(codes: Codes, rule: str, otherwise: Callable[[str], Reading] | None = None) -> Callable[[str], Reading]:
    """A reader of one table; what the table does not know is read by `otherwise`, or is unresolved."""

    def read(raw: str) -> Reading:
        code = " ".join(raw.split()).lower()
        if code not in codes:
            return otherwise(raw) if otherwise and code else Reading("unresolved", rule)
        meaning = codes[code]
        if meaning is None:
            return Reading("unresolved", rule)
        if meaning.startswith(FAMILY):
            return Reading("family-only", rule, family=meaning.removeprefix(FAMILY))
        return Reading("resolved", rule, meaning)

    return read


def identifier(rule: str, *, named: bool = False) -> Callable[[str], Reading]:
    """A reader of single SPDX identifiers in any case: no expressions, no `LicenseRef-` names; with `named` also of names."""

    def read(raw: str) -> Reading:
        tree = expressions.parse(raw.strip())
        name = "" if tree is None else str(tree)
        if name not in expressions.identifiers(raw.strip()) or name.startswith("LicenseRef-"):
            return statements.read(raw) if named else Reading("unresolved", rule)
        return Reading("resolved", rule, name)

    return read
