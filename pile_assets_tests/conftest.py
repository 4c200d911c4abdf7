"""What all tests share: how examples are drawn, which folders are left out, corpora that are built once, and a browser.

Building takes seconds, so one corpus is built and each test that changes it gets a store of its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pile_assets_tests.browser.devtools import NAMES, Browser, chromium, find_chromium
from pile_assets_tests.commands import Pile, varied
from pile_assets_tests.end_to_end.summary import pytest_terminal_summary  # noqa: F401  # a hook: the daemon test's table

settings.register_profile("suite", settings.get_profile("ci" if os.environ.get("CI") else "default"), deadline=None)
settings.load_profile("suite")
"""No deadline: how long an example takes says something about the machine only. In CI the examples are the same every time."""


HERE = Path(__file__).parent
LONG = (HERE / "browser", HERE / "end_to_end")
"""Folders whose tests take minutes: `make test-ui` and `make test-long` name them."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves a long folder out of a run that was not asked for it."""
    if collection_path not in LONG:
        return None
    asked = ((config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args)
    return None if any(path == collection_path or collection_path in path.parents for path in asked) else True


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Pile:
    """The corpus of `varied`, built. Not to be changed: use `built`."""
    pile = Pile(varied(tmp_path_factory.mktemp("built")))
    pile.build()
    return pile


@pytest.fixture
def built(built_once: Pile, tmp_path: Path) -> Pile:
    """The same with a store of its own; the published folders and the registry are shared and stay as they are."""
    return Pile(built_once.corpus.with_own(tmp_path, "home"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium with an empty profile; where the machine has none, the test is skipped and says how to have one."""
    binary = find_chromium()
    if binary is None:
        pytest.skip(f"there is no Chromium: set PILE_CHROMIUM, or put one of {', '.join(NAMES)} on PATH")
    with chromium(binary, tmp_path_factory.mktemp("chromium") / "profile") as started:
        yield started


@pytest.fixture
def fresh(tmp_path: Path) -> Pile:
    """The corpus of `varied`, published and not built."""
    return Pile(varied(tmp_path))
