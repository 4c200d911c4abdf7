"""Texts of the United States government: what a file says of its author, under the rule of 17 U.S.C. section 105.

The rule is about who wrote: works of officers and employees of the *federal* government have no copyright in the United
States, and nothing is said of other countries. It does not reach states, courts of states (whose opinions are free for
another reason, Georgia v. Public.Resource.Org, 2020), contractors, the public whose comments a docket holds, inventors
whose patents are printed, or what others wrote inside a federal document. So each function here looks for the author.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Reading
from pile_assets.sources.formats import xml

LARGEST = 64 * 1024 * 1024
WORK = "LicenseRef-US-Gov-17USC105"
RULE = "us-government-work"

_DC = "{http://purl.org/dc/elements/1.1/}"
_NOT_SUBJECT = re.compile(
    r"pursuant to title 17 section 105 of the united states code, this file is not subject to copyright protection"
    r" and is in the public domain\.(?: for more information please see .{0,80})?",
    re.IGNORECASE,
)
_FEDERAL = re.compile(
    r"United States (?:Senate|House of Representatives|Government (?:Publishing|Printing) Office|Congress)"
    r"|Office of the (?:Federal Register|Legislative Counsel)|National Archives and Records Administration"
    r"|U\.?S\.? Government (?:Publishing|Printing) Office|Government (?:Publishing|Printing) Office"
    r"|Library of Congress|Congressional Research Service",
)
_REGISTER = frozenset({"RULE", "PRORULE", "NOTICE", "PRESDOCU", "PRESDOC", "PROCLA", "EXECORD", "FEDREG", "CORRECT"})
_FEDERAL_COURT = re.compile(
    r"(?:Supreme Court of the United States|United States (?:Supreme Court|Court of [A-Z][\w ,]+|District Court\b.*|"
    r"Bankruptcy Court\b.*|Tax Court))\.?"
)
_RECORD = re.compile(
    r"^\[Congressional Record Volume \d+, (?:Number|Issue) \d+[^\]]*\].{0,300}?From the Congressional Record",
    re.MULTILINE | re.DOTALL,
)
_REPRINTED = re.compile(r"^[ \t]*\[From (?!the Congressional Record)[^\]\n]{4,120}", re.MULTILINE)
_NOT_FREE = re.compile(
    r"portion of (?:the|this) disclosure of this patent document contains material (?:which|that|to which)"
    r"|disclosure of this patent document (?:which )?contains material (?:which|that) is subject to"
    r"|subject to copyright protection|(?:©|\(c\)|copyright) (?:19|20)\d\d\b[^.]{0,80}all rights reserved",
    re.IGNORECASE,
)


def of_uslm(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """Bills, laws, bill status and issues of the Federal Register with Dublin Core metadata, as govinfo publishes them.

    `dc:rights` is the statement; a file without it counts by its authors, all of which must be federal bodies.
    """
    try:
        root = xml.parse_typed(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    rights = list(dict.fromkeys(_texts(root, "rights")))
    authors = list(dict.fromkeys((*_texts(root, "creator"), *_texts(root, "publisher"))))
    federal = bool(authors) and all(_FEDERAL.search(author) for author in authors)
    claims = []
    for raw in rights:
        known = _NOT_SUBJECT.fullmatch(raw) and (federal or not authors)
        claims.append(_claim(raw, path, "dc:rights", sha256, known=bool(known)))
    if not rights and federal:
        claims.append(_claim("; ".join(authors), path, "dc:creator", sha256, known=True))
    return statements.distinct(claims)


def of_federal_register(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """One document or one issue of the Federal Register in its own XML, whose authors are the agencies it names."""
    try:
        root = xml.parse_typed(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    if root.tag not in _REGISTER:
        return ()
    agencies = [" ".join("".join(map(str, found.itertext())).split()) for found in root.iter("AGENCY", "AGY", "EXECORDR")]
    named = next((agency for agency in agencies if agency), root.tag if root.tag.startswith(("PRES", "FEDREG")) else "")
    return (_claim(f"{root.tag} of {named}", path, "AGENCY", sha256, known=True),) if named else ()


def of_congressional_record(text: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """One granule of the Congressional Record as govinfo publishes it; an article reprinted in it blocks the granule.

    Members have newspaper articles and letters "printed in the Record"; those open with a bracketed line of their source.
    """
    if _RECORD.search(text[:4_000]) is None:
        return ()
    claims = [_claim("From the Congressional Record", path, "heading", sha256, known=True)]
    if reprinted := _REPRINTED.search(text):
        reading = Reading("conflict", "reprinted-matter")
        claims.append(Claim("file", path, reprinted[0].strip()[:200], reading, "third-party", f"{path} reprint", sha256))
    return tuple(claims)


def of_regulations_gov(answer: Mapping[str, Any], where: str) -> Mapping[str, tuple[Claim, ...]]:
    """Document id to its claims, of one page of regulations.gov's API: rules and notices are the agency's, the rest is not."""
    found: dict[str, tuple[Claim, ...]] = {}
    data = answer.get("data")
    for entry in data if isinstance(data, list) else [data]:
        attributes = entry.get("attributes") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(attributes, dict):
            continue
        name, kind = str(entry.get("id", "")), str(attributes.get("documentType", ""))
        federal = kind in ("Rule", "Proposed Rule", "Notice") and bool(attributes.get("agencyId"))
        raw = f"{kind} of {attributes.get('agencyId') or 'nobody'}"
        found[name] = (_claim(raw, name, f"{where} documentType", "", known=True),) if federal else ()
    return found


def of_court(court: str, where: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """An opinion by the name of its court: of a federal court a federal work, of any other nothing by this rule."""
    return (_claim(court, path, where, sha256, known=True),) if _FEDERAL_COURT.fullmatch(" ".join(court.split())) else ()


def of_case(content: bytes, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """A Fastcase `<Case>`, by its `CourtName`."""
    try:
        root = xml.parse_typed(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, path, scope=path, sha256=sha256)
    return of_court(root.findtext(".//CourtName") or "", f"{path} CourtName", path, sha256)


def of_patent(text: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """A patent or an application: written by inventors, so never a federal work; a copyright notice in it blocks.

    37 CFR 1.71(d) lets an applicant keep copyright in parts of the text by such a notice. Where there is none, only the
    Office's own terms speak, which no file carries.
    """
    reserved = _NOT_FREE.search(text)
    if reserved is None:
        return ()
    raw = text[max(0, reserved.start() - 100) : reserved.end() + 200]
    reading = Reading("conflict", "reservation")
    return (Claim("file", path, statements.excerpt(raw), reading, "third-party", f"{path} copyright notice", sha256),)


def _claim(raw: str, path: str, field: str, sha256: str, *, known: bool) -> Claim:
    reading = Reading("resolved", RULE, WORK, port="US") if known else Reading("unresolved", RULE)
    where = field if field.startswith(path) or " " in field else f"{path} {field}"
    return Claim("file", path, statements.excerpt(raw), reading, "rightsholder", where, sha256)


def _texts(root: etree._Element, name: str) -> Iterator[str]:
    for element in root.iter(f"{_DC}{name}"):
        if words := " ".join("".join(map(str, element.itertext())).split()):
            yield words
