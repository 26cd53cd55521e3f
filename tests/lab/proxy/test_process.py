"""The process: ready quickly, quiet, gone with its parent, and polite when told to end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
EDGE = {"name": "a->b", "host": "127.0.0.1", "port": 9}


def started(config, **popen):
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.proxy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **popen,
    )
    line = config if isinstance(config, bytes) else json.dumps(config).encode() + b"\n"
    return process, process.communicate(line, timeout=20)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_says_where_it_listens_on_ports_nobody_else_is_given(make_proxy):
    proxy = make_proxy(edges=3)
    assert proxy.ready["pid"] == proxy.process.pid
    ports = [edge["listen"] for edge in proxy.ready["edges"].values()]
    assert list(proxy.ready["edges"]) == [f"gateway->orders-{number}" for number in range(3)]
    assert len({*ports, proxy.ready["control_port"]}) == 4
    assert all(20_000 <= port < 32_768 for port in [*ports, proxy.ready["control_port"]])


def test_it_is_small_until_there_are_rules(make_proxy):
    proxy = make_proxy(edges=3)
    with open(f"/proc/{proxy.process.pid}/maps") as maps:
        assert "pydantic" not in maps.read()


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process, (out, err) = started({"token": "t", "edges": [{**EDGE, "listen": port}]})
    assert process.returncode == 4
    assert out == b""
    assert err == b"Error: Port %d is taken. Try: Close the other program, or give another port.\n" % port


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (b"", b"is not JSON"),
        (b"{\n", b"is not JSON"),
        (b"[]\n", b"Expected the configuration as a JSON object"),
        ({"edges": []}, b"'token' is missing"),
        ({"token": "t", "edges": [], "tokn": 1}, b"Did you mean 'token'?"),
        ({"token": "t", "edges": [{"name": "a->b", "host": "a"}]}, b"'port' is missing in an edge"),
        ({"token": "t", "edges": [EDGE, EDGE]}, b"Two edges have the same name"),
        ({"token": "t", "edges": [], "timeouts": {"haed": 1}}, b"Did you mean 'head'?"),
    ],
)
def test_a_wrong_configuration_is_said_in_one_line(config, says):
    process, (_, err) = started(config)
    assert process.returncode == 2
    assert says in err
    assert err.count(b"\n") == 1


def test_told_to_end_it_finishes_what_is_under_way(make_proxy, make_callee, eventually):
    go_on = threading.Event()

    def serve(peer):
        peer.message()
        assert go_on.wait(5)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    proxy = make_proxy()
    edge = proxy.edge(make_callee(serve).port)
    idle, busy = edge.caller(), edge.caller()
    busy.send(LINE)
    eventually(lambda: edge.stats()["active"] == 1)
    proxy.process.send_signal(signal.SIGTERM)
    assert idle.read() == b""
    with pytest.raises(ConnectionRefusedError):
        eventually(lambda: edge.caller().close())
    go_on.set()
    head, body = busy.message()
    assert body == b"ok"
    assert b"\r\nConnection: close\r\n" in head
    assert proxy.process.wait(5) == 0
    edge.close()


def test_told_to_end_it_does_not_wait_for_what_never_ends(make_proxy, make_callee, eventually):
    proxy = make_proxy()
    edge = proxy.edge(make_callee(lambda peer: peer.read_all()).port)
    caller = edge.caller()
    caller.send(LINE)
    eventually(lambda: edge.stats()["active"] == 1)
    proxy.process.send_signal(signal.SIGTERM)
    assert proxy.process.wait(5) == 0
    edge.close()


def test_it_says_nothing_but_its_one_line(make_proxy, make_callee):
    proxy = make_proxy()
    edge = proxy.edge(make_callee().port)
    edge.put({"latency": {"delay": "1ms"}})
    caller = edge.caller()
    caller.get()
    caller.send(b"nonsense\r\n\r\n")
    caller.read_all()
    edge.close()
    proxy.process.send_signal(signal.SIGTERM)
    assert proxy.process.wait(5) == 0
    assert proxy.process.stdout.read() == proxy.process.stderr.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_it_ends_when_its_parent_is_killed(eventually):
    script = (
        "import json, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'lab.proxy'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdin.write(json.dumps({'token': 't', 'edges': [], 'exit_with_parent': True}).encode() + b'\\n')\n"
        "child.stdin.flush()\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    # the child's stdin must stay open, or its end could be what ends the child
    keep, give = os.pipe()
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT, pass_fds=[give])
    try:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
        parent.wait()
        eventually(lambda: not alive(pid))
    finally:
        parent.stdout.close()
        os.close(keep)
        os.close(give)


def test_without_being_asked_it_outlives_the_end_of_its_input(make_proxy):
    proxy = make_proxy(exit_with_parent=False)
    proxy.process.stdin.close()
    time.sleep(0.1)
    assert proxy.process.poll() is None
    assert proxy.control("GET", "/rules")


def test_where_the_kernel_promises_nothing_it_ends_with_its_input():
    script = (
        "import asyncio, uvloop, sys\n"
        "sys.platform = 'elsewhere'\n"
        "from lab.proxy.__main__ import main\n"
        "sys.exit(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    process.stdin.write(json.dumps({"token": "t", "edges": [], "exit_with_parent": True}).encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline()
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(5) == 0
    process.stdout.close()
