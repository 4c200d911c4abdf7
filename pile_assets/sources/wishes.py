"""What a site as a whole wishes, asked once before its first page is.

What belongs here: fetching robots.txt and tdmrep.json, and what RFC 9309 says of their absence. What may not: reading them
(`preferences`), any other request (`http`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from pile_assets.errors import PileError
from pile_assets.sources import preferences
from pile_assets.sources.preferences import Signal

LONGEST_PAUSE = 60.0
"""Seconds. A Crawl-delay above this is taken for this: whoever wants no crawler says Disallow."""

Open = Callable[[str], requests.Response]


class Disallowed(PileError):
    """robots.txt asks this client not to fetch a page."""


@dataclass(frozen=True)
class Site:
    """robots.txt and tdmrep.json of one origin; None where there is none."""

    robots: str | None
    tdmrep: bytes | None

    def signals(self, url: str) -> tuple[Signal, ...]:
        """What they wish about one page."""
        of_robots = preferences.of_robots(self.robots, url) if self.robots else ()
        return (*of_robots, *(preferences.of_tdmrep(self.tdmrep, url) if self.tdmrep else ()))

    @property
    def pause(self) -> float:
        return min(preferences.pause(self.robots), LONGEST_PAUSE) if self.robots else 0.0


class Sites:
    """The sites of one client, each asked once."""

    def __init__(self, open_page: Open):
        self._open = open_page
        self._known: dict[str, Site] = {}

    def permit(self, url: str) -> Site:
        """The site of a page. Raises Disallowed where the page may not be fetched, PileError where nobody can tell."""
        split = urlsplit(url)
        origin = f"{split.scheme}://{split.netloc}"
        if origin not in self._known:
            robots, tdmrep = self._robots(origin), self._optional(f"{origin}/.well-known/tdmrep.json")
            self._known[origin] = Site(robots, tdmrep)
        site = self._known[origin]
        if site.robots and not preferences.allowed(site.robots, url):
            raise Disallowed(
                f"{origin}/robots.txt asks {preferences.AGENT} not to fetch {url}.",
                remedy="Leave the page out, or ask the publisher; a bulk download that is offered for it is another address.",
            )
        return site

    def _robots(self, origin: str) -> str | None:
        """RFC 9309 section 2.3.1: a 4xx means that there are no rules, anything else that cannot be read forbids everything."""
        url = f"{origin}/robots.txt"
        with self._open(url) as response:
            if 400 <= response.status_code < 500 and response.status_code != 429:
                return None
            if response.status_code != 200:
                raise PileError(
                    f"{url} answered {response.status_code}, which RFC 9309 takes as a request to fetch nothing.",
                    remedy="Run `pile build` again later; what is held stays as it is.",
                )
            return _start(response).decode("utf-8", "replace")

    def _optional(self, url: str) -> bytes | None:
        with self._open(url) as response:
            return _start(response) if response.status_code == 200 else None


def _start(response: requests.Response) -> bytes:
    content: bytes = response.raw.read(preferences.LARGEST, decode_content=True)
    return content
