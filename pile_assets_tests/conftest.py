"""Fixtures that whole builds share: building takes seconds, so one corpus is built and each test gets a store of its own."""

import copy
import shutil
from pathlib import Path

import pytest

from pile_assets_tests.commands import Pile, varied


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Pile:
    """The corpus of `varied`, built. Not to be changed: use `built`."""
    pile = Pile(varied(tmp_path_factory.mktemp("built")))
    pile.build()
    return pile


@pytest.fixture
def built(built_once: Pile, tmp_path: Path) -> Pile:
    """The same with a store of its own; the published folders and the registry are shared and stay as they are."""
    corpus = copy.copy(built_once.corpus)
    corpus.home = tmp_path / "home"
    shutil.copytree(built_once.corpus.home, corpus.home)
    return Pile(corpus)


@pytest.fixture
def fresh(tmp_path: Path) -> Pile:
    """The corpus of `varied`, published and not built."""
    return Pile(varied(tmp_path))
