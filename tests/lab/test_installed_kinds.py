"""A kind of each sort from a folder of somebody else's: one file and one test each, and it is known everywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

FILES = {
    "changes": (
        "rename",
        '''
"""A service goes by another name for a while."""

from typing import Any

from lab.changes import Change, changes
from lab.core.system import System


@changes.register("relabel")
class Relabel(Change):
    """Give a service's release another label, and change nothing else."""

    service: str
    label: str

    async def remember(self, system: System) -> Any:
        return await system.version(self.service)

    async def apply(self, system: System, token: Any) -> None:
        await system.patch(self.service, {}, version=self.label)

    async def revert(self, system: System, token: Any) -> None:
        await system.patch(self.service, {}, version=token)
''',
        """
from fakes import FakeSystem
from lab.changes import changes

async def test_it_relabels_and_takes_it_back():
    change, system = changes.read({"relabel": {"service": "orders", "label": "9.9.9"}}), FakeSystem()
    token = await change.remember(system)
    await change.apply(system, token)
    assert await system.version("orders") == "9.9.9"
    await change.revert(system, token)
    assert await system.version("orders") == "2.4.1"
""",
    ),
    "rules": (
        "teapot",
        '''
"""Answers are teapots."""

from typing import Any, ClassVar

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Exchange


@rules.register("teapot")
class Teapot(EdgeRule):
    """Answer every request as a teapot would."""

    example: ClassVar[dict[str, Any]] = {"spout": "short"}

    spout: str = "stout"

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        exchange.answer(418, {"Spout": self.spout}, b"")
''',
        """
from proxy_process import ProxyProcess
from urllib.error import HTTPError
from urllib.request import urlopen
import pytest

def test_it_answers_on_the_wire():
    proxy = ProxyProcess({"a-b": 9})
    proxy.control("PUT", "/rules/a-b", [{"teapot": {"spout": "short"}}])
    with pytest.raises(HTTPError) as answer:
        urlopen(f"http://127.0.0.1:{proxy.listens['a-b']}/")
    assert (answer.value.code, answer.value.headers["Spout"]) == (418, "short")
    answer.value.close()
    assert proxy.control("GET", "/stats")["a-b"]["rules"]["teapot"]["applied"] == 1
    proxy.close()
""",
    ),
    "probes": (
        "slowest",
        '''
"""The slowest request of all."""

from lab.core.units import say_ms
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("slowest")
class Slowest(ScopedProbe):
    """The longest duration of all requests in the window."""

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        return telemetry.percentile(self.scope(), 100, window)

    def say(self, value: float) -> str:
        return say_ms(value)

    def describe(self) -> str:
        return f"slowest request of {self.scope()}"
''',
        """
from fakes_telemetry import T0, request
from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.probes import probes
from lab.telemetry import Store, Telemetry

def test_it_measures_the_slowest(tmp_path):
    store = Store(tmp_path / "t.db", clock=ManualClock(T0 + 60))
    store.add_spans([request(ms=10), request(ms=300), request(ms=20)])
    probe = probes.read({"slowest": {"service": "orders", "below": 400}})
    value = probe.measure(Telemetry(store), Window(T0, T0 + 60))
    store.close()
    assert (value, probe.say(value), probe.holds(value)) == (300, "300 ms", True)
""",
    ),
    "questions": (
        "yes_or_no",
        '''
"""A question with two answers."""

from typing import Any

from lab.core.errors import UsageError
from lab.questions import Grade, QuestionKind, Run, graded, questions


@questions.register("yes_or_no")
class YesOrNo(QuestionKind):
    """Yes, or no."""

    right: bool
    because: str

    def help(self) -> str:
        return "Answer yes or no."

    def grade(self, answer: Any, run: Run) -> Grade:
        said = str(answer).strip().casefold()
        if said not in ("yes", "no"):
            raise UsageError(f"{answer!r} is neither yes nor no.", self.help())
        return graded(1.0 if (said == "yes") == self.right else 0.0, self.because)

    def truth(self, run: Run) -> str:
        return f"{'Yes' if self.right else 'No'}: {self.because}"
''',
        """
from fakes_run import NOW, run_on
from lab.core.clock import ManualClock
from lab.questions import questions
from lab.telemetry import Store, Telemetry

def test_it_tells_yes_from_no(tmp_path):
    store = Store(tmp_path / "t.db", clock=ManualClock(NOW))
    run = run_on(Telemetry(store))
    question = questions.read({"yes_or_no": {"right": True, "because": "it is"}})
    assert [question.grade(said, run).share for said in ("Yes", "no")] == [1.0, 0.0]
    store.close()
""",
    ),
}
KINDS = {"changes": "relabel", "rules": "teapot", "probes": "slowest", "questions": "yes_or_no"}
LOOK = """
import json, sys
sys.path.insert(0, "docs")
from generators import kinds
from lab.core.errors import LabError
from lab.scenario.kinds import SORTS
from lab.scenario.schema import schema as scenario_schema
page = kinds.pages()["kinds.md"]
schema = scenario_schema()["$defs"]
hints = {}
for sort, kind in json.loads(sys.argv[1]).items():
    try:
        SORTS[sort].get(kind + "s")
    except LabError as error:
        hints[sort] = error.hint
print(json.dumps({
    "hints": hints,
    "schema": {name: [option["title"] for option in schema[name]["anyOf"]]
               for name in ("Change", "Rule", "Probe", "Question")},
    "page": page,
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's package as pip would leave it: four files, four tests, and where the entry points lead."""
    folder = tmp_path_factory.mktemp("theirs")
    points = []
    for sort, (name, kind, test) in FILES.items():
        (folder / f"their_{name}.py").write_text(kind, encoding="utf-8")
        (folder / f"test_{name}.py").write_text(test, encoding="utf-8")
        points.append(f"[lab.{sort}]\n{name} = their_{name}\n")
    about = folder / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("\n".join(points), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    paths = [str(folder), str(ROOT), str(ROOT / "tests")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "100"}


def said(command: list[str], environment: dict[str, str], cwd: Path = ROOT) -> str:
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_test_passes_for_each_sort(folder: Path, environment: dict[str, str]) -> None:
    bare = {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = ["-m", "pytest", "-q", "-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto", "--rootdir", str(folder)]
    out = said(words, bare, folder)
    assert "4 passed" in out


def test_the_command_line_lists_it_with_its_parameters(environment: dict[str, str]) -> None:
    listed = json.loads(said(["-m", "lab.cli", "scenario", "kinds", "--json"], environment))
    theirs = {one["sort"]: one for one in listed if one["module"].startswith("their_")}
    assert {sort: one["kind"] for sort, one in theirs.items()} == KINDS
    assert theirs["rules"]["what"] == "Answer every request as a teapot would."
    assert theirs["rules"]["parameters"] == ["spout"]


@pytest.fixture(scope="module")
def found(environment: dict[str, str]) -> dict[str, Any]:
    """What another process finds."""
    return dict(json.loads(said(["-c", LOOK, json.dumps(KINDS)], environment)))


def test_schema_and_reference_have_it(found: dict[str, Any]) -> None:
    for name, kind in zip(("Change", "Rule", "Probe", "Question"), KINDS.values(), strict=True):
        assert kind in found["schema"][name]
    for kind in KINDS.values():
        assert f"\n### {kind}\n" in found["page"]
    assert "spout: short" in found["page"]


def test_a_misspelt_one_is_refused_with_the_right_name(found: dict[str, Any]) -> None:
    for sort, kind in KINDS.items():
        assert found["hints"][sort].startswith(f"Did you mean '{kind}'?")
