"""The one polite HTTP client that every network source uses.

What belongs here: asking a publisher for a body slowly enough, once, and whole; refusing what is not safe to follow;
writing down what was answered. What may not: knowledge of any publisher, parsing, or a second way to make a request.

Manners, each a habit of the publishers in question: a User-Agent that says who is asking and how to reach them
(PILE_CONTACT; Wikimedia and GitHub refuse clients without one), a pause between two requests to the same host that also
holds between processes sharing a cache, Retry-After obeyed (RFC 9110 section 10.2.3), a growing wait of our own where a
throttling server names none, conditional requests with ETag or Last-Modified (RFC 9110 section 13).
"""

import fcntl
import ipaddress
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from pile_assets import __version__
from pile_assets.errors import PileError
from pile_assets.sources import preferences
from pile_assets.sources.http_cache import Fetched, HttpCache
from pile_assets.sources.wishes import Site, Sites

CONTACT = "PILE_CONTACT"
"""The environment variable with a mail or web address under which a publisher reaches the operator."""

TRANSIENT_STATUSES = (429, 500, 502, 503, 504)
MAX_REDIRECTS = 5
CHUNK = 256 * 1024

KEPT_HEADERS = ("content-type", "content-length", "content-encoding", "etag", "last-modified", "date")


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds, and how often to try."""

    attempts: int = 5
    connect: float = 10.0
    read: float = 60.0  # between two packets
    body: float = 1_800.0  # for one whole body, so that a server that drips cannot hold a run for ever
    first_wait: float = 2.0  # before the second attempt where the server names no time; doubles with each attempt
    longest_wait: float = 300.0  # a server that asks for more is left alone until the next build


class Missing(PileError):
    """The server says plainly that there is no such thing (404 or 410)."""


class TooLarge(PileError):
    """The body is larger than what is accepted at that place."""


class _PoliteRetry(Retry):
    """urllib3's retries, but with a wait before the second attempt too, and without waiting for hours."""

    def get_backoff_time(self) -> float:
        failures = sum(1 for past in self.history if past.redirect_location is None)
        return float(min(self.backoff_factor * 2 ** max(failures - 1, 0), self.backoff_max))

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            seconds = super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0  # not a time: our own growing wait applies
        if seconds > self.backoff_max:
            raise _ComeBackLater(seconds)
        return seconds


class _ComeBackLater(Exception):
    """The server asked for a longer pause than `Patience.longest_wait`."""


class Client:
    """Requests of one source. `interval` is the least number of seconds between two requests to one host.

    With `wishes` a site is asked for its robots.txt and tdmrep.json before its first page: a page that may not be fetched
    raises Disallowed, and the wishes are kept with every capture.
    """

    def __init__(
        self, source: str, cache: Path, *, interval: float = 1.0, patience: Patience | None = None, wishes: bool = False
    ):
        self._source, self._interval, self._patience = source, interval, patience or Patience()
        self._held = HttpCache(cache)
        self._sites = Sites(lambda url: self._open(url, {})) if wishes else None
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.auth = _no_credentials
        adapter = HTTPAdapter(max_retries=_retries(self._patience, interval))
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def get(self, url: str, *, limit: int, accept: str = "*/*", pin: str | None = None, slot: str | None = None) -> Fetched:
        """The body at `url`, of at most `limit` bytes, on disk.

        `slot` names the place it is kept in (by default the URL); a slot holds one body. Where the slot holds a body
        with the same `pin`, nothing is asked at all: a pin is what identifies these bytes upstream. Otherwise the
        request is conditional on what is held. Raises Missing for 404 and 410, TooLarge, and PileError for everything
        else that is not a whole body: such a failure may pass, so it is never a Quarantine.
        """
        slot = slot or url
        held = self._held.get(slot)
        if held is not None and pin is not None and held.pin == pin:
            return held
        if held is not None and held.facts["url"] != url:
            held = None
        site = self._permit(url)
        for attempt in range(1, self._patience.attempts + 1):
            response = self._open(url, {"Accept": accept, **_conditions(held)})
            with response:
                if response.status_code == 304 and held is not None:
                    return self._held.pin(slot, held, pin)
                self._check(url, response, limit)
                try:
                    return self._held.put(slot, self._body(url, response, limit), _facts(url, response, site), pin)
                except (HTTPError, requests.RequestException) as error:
                    if attempt == self._patience.attempts:
                        raise self._error(
                            f"The body of {url} broke off in each of {attempt} attempts ({_brief(error)}).",
                            "Nothing was kept. Run `pile build` again later, or point options.base_url at a mirror.",
                        ) from error
            time.sleep(min(self._patience.first_wait * 2 ** (attempt - 1), self._patience.longest_wait))
        raise AssertionError("the last attempt returns or raises")

    def pin(self, fetched: Fetched, pin: str) -> None:
        """Say afterwards what identifies a body that was got without a pin and is kept under its URL."""
        self._held.pin(str(fetched.facts["url"]), fetched, pin)

    def forget(self, slot: str) -> None:
        """Drop a body that turned out to be unusable, so that the next `get` asks for it again."""
        self._held.forget(slot)

    def _permit(self, url: str) -> Site | None:
        """What the site wishes about a page; None where nobody is asked. Raises Disallowed and obeys a Crawl-delay."""
        if self._sites is None:
            return None
        site = self._sites.permit(url)
        self._interval = max(self._interval, site.pause)
        return site

    # -- one exchange --------------------------------------------------------------------------------------------------

    def _open(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The answer at the end of all redirects, its body not yet read."""
        here = url
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send(here, headers)
            if not response.is_redirect:
                return response
            there = urljoin(here, response.headers["location"])
            response.close()
            if reason := redirect_refusal(here, there):
                raise self._error(
                    f"{here} redirects to {there}, which is not followed: {reason}.",
                    "Look at the address by hand; if the publisher has moved, set options.base_url of the record.",
                )
            here = there
        raise self._error(f"{url} redirects more than {MAX_REDIRECTS} times.", "Set options.base_url to where it really is.")

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        host = urlsplit(url).hostname or ""
        headers = {"User-Agent": self._user_agent(host), "Accept-Encoding": "identity", **headers}
        self._take_turn(host)
        self._session.trust_env = not is_loopback(host)  # a proxy is for the outside only
        try:
            return self._session.get(
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self._patience.connect, self._patience.read),
            )
        except _ComeBackLater as later:
            raise self._error(
                f"{host} asks for a pause of {later.args[0]:.0f} seconds.", "Wait that long, then run `pile build` again."
            ) from later
        except (requests.RequestException, HTTPError, ValueError) as error:
            raise self._error(
                f"{url} could not be reached ({_brief(error)}).",
                "Check the network and the address, then run `pile build` again; what is held stays as it is.",
            ) from error

    def _user_agent(self, host: str) -> str:
        contact = os.environ.get(CONTACT, "").strip()
        if not contact and not is_loopback(host):
            raise self._error(
                f"{host} would be asked by a client that does not say how to reach its operator.",
                f"Set the environment variable {CONTACT} to a mail or web address, then run the command again.",
            )
        if not re.fullmatch(r"[\x20-\x7e]{0,200}", contact):
            raise self._error(
                f"{CONTACT} cannot be sent in a header.", f"Set {CONTACT} to one line of at most 200 ASCII characters."
            )
        return f"pile-assets/{__version__} (+{contact or 'loopback'})"

    def _take_turn(self, host: str) -> None:
        """Wait until this host may be asked again. The time of the last turn is the mtime of a locked file, so that
        threads and processes that share the cache folder queue in one line."""
        if self._interval <= 0:
            return
        name = re.sub(r"[^A-Za-z0-9.-]", "_", host)[:100]
        with (self._held.folder / f"turn-{name}").open("ab") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            state = os.fstat(turn.fileno())
            if state.st_size:
                time.sleep(min(max(self._interval - (time.time() - state.st_mtime), 0.0), self._interval))
            else:
                turn.write(b"1")
                turn.flush()
            os.utime(turn.fileno())

    def _check(self, url: str, response: requests.Response, limit: int) -> None:
        """Raises unless this is a whole body of acceptable size and plain coding."""
        status = response.status_code
        if status in (404, 410):
            raise Missing(
                f"{url} does not exist ({status}).", remedy="Check the address and options.base_url.", source=self._source
            )
        if status in (403, 429):
            raise self._error(
                f"{url} was refused ({status}): the server limits or blocks this client.",
                f"Check {CONTACT}, raise the wait between requests, or point options.base_url at a mirror; then build later.",
            )
        if status != 200:
            raise self._error(f"{url} answered {status}.", "Run `pile build` again later; what is held stays as it is.")
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            raise self._too_large(url, limit)
        coding = response.headers.get("content-encoding", "identity").lower()
        if coding != "identity" and not urlsplit(url).path.endswith((".gz", ".tgz")):
            raise self._error(
                f"{url} arrived with the coding {coding!r} although none was asked for.",
                "Point options.base_url at a mirror that sends the bytes as published.",
            )

    def _body(self, url: str, response: requests.Response, limit: int) -> Iterator[bytes]:
        """The bytes as sent. urllib3 raises where they end before Content-Length or before the last chunk."""
        size, until = 0, time.monotonic() + self._patience.body
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            size += len(chunk)
            if size > limit:
                raise self._too_large(url, limit)
            if time.monotonic() > until:
                raise self._error(f"{url} was still arriving after {self._patience.body:.0f} seconds.", "Try a nearer mirror.")
            yield chunk

    def _too_large(self, url: str, limit: int) -> TooLarge:
        return TooLarge(
            f"{url} is larger than the {limit} bytes that are accepted there.",
            remedy="Look at what the publisher serves; if it is right, raise size_cap of the record.",
            source=self._source,
        )

    def _error(self, cause: str, remedy: str) -> PileError:
        return PileError(cause, remedy=remedy, source=self._source)


# -- where a request may go ------------------------------------------------------------------------------------------------


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address is this machine itself. Names are not looked up."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def redirect_refusal(here: str, there: str) -> str | None:
    """Why a redirect from `here` is not followed, or None where it may be.

    A public server must not be able to make this machine ask its own network (the metadata service of a cloud, a router).
    """
    try:
        old, new = urlsplit(here), urlsplit(there)
        hosts = old.hostname, new.hostname
        _ = new.port  # raises ValueError where it is no number
    except ValueError:
        return "it is no address"
    if new.scheme not in ("http", "https"):
        return f"its scheme is {new.scheme!r}"
    if old.scheme == "https" and new.scheme == "http":
        return "it leaves an encrypted connection"
    if not hosts[1] or new.username or new.password:
        return "it has no host or carries credentials"
    if _is_private(hosts[1]) and not _is_private(hosts[0] or ""):
        return "it leads from a public server into a private network"
    return None


def _is_private(host: str) -> bool:
    if is_loopback(host):
        return True
    with suppress(ValueError):
        return not ipaddress.ip_address(host).is_global
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # the request itself will fail, or a proxy decides
    return any(not ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)


# -- headers ---------------------------------------------------------------------------------------------------------------


def _retries(patience: Patience, interval: float) -> Retry:
    return _PoliteRetry(
        total=patience.attempts - 1,
        redirect=0,
        allowed_methods=("GET",),
        status_forcelist=TRANSIENT_STATUSES,
        raise_on_status=False,
        raise_on_redirect=False,
        backoff_factor=max(patience.first_wait, interval),
        backoff_max=patience.longest_wait,
    )


def _conditions(held: Fetched | None) -> dict[str, str]:
    headers = held.facts["headers"] if held is not None else {}
    if "etag" in headers:
        return {"If-None-Match": headers["etag"]}
    if "last-modified" in headers:
        return {"If-Modified-Since": headers["last-modified"]}
    return {}


def _facts(url: str, response: requests.Response, site: Site | None) -> dict[str, Any]:
    """The capture record, but for digest and size, which the cache adds."""
    received = {name: response.headers[name] for name in preferences.HEADERS if name in response.headers}
    signals = (*(site.signals(url) if site else ()), *preferences.of_headers(received))
    return {
        "url": url,
        "final_url": response.url,
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        "preferences": received,
        "signals": preferences.as_dicts(signals),
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stops requests from looking for passwords in a .netrc file."""
    return request


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
