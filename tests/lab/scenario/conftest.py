"""What every test of the lint looks with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli.root import COMMANDS
from lab.proof.check import Checked, check


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Checked]:
    cache = tmp_path_factory.mktemp("cache")
    return lambda folder: check(folder, cache, frozenset(COMMANDS))
