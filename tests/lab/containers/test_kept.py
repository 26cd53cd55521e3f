"""What `docker compose down` leaves of a lab comes home before anything is removed or written over."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from fakes_docker import FakeDocker, container
from lab_on_fakes import Lab

from lab.cli.places import project_of
from lab.containers import life
from lab.containers.life import Wish, open_lab

HERE, THERE = b'{"session": "a", "share": 0.5}\n', b'{"session": "b", "share": 0.9}\n'
START = ("start", "rate-limit", "--runtime", "compose")


def packed(name: str, content: bytes) -> bytes:
    """A tar file as the engine gives it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def down(docker: FakeDocker, home: Path) -> FakeDocker:
    """A lab that this home started, after `docker compose down`."""
    home.mkdir()
    (home / "progress.jsonl").write_bytes(HERE)
    told = {"url": "http://127.0.0.1:1", "pid": 0, "nonce": "n", "project": project_of(home)}
    published = {"console": 1, "gateway": 2}
    (home / "console.json").write_text(json.dumps({**told, "published": published}), encoding="utf-8")
    docker.kept = {
        "/var/lib/faultlab/progress.jsonl": packed("progress.jsonl", THERE),
        "/var/lib/faultlab/sessions": packed("sessions/s1/report.md", b"what happened"),
    }
    return docker


def test_stop_brings_home_what_is_in_a_volume_without_containers(lab: Lab, down: FakeDocker, home: Path) -> None:
    result = lab("stop", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["report"] == str(home / "sessions/s1/report.md")
    assert (home / "progress.jsonl").read_bytes() == HERE + THERE
    assert sorted(down.removed) == ["containers keeper", "volumes x_home"]


def test_stop_looks_into_every_container_that_is_called_the_consoles(
    lab: Lab, down: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = {**container("lab", project_of(home), "exited"), "Id": "by-hand"}
    down.containers = [by_hand, container("lab", project_of(home), "exited")]
    answer = down.answer
    monkeypatch.setattr(
        down,
        "answer",
        lambda method, path: (404, {"message": "none"}) if "hand/archive" in path else answer(method, path),
    )
    assert lab("stop").code == 0
    assert (home / "progress.jsonl").read_bytes() == HERE + THERE


def test_stop_removes_nothing_that_could_not_be_read(lab: Lab, down: FakeDocker) -> None:
    answer = down.answer
    down.answer = lambda method, path: (404, {"message": "gone"}) if "/images/" in path else answer(method, path)  # type: ignore[method-assign]
    result = lab("stop")
    assert (result.code, down.removed) == (4, [])
    assert "docker compose build lab" in " ".join(result.err.split())


def test_a_start_that_fails_brings_it_home_and_leaves_the_volume(lab: Lab, down: FakeDocker, home: Path) -> None:
    down.says["up --detach"] = (1, "Error response from daemon: the moon is full")
    assert lab(*START).code == 4
    assert (home / "progress.jsonl").read_bytes() == HERE + THERE
    assert down.removed == ["containers keeper"]


def test_a_start_goes_on_with_the_progress_of_both(
    lab: Lab, down: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def console(*_: object) -> dict[str, str]:
        down.containers = [container("lab", project_of(home))]
        return {"nonce": "n"}

    monkeypatch.setattr(life, "console_of", console)
    for name, value in down.env().items():
        monkeypatch.setenv(name, value)
    open_lab(Wish(home, project_of(home)), lambda _: None, lambda _: None)
    with tarfile.open(fileobj=io.BytesIO(down.given[-1])) as tar:
        file = tar.extractfile("progress.jsonl")
        assert file is not None
        assert file.read() == HERE + THERE
