"""How a statement is spelled before it is read: one alphabet, one dash, one case, no mark-up. No meaning is decided here.

Typing errors are mended only in the long words of Creative Commons' titles, only where one letter is wrong, and never to
or from a word that is itself known.
"""

import html
import re
import unicodedata
from functools import cache

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe58\ufe63\uff0d\u30fc\u2027"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u00b4`"), "'") | dict.fromkeys(
    map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d"), '"'
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_IMAGE = re.compile(r"!\[")


def plain(raw: str) -> str:
    """`raw` in the one spelling the tables are written in, in one line and in lower case; "licence" becomes "license"."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", raw)).translate(_DASHES | _QUOTES)
    text = _IMAGE.sub("[", text).casefold().replace("licence", "license")
    return " ".join(word if "/" in word else word.replace("_", " ") for word in text.split()).strip()


def unescaped(raw: str) -> str:
    """`raw` without character references, also where they were escaped twice."""
    return html.unescape(html.unescape(raw)) if "&" in raw else raw


_LONG_WORDS = (
    "attribution",
    "commercial",
    "commons",
    "creative",
    "derivatives",
    "international",
    "license",
    "licensed",
    "noncommercial",
    "sharealike",
    "universal",
    "unported",
)
_KNOWN = frozenset(
    {*_LONG_WORDS, "common", "derivative", "internacional", "internationale", "internationaal", "internationell", "licensee"}
    | {"licenses", "licensing", "licensor", "licensees", "commerciale", "kommerziell", "unlicense", "unlicensed"}
)
_WORD = re.compile(r"[^\W\d_]{6,}")


def mended(text: str) -> str:
    """`text` (as `plain` gives it) with single wrong letters in long words put right."""
    return _WORD.sub(lambda match: _mistakes().get(match[0], match[0]), text)


@cache
def _mistakes() -> dict[str, str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    found: dict[str, str] = {"creatif": "creative", "common": "commons"}
    for word in _LONG_WORDS:
        splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
        edits = {left + right[1:] for left, right in splits if right}
        edits |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
        edits |= {left + letter + right[1:] for left, right in splits if right for letter in letters}
        edits |= {left + letter + right for left, right in splits for letter in letters}
        found |= {edit: word for edit in edits if edit not in _KNOWN}
    return found
