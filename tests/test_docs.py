"""The documentation is true: generated pages are current, links lead somewhere, commands exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from doc_commands import pages, printed
from doc_stand_ins import BEFORE, IN_PLACE, NOT_RUN

from lab.changes import changes
from lab.cli.root import leaves
from lab.probes import probes
from lab.questions import questions
from lab.rules import rules

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    if "generators" not in page.parts
)
WRITTEN = [page for page in PAGES if "reference" not in page.parts]
LEAVES = leaves()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(page: Path) -> list[str]:
    """Every `lab …` line of the page's plain fenced blocks."""
    found = []
    for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines() if language in ("", "console", "sh", "bash") else ():
            words = line.removeprefix("$ ").strip()
            if re.match(r"^(LAB_HOME=\S+ |LAB_DEBUG=1 )?lab [a-z]", words):
                found.append(words)
    return found


def test_the_generated_pages_are_what_the_code_says_now() -> None:
    said = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target or target.startswith(("#", "/")):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_lab_command_on_a_page_exists_with_its_options(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line, comments=True)
        words = words[words.index("lab") + 1 :]
        name = next((one for one in (" ".join(words[:2]), words[0]) if one in LEAVES), "")
        assert name, line
        command = LEAVES[name]
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        for word in words[1:]:
            if word.startswith("--") or re.fullmatch(r"-[a-z]", word):
                assert word.partition("=")[0] in known | {"--json", "--help", "-h"}, line


def test_some_commands_were_found() -> None:
    assert sum(len(commands(page)) for page in WRITTEN) > 30


def test_the_readmes_two_commands_are_targets_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("start", "test"):
        assert f"\nmake {target}\n" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("registry", [changes, probes, questions, rules], ids=lambda one: one.noun)
def test_every_kind_is_in_the_reference(registry: object) -> None:
    text = (ROOT / "docs/reference/kinds.md").read_text(encoding="utf-8")
    for kind in registry.names():  # type: ignore[attr-defined]
        assert f"\n### {kind}\n" in text, kind


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_no_page_speaks_down_or_shows_a_private_path(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\bsimply\b", text, re.IGNORECASE)
    assert not re.search(r"(/root/|/home/\w|/Users/\w)", text)


def test_every_command_that_is_not_run_as_printed_is_printed_somewhere() -> None:
    every = {str(page): printed(page) for page in pages()}
    assert NOT_RUN.keys() <= {command for commands in every.values() for command in commands}
    for name, instead in IN_PLACE.items():
        assert instead.keys() <= set(every[name]), name
        assert not instead.keys() & NOT_RUN.keys(), name
    assert BEFORE.keys() <= every.keys()


def test_most_commands_are_run_as_printed() -> None:
    every = [(str(page), command) for page in pages() for command in printed(page)]
    as_printed = [one for one in every if one[1] not in NOT_RUN and one[1] not in IN_PLACE.get(one[0], {})]
    assert len(as_printed) > 0.6 * len(every) > 90


def test_every_test_that_the_page_on_security_names_exists() -> None:
    text = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 40
    assert text.count("`tests/") == len(named) + len(re.findall(r"`tests/[\w/]*`", text))
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), name
