"""What a developer does in the dashboard, as API: the request log, webhook endpoints, events and sending them again."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import RawRoute
from services.chassis.openapi import json_answer, json_body, path_parameter
from services.chassis.problem import not_found
from services.partner.booking import moment
from services.partner.documented import EVENT, LOGGED, WEBHOOK_ENDPOINT, problems
from services.partner.door import Answer, Client, door_of
from services.partner.reading import read_body
from services.partner.webhooks import Endpoint, Event

router = APIRouter(prefix="/v2", tags=["Dashboard"], route_class=RawRoute)
_EVENT = path_parameter("event_id", "The event's id.", "evt_000000000042")
_ENDPOINT = path_parameter("endpoint_id", "The endpoint's id.", "we_000000000007")


class WebhookRequest(BaseModel):
    """An address to be told of events."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str = Field(max_length=500, examples=["http://127.0.0.1:9000/hooks/paylane"])


class WebhookEndpoint(BaseModel):
    """An address that is told; the secret is shown once, when it is made."""

    id: str
    url: str
    created_at: str
    secret: str | None = Field(None, description="Signs what is sent there. Keep it where your API key is.")


class WebhookEndpoints(BaseModel):
    """Every address that is told."""

    items: list[WebhookEndpoint]


class Delivery(BaseModel):
    """One attempt to tell an address; without a status no answer came."""

    endpoint: str
    attempt: int
    sent_at: int = Field(description="Unix seconds, as in webhook-timestamp.")
    status: int | None


class WebhookEvent(BaseModel):
    """Something that happened, and how telling of it went."""

    id: str
    type: str = Field(examples=["payment.captured"])
    created_at: str
    deliveries: list[Delivery]


class WebhookEvents(BaseModel):
    """What was told, newest first."""

    items: list[WebhookEvent]


class LoggedCall(BaseModel):
    """One call of yours."""

    id: str
    started_at: float = Field(description="Unix seconds.")
    duration_ms: float
    method: str
    route: str
    path: str
    query: str
    status: int
    problem: str = Field(description="The last word of the problem's type; empty without one.")
    payment: int | None = Field(description="The number of the payment it made or was about.")
    request_headers: dict[str, str]
    response_headers: dict[str, str]


class LoggedCalls(BaseModel):
    """Your last calls, newest first."""

    items: list[LoggedCall]


SHAPES = (WebhookRequest, WebhookEndpoint, WebhookEndpoints, WebhookEvent, WebhookEvents, LoggedCall, LoggedCalls)


def _endpoint(one: Endpoint, *, with_secret: bool = False) -> dict[str, Any]:
    told = {"id": one.id, "url": one.url, "created_at": moment(one.created_s)}
    return told | ({"secret": one.secret} if with_secret else {})


def _event(one: Event) -> dict[str, Any]:
    return {"id": one.id, "type": one.type, "created_at": moment(one.created_s), "deliveries": one.deliveries}


@router.post(
    "/webhook_endpoints",
    summary="Register a webhook endpoint",
    description="From now on we POST an event to this address when a payment of yours is captured or refunded. Each is "
    "signed (`webhook-id`, `webhook-timestamp`, `webhook-signature`, see standardwebhooks.com) with the secret that "
    "this answer tells once. Answer 2xx within three seconds; otherwise we try again, and you may get an event twice.",
    status_code=201,
    response_model=None,
    openapi_extra=json_body(WebhookRequest, {"url": ("An address of yours", {"url": WEBHOOK_ENDPOINT["url"]})}),
    responses=json_answer(201, "The endpoint is told from now on.", WebhookEndpoint, WEBHOOK_ENDPOINT)
    | problems(400, 401, 409, 413, 415, 422, 429),
)
async def register(request: Request) -> Response:
    """Register an endpoint."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        asked, _ = await read_body(request, WebhookRequest)
        return 201, _endpoint(door.webhooks.register(client.name, asked.url), with_secret=True)

    return await door.serve(request, "v2", work)


@router.get(
    "/webhook_endpoints",
    summary="List webhook endpoints",
    description="Every address that is told, without the secrets.",
    response_model=None,
    responses=json_answer(200, "The endpoints.", WebhookEndpoints, {"items": [WEBHOOK_ENDPOINT | {"secret": None}]})
    | problems(401, 429),
)
async def list_endpoints(request: Request) -> Response:
    """The client's endpoints."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        return 200, {"items": [_endpoint(one) for one in door.webhooks.endpoints(client.name)]}

    return await door.serve(request, "v2", work)


@router.delete(
    "/webhook_endpoints/{endpoint_id}",
    summary="Delete a webhook endpoint",
    description="The address is told no longer; its secret is worth nothing any more.",
    response_model=None,
    openapi_extra={"parameters": [_ENDPOINT]},
    responses=json_answer(200, "It is gone.", WebhookEndpoints, {"items": []}) | problems(401, 404, 429),
)
async def delete_endpoint(request: Request) -> Response:
    """Delete an endpoint; the answer lists those that are left."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        if not door.webhooks.forget(client.name, request.path_params["endpoint_id"]):
            raise not_found(request.url.path)
        return 200, {"items": [_endpoint(one) for one in door.webhooks.endpoints(client.name)]}

    return await door.serve(request, "v2", work)


@router.get(
    "/events",
    summary="List events",
    description="What we told your webhook endpoints, newest first, with each attempt and how it was answered.",
    response_model=None,
    responses=json_answer(200, "The events.", WebhookEvents, {"items": [EVENT]}) | problems(401, 429),
)
async def list_events(request: Request) -> Response:
    """The client's events."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        return 200, {"items": [_event(one) for one in door.webhooks.events(client.name)]}

    return await door.serve(request, "v2", work)


@router.post(
    "/events/{event_id}/redeliver",
    summary="Send an event again",
    description="Sends the event to your endpoints once more, with the same `webhook-id`: whoever has seen that id "
    "before should do nothing.",
    status_code=202,
    response_model=None,
    openapi_extra={"parameters": [_EVENT]},
    responses=json_answer(202, "It is on its way.", WebhookEvent, EVENT) | problems(401, 404, 429),
)
async def redeliver(request: Request) -> Response:
    """Tell of an event again."""
    door = door_of(request)

    async def work(client: Client) -> Answer:
        event = door.webhooks.again(client.name, request.path_params["event_id"])
        if event is None:
            raise not_found(request.url.path)
        return 202, _event(event)

    return await door.serve(request, "v2", work)


@router.get(
    "/request_log",
    summary="See your last calls",
    description="The last 200 calls of this key as we received them, newest first. Kept for test keys; looking at it "
    "counts against no quota and is not in it.",
    response_model=None,
    responses=json_answer(200, "Your calls.", LoggedCalls, {"items": [LOGGED]}) | problems(401),
)
async def request_log(request: Request) -> Response:
    """The client's calls."""
    door = door_of(request)
    return door.logged_calls(request)
