"""The command line starts quickly because it imports little."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import authoring, commands
from lab.cli.root import COMMANDS

HEAVY = (
    "pydantic", "rich", "fastapi", "sqlmodel", "locust", "docker", "httpx", "yaml", "psutil", "http.client", "asyncio",
    "subprocess", "aiohttp", "platformdirs",
)  # fmt: skip


def modules_after(code: str) -> set[str]:
    """What a fresh interpreter has imported after the code."""
    script = f"{code}\nimport sys\nprint(*sorted(sys.modules), sep='\\n', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import lab.cli",
        "import lab.cli.root",
        "import sys; sys.argv = ['lab', '--help']\nfrom lab.cli import main\ntry: main()\nexcept SystemExit: pass",
    ],
    ids=["lab.cli", "lab.cli.root", "lab --help"],
)
def test_help_imports_nothing_heavy(code: str) -> None:
    assert modules_after(code) & set(HEAVY) == set()


MODULES = [f"lab.cli.commands.{name}" for name in COMMANDS]
MODULES += [f"lab.cli.authoring.{path.stem}" for path in Path(str(authoring.__file__)).parent.glob("[a-z]*.py")]


@pytest.mark.parametrize("module", MODULES)
def test_loading_a_command_imports_nothing_heavy(module: str) -> None:
    assert modules_after(f"import {module}") & set(HEAVY) == set()


def test_help_does_not_load_the_commands_files() -> None:
    code = "import sys; sys.argv = ['lab', '--help']\nfrom lab.cli import main\ntry: main()\nexcept SystemExit: pass"
    assert not any(name.startswith("lab.cli.commands.") for name in modules_after(code))


def test_every_command_file_is_listed_in_the_help_and_the_other_way_round() -> None:
    files = {path.stem for path in Path(str(commands.__file__)).parent.glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)
