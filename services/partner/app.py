"""Building Paylane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chassis import ServiceApp, create_app
from services.chassis.openapi import schemas_of
from services.partner import contracts, dashboard, pages, v1, v2
from services.partner.documented import TYPES
from services.partner.door import Door
from services.partner.settings import Environment, Partner, Settings


@asynccontextmanager
async def _resources(service: Partner) -> AsyncIterator[Door]:
    door = Door(service)
    try:
        yield door
    finally:
        await door.webhooks.close()


def create() -> ServiceApp:
    """The application; no I/O."""
    return create_app(
        "partner",
        settings=Settings,
        boot=Environment,
        routers=[v2.router, v1.router, dashboard.router, pages.router],
        lifespan=_resources,
        problem_types=TYPES,
        openapi={
            "tags": [
                {"name": "Version 2", "description": "The current contract."},
                {"name": "Version 1 (deprecated)", "description": "The former contract; move to version 2."},
                {"name": "Dashboard", "description": "Webhooks, events, and the request log of test keys."},
                {"name": "Public pages", "description": "Status, changelog and the developers' guide."},
            ],
            "security": [{"ApiKey": []}],
            "components": {
                "securitySchemes": {
                    "ApiKey": {"type": "http", "scheme": "bearer", "description": "Your secret key, `pk_…`."}
                },
                "schemas": schemas_of(
                    contracts.ChargeRequest,
                    contracts.Charge,
                    contracts.ChargeRefundRequest,
                    contracts.ChargeRefund,
                    contracts.PaymentRequest,
                    contracts.Payment,
                    contracts.PaymentList,
                    contracts.RefundRequest,
                    contracts.Refund,
                    *dashboard.SHAPES,
                ),
            },
        },
    )
