"""The measurements are kept as the page shows them, and every theme can be run."""

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import page, themes  # noqa: E402  # after the path that leads there
from benchmarks.harness import Program, medians, take_turns  # noqa: E402

NAMES = [module.name for module in pkgutil.iter_modules(themes.__path__)]
RESULTS, PAGE = ROOT / "benchmarks/results.json", ROOT / "docs/explanation/benchmarks.md"


def test_the_page_shows_the_results_that_are_kept() -> None:
    assert PAGE.read_text(encoding="utf-8") == page.whole(page.read(RESULTS))


def test_every_theme_has_results_and_the_other_way_round() -> None:
    assert sorted(json.loads(RESULTS.read_text(encoding="utf-8"))) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_theme_says_what_it_is(name: str) -> None:
    module = importlib.import_module(f"benchmarks.themes.{name}")
    assert module.TITLE
    assert callable(module.measure)


def test_an_unknown_theme_is_refused_with_the_known_ones() -> None:
    words = [sys.executable, "-m", "benchmarks", "edge"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "edge_proxy" in done.stderr


def test_one_theme_measured_anew_leaves_the_others(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    kept.write_text(json.dumps({"other": json.loads(RESULTS.read_text(encoding="utf-8"))["cli"]}), encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "benchmarks",
        "cli",
        "--quick",
        "--json",
        str(kept),
        "--page",
        str(tmp_path / "p.md"),
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    assert sorted(json.loads(kept.read_text(encoding="utf-8"))) == ["cli", "other"]
    assert (tmp_path / "p.md").read_text(encoding="utf-8") == page.whole(page.read(kept))
    assert "lab --help" in done.stdout


def test_contenders_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []
    found = take_turns(["a", "b", "c"], 3, lambda name: order.append(name) or len(order))
    assert order == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert found == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


def test_medians_are_taken_figure_by_figure() -> None:
    assert medians([{"a": 1, "b": 9}, {"a": 5, "b": 2}, {"a": 3, "b": 4}]) == {"a": 3, "b": 4}


def test_processor_time_is_that_of_the_program_and_its_children() -> None:
    child = "import time\nwhile time.process_time() < 60: pass"
    burn = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", burn]) as process:
        program = Program("burn", process, 0)
        used = program.cpu_s()
        while program.cpu_s() < used + 0.1:
            assert process.poll() is None
        program.stop()
    assert program.cpu_s() == 0
