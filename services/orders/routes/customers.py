"""Customers."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import func, select

from services.chassis import PROBLEM_TYPES, Problem, problem_response
from services.orders import documented
from services.orders.routes import answer
from services.orders.shapes import CustomerAnswer, Searched
from services.orders.shop import AShop
from services.orders.tables import CUSTOMERS, ORDERS

router = APIRouter(tags=["Customers"])


@router.get(
    "/customers/me",
    summary="Look the customer up",
    description="The customer that the Customer-Id header names, or else the one with the e-mail address.",
    response_model=CustomerAnswer,
    responses=problem_response(
        PROBLEM_TYPES,
        404,
        "unknown-customer",
        "Unknown customer",
        "No customer 'c-17' has ordered yet. A first order makes one.",
    )
    | problem_response(
        PROBLEM_TYPES,
        422,
        "invalid-request",
        "The request is not valid",
        "Say which customer: send the Customer-Id header, or ?email=.",
    )
    | documented.BUSY,
)
async def get_me(
    shop: AShop,
    customer_id: Annotated[
        str | None,
        Header(alias="Customer-Id", max_length=64, description="The customer's id.", examples=["c-17"]),
    ] = None,
    email: Annotated[Searched | None, Query(max_length=254, examples=["lena.vogel17@example.com"])] = None,
) -> Response:
    """One customer."""
    if customer_id:
        named, wanted = customer_id, CUSTOMERS.c.id == customer_id
    elif email:
        named, wanted = email, CUSTOMERS.c.email == email.lower()
    else:
        raise Problem(
            422,
            "invalid-request",
            "The request is not valid",
            "Say which customer: send the Customer-Id header, or ?email=.",
        )
    orders = select(func.count()).where(ORDERS.c.customer_id == CUSTOMERS.c.id).scalar_subquery()
    statement = select(CUSTOMERS, orders.label("orders")).where(wanted)
    row = await shop.database.read(lambda connection: connection.execute(statement).first())
    if row is None:
        raise Problem(
            404,
            "unknown-customer",
            "Unknown customer",
            f"No customer {named!r} has ordered yet. A first order makes one.",
        )
    return answer(CustomerAnswer.model_validate(dict(row._mapping)))
