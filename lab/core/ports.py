"""Ports on loopback: the usual ones, and free ones."""

import random
import socket

from lab.core.errors import EnvironmentLacks

CONSOLE, GATEWAY = 7700, 8000
"""The usual ones; `TRIES` from there on are looked at."""
TRIES = 50
FIRST, LAST = 20_000, 31_999
"""All others, below the range from which systems take ports for outgoing connections."""


class PortTaken(EnvironmentLacks):
    """A port was free a moment ago and is not any more."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def pick(count: int) -> list[int]:
    """That many different free ports; EnvironmentLacks when there are none."""
    found: list[int] = []
    for port in random.Random().sample(range(FIRST, LAST + 1), 400 + count):
        if is_free(port):
            found.append(port)
            if len(found) == count:
                return found
    raise EnvironmentLacks("No free ports were found on 127.0.0.1.", "Close other programs and try again.")


def prefer(port: int, flag: str) -> int:
    """`port` if free, else the next free one above it; EnvironmentLacks naming the flag when there is none."""
    for candidate in range(port, port + TRIES):
        if is_free(candidate):
            return candidate
    raise EnvironmentLacks(
        f"Ports {port} to {port + TRIES - 1} are all taken.", f"Give a free one: `lab start {flag} 9000`"
    )


def explicit(port: int, flag: str) -> int:
    """`port` exactly, or EnvironmentLacks naming the flag."""
    if not is_free(port):
        raise EnvironmentLacks(f"Port {port} is taken.", f"Leave out {flag}, or give another port.")
    return port
