"""Containers that were there before a start may hold an interrupted run: nothing that goes wrong removes them."""

import json
from pathlib import Path

import pytest
from fakes_console import FakeConsole
from fakes_docker import FakeDocker, container
from lab_on_fakes import Lab

from lab.cli import places
from lab.cli.commands import start
from lab.cli.places import project_of
from lab.containers import life, luggage
from lab.containers.life import Opened, Wish, open_lab
from lab.containers.project import Project
from lab.core import ports
from lab.remote.client import Console

START = ("start", "rate-limt", "--runtime", "compose")


@pytest.fixture(autouse=True)
def console(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console came up, though nobody answers when it is asked for a session."""
    monkeypatch.setattr(life, "console_of", lambda *_: {"nonce": "n"})


@pytest.fixture
def crashed(docker: FakeDocker, home: Path) -> FakeDocker:
    """A lab that this home started, after a reboot."""
    home.mkdir()
    console, gateway = ports.pick(2)
    told = {"url": f"http://127.0.0.1:{console}", "pid": 0, "nonce": "n", "project": project_of(home)}
    published = {"console": console, "gateway": gateway}
    (home / "console.json").write_text(json.dumps({**told, "published": published}), encoding="utf-8")
    docker.containers = [container("lab", project_of(home), "exited")]
    return docker


def test_an_error_leaves_containers_that_were_there(lab: Lab, crashed: FakeDocker, home: Path) -> None:
    assert lab(*START).code != 0
    assert crashed.removed == []
    assert (home / "console.json").exists()


def test_an_error_removes_containers_that_this_start_made(
    lab: Lab, docker: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [container("lab", project_of(home))]
    monkeypatch.setattr(Project, "up", lambda *_: docker.containers.extend(made))
    assert lab(*START).code != 0
    assert "containers lablablab" in docker.removed
    assert not (home / "console.json").exists()


def interrupted(*_: object) -> None:
    """Stands in for whatever Ctrl-C comes into."""
    raise KeyboardInterrupt


def test_ctrl_c_leaves_them_and_says_so(lab: Lab, crashed: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_opened", interrupted)
    result = lab("start", "--runtime", "compose")
    assert (result.code, crashed.removed) == (130, [])
    assert "the containers that were there before are kept." in " ".join(result.err.split())


@pytest.mark.parametrize(
    ("state", "said"), [("starting", "the lab goes on in its containers."), ("failed", "there before are kept.")]
)
def test_ctrl_c_says_of_a_session_that_has_begun_that_it_goes_on(
    lab: Lab, crashed: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch, state: str, said: str
) -> None:
    fake = FakeConsole(home.with_name("contained"), running=False).start()

    def begun(_lab: object, console: Console, _asked: object) -> None:
        console.post("/api/session", {"scenario": "rate-limit"})
        fake.states = [state]
        raise KeyboardInterrupt

    monkeypatch.setattr(places.Containers, "opened", lambda place: _opened(place, fake.url))
    monkeypatch.setattr(start, "_opened", begun)
    result = lab("start", "--runtime", "compose")
    fake.close()
    assert (result.code, crashed.removed) == (130, [])
    assert said in " ".join(result.err.split())


def _opened(place: places.Containers, url: str) -> Console:
    place._opened = Opened(url, there=True, kept=True)
    return Console(url)


@pytest.mark.parametrize(
    "into", ["the start of the containers", "the progress on its way", "the address", "the start of the session"]
)
def test_ctrl_c_ends_new_containers_and_keeps_the_volume_that_was_there(
    lab: Lab, crashed: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch, into: str
) -> None:
    crashed.containers, crashed.kept = [], {}
    made = [container("lab", project_of(home))]

    def up(*_: object) -> None:
        crashed.containers.extend(made)
        if into == "the start of the containers":
            raise KeyboardInterrupt

    monkeypatch.setattr(Project, "up", up)
    monkeypatch.setattr(start, "_opened", interrupted)
    if into == "the progress on its way":
        monkeypatch.setattr(luggage, "take_along", interrupted)
    if into == "the address":
        monkeypatch.setattr(life, "_announce", interrupted)
    result = lab("start", "--runtime", "compose")
    assert result.code == 130
    assert "everything it had begun is stopped." in " ".join(result.err.split())
    assert "containers lablablab" in crashed.removed
    assert not [one for one in crashed.removed if one.startswith("volumes")]
    assert (home / "console.json").exists(), "`lab stop` brings home what the volume holds"


def test_the_folder_of_scenarios_is_shown_again(
    lab: Lab, crashed: FakeDocker, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path | None] = []
    monkeypatch.setattr(Project, "up", lambda self, _: shown.append(self.scenarios))
    for name, value in crashed.env().items():
        monkeypatch.setenv(name, value)
    for scenarios in (tmp_path, None):
        open_lab(Wish(home, project_of(home), scenarios=scenarios), lambda _: None, lambda _: None)
    assert shown == [tmp_path, tmp_path]
