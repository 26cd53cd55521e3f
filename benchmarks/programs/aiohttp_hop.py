"""A bare ASGI application that passes requests on by aiohttp. `python aiohttp_hop.py PORT UPSTREAM_PORT`."""

import sys
from typing import Any

import aiohttp
import uvicorn

clients: list[aiohttp.ClientSession] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] == "lifespan.startup":
            connector = aiohttp.TCPConnector(limit=0)
            clients.append(aiohttp.ClientSession(f"http://127.0.0.1:{sys.argv[2]}", connector=connector))
            await send({"type": "lifespan.startup.complete"})
        await clients[0].close()
        await send({"type": f"{message['type']}.complete"})
        return
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    body += message.get("body", b"")
    async with clients[0].request(scope["method"], scope["path"], data=body or None) as answer:
        content = await answer.read()
        kind = answer.headers.get("content-type", "").encode()
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="on")
