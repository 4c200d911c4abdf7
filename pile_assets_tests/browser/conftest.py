"""Tests of the pages, in a real browser. They take minutes, and run only where this folder is named: `make test-ui`.

They need a Chromium: PILE_CHROMIUM, or one on PATH. Pictures of the pages go to the folder PILE_PICTURES, where it is set.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pile_assets_tests.browser.dagster_pages import Ui
from pile_assets_tests.browser.deployment import Deployed, deployed, library
from pile_assets_tests.browser.devtools import Browser


@pytest.fixture(scope="session")
def live(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The deployment, built by its daemon. Every test leaves it at rest and as it was."""
    with deployed(library(tmp_path_factory.mktemp("corpus"))) as started:
        started.settle()
        yield started


@pytest.fixture
def ui(browser: Browser, live: Deployed, tmp_path: Path) -> Iterator[Ui]:
    """A fresh tab; what it showed at the end of the test is kept in its temporary folder."""
    page = browser.open(live.servers.url)
    yield Ui(page, Path(os.environ.get("PILE_PICTURES") or tmp_path))
    page.screenshot(tmp_path / "at-the-end.png")
    page.close()
