"""CI proves what changed, and over three commits all there is."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "which_scenarios.py"
EVERY = [f"lesson-{number}" for number in range(10)]


@pytest.fixture(scope="module")
def which() -> ModuleType:
    spec = importlib.util.spec_from_file_location("which_scenarios", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_scenario_whose_folder_changed_is_always_proved(which: ModuleType) -> None:
    for turn in range(6):
        assert "lesson-4" in which.choose(EVERY, ["scenarios/lesson-4/brief.md", "README.md"], turn)


@pytest.mark.parametrize("path", ["docs/README.md", "lab/cli/words.py", "tests/test_docs.py"])
def test_at_least_a_third_of_the_others_is_proved_in_turn(which: ModuleType, path: str) -> None:
    chosen = [which.choose(EVERY, [path], turn) for turn in (7, 8, 9)]
    assert all(3 * len(names) >= len(EVERY) for names in chosen)
    assert sorted({name for names in chosen for name in names}) == EVERY


def test_a_folder_that_was_removed_is_not_proved(which: ModuleType) -> None:
    assert "gone" not in which.choose(EVERY, ["scenarios/gone/brief.md"], 0)


def test_where_git_knows_no_history_a_third_is_proved() -> None:
    said = subprocess.run(
        [sys.executable, str(SCRIPT), "--since", "0" * 40], capture_output=True, text=True, check=True
    )
    shipped = {path.parent.name for path in (SCRIPT.parents[1] / "scenarios").glob("*/scenario.yaml")}
    assert len(said.stdout.split()) == -(-len(shipped) // 3)
    assert set(said.stdout.split()) <= shipped
