"""The loopback HTTP server: published bodies by version, conditional and range requests, planned faults, a request log.

Only HTTP belongs here; what a publisher's addresses look like is written in the modules beside it. Bodies are bytes, or
paths of files, which are read when they are asked for.
"""

import hashlib
import re
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pile_assets_tests.mirror.faults import Fault, Plan, Redirect, Refuse, Stall, Truncate, WrongLength


@dataclass(frozen=True)
class Asked:
    """One request as it was answered."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    status: int  # 0 where the connection was closed without an answer


@dataclass(frozen=True)
class _Page:
    body: bytes | Path
    headers: Mapping[str, str]
    etag: str | None

    def content(self) -> bytes:
        return self.body.read_bytes() if isinstance(self.body, Path) else self.body


@dataclass
class Mirror:
    """A publisher on 127.0.0.1. Use as a context manager; `url` is its address.

    `versions` are the states of the world in order, and `version` the one that is on now: a path answers with what was
    published for the newest version up to it.
    """

    versions: Sequence[str] = ("v1", "v2", "v3")
    version: str = "v1"
    plan: Plan | None = None
    log: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pages: dict[str, dict[str, _Page | None]] = {}
        self._queued: dict[str, list[Fault]] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.closing = threading.Event()

    # -- what is published -----------------------------------------------------------------------------------------

    def publish(
        self,
        path: str,
        body: bytes | Path,
        *,
        version: str = "v1",
        content_type: str = "application/octet-stream",
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a body at a path from a version on. `etag` is the hash of the body unless given; "" sends none."""
        assert version in self.versions
        page = _Page(body, {"Content-Type": content_type, **(headers or {})}, etag)
        self._pages.setdefault(path, {})[version] = page

    def withdraw(self, path: str, *, version: str) -> None:
        """From this version on, the path is not found."""
        self._pages.setdefault(path, {})[version] = None

    def fail(self, path: str, *faults: Fault) -> None:
        """The next requests for the path meet these faults, one each, in order."""
        self._queued.setdefault(path, []).extend(faults)

    def asked(self, path: str) -> list[Asked]:
        """The requests for one path, in order."""
        return [entry for entry in self.log if entry.path == path]

    # -- life ------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"publisher": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # -- for the handler -------------------------------------------------------------------------------------------

    def page(self, path: str) -> _Page | None:
        states = self._pages.get(path, {})
        for version in reversed(self.versions[: self.versions.index(self.version) + 1]):
            if version in states:
                return states[version]
        return None

    def fault(self, path: str) -> Fault | None:
        with self._lock:
            self._counts[path] += 1
            if queue := self._queued.get(path):
                return queue.pop(0)
            return self.plan.draw(path, self._counts[path]) if self.plan else None

    def note(self, entry: Asked) -> None:
        with self._lock:
            self.log.append(entry)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news; anything else is a mistake in the mirror and shown."""
        if not isinstance(sys.exception(), ConnectionError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other (Nagle's algorithm)
    disable_nagle_algorithm = True
    publisher: Mirror

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        fault = self.publisher.fault(path)
        with suppress(ConnectionError):  # a client may hang up on a body it does not want
            if isinstance(fault, Refuse | Stall | Redirect):
                self._instead(fault)
            else:
                self._answer(path, fault)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal: `Mirror.log` is the log."""

    def _instead(self, fault: Refuse | Stall | Redirect) -> None:
        match fault:
            case Stall(seconds):
                self._note(0)
                self.publisher.closing.wait(seconds)
                self.close_connection = True
            case Redirect(to, status):
                self._send(status, b"", {"Location": to})
            case Refuse(status, retry_after):
                self._send(status, b"refused\n", {"Retry-After": retry_after} if retry_after is not None else {})

    def _answer(self, path: str, fault: Truncate | WrongLength | None) -> None:
        page = self.publisher.page(path)
        if page is None:
            return self._send(404, b"not found\n", {})
        body = page.content()
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"' if page.etag is None else page.etag
        headers = {**page.headers, "Accept-Ranges": "bytes"} | ({"ETag": etag} if etag else {})
        if etag and self.headers.get("If-None-Match") == etag:
            return self._send(304, b"", headers)
        if "Last-Modified" in headers and self.headers.get("If-Modified-Since") == headers["Last-Modified"]:
            return self._send(304, b"", headers)
        match fault:
            case Truncate(keep):
                self.close_connection = True
                return self._send(200, body[:keep], headers, announced=max(len(body), keep + 1))
            case WrongLength(by):
                self.close_connection = True
                return self._send(200, body, headers, announced=max(len(body) + by, 0))
        if (part := self._range(len(body))) and self.headers.get("If-Range", etag) == etag:
            first, last = part
            return self._send(206, body[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(body)}"})
        return self._send(200, body, headers)

    def _range(self, size: int) -> tuple[int, int] | None:
        """First and last byte of a satisfiable single range; anything else is answered with the whole body."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match is None or int(match[1]) >= size:
            return None
        return int(match[1]), min(int(match[2] or size - 1), size - 1)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], announced: int | None = None) -> None:
        self._note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _note(self, status: int) -> None:
        """Written down before the client can know, so that a test that has its answer finds the entry."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.publisher.note(Asked(self.command, urlsplit(self.path).path, headers, status))
