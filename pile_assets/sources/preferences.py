"""What publishers wish about the use of their pages, in the forms a machine can read.

What belongs here: reading each form, from bytes and headers, into signals. What may not: fetching (`wishes`), and what a
source does about a wish (its record says `hold` or `record`; `stages` does it).

Forms: robots.txt (RFC 9309) for whether a page may be fetched at all; TDMRep (W3C Community Group report of 2024-05-10) as
header, meta element and /.well-known/tdmrep.json; Content-Usage of the IETF AIPREF drafts as header and in robots.txt; `noai`
in X-Robots-Tag and robots meta elements; Content-Signal as Cloudflare writes it. Of several signals of a page any
reservation counts. What is not understood is kept as it stood and reserves nothing.

robots.txt is read by Protego: the standard library's parser takes the first rule that matches, not the longest, and knows no
wildcards, against sections 2.2.2 and 2.2.3 of the RFC.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html
from protego import Protego

AGENT = "pile-assets"
"""The product token by which robots.txt addresses this client."""

LARGEST = 512 * 1024
"""Bytes of robots.txt and tdmrep.json that are read; RFC 9309 section 2.5 asks for 500 KiB at least."""

HEADERS = ("content-usage", "tdm-reservation", "tdm-policy", "x-robots-tag", "content-signal")
"""Response headers that carry wishes; all are kept as received."""


@dataclass(frozen=True)
class Signal:
    """One wish: where it stood, in which form, as it was written, and whether it reserves use for training."""

    where: str  # robots.txt | tdmrep.json | header | html
    kind: str  # aipref | tdm | robots | content-signal
    value: str
    reserves: bool = False


def as_dicts(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    """Signals as the capture record keeps them."""
    return [asdict(signal) for signal in signals]


def reservation(capture: Mapping[str, Any]) -> Signal | None:
    """The first signal of a capture record that reserves use; None where none does."""
    signals = (Signal(**kept) for kept in capture.get("signals", ()))
    return next((signal for signal in signals if signal.reserves), None)


# -- robots.txt ----------------------------------------------------------------------------------------------------


def allowed(robots: str, url: str, agent: str = AGENT) -> bool:
    """Whether robots.txt lets this client fetch a page."""
    return bool(Protego.parse(robots).can_fetch(url, agent))


def pause(robots: str, agent: str = AGENT) -> float:
    """Seconds that robots.txt asks to leave between two requests; 0 where it asks for none."""
    return float(Protego.parse(robots).crawl_delay(agent) or 0.0)


def of_robots(robots: str, url: str, agent: str = AGENT) -> Iterator[Signal]:
    """The wishes about a page in the group of robots.txt that speaks to this client: the longest rule of each form."""
    split = urlsplit(url)
    path = f"{split.path or '/'}{'?' + split.query if split.query else ''}"
    for kind, reserves in (("content-usage", _trains_not), ("content-signal", _signals_not)):
        rules = [(pattern, value) for pattern, value in _rules(robots, kind, agent) if _matches(pattern, path)]
        if rules:
            pattern, value = max(rules, key=lambda rule: len(rule[0]))
            yield Signal("robots.txt", "aipref" if kind == "content-usage" else kind, f"{pattern} {value}", reserves(value))


def _rules(robots: str, field: str, agent: str) -> list[tuple[str, str]]:
    """(path pattern, value) of every line of a field, in the group of this agent, else in that of everybody."""
    groups: dict[str, list[tuple[str, str]]] = {}
    names: list[str] = []
    reading_names = False
    for line in robots.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            names = [*names, value.lower()] if reading_names else [value.lower()]
            reading_names = True
            continue
        reading_names = False
        if name == field:
            pattern, _, rest = value.partition(" ") if value.startswith(("/", "*")) else ("/", "", value)
            for group in names or ["*"]:
                groups.setdefault(group, []).append((pattern, rest.strip()))
        else:
            for group in names:
                groups.setdefault(group, [])
    return groups.get(agent, groups.get("*", []))


def _matches(pattern: str, path: str) -> bool:
    """RFC 9309 section 2.2.3: a prefix, in which * is anything and a $ at the end is the end."""
    parts = (re.escape(part) for part in pattern.removesuffix("$").split("*"))
    return re.match(f"{'.*'.join(parts)}{'$' if pattern.endswith('$') else ''}", path) is not None


# -- forms ---------------------------------------------------------------------------------------------------------


def _trains_not(value: str) -> bool:
    """Whether a Content-Usage dictionary says no to training (draft-ietf-aipref-vocab: train-ai=n)."""
    return _dictionary(value, ",").get("train-ai") in ("n", "?0")


def _signals_not(value: str) -> bool:
    return _dictionary(value, ",").get("ai-train") == "no"


def _dictionary(value: str, separator: str) -> dict[str, str]:
    """`a=b, c;p=q` as names and values, parameters left out, names in lower case; the last of equal names counts."""
    pairs = (part.partition(";")[0].partition("=") for part in value.split(separator))
    return {name.strip().lower(): word.strip().strip('"').lower() for name, _, word in pairs if name.strip()}


def of_headers(headers: Mapping[str, str]) -> Iterator[Signal]:
    """The wishes in a response's headers, whose names are in lower case."""
    if usage := headers.get("content-usage"):
        yield Signal("header", "aipref", usage, _trains_not(usage))
    if (reserved := headers.get("tdm-reservation")) is not None:
        yield Signal("header", "tdm", f"tdm-reservation: {reserved}", reserved.strip() == "1")
    if policy := headers.get("tdm-policy"):
        yield Signal("header", "tdm", f"tdm-policy: {policy}")
    if tag := headers.get("x-robots-tag"):
        yield Signal("header", "robots", tag, _says_noai(tag))
    if signal := headers.get("content-signal"):
        yield Signal("header", "content-signal", signal, _signals_not(signal))


def _says_noai(value: str) -> bool:
    return re.search(r"(?:^|[,:\s])noai(?:$|[,\s])", value, re.IGNORECASE) is not None


def of_tdmrep(content: bytes, url: str) -> Iterator[Signal]:
    """The wish of /.well-known/tdmrep.json about a page: the first entry whose location matches its path."""
    try:
        entries = json.loads(content)
    except ValueError:
        return
    path = urlsplit(url).path or "/"
    for entry in entries if isinstance(entries, list) else ():
        location = entry.get("location") if isinstance(entry, dict) else None
        if isinstance(location, str) and _matches(location, path):
            reserved = entry.get("tdm-reservation")
            policy = f" tdm-policy: {entry['tdm-policy']}" if entry.get("tdm-policy") else ""
            yield Signal("tdmrep.json", "tdm", f"{location} tdm-reservation: {reserved}{policy}", reserved in (1, "1"))
            return


def of_html(content: bytes) -> Iterator[Signal]:
    """The wishes in the meta elements of a page; nothing for bytes that are no page."""
    if not content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return
    try:
        tree = html.document_fromstring(content)
    except (etree.LxmlError, ValueError):
        return
    for element in tree.iter("meta"):
        name, value = (element.get("name") or "").strip().lower(), (element.get("content") or "").strip()
        if name == "tdm-reservation":
            yield Signal("html", "tdm", f"tdm-reservation: {value}", value == "1")
        elif name == "tdm-policy":
            yield Signal("html", "tdm", f"tdm-policy: {value}")
        elif name in ("robots", AGENT) and re.search(r"\bno(?:image)?ai\b", value, re.IGNORECASE):
            yield Signal("html", "robots", value, _says_noai(value))
