"""What a person may know a document by, spelt in one way: words, addresses, sites, DOIs, ISBNs.

Only spelling belongs here, the same for `pile find` and for the page of a release (`find_page/words.js`, which a test compares
with this). Letter case, accents and the usual decorations make no difference.
"""

import re
import unicodedata
from collections.abc import Iterator

_BEGINNING = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?")
_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s\"<>]+")
_ISBN_MARK = re.compile(r"\s*(?:urn:)?isbn(?:-1[03])?[:\s]*")
_ISBN_SAID = re.compile(r"isbn(?:-1[03])?[^0-9a-z]{0,4}([0-9][0-9 -]{8,16}[0-9xX])", re.IGNORECASE)
_ISBN_13 = re.compile(r"(?<![0-9])97[89](?:-?[0-9]){10}(?![0-9])")
_SITE = re.compile(r"[^\s/:@]+\.[^\s/:@.]{2,}")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Lower case without accents: compatibility forms taken apart (Unicode NFKD), marks removed."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.category(c).startswith("M")).lower()


def words(text: str) -> list[str]:
    """The folded runs of letters and digits, each once, in order."""
    return list(dict.fromkeys(_WORD.findall(fold(text))))


def address(text: str) -> str:
    """A web address without scheme, "www.", fragment and last slash; others in lower case. All case is lost on purpose."""
    rest = text.strip().lower()
    if rest.startswith(("http://", "https://")):
        rest = rest.partition("#")[0]
    return rest[_BEGINNING.match(rest).end() :].rstrip("/")  # type: ignore[union-attr]  # it matches nothing at the least


def doi(text: str) -> str | None:
    """The first DOI in a text (ISO 26324: 10.<registrant>/<suffix>), without what a sentence puts after it."""
    found = _DOI.search(text.lower())
    return found[0].rstrip(".,;:)]}'#?") if found else None


def isbn(text: str) -> str | None:
    """An ISBN as its thirteen digits (ISO 2108), where `text` is one with a right check digit; None otherwise."""
    digits = re.sub(r"[\s-]", "", _ISBN_MARK.sub("", text.lower(), count=1) if _ISBN_MARK.match(text.lower()) else text.lower())
    if re.fullmatch(r"97[89][0-9]{10}", digits):
        return digits if _check_13(digits[:12]) == digits else None
    if not re.fullmatch(r"[0-9]{9}[0-9x]", digits):
        return None
    total = sum((10 if digit == "x" else int(digit)) * (10 - at) for at, digit in enumerate(digits))
    return _check_13("978" + digits[:9]) if total % 11 == 0 else None


def _check_13(twelve: str) -> str:
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(twelve))
    return twelve + str((10 - total % 10) % 10)


def isbn_spellings(thirteen: str) -> list[str]:
    """An ISBN as its thirteen digits, and as ten where it has them."""
    if not thirteen.startswith("978"):
        return [thirteen]
    nine = thirteen[3:12]
    rest = -sum(int(digit) * (10 - at) for at, digit in enumerate(nine)) % 11
    return [thirteen, nine + ("x" if rest == 10 else str(rest))]


def isbns(text: str) -> Iterator[str]:
    """The ISBNs that a text names as such, and those of thirteen digits."""
    for candidate in (*_ISBN_SAID.findall(text), *_ISBN_13.findall(text)):
        if found := isbn(candidate):
            yield found


def site(url: str) -> str | None:
    """The site of a web address, without "www."; None for what is none."""
    if not url.lower().startswith(("http://", "https://")):
        return None
    host = address(url).partition("/")[0].rpartition("@")[2].partition(":")[0].partition("?")[0]
    return host or None


def keys_of_query(text: str) -> list[str]:
    """The whole keys that a person's words may be, besides words: "=isbn:", "=doi:", "=url:" and "=site:" with the spelling."""
    spelt = address(text)
    found = [f"={kind}:{value}" for kind, value in (("isbn", isbn(text)), ("doi", doi(text))) if value]
    if re.search(r"[.:/]", spelt) and not re.search(r"\s", spelt):
        found.append(f"=url:{spelt}")
    if _SITE.fullmatch(spelt):
        found.append(f"=site:{spelt}")
    return found


def keys_of_document(identifier: str, title: str | None, url: str) -> set[str]:
    """The whole keys a document is listed under."""
    texts = [text for text in (url, identifier, title) if text]
    found = {f"=url:{address(url)}", f"=url:{identifier.lower()}"}
    found |= {f"=site:{host}" for host in [site(url)] if host}
    found |= {f"=doi:{value}" for text in texts if (value := doi(text))}
    return found | {f"=isbn:{value}" for text in texts for value in isbns(text)}
