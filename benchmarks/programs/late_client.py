"""Measures how long answers take over a number of connections. `python late_client.py PORT CONNECTIONS SECONDS [PATH]`.

Each connection asks again as soon as it has its answer. They begin spread over a while, because real callers do not
move in step, and the first second does not count. Prints the durations' percentiles as JSON, by exact nearest rank.
"""

import asyncio
import gc
import json
import math
import sys
from time import perf_counter

import uvloop

PATH = sys.argv[4] if len(sys.argv) > 4 else "/orders/o-1"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n".encode()
UNCOUNTED_S = 1.0
SPREAD_S = 0.25


def whole(head: bytes, body: bytes) -> bool:
    """Whether the answer is complete."""
    if b"\r\ncontent-length:" in head:
        return len(body) >= int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")


class Caller(asyncio.Protocol):
    """One connection."""

    durations_ms: list[float] = []  # noqa: RUF012  # shared by all connections, on purpose
    counted_from_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.held = b""
        self.ask()

    def ask(self) -> None:
        self.asked_s = perf_counter()
        self.transport.write(REQUEST)  # type: ignore[attr-defined]  # a stream transport

    def data_received(self, data: bytes) -> None:
        now_s = perf_counter()
        self.held += data
        head, end, body = self.held.partition(b"\r\n\r\n")
        if not end or not whole(head.lower(), body):
            return
        self.held = b""
        if now_s > Caller.counted_from_s:
            self.durations_ms.append((now_s - self.asked_s) * 1000)
        self.ask()


async def main(port: int, connections: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    Caller.counted_from_s = perf_counter() + SPREAD_S + UNCOUNTED_S
    for _ in range(connections):
        await loop.create_connection(Caller, "127.0.0.1", port)
        await asyncio.sleep(SPREAD_S / connections)
    gc.freeze()
    gc.disable()
    await asyncio.sleep(seconds + UNCOUNTED_S)
    durations = sorted(Caller.durations_ms)
    found = {f"p{p:g}": durations[max(1, math.ceil(p * len(durations) / 100)) - 1] for p in (50, 90, 95, 99, 99.9)}
    print(json.dumps({"requests": len(durations), "min": durations[0], **found, "max": durations[-1]}))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
