"""Paths without parameters lead straight to their route.

A router tries one pattern after another on every request, and a general handler of exceptions wraps every call; raw
routes on fixed paths need neither. The only exception they answer by is Problem.
"""

from collections.abc import Sequence

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from services.chassis.problem import Problem, answer
from services.chassis.raw_route import RawRoute


class Straight:
    """Knows the fixed paths of raw routes by a look-up and leaves everything else to the router.

    `types` is the address that problem types start with.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], types: str) -> None:
        self.app = app
        self.types = types
        self._routes: dict[tuple[str, str], RawRoute] = {}
        before: list[RawRoute] = []
        for route in routes:
            if isinstance(route, RawRoute):
                for method in route.methods or ():
                    # where an earlier pattern fits too, the router's order decides
                    if "{" not in route.path and not any(_fits(one, method, route.path) for one in before):
                        self._routes[method, route.path] = route
                before.append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None or scope.get("root_path"):
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        scope["endpoint"] = route.endpoint
        scope["path_params"] = {}
        try:
            await route.app(scope, receive, send)
        except Problem as problem:
            await answer(self.types, problem, scope["path"])(scope, receive, send)


def _fits(route: RawRoute, method: str, path: str) -> bool:
    return method in (route.methods or ()) and route.path_regex.match(path) is not None
