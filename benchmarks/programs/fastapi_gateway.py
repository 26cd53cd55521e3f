"""What most people write first: a gateway of FastAPI and httpx. `python fastapi_gateway.py PORT UPSTREAM_PORT`."""

import sys

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

app, upstream = FastAPI(), httpx.AsyncClient(base_url=f"http://127.0.0.1:{sys.argv[2]}")


@app.api_route("/{path:path}", methods=["GET", "POST"])
async def forward(request: Request, path: str) -> Response:
    answer = await upstream.request(request.method, f"/{path}", content=await request.body())
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
