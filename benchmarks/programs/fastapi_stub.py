"""A payments stub as most people write it: FastAPI on uvicorn. `python fastapi_stub.py PORT [DELAY_MS]`."""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
DELAY_S = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0


class Charge(BaseModel):
    """What is asked for."""

    amount: int
    currency: str
    card_token: str
    reference: str


@app.post("/v1/charges", status_code=201)
async def charge(asked: Charge) -> dict[str, object]:
    return {"id": "ch_1", "object": "charge", "status": "succeeded", **asked.model_dump()}


@app.get("/orders/{order_id}")
async def order(order_id: str) -> dict[str, object]:
    await asyncio.sleep(DELAY_S)
    return {"id": order_id, "total_cents": 1250, "items": [1, 2, 3]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
