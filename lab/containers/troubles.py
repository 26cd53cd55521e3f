"""What Docker says when something is wrong, as one sentence and one remedy."""

import re

from lab.core.errors import EnvironmentLacks, LabError
from lab.core.ports import PortTaken

LEAVE_OUT = "or leave out `--runtime compose`: the lab needs no containers"
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"no space left on device|disk quota exceeded|not enough space",
        "The disk is full: Docker has no room left.",
        "See what takes it (`docker system df`) and free some (`docker system prune`).",
    ),
    (
        r"(?:port is already allocated|address already in use|ports are not available).*?:(?P<port>\d+)"
        r"|\d\.\d+:(?P<port2>\d+)\b.*?(?:port is already allocated|address already in use)",
        "Port {port} is taken by another program.",
        "Give others with `--port` and `--gateway-port`, or end that program.",
    ),
    (
        r"port is already allocated|address already in use",
        "A port that the containers need is taken by another program.",
        "Give others with `--port` and `--gateway-port`, or end that program.",
    ),
    (
        r"non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted",
        "Docker has no addresses left for another network.",
        "Remove networks that nobody uses: `docker network prune`.",
    ),
    (
        r"permission denied.*(?:docker\.sock|docker daemon)|dial unix.*permission denied",
        "You may not use the Docker engine.",
        "Let yourself in (`sudo usermod -aG docker $USER`, then log in anew), " + LEAVE_OUT + ".",
    ),
    (
        r"cannot connect to the docker daemon|is the docker daemon running|error during connect",
        "No Docker engine answers.",
        "Start Docker (Docker Desktop, or `sudo systemctl start docker`), " + LEAVE_OUT + ".",
    ),
    (
        r"(?P<image>[a-z0-9._/-]+:[a-z0-9._-]+): (?:failed to resolve source metadata|failed to do request)"
        r"|failed to resolve source metadata for (?:docker\.io/(?:library/)?)?(?P<image2>[a-z0-9._/-]+:[a-z0-9._-]+)"
        r"|unable to find image '(?P<image3>[^']+)'",
        "The image {image} is not on this machine and cannot be fetched.",
        "Connect to the internet and start again, or load the image from a file: `docker load --input FILE`.",
    ),
    (
        r"pull access denied|manifest unknown|failed to resolve reference|registry-1\.docker\.io|no such host",
        "An image is not on this machine and cannot be fetched.",
        "Connect to the internet and start again, or load the image from a file: `docker load --input FILE`.",
    ),
    (
        r"no matching distribution found|could not find a version|connection to .*pypi|pypi\.org.*(?:failed|refused)"
        r"|files\.pythonhosted\.org|NewConnectionError",
        "The image could not be built: Python's libraries cannot be fetched.",
        "Connect to the internet and start again.",
    ),
)


def explained(said: str, doing: str) -> LabError:
    """The error behind what a Docker command wrote; `doing` is what failed, as in `The image could not be built`."""
    text = " ".join(said.split())
    for pattern, what, hint in _KNOWN:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            named = {name.rstrip("23"): value for name, value in found.groupdict().items() if value}
            kind = PortTaken if "taken by another program" in what else EnvironmentLacks
            return kind(what.format(**named), hint)
    last = [line.strip() for line in said.splitlines() if line.strip()][-3:]
    return EnvironmentLacks(
        f"{doing}. Docker says: {' / '.join(last) or 'nothing'}", "Mend that and start again; `lab doctor` shows more."
    )
