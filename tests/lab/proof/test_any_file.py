"""A scenario folder from a stranger may hold anything: it is a scenario, or its mistakes are told with their places."""

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.proof.check import check
from lab.scenario import every, shipped_dir

SOURCE = (shipped_dir() / "rate-limit" / "scenario.yaml").read_text(encoding="utf-8")
ODD = ("null", "[]", "{}", "-1", "1e400", ".nan", "''", "${quota}", "${}", "$", "&a [*a]", "!!python/name:os.system")
ODD += ("[" * 2000, "{a: " * 500, "2026-01-01", "!!binary QQ==", "? [1]", "<<: *x", "\x00", "\ufeff", "0x10", "~", "|")
ODD += ("> \n", "%", "@", "x" * 5000)


def mutated(seed: int) -> str:
    """The file with a few of its lines lost, doubled, moved, or with another value."""
    rng = random.Random(seed)
    lines = SOURCE.splitlines()
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                lines.insert(at, lines.pop(rng.randrange(len(lines))))
            case 3:
                key, colon, _ = lines[at].partition(": ")
                lines[at] = f"{key}{colon}{rng.choice(ODD)}"
            case 4:
                lines[at] = " " * rng.randrange(9) + lines[at].strip()
            case _:
                place = rng.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:place] + rng.choice(ODD) + lines[at][place:]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a scenario, to be spoiled."""
    return Path(shutil.copytree(shipped_dir() / "rate-limit", tmp_path_factory.mktemp("stranger") / "rate-limit"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what the services can do is kept."""
    return tmp_path_factory.mktemp("cache")


def checked_or_told(folder: Path, cache: Path) -> None:
    checked = check(folder, cache)
    for problem in [*checked.problems, *checked.advice]:
        assert problem.what
        assert problem.line >= 1
        assert problem.column >= 1
    if checked.scenario is None:
        assert checked.problems
    elif checked.ok:
        assert all(variant.text("brief") for variant in every(checked.scenario))


@given(st.integers(0, 1 << 32))
@settings(max_examples=60)
def test_a_spoiled_scenario_is_told_where_it_is_wrong(folder: Path, cache: Path, seed: int) -> None:
    (folder / "scenario.yaml").write_text(mutated(seed), encoding="utf-8")
    checked_or_told(folder, cache)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
@settings(max_examples=60)
def test_any_bytes_at_all_are_told_to_be_no_scenario(folder: Path, cache: Path, data: bytes) -> None:
    (folder / "scenario.yaml").write_bytes(data)
    checked_or_told(folder, cache)
