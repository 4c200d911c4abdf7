"""The release that most of these tests look at, built once."""

from pathlib import Path

import pytest

from pile_assets_tests.deployments import Corpus
from pile_assets_tests.release import released


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The corpus of `released`, built. Not to be changed."""
    made = released.corpus(tmp_path_factory.mktemp("published"))
    released.release(made)
    return made


@pytest.fixture(scope="session")
def whole(published: Corpus) -> Path:
    """The directory of its release. Not to be changed."""
    return released.release(published)


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return released.copied(whole, tmp_path / "release")
