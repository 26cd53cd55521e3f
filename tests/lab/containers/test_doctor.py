"""What `lab doctor` says of Docker: the lab needs none, so nothing about it is ever lacking."""

import json
from pathlib import Path

from fakes_docker import FakeDocker, container
from lab_on_fakes import Lab

from lab.cli.places import project_of


def findings(lab: Lab) -> dict[str, dict[str, str]]:
    """What the doctor says, by what it looked at."""
    result = lab("doctor", "--json")
    assert result.code == 0
    return {one["what"]: one for one in json.loads(result.out)["findings"]}


def test_an_engine_with_compose_is_named_with_its_versions(lab: Lab) -> None:
    found = findings(lab)
    assert found["Docker"]["have"] == "20.10.24, Compose 2.26.1"
    assert (found["containers"]["state"], found["containers"]["have"]) == ("ok", "none")


def test_an_engine_that_does_not_answer_is_a_note_with_its_remedy(lab: Lab, docker: FakeDocker) -> None:
    docker.socket.unlink()
    found = findings(lab)["Docker"]
    assert (found["state"], found["have"]) == ("note", "No Docker engine answers.")
    assert "systemctl start docker" in found["remedy"]


def test_no_docker_at_all_is_fine(lab: Lab, docker: FakeDocker, monkeypatch: object, home: Path) -> None:
    docker.program.unlink()
    docker.env = lambda: {"PATH": str(docker.program.parent)}  # type: ignore[method-assign]
    found = findings(lab)
    assert (found["Docker"]["state"], found["Docker"]["have"]) == ("ok", "not installed")
    assert "containers" not in found


def test_containers_of_other_labs_are_named_with_what_removes_them(lab: Lab, docker: FakeDocker) -> None:
    docker.containers = [container("db", "faultlab-old", "exited"), container("lab", "faultlab-old", "exited")]
    found = findings(lab)["containers"]
    assert (found["state"], found["have"]) == ("note", "faultlab-old (4)")
    assert "`docker compose --project-name faultlab-old --profile observability down --volumes`" in found["remedy"]


def test_the_containers_of_this_homes_lab_are_not_left_over(lab: Lab, docker: FakeDocker, home: Path) -> None:
    home.mkdir()
    mine = project_of(home)
    told = {"url": "http://127.0.0.1:1", "pid": 0, "nonce": "n", "project": mine}
    (home / "console.json").write_text(json.dumps(told), encoding="utf-8")
    docker.containers = [container("lab", mine)]
    assert findings(lab)["containers"]["state"] == "ok"
