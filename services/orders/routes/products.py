"""Products."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.chassis.problem import not_found
from services.orders import documented
from services.orders.cursors import BadCursor
from services.orders.examples import PRODUCT_EXAMPLE
from services.orders.routes import answer, bad_cursor, next_link
from services.orders.shapes import ProductAnswer, ProductPage, Searched
from services.orders.shelf import ProductFilters, find_product, list_products
from services.orders.shop import AShop

router = APIRouter(tags=["Products"])


class ProductQuery(BaseModel):
    """Which products, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    q: Searched | None = Field(
        None,
        min_length=1,
        max_length=80,
        description="Text in name, origin, roast or tasting notes.",
        examples=["ethiopia"],
    )
    origin: Searched | None = Field(None, max_length=60, description="Country of origin.", examples=["Ethiopia"])
    roast: Searched | None = Field(None, max_length=16, description="light, medium or dark.", examples=["light"])
    process: Searched | None = Field(
        None, max_length=20, description="How the cherry was processed.", examples=["natural"]
    )
    max_price_cents: int | None = Field(None, ge=0, le=1_000_000, examples=[1500])
    available: bool | None = Field(None, description="false shows what is sold out.")
    limit: int = Field(20, ge=1, le=100, description="Products per page.")
    cursor: str | None = Field(None, max_length=400, description="next_cursor of the page before.")


@router.get(
    "/products",
    summary="List products",
    description="Products by name. For the next page send `next_cursor` as `cursor`; it is null on the last page.",
    response_model=ProductPage,
    responses=documented.success(
        200,
        {"items": [PRODUCT_EXAMPLE], "next_cursor": "R3VqaSBVcmFnYSwgMjUwIGc"},
        headers=documented.link("/products?limit=20&cursor=R3VqaSBVcmFnYSwgMjUwIGc"),
    )
    | documented.INVALID
    | documented.BUSY,
)
async def get_products(request: Request, shop: AShop, query: Annotated[ProductQuery, Query()]) -> Response:
    """A page of products."""
    filters = ProductFilters(
        q=query.q,
        origin=query.origin,
        roast=query.roast,
        process=query.process,
        max_price_cents=query.max_price_cents,
        available=query.available,
    )
    try:
        page = await shop.database.read(
            lambda connection: list_products(connection, filters, query.limit, query.cursor)
        )
    except BadCursor as error:
        raise bad_cursor(error) from None
    return answer(page, headers=next_link(request, page.next_cursor))


@router.get(
    "/products/{product_id}",
    summary="Look a product up",
    description="One product as it is sold now, at today's price.",
    response_model=ProductAnswer,
    responses=documented.missing("/products/guji-uraga-250g") | documented.INVALID | documented.BUSY,
)
async def get_product(
    request: Request,
    shop: AShop,
    product_id: Annotated[Searched, Path(max_length=64, description="The product's id.", examples=["guji-uraga-250g"])],
) -> Response:
    """One product."""
    found = await shop.database.read(lambda connection: find_product(connection, product_id))
    if found is None:
        raise not_found(request.url.path)
    return answer(found)
