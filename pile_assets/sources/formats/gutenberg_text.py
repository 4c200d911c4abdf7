"""The book inside a Project Gutenberg text file: what stands between its header and its licence.

What belongs here: the marker lines of Project Gutenberg's own header and footer, in the forms used since the 1990s. What
may not: any other cleaning, or any conclusion about rights from what these parts say.
"""

import re

_MARKED = r"PROJECT GUTENBERG (?:EBOOK|ETEXT)"
_START = re.compile(rf"^\*{{3}} ?START OF (?:THE|THIS) {_MARKED}(?:[^*]{{0,400}}?\*{{3}}[ \t]*$|[^*\n]*$)", re.MULTILINE)
"""A title may run over several lines until the closing stars; without those, the marker is one line."""
_SMALL_PRINT = re.compile(r"^\*END\*? ?THE SMALL PRINT!.{0,200}$", re.MULTILINE)
_END = re.compile(rf"^\*{{3}} ?END OF (?:THE|THIS) {_MARKED}", re.MULTILINE)
_LAST_WORDS = re.compile(
    r"\n[ \t]*(?:\*[ \t]*)*End of (?:the |this )?Project Gutenberg[^\n]*(?:\n[^\n]+){0,3}\s*\Z", re.IGNORECASE
)
_HEADER_LINES = 1_200
"""A header ends within so many lines; the longest of the 1990s, with its "small print", has about 300."""

_DECLARED = re.compile(rb"^Cha[rt]acter set encoding:[ \t]*([\x20-\x7e]{1,60})", re.MULTILINE | re.IGNORECASE)


def declared_encoding(content: bytes) -> str | None:
    """The encoding a file's header names, without what stands in brackets behind it; None where it names none."""
    match = _DECLARED.search(content[:20_000])
    return match[1].decode("ascii").partition("(")[0].strip() if match else None


def body(text: str) -> str:
    """The text (line ends "\\n") without header and footer; a file without their markers stays as it is."""
    end = max((found.start() for found in _END.finditer(text)), default=len(text))
    start = max(
        (found.end() for marker in (_START, _SMALL_PRINT) for found in marker.finditer(text, 0, _head(text))), default=0
    )
    book = text[start:end] if start <= end else text[:end]
    book = _LAST_WORDS.sub("\n", book).rstrip("\n\x1a \t").lstrip("\n")
    return f"{book}\n" if book else ""


def _head(text: str) -> int:
    position = 0
    for _ in range(_HEADER_LINES):
        position = text.find("\n", position) + 1
        if position == 0:
            return len(text)
    return position
