"""Public IP addresses: found, and told from versions, sections, identifiers and addresses that are not public."""

import ipaddress
import re

import pytest

from pile_assets.filters import pii
from pile_assets_tests.filters.pii.marked import found, unmarked

NEVER = re.compile(rb"(?!)")


@pytest.mark.parametrize(
    "text",
    [
        "the server at ⟦93.184.216.34⟧ answers",
        "⟦93.184.216.34⟧",
        "(⟦93.184.216.34⟧), ⟦93.184.216.35⟧.",
        "http://⟦93.184.216.34⟧/index and ⟦93.184.216.34⟧:8080",
        "ssh root@⟦24.57.4.59⟧",
        "address⟦93.184.216.34⟧地址".replace("address", "地址"),
        "route ⟦93.184.216.0⟧/24",
        "use ⟦8.8.8.8⟧",
        "nameserver ⟦8.8.4.4⟧",
        "listens on ⟦4.4.4.7⟧:53",
        "from ⟦93.184.216.34⟧-⟦93.184.216.99⟧",
        "ping ⟦2606:2800:220:1:248:1893:25c8:1946⟧ now",
        "[⟦2606:4700:4700::1111⟧]:443",
        "⟦2606:4700:4700::⟧/48 and ⟦2606:4700:4700::64⟧: yes",
    ],
)
def test_public_addresses_are_found(text: str) -> None:
    assert found(unmarked(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        # versions
        "version 1.2.3.4 of the program",
        "Version: 1.2.3.4",
        "version 1.2.3.200 of",
        "v1.2.3.4 and V 1.2.3.4",
        "package==1.2.3.4",
        "package >= 1.2.3.200",
        '__version__ = "3.5.0.1"',
        "firefox 2.0.0.11 and kernel 2.6.8.1",
        "Mozilla/5.0 Chrome/93.184.216.34",
        "lib-93.184.216.34.tar.gz",
        "1.2.3.4rc1, 1.2.3.4.dev0, 1.2.3.4-beta, 1.2.3.4+local",
        "release 93.184.216.34",
        # sections and identifiers
        "section 4.8.1.3 of the report",
        "§ 4.2.3.1",
        "OID 2.5.29.15",
        "1.3.6.1.4.1.311.21.20",
        "%x48.54.54.50",
        # no addresses at all
        "999.1.1.1 and 1.2.3.256 and 300.300.300.300",
        "1.02.3.4 on the server",
        "12345.67.89.10 or 1.2.3.4567",
    ],
)
def test_versions_sections_and_identifiers_are_left_alone(text: str) -> None:
    assert found(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "127.0.0.1",
        "169.254.7.7",
        "172.16.200.1",
        "192.168.0.1",
        "100.64.99.1",
        "0.0.0.0",
        "255.255.255.0",
        "224.0.0.251",
        "239.255.255.250",
        "192.0.0.9",  # judged differently by one Python release and the next
        "192.0.2.146",  # documentation, RFC 5737
        "198.51.100.99",
        "203.0.113.200",
        "::1",
        "fe80::1:2:3",
        "fd00:1:2::3",
        "2001:db8:1::99",  # documentation, RFC 3849
        "3fff:1:2::3",  # documentation, RFC 9637
        "2002:5db8:d822::1",
    ],
)
def test_addresses_that_are_not_public_are_left_alone(address: str) -> None:
    assert found(f"the server {address} answers") == f"the server {address} answers"


@pytest.mark.parametrize("text", ["x[2048::2]", "2000:3000:2", "12:30:45", "std::2abc::x", "2606:4700:4700::11111"])
def test_slices_and_times_are_no_addresses(text: str) -> None:
    assert found(text) == text


def test_the_special_blocks_are_left_alone_on_every_python() -> None:
    for block in map(ipaddress.ip_network, pii.ip.SPECIAL):
        some = block[min(block.num_addresses - 1, 2**70 + 77)]
        public = pii.ip._is_public_4 if some.version == 4 else pii.ip._is_public_6
        assert not public(some.exploded.encode())


@pytest.mark.parametrize(
    ("guard", "text"),
    [
        ("_JOINED_BEFORE", "lib-93.184.216.34"),
        ("_JOINED_BEFORE", "Chrome/93.184.216.34"),
        ("_JOINED_AFTER", "93.184.216.34.5"),
        ("_JOINED_AFTER", "93.184.216.34rc1"),
        ("_VERSION_BEFORE", "version 93.184.216.34"),
        ("_VERSION_BEFORE", "package==93.184.216.34"),
        ("_JOINED_AFTER_6", "2606:4700:4700::1xyz"),
        ("_JOINED_BEFORE_6", "f2606:4700:4700::1"),
    ],
)
def test_each_guard_is_what_keeps_its_case_out(guard: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(text) == text
    monkeypatch.setattr(pii.ip, guard, NEVER)
    assert found(text) != text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("SMALL", 0, "firefox 2.0.0.11"), ("GROUPS_6", 1, "x[2048::2]"), ("_SPECIAL", (), "host 2002:5db8:d822::1")],
)
def test_each_threshold_is_what_keeps_its_case_out(
    name: str, value: object, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(text) == text
    monkeypatch.setattr(pii.ip, name, value)
    assert found(text) != text
