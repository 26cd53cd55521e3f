"""The learner's own account at the partner: a test key, its request log, an inbox for webhooks."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from lab.questions.steps.received import SANDBOX, Received
from lab.session.inbox import Delivery, Inbox, forged

FORGED_AFTER_S = 0.7
LOG = "/v2/request_log"


@dataclass
class Sandbox:
    """What the learner has there; `log` is refreshed from the partner, who keeps it."""

    forges: bool = False
    key: str = field(default_factory=lambda: f"pk_test_{secrets.token_hex(8)}")
    inbox: Inbox = field(default_factory=Inbox)
    log: tuple[Received, ...] = ()
    _forging: asyncio.Task[None] | None = None

    def received(self) -> list[Received]:
        """Everything of the learner's that the partner or the inbox received."""
        return [*self.log, *self.inbox.received()]

    async def refresh(self, url: str) -> None:
        """Read the request log anew; what cannot be had now stays as it was."""
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client,
                client.get(f"{url}{LOG}", headers=headers) as answer,
            ):
                told = await answer.json(content_type=None)
                self.log = tuple(sorted(map(_received, told["items"]), key=lambda one: one.start_s))
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError):
            return

    def arrived(self, delivery: Delivery) -> None:
        """A message has come. After the first one somebody else sends a forged one too, if the lesson says so."""
        if self.forges and self._forging is None and delivery.event.get("type") == "payment.captured":
            self._forging = asyncio.create_task(self._forge(delivery))

    async def _forge(self, genuine: Delivery) -> None:
        await asyncio.sleep(FORGED_AFTER_S)
        self.inbox.take(*forged(genuine))


def _received(told: Mapping[str, Any]) -> Received:
    began = float(told["started_at"])
    number = told.get("payment")
    return Received(
        to=SANDBOX,
        method=told["method"],
        route=told["route"],
        path=told["path"],
        status=int(told["status"]),
        start_s=began,
        end_s=began + float(told["duration_ms"]) / 1000,
        query=dict(parse_qsl(told["query"], keep_blank_values=True)),
        sent=dict(told["request_headers"]),
        answer=dict(told["response_headers"]),
        problem=told["problem"],
        trace_id=told["id"],
        facts={} if number is None else {"payment": number},
    )
