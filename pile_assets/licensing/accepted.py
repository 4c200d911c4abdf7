"""The closed table of licences a document may be admitted under, and how an expression is judged by it.

What belongs here: one row per SPDX identifier with its licence family and what it asks of who passes the document on,
the names of what is refused and why, and the rule for OR and AND. What may not: reading statements (`contexts`) and
weighing claims (`verdict`). A licence without a row is not admitted, whatever its merits; a row is added by a person who
has read the licence.

Code rows are permissive licences of the kind the Blue Oak Council rates Bronze or better, which is Common Pile's bar for
code (Kandpal et al. 2025), with what the embedded default needs (PSF, CNRI, Open MPI). Content rows follow the Open
Definition list. Software copyleft is refused by name: a shard of permissive text must not carry terms that reach the
work it is mixed into.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache

from license_expression import AND, OR, LicenseExpression

from pile_assets.licensing import expressions
from pile_assets.schemas import LICENCE_FAMILIES

RULE_VERSION = "1"
"""Raised when the judgement of an expression changes while the table does not."""


@dataclass(frozen=True)
class Licence:
    """One accepted licence and what it asks for when a document is passed on."""

    spdx: str
    family: str  # one of schemas.LICENCE_FAMILIES
    attribution: bool  # the author must be named, or notices of authorship kept
    text: bool  # a copy of the licence text must go along
    notice: bool  # the work's own copyright line must go along: the canonical text alone does not do
    url: str  # where the licence can be read


@dataclass(frozen=True)
class Judgement:
    """What the table says of one expression."""

    accepted: bool
    expression: str | None = None  # the expression without the alternatives that are not accepted
    family: str | None = None
    licences: tuple[Licence, ...] = ()  # the rows relied on, in the order of the expression
    reason: str | None = None  # why not, naming the licence; None where accepted

    @property
    def attribution(self) -> bool:
        return any(licence.attribution for licence in self.licences)

    @property
    def text(self) -> bool:
        return any(licence.text for licence in self.licences)

    @property
    def notice(self) -> bool:
        return any(licence.notice for licence in self.licences)


_NOTICE_AND_TEXT = (
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-2-Clause-Views",
    "BSD-3-Clause",
    "BSD-3-Clause-Attribution",
    "BSD-3-Clause-LBNL",
    "BSD-3-Clause-Modification",
    "BSD-3-Clause-Open-MPI",
    "BSD-Source-Code",
    "CNRI-Python",
    "CNRI-Python-GPL-Compatible",
    "HPND",
    "HPND-sell-variant",
    "ICU",
    "ISC",
    "MIT",
    "MIT-CMU",
    "MIT-Modern-Variant",
    "NCSA",
    "NTP",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Python-2.0.1",
    "SMLNJ",
    "TCL",
    "Unicode-3.0",
    "Unicode-DFS-2015",
    "Unicode-DFS-2016",
    "UPL-1.0",
    "W3C",
    "X11",
    "Zlib",
    "ZPL-2.1",
    "curl",
    "libpng-2.0",
)
_TEXT_ONLY = (
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BlueOak-1.0.0",
    "BSL-1.0",
    "CDLA-Permissive-1.0",
    "ECL-2.0",
    "MulanPSL-2.0",
)
_ATTRIBUTION_ONLY = ("OGL-Canada-2.0", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "etalab-2.0")
_NOTHING_ASKED = ("0BSD", "MIT-0")
_LINK_TO_TEXT = ("CDLA-Permissive-2.0",)

_CC_BY = ("1.0", "2.0", "2.5", "2.5-AU", "3.0", "3.0-AT", "3.0-AU", "3.0-DE", "3.0-IGO", "3.0-NL", "3.0-US", "4.0")
_CC_BY_SA = ("1.0", "2.0", "2.0-UK", "2.1-JP", "2.5", "3.0", "3.0-AT", "3.0-DE", "3.0-IGO", "4.0")

_OWN_NAMES: Mapping[str, str] = {
    # An author's dedication of the work, in the work itself or in the rightsholder's record of it.
    "LicenseRef-PublicDomain-Dedication": "https://en.wikipedia.org/wiki/Public_domain#Dedicated_works",
    # Stated as free of copyright in the United States by a library that researches each work.
    "LicenseRef-PublicDomain-US": "https://www.gutenberg.org/policy/permission.html",
    # Out of copyright by the table of `public_domain`, wherever the deployment asks for that.
    "LicenseRef-PublicDomain-Term": "https://en.wikipedia.org/wiki/List_of_copyright_duration_by_country",
}
"""Names of this project for what has no SPDX identifier."""

_TERMS_OF_OWN_NAMES: Mapping[str, str] = {
    "LicenseRef-Open-Parliament-Licence-3.0": "https://www.parliament.uk/site-information/copyright-parliament/open-parliament-licence/",
}


def _rows() -> dict[str, Licence]:
    def row(spdx: str, family: str, *, attribution: bool, text: bool, notice: bool = False, url: str | None = None) -> Licence:
        page = url or f"https://spdx.org/licenses/{spdx.partition(' WITH ')[0]}.html"
        return Licence(spdx, family, attribution, text, notice, page)

    table = [
        *(row(spdx, "permissive", attribution=True, text=True, notice=True) for spdx in _NOTICE_AND_TEXT),
        *(row(spdx, "permissive", attribution=True, text=True) for spdx in _TEXT_ONLY),
        *(row(spdx, "permissive", attribution=True, text=False) for spdx in _ATTRIBUTION_ONLY),
        *(row(spdx, "permissive", attribution=False, text=False) for spdx in _NOTHING_ASKED),
        *(row(spdx, "permissive", attribution=False, text=True) for spdx in _LINK_TO_TEXT),
        *(row(f"CC-BY-{v}", "permissive", attribution=True, text=False, url=_deed("by", v)) for v in _CC_BY),
        *(row(f"CC-BY-SA-{v}", "sharealike", attribution=True, text=False, url=_deed("by-sa", v)) for v in _CC_BY_SA),
        row("LAL-1.3", "sharealike", attribution=True, text=True),
        row("GFDL-1.2-no-invariants-only", "sharealike", attribution=True, text=True),
        row("GFDL-1.2-no-invariants-or-later", "sharealike", attribution=True, text=True),
        row("GFDL-1.3-no-invariants-only", "sharealike", attribution=True, text=True),
        row("GFDL-1.3-no-invariants-or-later", "sharealike", attribution=True, text=True),
        row("ODC-By-1.0", "database", attribution=True, text=False),
        row("ODbL-1.0", "database", attribution=True, text=False),
        row(
            "CC0-1.0", "public-domain", attribution=False, text=False, url="https://creativecommons.org/publicdomain/zero/1.0/"
        ),
        row("PDDL-1.0", "public-domain", attribution=False, text=False),
        row("Unlicense", "public-domain", attribution=False, text=False),
        *(row(spdx, "public-domain", attribution=False, text=False, url=url) for spdx, url in _OWN_NAMES.items()),
        *(row(spdx, "permissive", attribution=True, text=False, url=url) for spdx, url in _TERMS_OF_OWN_NAMES.items()),
    ]
    return {licence.spdx: licence for licence in table}


def _deed(code: str, version: str) -> str:
    number, _, port = version.partition("-")
    return f"https://creativecommons.org/licenses/{code}/{number}/{port.lower() + '/' if port else ''}"


ACCEPTED: Mapping[str, Licence] = _rows()
"""SPDX identifier (with its exception, where it has one) to its row."""

_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"CC-(?:BY-)?(?:NC|ND)(?:-|$)|.*-NC(?:-|$)|.*-ND(?:-|$)"), "forbids commercial use or derivatives"),
    (re.compile(r"(?:A|L)?GPL(?:-|$)|MPL(?:-|$)|EPL(?:-|$)|EUPL(?:-|$)|CDDL(?:-|$)|CPL-|OSL-|CECILL(?:-|$)|MS-RL$|SSPL-|QPL-|APSL-|IPL-|Sleepycat$|RPL-"),
     "is a copyleft software licence"),
    (re.compile(r"GFDL(?:-|$)"), "may carry invariant sections"),
    (re.compile(r"LicenseRef-(?:Proprietary|AllRightsReserved)$|BUSL-|Elastic-"), "is not an open licence"),
    (re.compile(r"LicenseRef-PublicDomain$|CC-PDM-1\.0$|CC-PDDC$|LicenseRef-US-Gov-17USC105$|LicenseRef-scancode-public-domain"),
     "asserts the public domain and needs a verdict of its own"),
)  # fmt: skip


def refusal(name: str) -> str | None:
    """Why a licence or a family of licences is refused by name, as the end of a sentence; None where no name says so."""
    return next((why for pattern, why in _REFUSED if pattern.match(name)), None)


@cache
def judge(expression: str) -> Judgement:
    """Judges an SPDX expression: OR is a choice and its least restrictive accepted branch is taken, AND is all of them.

    The family of an AND is the most restrictive one, in the order of `schemas.LICENCE_FAMILIES`; of alternatives with
    equal families the first written counts. An invalid expression is not accepted.
    """
    tree = expressions.parse(expression)
    return Judgement(False, reason=f"{expression} is no valid SPDX expression") if tree is None else _judge(tree)


def _judge(tree: LicenseExpression) -> Judgement:
    if isinstance(tree, AND):
        return _all([_judge(branch) for branch in tree.args])
    if isinstance(tree, OR):
        return _choice([_judge(branch) for branch in tree.args])
    licence = ACCEPTED.get(str(tree))
    if licence is None:
        return Judgement(False, reason=f"{tree} {refusal(str(tree)) or 'is not on the table of accepted licences'}")
    return Judgement(True, licence.spdx, licence.family, (licence,))


def _all(branches: list[Judgement]) -> Judgement:
    refused = [branch.reason for branch in branches if not branch.accepted and branch.reason]
    if refused:
        return Judgement(False, reason="; ".join(refused))
    written = [
        f"({branch.expression})" if " OR " in (branch.expression or "") else branch.expression or "" for branch in branches
    ]
    family = max((branch.family or "" for branch in branches), key=LICENCE_FAMILIES.index)
    rows = dict.fromkeys(licence for branch in branches for licence in branch.licences)
    return Judgement(True, " AND ".join(written), family, tuple(rows))


def _choice(branches: list[Judgement]) -> Judgement:
    open_ones = [branch for branch in branches if branch.accepted]
    if not open_ones:
        return Judgement(False, reason="; ".join(branch.reason for branch in branches if branch.reason))
    chosen = min(open_ones, key=lambda branch: LICENCE_FAMILIES.index(branch.family or ""))
    if len(open_ones) == 1:
        return chosen
    written = [
        f"({branch.expression})" if " AND " in (branch.expression or "") else branch.expression or "" for branch in open_ones
    ]
    return Judgement(True, " OR ".join(written), chosen.family, chosen.licences)


_SAME_BUT_SHAREALIKE = re.compile(r"CC-BY-(?P<version>\d.*)")


@cache
def asks_no_more(less: str, more: str) -> bool:
    """Whether keeping the accepted licence `more` keeps the accepted licence `less`: the order among open licences.

    What is in the public domain asks nothing, and CC BY is within CC BY-SA of the same version and port. Any other two are
    not compared: that both are permissive does not make the notices of one those of the other.
    """
    one, other = ACCEPTED.get(less), ACCEPTED.get(more)
    if one is None or other is None:
        return False
    if match := _SAME_BUT_SHAREALIKE.fullmatch(less):
        return more == f"CC-BY-SA-{match['version']}"
    return one.family == "public-domain" and not one.attribution and not one.text and other.family != "public-domain"


@cache
def digest() -> str:
    """64 hex digits over the table and the rule: part of the key of every step that gives verdicts."""
    content = {
        "rule": RULE_VERSION,
        "rows": [asdict(ACCEPTED[spdx]) for spdx in sorted(ACCEPTED)],
        "refused": [[pattern.pattern, why] for pattern, why in _REFUSED],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
