"""Every command explains itself with examples that work."""

import shlex
from pathlib import Path

import click
import pytest
from lab_on_fakes import Lab

from lab.cli.command import LabCommand
from lab.cli.root import COMMANDS, leaves, root

LEAVES = leaves()


def loaded(name: str) -> LabCommand:
    """The command of these words."""
    command = LEAVES[name]
    assert isinstance(command, LabCommand)
    return command


@pytest.mark.parametrize("name", LEAVES)
def test_a_command_has_one_to_four_examples_that_can_be_pasted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "our-incidents").mkdir()
    examples = loaded(name).examples
    assert 1 <= len(examples) <= 4
    for example in examples:
        lab, *given = shlex.split(example.split(" > ")[0])
        words = name.split()
        assert [lab, *given[: len(words)]] == ["lab", *words]
        rest = given[len(words) :]
        loaded(name).make_context(name, rest, parent=click.Context(root)).close()


@pytest.mark.parametrize("name", [*COMMANDS, *LEAVES])
def test_the_help_of_a_command_fits_80_columns(name: str, lab: Lab, home: Path) -> None:
    result = lab(*name.split(), "--help")
    long = [line for line in result.out.splitlines() if len(line) > 80 and "lab " not in line]
    assert (result.code, long) == (0, [])


def test_lab_alone_shows_the_help(lab: Lab, home: Path) -> None:
    assert lab().out == lab("--help").out


def test_the_version_is_told(lab: Lab, home: Path) -> None:
    from lab import __version__

    assert lab("--version").out == f"faultlab {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_and_how_to_install_it(shell: str, lab: Lab, home: Path) -> None:
    result = lab("completion", shell)
    assert "_LAB_COMPLETE" in result.out
    assert f"lab completion {shell} > " in result.err
