"""Ports fall forward when taken, unless they were asked for by name."""

import socket
from collections.abc import Iterator

import pytest

from lab.core import ports
from lab.core.errors import EnvironmentLacks


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", ports.pick(1)[0]))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_preferred_port_that_is_taken_falls_forward(taken: int) -> None:
    assert taken < ports.prefer(taken, "--port") < taken + 50


def test_an_explicit_port_that_is_taken_is_an_error_that_names_the_flag(taken: int) -> None:
    with pytest.raises(EnvironmentLacks, match=f"Port {taken} is taken") as caught:
        ports.explicit(taken, "--gateway-port")
    assert "--gateway-port" in caught.value.hint


def test_picked_ports_differ_and_lie_below_the_range_of_outgoing_connections() -> None:
    picked = ports.pick(8)
    assert len(set(picked)) == 8
    assert all(ports.FIRST <= port <= ports.LAST < 32768 for port in picked)
