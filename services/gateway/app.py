"""Building the gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chassis import HttpClient, ServiceApp, create_app
from services.gateway.admission import Admission
from services.gateway.documented import openapi
from services.gateway.forward import Forwarder
from services.gateway.keys import load_keys
from services.gateway.request_log import KEPT_HEADERS
from services.gateway.routes import public_router
from services.gateway.settings import Environment, Gateway, Settings
from services.gateway.upstream import Upstream


@asynccontextmanager
async def _resources(service: Gateway) -> AsyncIterator[Forwarder]:
    admission = Admission(service, load_keys(service.boot.api_keys_file))
    async with HttpClient(
        service, "orders", service.boot.orders_url, pool_size=lambda: service.settings.pool_size
    ) as orders:
        yield Forwarder(service, admission, Upstream(service, orders))


def create() -> ServiceApp:
    """The application; no I/O."""
    return create_app(
        "gateway",
        settings=Settings,
        boot=Environment,
        routers=[public_router()],
        lifespan=_resources,
        openapi=openapi(),
        kept_headers=KEPT_HEADERS,
    )
