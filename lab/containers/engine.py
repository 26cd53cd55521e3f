"""The Docker engine: reached, checked, and asked about the lab's containers."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from lab.containers.troubles import LEAVE_OUT
from lab.core.errors import EnvironmentLacks, LabError

LABEL = "faultlab.lab"
"""Every container, network and volume of a lab carries it; its value is the lab's project."""
SERVICE, VOLUME = "com.docker.compose.service", "com.docker.compose.volume"
OLDEST_API, OLDEST_ENGINE = (1, 41), "20.10"
OLDEST_COMPOSE = (2, 20)
ANSWERS_WITHIN_S = 20
REMOVED_AT_ONCE = 8
INSTALL = "Install Docker (https://docs.docker.com/engine/install/), " + LEAVE_OUT + "."


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a lab: `state` as Docker says it (created, running, paused, restarting, exited, dead)."""

    id: str
    service: str
    project: str
    state: str
    status: str
    ports: tuple[int, ...]
    """Ports published on this machine."""


class Engine:
    """What the lab asks of the engine's API; LabError instead of the library's errors."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def version(self) -> str:
        """The engine's version, e.g. `28.0.1`."""
        return str(self._client.version().get("Version", "unknown"))

    def containers(self, project: str | None = None) -> list[Container]:
        """Those of one lab, or of all labs on this machine; stopped ones too."""
        wanted = LABEL if project is None else f"{LABEL}={project}"
        with _said():
            found = self._client.api.containers(all=True, filters={"label": wanted})
        return sorted((_container(one) for one in found), key=lambda one: (one.project, one.service))

    def labs(self) -> dict[str, int]:
        """Every lab in containers: project → how many containers, networks and volumes it has."""
        wanted = {"label": LABEL}
        with _said():
            found = self._client.api.containers(all=True, filters=wanted)
            found += self._client.api.networks(filters=wanted)
            found += self._client.api.volumes(filters=wanted).get("Volumes") or []
        return dict(Counter((one.get("Labels") or {}).get(LABEL, "") for one in found))

    def home_volume(self, project: str) -> str | None:
        """The volume with the home of a lab, whether it has containers or not."""
        wanted = {"label": [f"{LABEL}={project}", f"{VOLUME}=home"]}
        with _said():
            found = self._client.api.volumes(filters=wanted).get("Volumes") or []
        return str(found[0]["Name"]) if found else None

    @contextlib.contextmanager
    def holding(self, volume: str, path: str, project: str, image: str) -> Iterator[Container]:
        """A container that never runs and has the volume at `path`, so that it can be read."""
        api = self._client.api
        with _said():
            binds = api.create_host_config(binds={volume: {"bind": path, "mode": "ro"}})
            made = api.create_container(image, ["true"], labels={LABEL: project}, host_config=binds)["Id"]
        try:
            yield Container(made, "", project, "created", "", ())
        finally:
            with _said():
                _removed(partial(api.remove_container, force=True), made)

    def restarts(self, container: Container) -> tuple[int, int]:
        """How often the engine has restarted it, and the exit code it ended with last."""
        with _said():
            told = self._client.api.inspect_container(container.id)
        return int(told.get("RestartCount", 0)), int(told["State"].get("ExitCode", 0))

    def last_lines(self, container: Container, lines: int = 5) -> str:
        """The end of what it wrote."""
        with _said():
            text = self._client.api.logs(container.id, tail=lines, stdout=True, stderr=True)
        return str(text.decode("utf-8", "replace")).strip()

    def shown(self, container: Container) -> list[str]:
        """What anybody on the machine sees of it: its command and environment, and its processes, a line each."""
        with _said():
            told = self._client.api.inspect_container(container.id)["Config"]
            lines = [" ".join([*(told.get("Entrypoint") or ()), *(told.get("Cmd") or ())]), *(told.get("Env") or ())]
            return lines + [f"process {words}" for words in self.processes(container)]

    def processes(self, container: Container) -> list[str]:
        """The command of each of its processes."""
        with _said():
            table = self._client.api.top(container.id)
        command = table["Titles"].index("CMD")
        return [str(row[command]).strip() for row in table["Processes"]]

    def source_of(self, image: str) -> str | None:
        """The code that an image was built from, as its label says; None when there is no such image."""
        import docker.errors

        with _said():
            try:
                labels = self._client.images.get(image).labels
            except docker.errors.NotFound:
                return None
        return str(labels.get("faultlab.source", ""))

    def fetch(self, container: Container, path: str) -> bytes:
        """A file or folder of the container, running or not, as a tar file; empty when it has none."""
        with _said(), _gone():
            parts, _ = self._client.api.get_archive(container.id, path)
            return b"".join(parts)
        return b""

    def put(self, container: Container, path: str, archive: bytes) -> None:
        """Unpack a tar file into a folder of the container."""
        with _said():
            self._client.api.put_archive(container.id, path, archive)

    def unpause(self, container: Container) -> None:
        """Let it go on."""
        with _said():
            self._client.api.unpause(container.id)

    def remove(self, project: str, *, keep_volumes: bool = False) -> int:
        """Remove every container, network and volume of a lab; how many things that were."""
        wanted = {"label": f"{LABEL}={project}"}
        api = self._client.api
        with _said():
            networks = [one["Id"] for one in api.networks(filters=wanted)]
            found = [] if keep_volumes else api.volumes(filters=wanted).get("Volumes") or []
            volumes = [one["Name"] for one in found]
        containers = [one.id for one in self.containers(project)]
        with ThreadPoolExecutor(REMOVED_AT_ONCE) as crowd:  # each one takes the engine a while
            for remove, names in (
                (partial(api.remove_container, force=True, v=True), containers),
                (api.remove_network, networks),
                (partial(api.remove_volume, force=True), volumes),
            ):
                with _said():
                    list(crowd.map(partial(_removed, remove), names))
        return len(containers) + len(networks) + len(volumes)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def connect() -> Engine:
    """The engine of this machine; EnvironmentLacks when there is none, we may not use it, or it is too old."""
    import docker

    if shutil.which("docker") is None:
        raise EnvironmentLacks("Docker is not installed.", INSTALL)
    host = _host()
    if host and not host.startswith(("unix://", "npipe://")):
        raise EnvironmentLacks(
            f"Docker's engine is on another machine ({host}), and the lab needs one on this machine.",
            "Choose a local one (`docker context use default`, or unset DOCKER_HOST), " + LEAVE_OUT + ".",
        )
    _refuse_closed_door(host)
    # asked before the library does, which would leave its connection open when nobody answers
    probe = docker.APIClient(base_url=host or None, version=".".join(map(str, OLDEST_API)), timeout=ANSWERS_WITHIN_S)
    with contextlib.closing(probe), _said():
        told = probe.version(api_version=False)
    if tuple(map(int, told["ApiVersion"].split("."))) < OLDEST_API:
        raise EnvironmentLacks(
            f"This Docker engine is too old: {told.get('Version')}; containers need {OLDEST_ENGINE} or newer.",
            "Update Docker, " + LEAVE_OUT + ".",
        )
    with _said():
        return Engine(docker.DockerClient(base_url=host or None, version="auto", timeout=ANSWERS_WITHIN_S))


def _refuse_closed_door(host: str) -> None:
    """Knock at the engine's socket; where there is no such thing, the library finds out."""
    if not hasattr(socket, "AF_UNIX") or host.startswith("npipe"):
        return
    with socket.socket(socket.AF_UNIX) as knocking, _said():
        knocking.settimeout(ANSWERS_WITHIN_S)
        knocking.connect(host.removeprefix("unix://") or "/var/run/docker.sock")


def compose_version() -> str:
    """The version of the Compose plugin; EnvironmentLacks when it is missing or too old."""
    done = run(["docker", "compose", "version", "--short"])
    found = re.search(r"(\d+)\.(\d+)[.\d]*", done.stdout)
    if done.returncode or found is None:
        raise EnvironmentLacks(
            "Docker's Compose plugin is not installed.",
            "Install it (https://docs.docker.com/compose/install/; Debian, Ubuntu: "
            "`sudo apt install docker-compose-plugin`), " + LEAVE_OUT + ".",
        )
    if (int(found[1]), int(found[2])) < OLDEST_COMPOSE:
        raise EnvironmentLacks(
            f"Docker's Compose plugin is too old: {found[0]}; {'.'.join(map(str, OLDEST_COMPOSE))} or newer is needed.",
            "Update it (https://docs.docker.com/compose/install/), " + LEAVE_OUT + ".",
        )
    return found[0]


def run(words: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a short Docker command and keep what it says."""
    try:
        return subprocess.run(  # noqa: S603 - Docker's own program, no shell
            words, capture_output=True, text=True, errors="replace", timeout=ANSWERS_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentLacks(
            "Docker does not answer.", "Restart it (Docker Desktop, or `sudo systemctl restart docker`)."
        ) from None
    except OSError as error:
        raise EnvironmentLacks(f"Docker cannot be run: {error.strerror}.", INSTALL) from None


def _host() -> str:
    """Where the engine listens: as the environment says, else as the context in use does; empty: the usual place."""
    if given := os.environ.get("DOCKER_HOST"):
        return given
    done = run(["docker", "context", "inspect", "--format", "{{json .Endpoints.docker.Host}}"])
    with contextlib.suppress(ValueError):
        return str(json.loads(done.stdout.strip() or '""'))
    return ""


def _container(told: dict[str, Any]) -> Container:
    labels = told.get("Labels") or {}
    ports = sorted({one["PublicPort"] for one in told.get("Ports") or [] if one.get("PublicPort")})
    return Container(
        id=told["Id"],
        service=labels.get(SERVICE, told["Names"][0].lstrip("/")),
        project=labels.get(LABEL, ""),
        state=told["State"],
        status=told.get("Status", ""),
        ports=tuple(ports),
    )


def _removed(remove: Callable[[str], object], name: str) -> None:
    with _gone():
        remove(name)


@contextlib.contextmanager
def _gone() -> Any:
    """What somebody else removed meanwhile is removed."""
    import docker.errors

    with contextlib.suppress(docker.errors.NotFound):
        yield


@contextlib.contextmanager
def _said() -> Any:
    """The library's errors as ours."""
    import docker.errors
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise _explained(error) from None


def _explained(error: Exception) -> LabError:
    from lab.containers.troubles import explained

    told = f"{error}"
    if "Permission denied" in told:
        told = "permission denied: docker.sock"
    elif any(sign in told for sign in ("No such file", "Connection refused", "ConnectionRefused")):
        told = "Cannot connect to the Docker daemon"
    elif "Read timed out" in told:
        return EnvironmentLacks(
            "Docker does not answer.", "Restart it (Docker Desktop, or `sudo systemctl restart docker`)."
        )
    return explained(told, "The engine refused")
