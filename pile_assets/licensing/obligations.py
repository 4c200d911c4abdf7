"""What each accepted licence asks of whoever passes a document on, as one table with its sources.

What belongs here: the table, and looking a licence up in it. What may not: which licences are accepted and whether they ask
for attribution, text or notice (`accepted`), and writing the files that fulfil the obligations (`release.legal_kit`).

A release passes documents on unchanged but for masked personal data, side by side in files: a collection, not an adaptation.
So the terms of each document stay its own, and what is said here is what copying asks for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pile_assets.licensing import accepted

NONE = "none"
SAME = "same licence"
DATABASE = "same licence for derivative databases"
JUDGED = "judged"
"""Open in the jurisdictions that a deployment has works judged for."""


@dataclass(frozen=True)
class Obligation:
    """One licence or group of licences, matched whole by `pattern`."""

    pattern: str
    share_alike: str  # NONE | SAME | DATABASE
    mark_changes: bool  # say that the text was changed, where it was
    link: bool  # name the licence by its address
    statement: str | None  # the words the licence itself prescribes
    note: str  # what else the reader of NOTICE must know, a whole sentence; "" for nothing
    source: str  # where the licence says so
    open_in: str = "worldwide"  # where it is open: "worldwide", a country code, or JUDGED

    def matches(self, spdx: str) -> bool:
        return re.fullmatch(self.pattern, spdx) is not None


_NO_ENDORSEMENT = "Nothing here may suggest that the authors endorse you or your use of their work."
_NO_STATUS = "Do not suggest any official status; personal data, logos and third parties' rights are not covered."

TABLE: tuple[Obligation, ...] = (
    Obligation(r"CC-BY-4\.0", NONE, True, True, None, _NO_ENDORSEMENT, "CC BY 4.0 s.3(a), s.2(a)(6)"),
    Obligation(r"CC-BY-(?!SA).*", NONE, True, True, None, _NO_ENDORSEMENT, "CC BY 1.0 to 3.0 and ports, s.4"),
    Obligation(
        r"CC-BY-SA-.*",
        SAME,
        True,
        True,
        None,
        "Adaptations stay under the same licence, or a later version or a compatible licence where its version says so. "
        + _NO_ENDORSEMENT,
        "CC BY-SA 4.0 s.3(a), (b); earlier versions s.4",
    ),
    Obligation(
        r"GFDL-.*-no-invariants-.*",
        SAME,
        True,
        True,
        None,
        "These documents have no invariant sections and no cover texts; modified versions keep the history of their changes.",
        "GFDL 1.2 and 1.3 s.2, s.4",
    ),
    Obligation(r"LAL-1\.3", SAME, True, True, None, "Say where the original can be had.", "Licence Art Libre 1.3 s.2.2, s.3"),
    Obligation(
        r"OGL-UK-1\.0",
        NONE,
        False,
        True,
        "Contains public sector information licensed under the Open Government Licence v1.0.",
        _NO_STATUS,
        "Open Government Licence for public sector information 1.0",
    ),
    Obligation(
        r"OGL-UK-2\.0",
        NONE,
        False,
        True,
        "Contains public sector information licensed under the Open Government Licence v2.0.",
        _NO_STATUS,
        "Open Government Licence for public sector information 2.0",
    ),
    Obligation(
        r"OGL-UK-3\.0",
        NONE,
        False,
        True,
        "Contains public sector information licensed under the Open Government Licence v3.0.",
        _NO_STATUS,
        "Open Government Licence for public sector information 3.0",
    ),
    Obligation(
        r"OGL-Canada-2\.0",
        NONE,
        False,
        True,
        "Contains information licensed under the Open Government Licence – Canada.",
        _NO_STATUS,
        "Open Government Licence – Canada 2.0",
    ),
    Obligation(
        r"LicenseRef-Open-Parliament-Licence-3\.0",
        NONE,
        False,
        True,
        "Contains Parliamentary information licensed under the Open Parliament Licence v3.0.",
        _NO_STATUS,
        "Open Parliament Licence 3.0",
    ),
    Obligation(
        r"etalab-2\.0",
        NONE,
        False,
        True,
        None,
        "Name the source of the information and the date on which it was last updated.",
        "Licence Ouverte 2.0, « Paternité »",
    ),
    Obligation(
        r"ODC-By-1\.0",
        NONE,
        False,
        True,
        "Contains information from the databases named in ATTRIBUTION.parquet, which are made available under the ODC "
        "Attribution License.",
        "The licence covers the databases; what is in them may have other rights.",
        "ODC-By 1.0 s.4.2, s.4.3",
    ),
    Obligation(
        r"ODbL-1\.0",
        DATABASE,
        False,
        True,
        "Contains information from the databases named in ATTRIBUTION.parquet, which are made available under the Open "
        "Database License (ODbL).",
        "A derivative database that is used in public must be offered under the ODbL; its contents may have other rights.",
        "ODbL 1.0 s.4.2 to s.4.6",
    ),
    Obligation(
        r"Apache-2\.0( WITH .*)?",
        NONE,
        True,
        False,
        None,
        "Notices that the distributions carry in files named NOTICE are in the folder NOTICES.",
        "Apache License 2.0 s.4",
    ),
    Obligation(r"ECL-2\.0", NONE, True, False, None, "Notices are in the folder NOTICES.", "ECL 2.0 s.4"),
    Obligation(r"CDLA-Permissive-.*", NONE, False, True, None, "", "CDLA-Permissive 1.0 s.3, 2.0 s.2"),
    Obligation(r"CC0-1\.0|PDDL-1\.0|Unlicense", NONE, False, False, None, "", "the dedication itself"),
    Obligation(r"0BSD|MIT-0", NONE, False, False, None, "", "the licence itself, which asks for nothing"),
    Obligation(
        r"LicenseRef-PublicDomain-US",
        NONE,
        False,
        False,
        None,
        "Free of copyright in the United States; about other countries nothing is known.",
        "17 U.S.C. ch. 3, and the catalogue that says so",
        open_in="US",
    ),
    Obligation(
        r"LicenseRef-PublicDomain-Term",
        NONE,
        False,
        False,
        None,
        "Out of copyright in the countries that composition.json names; about others nothing is said.",
        "the table of terms in licensing/public_domain.py, with the statutes it cites",
        open_in=JUDGED,
    ),
    Obligation(r"LicenseRef-PublicDomain-Dedication", NONE, False, False, None, "", "the author's own words in each work"),
    Obligation(
        r"BSD-3-Clause.*|NCSA|X11|Unicode-.*|ICU|W3C|curl",
        NONE,
        False,
        False,
        None,
        _NO_ENDORSEMENT,
        "the licence's own clause on names; the copyright lines and licence files are in the folder NOTICES",
    ),
    Obligation(
        r".*",
        NONE,
        False,
        False,
        None,
        "",
        "the licence's own condition: copyright line and notice go along, in the folder NOTICES and in the files' own heads",
    ),
)
"""In order: the first row that matches counts. The last one is for licences of code that ask for text and notice only; `of`
refuses it for any other, so that a licence that is new in the accepted table is not passed on before somebody has read it."""


def of(spdx: str) -> Obligation:
    """The row of one accepted licence. Raises KeyError for one that no row was written for."""
    licence = accepted.ACCEPTED[spdx]
    row = next(row for row in TABLE if row.matches(spdx))
    if row is TABLE[-1] and not licence.text:
        raise KeyError(f"no obligations are recorded for {spdx}")
    return row


def statements(licences: Iterable[str]) -> list[str]:
    """The prescribed words of all these licences, each once, in order of licence."""
    return list(dict.fromkeys(said for spdx in sorted(licences) if (said := of(spdx).statement)))
