"""The public API: which operation goes where."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import RawRoute, service_of
from services.gateway import documented
from services.gateway.forward import Forwarder, Target

router = APIRouter(prefix="/api/v1", route_class=RawRoute)

_LIST_PRODUCTS = Target("GET", "/products", "catalog:read", cacheable=True)
_GET_PRODUCT = Target("GET", "/products/{product_id}", "catalog:read", cacheable=True)
_CREATE_ORDER = Target("POST", "/orders", "orders:write")
_LIST_ORDERS = Target("GET", "/orders", "orders:read")
_GET_ORDER = Target("GET", "/orders/{order_id}", "orders:read")
_REFUND_ORDER = Target("POST", "/orders/{order_id}/refund", "refunds:write")
_GET_ME = Target("GET", "/customers/me", "orders:read")


async def _serve(request: Request, target: Target) -> Response:
    forwarder: Forwarder = service_of(request).resources
    return await forwarder.serve(request, target)


@router.get("/products", **documented.LIST_PRODUCTS)
async def list_products(request: Request) -> Response:
    """Products for sale."""
    return await _serve(request, _LIST_PRODUCTS)


@router.get("/products/{product_id}", **documented.GET_PRODUCT)
async def get_product(request: Request) -> Response:
    """One product."""
    return await _serve(request, _GET_PRODUCT)


@router.post("/orders", **documented.CREATE_ORDER)
async def create_order(request: Request) -> Response:
    """Check out."""
    return await _serve(request, _CREATE_ORDER)


@router.get("/orders", **documented.LIST_ORDERS)
async def list_orders(request: Request) -> Response:
    """Find orders."""
    return await _serve(request, _LIST_ORDERS)


@router.get("/orders/{order_id}", **documented.GET_ORDER)
async def get_order(request: Request) -> Response:
    """One order."""
    return await _serve(request, _GET_ORDER)


@router.post("/orders/{order_id}/refund", **documented.REFUND_ORDER)
async def refund_order(request: Request) -> Response:
    """Give an order's money back."""
    return await _serve(request, _REFUND_ORDER)


@router.get("/customers/me", **documented.GET_ME)
async def get_me(request: Request) -> Response:
    """The customer of this request."""
    return await _serve(request, _GET_ME)
