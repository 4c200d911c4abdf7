"""Bytes of a plain-text file to text, or a reason why not; never a replacement character.

What belongs here: the three encodings that plain-text archives are really published in (UTF-8 with and without a byte
order mark, and Latin-1 in its Windows form) and one spelling of line ends. What may not: guessing among more than
those. A wrong guess turns a book into noise that no filter is sure to catch, so doubt is an error.
"""

import codecs
import re

NAMES = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "ascii": "ascii",
    "us-ascii": "ascii",
    "iso-646-us": "ascii",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso latin-1": "cp1252",
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
}
"""Declared name to codec. Latin-1 is read as its superset Windows-1252, as browsers do (WHATWG Encoding Standard)."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f-\x9f]")
"""Characters that plain text does not have; form feed, vertical tab and the old end-of-file mark 0x1A are let pass."""


class WrongEncoding(Exception):
    """The bytes are no plain text in the declared encoding, nor safely in another."""


def decode(content: bytes, declared: str | None = None) -> str:
    """The text with line ends as "\\n" and without byte order mark.

    UTF-8 is tried first, whatever is declared: text in another encoding is almost never valid UTF-8, and files labelled
    ASCII often are. Only then does the declaration count: bytes that are not the UTF-8 or ASCII they are declared to be
    are refused, and so is a declared encoding that is not in NAMES. Raises WrongEncoding.
    """
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        text = _legacy(content, declared, error)
    if found := _CONTROL.search(text):
        raise WrongEncoding(f"it holds the control character U+{ord(found[0]):04X} at position {found.start()}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _legacy(content: bytes, declared: str | None, not_utf8: UnicodeDecodeError) -> str:
    place = f"byte 0x{content[not_utf8.start]:02X} at offset {not_utf8.start}"
    codec = NAMES.get(declared.strip().lower()) if declared else "cp1252"
    if codec is None:
        raise WrongEncoding(f"it is declared as {declared!r}, which is not read, and is not UTF-8 ({place})")
    if codec != "cp1252" or content.startswith(codecs.BOM_UTF8):
        raise WrongEncoding(f"it is declared or marked as {declared or 'UTF-8'} but is not ({place})")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise WrongEncoding(f"it is neither UTF-8 nor Windows-1252 (byte 0x{content[error.start]:02X})") from error
