"""Whole labs as real processes, each in a home of its own, none left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_lab import WholeLab


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def lab(home: Path) -> Iterator[WholeLab]:
    lab = WholeLab(home)
    yield lab
    lab.clean_up()


@pytest.fixture(scope="module")
def lab_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeLab]:
    """One lab for all tests of a file."""
    lab = WholeLab(tmp_path_factory.mktemp("lab") / "home")
    yield lab
    lab.clean_up()
