"""Serving below a path such as `/user/anna/lab`, behind a proxy that keeps the path or takes it away."""

from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Pure ASGI middleware; says to everything inside what the base path is. Requests without it are served as well."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app = app
        self.base = "/" + base.strip("/") if base.strip("/") else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with `root_path` set."""
        if scope["type"] == "http" and self.base:
            scope = {**scope, "root_path": self.base}
        await self.app(scope, receive, send)
