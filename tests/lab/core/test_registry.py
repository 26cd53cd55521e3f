"""Kinds are found at first use, whoever uses them first."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.registry import Kind, Registry

SLOW = '''
"""A kind that takes its time to be imported."""

from kinds_of_test import begun, go, registry
from lab.core.registry import Kind

begun.set()
assert go.wait(30)


@registry.register("late")
class Late(Kind):
    """Comes late."""
'''
PACKAGE = """
import threading

from lab.core.registry import Registry

begun, go = threading.Event(), threading.Event()
registry = Registry("kinds_of_test", "kind")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "kinds_of_test"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    (folder / "late.py").write_text(SLOW, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.startswith("kinds_of_test")]:
        del sys.modules[name]


def test_a_second_thread_waits_until_every_kind_is_there(package: Path) -> None:
    import kinds_of_test  # type: ignore[import-not-found]  # the fixture has just written it

    registry: Registry[Kind] = kinds_of_test.registry
    first = threading.Thread(target=registry.load)
    first.start()
    assert kinds_of_test.begun.wait(30)
    threading.Timer(0.1, kinds_of_test.go.set).start()
    assert registry.get("late").kind() == "late"
    first.join()
