"""Building orders: what it consists of, and how that comes up and goes down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.chassis import HttpClient, ServiceApp, create_app
from services.orders import idempotency
from services.orders.business import Business
from services.orders.checkout import Checkout
from services.orders.database import Database
from services.orders.documented import OPENAPI
from services.orders.payment import Partner
from services.orders.refunds import Refunds
from services.orders.routes import customers, orders, products, refunds
from services.orders.settings import Environment, Orders, Settings
from services.orders.shop import Shop
from services.orders.worker import Worker


@asynccontextmanager
async def _resources(service: Orders) -> AsyncIterator[Shop]:
    business = Business(service)
    async with (
        Database(service).opened() as database,
        HttpClient(
            service,
            "partner",
            service.boot.partner_url,
            pool_size=lambda: service.settings.partner_pool_size,
        ) as client,
    ):
        await database.write(idempotency.forget_old)
        partner = Partner(service, client)
        worker = Worker(service, database, partner, business)
        working = asyncio.create_task(worker.run())
        try:
            yield Shop(
                service=service,
                database=database,
                checkout=Checkout(service, database, partner, business, worker.wake),
                refunds=Refunds(service, database, partner, business),
            )
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


def create() -> ServiceApp:
    """The application; no I/O."""
    return create_app(
        "orders",
        settings=Settings,
        boot=Environment,
        routers=[products.router, orders.router, refunds.router, customers.router],
        lifespan=_resources,
        openapi=OPENAPI,
    )
