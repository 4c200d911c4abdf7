"""E-mail addresses in UTF-8 text.

An address is a dot-atom, "@" and a host name (RFC 5322 section 3.4.1, RFC 1123 section 2.1) in ASCII and the accented
Latin letters. Other scripts end an address: where no spaces are written, the words around it would be taken for it.
"""

import re
from collections.abc import Iterator

import re2

from pile_assets.filters.pii.context import line_before

LOCAL_BYTES, HOST_BYTES = 64, 255  # RFC 5321 section 4.5.3.1

_LETTER = "A-Za-z0-9À-ÖØ-öø-ɏ"
PATTERN = (
    rf"[{_LETTER}_][{_LETTER}_+%\-]*(?:\.[{_LETTER}_+%\-]+)*"
    rf"@(?:[{_LETTER}](?:[{_LETTER}\-]*[{_LETTER}])?\.)+(?:xn--[A-Za-z0-9\-]+|[A-Za-z]{{2,}})"
)
_EMAIL = re2.compile(PATTERN)

ROLES = frozenset({b"git", b"hg", b"svn", b"bzr", b"anonymous", b"anoncvs"})
"""Logins of version control hosts (git@example.org:project.git): no person and no mailbox."""

REACH = 64  # bytes of the line looked at on the left

_TEMPLATE_BEFORE = re.compile(rb"(?:[%$]|%\([^()]*\))$")  # "%s@host", "%(user)s@host", "$user@host": a name to be filled in
_ESCAPE = re.compile(rb"[nrt]")  # of a backslash before the name: "\njane@host" in a string literal
_CODE_AFTER = re.compile(rb"[0-9(]|_+[A-Za-z0-9]")  # a@b.sum(): a matrix product, not a mailbox
_CREDENTIALS = re.compile(rb"://[^\s/@]*$")  # https://name:secret@host/
_SCALED_IMAGE = re.compile(rb"[1-9]x\.")  # icon@2x.png


def find(data: bytes) -> Iterator[tuple[int, int]]:
    """Byte spans of the addresses in `data`, in order, without white space or punctuation around them."""
    if b"@" not in data:
        return
    for match in _EMAIL.finditer(data):
        start, end = match.span()
        if data[start - 1 : start] == b"\\" and _ESCAPE.match(data, start):
            start += 1
        if _is_address(data, start, end):
            yield start, end


def _is_address(data: bytes, start: int, end: int) -> bool:
    local, _, host = data[start:end].partition(b"@")
    before = line_before(data, start, REACH)
    return not (
        not 0 < len(local) <= LOCAL_BYTES
        or len(host) > HOST_BYTES
        or local.lower() in ROLES
        or _TEMPLATE_BEFORE.search(before)
        or _CODE_AFTER.match(data, end)
        or _CREDENTIALS.search(before)
        or _SCALED_IMAGE.match(host)
    )
