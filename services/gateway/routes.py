"""The public API: which operation goes where, and the scope it needs."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import RawRoute, service_of
from services.gateway.forward import PREFIX, Forwarder, Target

TARGETS = (
    Target("GET", "/products", "catalog:read", cacheable=True),
    Target("GET", "/products/{product_id}", "catalog:read", cacheable=True),
    Target("POST", "/orders", "orders:write"),
    Target("GET", "/orders", "orders:read"),
    Target("GET", "/orders/{order_id}", "orders:read"),
    Target("POST", "/orders/{order_id}/refund", "refunds:write"),
    Target("GET", "/customers/me", "orders:read"),
)


def _endpoint(target: Target) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        forwarder: Forwarder = service_of(request).resources
        return await forwarder.serve(request, target)

    return serve


def public_router() -> APIRouter:
    """All public routes; `documented` describes them, so they describe themselves no further."""
    router = APIRouter(prefix=PREFIX, route_class=RawRoute)
    for target in TARGETS:
        router.add_api_route(
            target.template, _endpoint(target), methods=[target.method], response_model=None, include_in_schema=False
        )
    return router
