"""What the routes work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.chassis import service_of
from services.orders.checkout import Checkout
from services.orders.database import Database
from services.orders.refunds import Refunds
from services.orders.settings import Orders


@dataclass(frozen=True, slots=True)
class Shop:
    """The parts of one running service."""

    service: Orders
    database: Database
    checkout: Checkout
    refunds: Refunds


async def _shop(request: Request) -> Shop:
    shop: Shop = service_of(request).resources
    return shop


AShop = Annotated[Shop, Depends(_shop)]
"""A route's parameter."""
