"""What can be wrong with Docker: one sentence, one remedy, exit code 4, and nothing left behind."""

import socket
from pathlib import Path

import pytest
from fakes_docker import FakeDocker, container
from lab_on_fakes import Lab, Result

from lab.cli.places import project_of
from lab.containers import project, starting
from lab.containers.troubles import explained

START = ("start", "rate-limit", "--runtime", "compose")


def said(result: Result) -> str:
    """The error in one line, after it was found to be one sentence and one remedy."""
    text = " ".join(result.err.split())
    assert result.code == 4, text
    assert "Traceback" not in text
    assert text.count("Error:") == text.count("Try:") == 1
    return text


def test_without_docker_it_says_how_to_get_it_or_do_without(
    lab: Lab, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.program.unlink()
    monkeypatch.setattr(docker, "env", lambda: {"PATH": str(docker.program.parent)})
    text = said(lab(*START))
    assert "Docker is not installed." in text
    assert "leave out `--runtime compose`" in text


def test_an_engine_that_is_not_there_is_told_with_how_to_start_it(lab: Lab, docker: FakeDocker) -> None:
    docker.socket.unlink()
    text = said(lab(*START))
    assert "No Docker engine answers." in text
    assert "sudo systemctl start docker" in text


def test_an_engine_that_is_too_old_is_told_with_what_is_needed(lab: Lab, docker: FakeDocker) -> None:
    docker.api = "1.39"
    assert "too old: 20.10.24; containers need 20.10 or newer" in said(lab(*START))


def test_an_engine_elsewhere_is_refused(lab: Lab, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "env", lambda env=docker.env: env() | {"DOCKER_HOST": "tcp://10.0.0.1:2375"})
    assert "on another machine (tcp://10.0.0.1:2375)" in said(lab(*START))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((1, "docker: 'compose' is not a docker command."), "Compose plugin is not installed"),
        ((0, "1.29.2"), "Compose plugin is too old: 1.29.2; 2.20 or newer is needed"),
    ],
)
def test_a_missing_or_old_compose_plugin_is_told(
    lab: Lab, docker: FakeDocker, answer: tuple[int, str], what: str
) -> None:
    docker.says["compose version"] = answer
    assert what in said(lab(*START))


def test_a_port_asked_for_by_name_that_is_taken_is_told_before_anything_is_built(lab: Lab, docker: FakeDocker) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port} is taken." in said(lab(*START, "--port", port))
    assert not any("build" in call for call in docker.calls())


@pytest.mark.parametrize(
    ("step", "text", "what"),
    [
        (
            "build lab",
            "#15 ERROR: write /opt/faultlab/lib/x.so: no space left on device",
            "The disk is full: Docker has no room left.",
        ),
        (
            "build lab",
            "#2 [internal] load metadata for docker.io/library/python:3.13-slim\n#2 ERROR: failed to do request: "
            'Head "https://registry-1.docker.io/v2/library/python/manifests/3.13-slim": dial tcp: lookup '
            "registry-1.docker.io: no such host\nfailed to solve: python:3.13-slim: failed to resolve source metadata "
            "for docker.io/library/python:3.13-slim: failed to do request",
            "The image python:3.13-slim is not on this machine and cannot be fetched.",
        ),
        (
            "build lab",
            "#9 12.1 ERROR: Could not find a version that satisfies the requirement aiohttp (from versions: none)\n"
            "#9 12.1 ERROR: No matching distribution found for aiohttp==3.13.2",
            "Python's libraries cannot be fetched.",
        ),
        (
            "up --detach",
            "Error response from daemon: driver failed programming external connectivity on endpoint faultlab-lab-1 "
            "(3f): Bind for 127.0.0.1:7700 failed: port is already allocated",
            "Port 7700 is taken by another program.",
        ),
        (
            "up --detach",
            'time="2026-11-28T10:11:12Z" level=warning msg="Found orphan containers"\n'
            "Error response from daemon: Bind for 127.0.0.1:7700 failed: port is already allocated",
            "Port 7700 is taken by another program.",
        ),
        (
            "up --detach",
            "Error response from daemon: Ports are not available: exposing port TCP 127.0.0.1:8000 -> 0.0.0.0:0: "
            "listen tcp 127.0.0.1:8000: bind: address already in use",
            "Port 8000 is taken by another program.",
        ),
        (
            "up --detach",
            "failed to create network faultlab_outside: Error response from daemon: could not find an available, "
            "non-overlapping IPv4 address pool among the defaults to assign to the network",
            "Docker has no addresses left for another network.",
        ),
        (
            "up --detach",
            'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup '
            "registry-1.docker.io on 127.0.0.53:53: no such host",
            "An image is not on this machine and cannot be fetched.",
        ),
        ("up --detach", "Error response from daemon: the moon is full", "Docker says: Error response from daemon"),
    ],
)
def test_what_docker_refuses_is_one_sentence(lab: Lab, docker: FakeDocker, step: str, text: str, what: str) -> None:
    docker.says[step] = (1, text)
    assert what in said(lab(*START))


def test_no_right_to_use_the_engine_is_told_with_how_to_get_it() -> None:
    told = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
    error = explained(told, "x")
    assert error.what == "You may not use the Docker engine."
    assert "usermod -aG docker" in error.hint


def test_a_container_that_keeps_restarting_is_told_with_its_last_lines(
    lab: Lab, docker: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    appear(docker, home, monkeypatch, container("db", project_of(home), "restarting"))
    docker.inspected = {"RestartCount": 4, "State": {"ExitCode": 1}}
    docker.logs = b"initdb: error: directory exists\nFATAL: giving up\n"
    text = said(lab(*START))
    assert "The container db keeps restarting (exit 1)." in text
    assert "initdb: error: directory exists / FATAL: giving up" in text
    assert sorted(docker.removed) == ["containers dbdbdb", "networks net1", "volumes x_home"]


def test_a_console_that_never_answers_is_told_with_the_state_of_all(
    lab: Lab, docker: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "CONSOLE_WITHIN_S", 0.3)
    appear(docker, home, monkeypatch, container("lab", project_of(home)))
    text = said(lab(*START))
    assert "did not answer within 0 seconds (lab: running)." in text
    assert docker.removed


def appear(docker: FakeDocker, home: Path, monkeypatch: pytest.MonkeyPatch, *containers: object) -> None:
    """These containers are there once `docker compose up` was called, and not before."""
    answer = docker.answer

    def answered(method: str, path: str) -> tuple[int, object]:
        docker.containers = list(containers) if any("up --detach" in call for call in docker.calls()) else []  # type: ignore[arg-type]
        return answer(method, path)

    monkeypatch.setattr(docker, "answer", answered)


def test_containers_that_somebody_else_started_are_left_alone(lab: Lab, docker: FakeDocker, home: Path) -> None:
    docker.containers = [container("lab", project_of(home), port=7700)]
    text = said(lab(*START))
    assert "started without this command are there already" in text
    assert "its progress included: `docker compose --profile observability down --volumes`" in text
    assert docker.removed == []


def test_an_installed_lab_without_the_project_says_what_it_needs(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project.lab, "__file__", str(tmp_path / "site-packages/lab/__init__.py"))
    monkeypatch.chdir(tmp_path)
    text = said(lab(*START))
    assert "built from the project's folder" in text
    assert "leave out `--runtime compose`" in text


def test_two_folders_of_scenarios_are_refused(lab: Lab, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    result = lab(*START, "--scenarios", str(tmp_path / "one"), "--scenarios", str(tmp_path / "two"))
    assert result.code == 2
    assert "only one folder" in result.err
