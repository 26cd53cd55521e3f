"""Which faults really arrive on the wire, read from a raw socket."""

import contextlib
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import LOAD_CORE, Effort, Program, Row, Theme, free_port, python
from benchmarks.ours import EdgeProxy
from benchmarks.peers import Lacking, mocks
from benchmarks.peers.mocks import Delay

TITLE = "Faults on the wire"
REQUEST = b"GET /orders/o-1 HTTP/1.1\r\nHost: a\r\n\r\n"
SILENT_S = 0.7
RULES: dict[str, dict[str, Any]] = {
    "RST": {"reset": {}},
    "FIN before the answer": {"close": {}},
    "truncated body": {"truncate": {"keep": "50%"}},
    "bad chunk": {"bad_chunk": {"after_bytes": 10}},
    "dribble": {"dribble": {"bytes": 6, "every": "60ms"}},
    "hang": {"hang": {}},
}
# What each peer offers for the same; the documentation of each names these.
OFFERS: dict[str, dict[str, str]] = {
    "mountebank": {"RST": "CONNECTION_RESET_BY_PEER"},
    "WireMock": {
        "dribble": "dribble",
        "RST": "CONNECTION_RESET_BY_PEER",
        "FIN before the answer": "EMPTY_RESPONSE",
        "bad chunk": "MALFORMED_RESPONSE_CHUNK",
    },
    "Mockoon": {},
    "Prism": {},
}


def seen(port: int) -> str:
    """What a caller gets, in the words of `RULES`."""
    with socket.create_connection(("127.0.0.1", port), timeout=SILENT_S) as caller:
        caller.sendall(REQUEST)
        got, pieces, last_s = b"", 0, time.perf_counter()
        while True:
            try:
                part = caller.recv(65536)
            except ConnectionResetError:
                return "RST"
            except TimeoutError:
                return "hang" if not got else "no end"
            if not part:
                break
            now_s = time.perf_counter()
            pieces += now_s - last_s > 0.03 and bool(got)
            last_s, got = now_s, got + part
            if _whole(got):
                return "dribble" if pieces >= 3 else "whole answer"
    head, _, body = got.partition(b"\r\n\r\n")
    if not got:
        return "FIN before the answer"
    return "bad chunk" if b"chunked" in head.lower() and not body.endswith(b"0\r\n\r\n") else "truncated body"


def _whole(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    fields = head.lower()
    if not end:
        return False
    if b"content-length:" in fields:
        return len(body) >= int(fields.split(b"content-length:")[1].split(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")


def measure(_effort: Effort) -> Theme:
    """Each fault of each tool, three times."""
    theme = Theme(TITLE, [], ("asked for", "edge proxy", *OFFERS))
    saw: dict[str, dict[str, str]] = {"edge proxy": {}}
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as given:
        callee = python("callee", "callee.py", port=free_port(), core=LOAD_CORE)
        stack.callback(callee.stop)
        ours = EdgeProxy(callee.port)
        stack.callback(ours.program.stop)
        for fault, rule in RULES.items():
            ours.put(rule)
            saw["edge proxy"][fault] = _agreed([seen(ours.program.port) for _ in range(3)])
        for name, offers in OFFERS.items():
            saw[name] = {}
            for fault, word in offers.items():
                saw[name][fault] = _peer(name, word, Path(given), theme)
    theme.raw = {"seen": saw}
    theme.table = [(fault, *(saw[name].get(fault, "–") for name in saw)) for fault in RULES]
    right = [fault for fault in RULES if saw["edge proxy"][fault] == fault]
    resets = [name for name in saw if saw[name].get("RST") == "RST" and name != "edge proxy"]
    theme.rows.append(
        Row(
            "faults that are on the wire what they are called",
            f"{len(right)} of {len(RULES)}",
            f"a real RST: {', '.join(resets) or 'no peer'}",
            "all, a real RST among them",
            len(right) == len(RULES),
        )
    )
    theme.notes.append("A dash is a fault that the tool does not offer")
    return theme


def _peer(name: str, fault: str, folder: Path, theme: Theme) -> str:
    try:
        program: Program = mocks.MOCKS[name](folder, Delay(fault=fault))
    except (Lacking, RuntimeError) as why:
        theme.notes.append(f"Not to be had here: {why}")
        return "?"
    try:
        return _agreed([seen(program.port) for _ in range(3)])
    finally:
        program.stop()


def _agreed(answers: list[str]) -> str:
    return answers[0] if len(set(answers)) == 1 else " or ".join(sorted(set(answers)))
