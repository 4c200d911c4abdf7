"""Public IP addresses in UTF-8 text.

Most dotted quads in code and documentation are no addresses: versions ("1.2.3.4"), section numbers, object
identifiers. A quad of small numbers is therefore believed only where its line speaks of addresses, and any quad only
where nothing to its left names a version.
"""

import functools
import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network

import re2

from pile_assets.filters.pii.context import line_after, line_before

SMALL = 64
"""Four numbers all below this are taken for a version or a section unless the line speaks of addresses. Of random
addresses 1 in 256 is like that; of the quads in Python distributions that are no addresses, nearly all are."""

SPECIAL = (
    "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
    "2001::/23",  # likewise, RFC 2928
    "2002::/16",  # 6to4, RFC 3056
    "3fff::/20",  # documentation, RFC 9637
)
"""Blocks that are not public, but that `ipaddress` judges differently from one Python release to the next."""

PATTERN_4 = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
PATTERN_6 = r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,36}"  # global unicast is 2000::/3, RFC 4291 section 2.5.4
GROUPS_6 = 3  # fewer are as likely a slice: x[2048::2]

REACH = 64  # bytes of the line looked at on either side

_QUAD = re2.compile(PATTERN_4)
_GROUPS = re2.compile(PATTERN_6)
_SPECIAL = tuple(ip_network(block) for block in SPECIAL)

_JOINED_BEFORE = re.compile(rb"(?:[A-Za-z0-9_.+]|[A-Za-z_]-|(?:^|[^/])/)$")  # x1.2.3.4, 0.1.2.3.4, name-1.2.3.4, Name/1.2.3.4
_JOINED_AFTER = re.compile(rb"[A-Za-z0-9_]|\.[A-Za-z0-9]|[+-][A-Za-z0-9](?![0-9]{0,2}\.[0-9]+\.[0-9]+\.)")  # 1.2.3.4rc1, -beta
_JOINED_BEFORE_6 = re.compile(rb"[A-Za-z0-9_.:]$")
_JOINED_AFTER_6 = re.compile(rb"[A-Za-z0-9_:]|\.[0-9]")

_VERSION_BEFORE = re.compile(
    rb"(?:\b(?:v|vers?|versions?|released?|releases|rev|revisions?|build|firmware|driver|patch|upgraded? to|requires?"
    rb"|sec|sect|sections?|chapters?|clauses?|articles?|appendix|fig|figures?|tables?|rules?|oid)\b|\xc2\xa7|__version__"
    rb"|==|>=|<=|~=|!=)[\s.:=\"'`(\[]{0,8}$",
    re.IGNORECASE,
)
_ADDRESS_WORD = re.compile(
    rb"\b(?:ip|ips|ipv4|inet|inet_addr|addr|address|addresses|hosts?|hostname|servers?|dns|name ?servers?|resolvers?|ping"
    rb"|gateway|proxy|subnet|netmask|traceroute|peers?|remote|clients?|firewall)\b|://|[A-Za-z0-9_]@$",
    re.IGNORECASE,
)
_PORT_OR_PREFIX = re.compile(rb"(?::[0-9]{1,5}|/[0-9]{1,2})(?![0-9.])")


def find(data: bytes) -> Iterator[tuple[int, int]]:
    """Byte spans of the public addresses in `data`; those of version 6 after those of version 4."""
    for match in _QUAD.finditer(data):
        if _is_public_4(match.group()) and _is_address(data, *match.span()):
            yield match.span()
    for match in _GROUPS.finditer(data):
        start, end = match.span()
        if _is_joined_6(data, start, end):
            continue
        if data[end - 1 : end] == b":" != data[end - 2 : end - 1]:
            end -= 1  # a colon of the sentence
        if _is_public_6(data[start:end]):
            yield start, end


@functools.lru_cache(maxsize=4096)  # logs name the same hosts again and again
def _is_public_4(digits: bytes) -> bool:
    try:
        address = IPv4Address(digits.decode())
    except AddressValueError:
        return False
    return address.is_global and not address.is_multicast and not any(address in block for block in _SPECIAL)


def _is_public_6(groups: bytes) -> bool:
    try:
        address = IPv6Address(groups.decode())
    except AddressValueError:
        return False
    written = sum(map(bool, groups.split(b":")))
    return written >= GROUPS_6 and address.is_global and not any(address in block for block in _SPECIAL)


def _is_joined_6(data: bytes, start: int, end: int) -> bool:
    return bool(_JOINED_BEFORE_6.search(data[max(start - 1, 0) : start]) or _JOINED_AFTER_6.match(data, end))


def _is_address(data: bytes, start: int, end: int) -> bool:
    """Whether a public quad is an address where it stands, not a version, section or identifier."""
    before = line_before(data, start, REACH)
    if _JOINED_BEFORE.search(before) or _JOINED_AFTER.match(data, end) or _VERSION_BEFORE.search(before):
        return False
    numbers = [int(number) for number in data[start:end].split(b".")]
    if max(numbers) >= SMALL or (len(set(numbers)) == 1 and numbers[0] >= 8):  # 8.8.8.8, 9.9.9.9: resolvers
        return True
    after = line_after(data, end, REACH)
    return bool(_PORT_OR_PREFIX.match(after) or _ADDRESS_WORD.search(before) or _ADDRESS_WORD.search(after))
