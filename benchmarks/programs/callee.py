"""The cheapest honest callee: uvloop, httptools, a fixed JSON answer. `python callee.py PORT`."""

import asyncio
import sys

import httptools
import uvloop

BODY = b'{"id":"o-1","total_cents":1250,"items":[1,2,3]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\nserver: stub\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY)
) + BODY


class Stub(asyncio.Protocol):
    """Answers each request at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.transport.write(ANSWER)  # type: ignore[attr-defined]  # a stream transport


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
