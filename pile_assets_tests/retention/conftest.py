"""Two releases of which a document is to leave: built once, copied for each test."""

from pathlib import Path

import pytest

from pile_assets_tests.deployments import Corpus
from pile_assets_tests.retention.published import published


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Not to be changed."""
    return published(tmp_path_factory.mktemp("published"))


@pytest.fixture
def corpus(published_once: Corpus, tmp_path: Path) -> Corpus:
    """The same with a store of its own."""
    return published_once.with_own(tmp_path, "home")
