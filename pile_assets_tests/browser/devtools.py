"""A headless Chromium, driven over its DevTools protocol with the websocket client that the webserver already brings.

What belongs here: starting the browser, and what a person does with any page: open, read, click, type, look. What may not:
knowing what is on Dagster's pages (`dagster_pages`).

Protocol: Chrome DevTools Protocol 1.3, domains Target, Page, Runtime, Input and Emulation. Clicks and keys are real input
events at real places, so what is covered, disabled or outside the window cannot be used, as little as a person could.
"""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1500, 1000
WAIT_SECONDS = 45
"""How long something may take to appear; the first page on a busy machine takes a third of it."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # a container's root has no user namespace to build a sandbox from; only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the page needs nothing from outside, and gets nothing
    "--remote-debugging-port=0",
    f"--window-size={WIDTH},{HEIGHT}",
)

VISIBLE = """
const shown = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== 'hidden';
};
const words = (element) => (element.innerText || element.getAttribute('aria-label') || '').replace(/\\s+/g, ' ').trim();
const matching = (selector, text, exact) => [...document.querySelectorAll(selector)].filter((element) =>
  shown(element) && (exact ? words(element) === text : words(element).includes(text)));
// Of elements that hold one another the innermost is the one that a person means.
const innermost = (found) => found.filter((element) => !found.some((other) => other !== element && element.contains(other)));
"""


class NotSeen(AssertionError):
    """Something that should be on the page is not; the message has what is there instead."""


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """PILE_CHROMIUM, or the first known name on PATH; None where there is none."""
    if given := environment.get("PILE_CHROMIUM", "").strip():
        return given
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(binary: str, profile: Path) -> Iterator["Browser"]:
    """A browser with an empty profile, ended with all its children."""
    with open(profile.with_suffix(".log"), "wb") as log:
        process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with connect(_address(process, profile), max_size=None, compression=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """The websocket of the browser, which it writes into its profile once it listens."""
    told = profile / "DevToolsActivePort"
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if told.is_file() and len(lines := told.read_text().split()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.1)
    raise RuntimeError(f"Chromium did not start:\n{profile.with_suffix('.log').read_text(errors='replace')[-2000:]}")


@dataclass
class Browser:
    """One connection; every tab is a session on it."""

    socket: ClientConnection
    _last: int = 0

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events in between are not kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv(timeout=WAIT_SECONDS))
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def open(self, base: str) -> "Page":
        """A new tab for the site at `base`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target, base)
        page.resize(WIDTH, HEIGHT)
        return page


@dataclass
class Page:
    """One tab."""

    browser: Browser
    session: str
    target: str
    base: str
    size: tuple[int, int] = field(default=(WIDTH, HEIGHT))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def close(self) -> None:
        self.browser.call("Target.closeTarget", targetId=self.target)

    def resize(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Path and query of where the page is now."""
        return str(self.evaluate("location.pathname + location.search"))

    @property
    def text(self) -> str:
        """What a person can read."""
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def evaluate(self, expression: str, **values: Any) -> Any:
        """The value of a JavaScript expression, in which `values` are names."""
        names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
        source = f"(() => {{ {VISIBLE} {names} return {expression}; }})()"
        answer = self.call("Runtime.evaluate", expression=source, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def wait(self, found: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
        """The first truthy value of `found`. Raises NotSeen with the page's text."""
        deadline = time.monotonic() + seconds
        while not (value := found()):
            if time.monotonic() > deadline:
                raise NotSeen(f"{what}, after {seconds:.0f} s at {self.url}. The page ends:\n{self.text[-1200:]}")
            time.sleep(0.2)
        return value

    def see(self, *texts: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until all texts are on the page."""
        self.wait(lambda: all(text in self.text for text in texts), f"not all of {texts}", seconds)

    def links(self) -> dict[str, str]:
        """Text -> address of every visible link; the first where a text is there twice."""
        pairs = "[...document.querySelectorAll('a')].filter(shown).map((a) => [words(a), a.getAttribute('href')])"
        return dict(reversed(self.evaluate(pairs)))

    # -- doing -----------------------------------------------------------------------------------------------------

    def go(self, path: str) -> None:
        """Load a page of the site afresh."""
        self.call("Page.navigate", url=f"{self.base}{path}")
        self.wait(lambda: self.evaluate("document.readyState") == "complete", f"{path} does not load")

    def click(self, text: str, selector: str = "a, button, [role=button], [role=menuitem], [role=tab]", *, exact: bool = True):
        """Click the first visible element with this text."""

        def place() -> Any:
            return self.evaluate(
                """(() => {
                  const [found] = innermost(matching(selector, text, exact));
                  if (!found) return null;
                  found.scrollIntoView({block: 'nearest', inline: 'nearest'});
                  const box = found.getBoundingClientRect();
                  const at = {x: box.x + box.width / 2, y: box.y + box.height / 2};
                  const top = document.elementFromPoint(at.x, at.y);
                  return top && (found.contains(top) || top.contains(found)) && !found.disabled ? at : null;
                })()""",
                selector=selector,
                text=text,
                exact=exact,
            )

        self.click_at(**self.at_rest(place, f"nothing to click that says {text!r}"))

    def at_rest(self, found: Callable[[], Any], what: str) -> Any:
        """What is there once it is the same at two looks: dialogs slide in, tables fill."""
        last: list[Any] = [None]

        def rests() -> Any:
            before, last[0] = last[0], found()
            return last[0] if last[0] == before else None

        return self.wait(rests, what)

    def click_at(self, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    # -- looking ---------------------------------------------------------------------------------------------------

    def screenshot(self, path: Path, clip: tuple[float, float, float, float] | None = None) -> None:
        """A PNG of the window, or of (x, y, width, height) of it."""
        area = {"clip": dict(zip(("x", "y", "width", "height"), clip, strict=True)) | {"scale": 1}} if clip else {}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **area)["data"]))
