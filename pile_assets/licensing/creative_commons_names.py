"""Creative Commons licences by name: codes ("CC BY-SA 4.0") and the titles of the deeds in the languages they appear in.

A name is elements, a version, a reach ("International") and a jurisdiction, in the orders people write them. Nothing is
guessed: without a version it is a family, and a title in another language than English with a version before 4.0 and no
jurisdiction is a family too, because each language had a port of its own. Titles are those of creativecommons.org.
"""

import re
from dataclasses import dataclass

from pile_assets.licensing import creative_commons
from pile_assets.licensing.creative_commons_titles import COUNTRIES, ENGLISH, REACHES, TITLES
from pile_assets.licensing.model import Reading

RULE = "cc-text"


@dataclass(frozen=True)
class Name:
    """A name in a text: where it ends, what it says, and whether it leaves the jurisdiction open (before 4.0)."""

    end: int
    reading: Reading
    port_open: bool


def _spelled(phrase: str) -> str:
    """A pattern for a phrase whose words may be joined by blanks, a dash or nothing."""
    return r"[\s\-]*".join(re.escape(word) for word in phrase.casefold().split())


def _alternatives(phrases: set[str]) -> str:
    return "|".join(_spelled(phrase) for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


_WORDS: dict[str, set[str]] = {
    code: set(ENGLISH[code]).union(*(titles[code] for titles in TITLES.values())) for code in ENGLISH
}
_LETTER = r"[^\W\d_]"
_CJK = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_END = rf"(?!(?![{_CJK}]){_LETTER})"
_ELEMENT = re.compile(
    "|".join(f"(?P<{code}>(?:{_alternatives(words)})|{code}(?=[\\W\\d_]|nc|nd|sa|$))" for code, words in _WORDS.items()) + ""
)
_ENGLISH_BY = re.compile(rf"(?:{_alternatives(set(ENGLISH['by']))}|by)")
_JOINT = re.compile(r"[\s\-/,+&|·:–(\[\"']*(?:(?:and|und|et|y|e)\s+)?")
_BRAND = re.compile(
    r"(?:creative[\s\-]*commons|cc)(?![a-z](?<!b)(?<!n)(?<!s))[\s\-:,/(]*(?:(?:public[\s\-]*)?(?:license|lizenz|licencia|licença|licenza|"
    r"licentie)s?[\s\-:,(]*)?(?:cc[\s\-]*)?"
)
_VERSION = re.compile(
    r"[\s\-,:;()/]*(?:(?:v|ver|vers|version|versión|versione|versão|versie)\.?[\s\-]*)?(?P<version>\d(?:[.,]\d)?)(?!\d|[.,]\d|[a-z])"
)
_REACH = re.compile(rf"[\s\-,(/]*(?:{_alternatives(set(REACHES))}){_END}")
_COUNTRY = re.compile(
    r"[\s\-,(/]*(?:"
    + "|".join(f"(?P<{port}>(?:{_alternatives(set(names))}))" for port, names in COUNTRIES.items())
    + rf"){_END}"
)
_CODE = re.compile(
    rf"(?:-|/|\s*\(|\s)(?P<port>{'|'.join(sorted(COUNTRIES, key=lambda port: -len(port)))})"
    r"(?=\s*(?:$|[).,;\]\"'(]|(?:public\s)?license\b|deed\b))"
)
_KIND = re.compile(
    r"[\s\-,]*(?:public[\s\-]*)?(?:license|deed|legal[\s\-]*code|lizenz|licencia|licença|licenza|licentie)(?![a-z])"
)
_LONGEST_NAME = 12
"""Elements and attributes of one name; more are a hostile text."""


def scan(text: str, start: int) -> Name | None:
    """The name that begins at `start` of `text` (as `spelling.plain` gives it); None where none does.

    Bare codes without "CC" are taken only where they cannot be ordinary words: with a version, or with several elements.
    """
    brand = _BRAND.match(text, start)
    position = brand.end() if brand else start
    early = _VERSION.match(text, position) if brand else None
    elements = _elements(text, early.end() if early else position, bool(early))
    if elements is None and early:
        early = None
        elements = _elements(text, position, False)
    if elements is None:
        return None
    codes, english, position = elements
    version = early["version"] if early else None
    reach, port = False, None
    for _ in range(_LONGEST_NAME):
        if version is None and (match := _VERSION.match(text, position)):
            version = match["version"]
        elif not reach and port is None and (match := _REACH.match(text, position)):
            reach = True
        elif (
            not reach and port is None and version and (match := _COUNTRY.match(text, position) or _CODE.match(text, position))
        ):
            port = match["port"] if "port" in match.groupdict() else match.lastgroup
        elif not (match := _KIND.match(text, position)):
            break
        position = match.end()
    if not brand and version is None and len(codes) == 1:
        return None
    return _name(codes, version, port, reach, english, position)


def _elements(text: str, start: int, after_version: bool) -> tuple[list[str], bool, int] | None:
    """The codes of the elements, whether they are English, and where they end."""
    joint = _JOINT.match(text, start) if after_version else None
    position = joint.end() if joint else start
    codes: list[str] = []
    english, end = True, position
    for _ in range(_LONGEST_NAME):
        match = _ELEMENT.match(text, position)
        if match is None:
            break
        code = match.lastgroup or ""
        if not codes:
            english = _ENGLISH_BY.fullmatch(match[0]) is not None
        codes.append(code)
        end = match.end()
        joint = _JOINT.match(text, end)
        position = joint.end() if joint else end
    if not codes or (codes[0] != "by" and "by" in codes):
        return None
    return codes, english, end


def _name(codes: list[str], version: str | None, port: str | None, reach: bool, english: bool, end: int) -> Name:
    code = "-".join(element for element in ("by", "nc", "nd", "sa") if element in codes)
    full = creative_commons.full_version(version.replace(",", ".")) if version else None
    if code not in creative_commons.FAMILIES or "by" not in codes:
        return Name(end, Reading("unresolved", RULE), False)
    if version is not None and full is None and version != "2":
        return Name(end, Reading("unresolved", RULE), False)
    before_four = full not in (None, "4.0")
    if before_four and not (english or reach or port):
        return Name(end, Reading("family-only", f"{RULE}-port-open", family=creative_commons.FAMILIES[code]), True)
    return Name(end, creative_commons.licence(code, full, port, RULE), before_four and not reach and port is None)
