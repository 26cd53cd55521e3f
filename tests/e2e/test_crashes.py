"""Each process of the lab is killed in each state of a session: no orphan, a truthful status, nothing lost.

The console owns the session, so its end is the end of all; every other process comes back by itself.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from whole_lab import Said, WholeLab, eventually, listening

from lab.session.applied import in_force
from lab.session.journal import read

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.crash,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="needs signals"),
]
ROOT = Path(__file__).parents[2]
EARLY = ("starting", "baseline", "breaking")
LATE = ("open", "mitigated", "loading", "done")
FORKED = sys.platform == "linux" and os.environ.get("LAB_NO_FORK") != "1"
RESTARTED = ("gateway", "orders", "partner", "network", "customers")
KILLED = (*RESTARTED, *(("services' zygote", "customers' zygote") if FORKED else ()))
SHORT = """
windows:
  learn: {baseline: 2s, symptoms: 30s, load: 0.2}
  prove: {baseline: 2s, symptoms: 30s, load: 0.2}
"""


class Home(WholeLab):
    """One lab of a scenario in a hurry."""

    def __init__(self, home: Path, scenario: str, cache: Path | None) -> None:
        super().__init__(home)
        self.scenario = scenario
        if cache is not None:
            shutil.copytree(cache, home / "cache")

    def state(self) -> str | None:
        said = self.run("status", "--json")
        return str(said.json["state"]) if said.code == 0 else None

    def background(self, *words: str) -> None:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.Popen([*self.program, *words], env=self.env(), **quiet).returncode = 0  # type: ignore[call-overload]

    def reach(self, wanted: str) -> None:
        """Bring it to a state; one that runs already goes on from where it is."""
        if self.console() is None:
            if wanted == "starting":
                self.background("start", self.scenario, "--no-wait")
                assert eventually(lambda: self.console() is not None and self.state() is not None, 30)
                return
            self.get("start", self.scenario, "--no-wait")
        if wanted in EARLY:
            assert eventually(lambda: self.state() == wanted, 20), self.state()
            return
        assert eventually(lambda: self.state() in LATE, 40), self.run("status").err
        if wanted != "open":
            self.get("fix", "queue-payments")
        if wanted in ("loading", "done"):
            self.background("load")
            assert eventually(lambda: self.state() == wanted, 60), self.state()

    def victim(self, name: str) -> psutil.Process | None:
        """The process that is called so; None when there is none at this moment."""
        console = self.console()
        if console is None:
            return None
        try:
            zygotes = {
                "services' zygote": lambda one: one.cmdline()[:1] == ["services, warm"],
                "customers' zygote": lambda one: "lab.load.zygote" in one.cmdline(),
            }
            if name in zygotes:
                return next((one for one in console.children() if zygotes[name](one)), None)
            if name == "customers":
                known = [one for one in console.children(recursive=True) if looks_like_customers(one)]
                return known[0] if known else None
            said = self.run("status", "--json")
            pid = said.json["processes"].get(name) if said.code == 0 else None
            return None if pid is None else psutil.Process(pid)
        except psutil.NoSuchProcess:  # one of them ended meanwhile
            return None

    def nothing_is_left(self) -> bool:
        return eventually(lambda: not self.processes())


def looks_like_customers(process: psutil.Process) -> bool:
    words = process.cmdline()
    return words[:1] == ["customers"] or words[-1:] == ["lab.load"]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("mine") / "quick"
    shutil.copytree(ROOT / "scenarios/rate-limit", folder)
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text[: text.index("\nwindows:")] + SHORT, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, scenario: str) -> Path:
    """The shop's database, built once for all labs of this file."""
    lab = Home(tmp_path_factory.mktemp("first") / "home", scenario, None)
    lab.get("start", scenario, "--no-wait")
    lab.run("stop")
    return lab.home / "cache"


@pytest.fixture
def new_lab(tmp_path: Path, scenario: str, cache: Path) -> Iterator[Callable[[str], Home]]:
    made: list[Home] = []

    def make(name: str) -> Home:
        made.append(Home(tmp_path / name, scenario, cache))
        return made[-1]

    yield make
    for lab in made:
        lab.clean_up()


def assert_one_sentence(said: Said) -> None:
    assert said.err.count("Error:") == 1
    assert said.err.count("Try:") == 1
    assert "Traceback" not in said.err + said.out


def test_when_the_console_is_killed_all_ends_and_the_next_start_goes_on(new_lab: Callable[[str], Home]) -> None:
    lab = new_lab("one")
    for number, wanted in enumerate((*EARLY, *LATE)):
        lab.reach(wanted)
        if wanted == "open":
            assert lab.run("diagnose", "whose", "a", "--json").code in (0, 1)
        answered = lab.get("status")["score"]["answered"]
        tree = lab.tree()
        ports = listening(tree)
        journal = max((lab.home / "sessions").glob("*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
        tree[0].send_signal(signal.SIGKILL)
        assert eventually(lambda tree=tree: not any(one.is_running() for one in tree), 5), f"an orphan in {wanted}"  # type: ignore[misc]
        in_use = {one.laddr.port for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
        assert not ports & in_use
        said = lab.run("status")
        assert said.code == 3
        # `lab start` itself is still there when the lab is starting, and has the last word
        assert "stopped unexpectedly" in said.err or (wanted == "starting" and "No lab is running" in said.err)
        assert_one_sentence(said)

        lab.get("start", lab.scenario, "--no-wait")
        status = lab.get("status")
        assert (status["scenario"], status["resumed"]) == ("quick", True), wanted
        assert status["score"]["answered"] == answered
        assert status["mitigation"] is None
        assert in_force(read(journal)) == {}
        assert read(journal)[-1].details == {"how": "crashed"}
        assert len(list((lab.home / "run").iterdir())) == 1, "the killed run's files are gone"
        if number == len(EARLY) + len(LATE) - 1:
            assert answered == 1
    assert lab.run("stop").code == 0
    assert lab.nothing_is_left()


@pytest.mark.parametrize("wanted", LATE)
def test_any_other_process_comes_back_by_itself_in(wanted: str, new_lab: Callable[[str], Home]) -> None:
    lab = new_lab("one")
    lab.reach(wanted)
    for name in KILLED:
        victim = lab.victim(name)
        assert victim is not None, name
        victim.kill()
        said = lab.run("status", "--json")
        assert said.code == 0, f"after {name} was killed: {said.err}"
        assert victim.pid not in said.json["processes"].values() or not victim.is_running()
        assert eventually(lambda: set(RESTARTED) - {"customers"} <= set(lab.get("status")["processes"]), 20), name
        assert eventually(lambda: lab.victim("customers") is not None, 20), name
    assert eventually(lambda: lab.run("request", "GET", "/api/v1/products").code == 0, 20)
    if wanted == "loading":
        assert eventually(lambda: lab.state() in ("open", "mitigated", "done"), 60)
    else:
        assert lab.state() == wanted
    tree = lab.tree()
    assert lab.run("stop").code == 0
    assert eventually(lambda: not any(one.is_running() for one in tree))
    assert lab.nothing_is_left()


def test_any_other_process_killed_on_the_way_ends_in_an_incident_or_in_one_sentence(
    new_lab: Callable[[str], Home],
) -> None:
    def kill(case: tuple[str, str]) -> None:
        wanted, name = case
        lab = new_lab(f"{wanted}-{KILLED.index(name)}")
        lab.reach(wanted)
        assert eventually(lambda: lab.victim(name) is not None or lab.state() not in EARLY, 20), case
        victim = lab.victim(name)
        if victim is not None:
            victim.kill()
        assert eventually(lambda: lab.state() not in EARLY, 60), case
        if lab.state() == "open":
            assert lab.run("request", "GET", "/api/v1/products").code == 0, case
        else:
            assert_one_sentence(lab.run("status"))
        tree = lab.tree()
        assert lab.run("stop").code in (0, 3), case
        assert eventually(lambda: not any(one.is_running() for one in tree)), case
        assert lab.nothing_is_left(), case

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(kill, [(wanted, name) for wanted in EARLY for name in KILLED]))
