"""Building a service: one application out of its settings, its environment, its routes and its resources."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Generic, NoReturn, TypeVar

from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp

from services.chassis.boot import Boot
from services.chassis.docs_page import docs_route
from services.chassis.kept_headers import KeptHeaders
from services.chassis.manifest import Manifest, read_manifest
from services.chassis.metrics import Metrics
from services.chassis.observe import Observe
from services.chassis.openapi import openapi_of
from services.chassis.operations import Operations
from services.chassis.problem import exception_handlers
from services.chassis.raw_route import RawRoute
from services.chassis.settings import Live, ServiceSettings
from services.chassis.straight import Straight
from services.chassis.telemetry import Telemetry

S = TypeVar("S", bound=ServiceSettings)
B = TypeVar("B", bound=Boot)
PROBLEM_TYPES = "https://beanline.example/problems/"


class Service(Generic[S, B]):
    """One running service: what its routes and resources need to know."""

    def __init__(
        self,
        manifest: Manifest,
        settings: type[S],
        boot: type[B],
        problem_types: str,
        kept_headers: KeptHeaders | None = None,
    ) -> None:
        self.name = manifest.name
        self.manifest = manifest
        self.problem_types = problem_types
        self.kept_headers = kept_headers
        self.live = Live(settings)
        self.telemetry = Telemetry(manifest.name, manifest.version)
        self.metrics = Metrics(self.telemetry)
        self.admin_token = ""
        self.resources: Any = None
        self.start_error: Exception | None = None
        self.boot_model = boot
        self._boot: B | None = None

    @property
    def settings(self) -> S:
        """The settings in force now."""
        return self.live.now

    @property
    def version(self) -> str:
        """The release that runs, e.g. `2.4.1`."""
        return self.telemetry.version

    @property
    def started(self) -> bool:
        """Whether the environment has been read."""
        return self._boot is not None

    @property
    def boot(self) -> B:
        """The environment; only once the process has started."""
        assert self._boot is not None, "the environment is read at start"
        return self._boot

    def use_version(self, version: str) -> None:
        """Run under another release name from now on."""
        self.telemetry.use_version(version)

    def start(self) -> None:
        """Read the environment, open the ways out."""
        boot = self._boot = self.boot_model()
        self.admin_token = boot.admin_token()
        self.use_version(boot.service_version or self.manifest.version)
        self.metrics.begin()
        self.telemetry.start(
            endpoint="" if self.manifest.third_party else boot.otel_exporter_otlp_endpoint,
            log_stdout=boot.log_stdout,
            instance=boot.instance_id(),
        )


Resources = Callable[[Service[S, B]], AbstractAsyncContextManager[Any]]
"""Opens what the routes need (clients, engines) and yields it; kept as `service.resources`."""


class ServiceApp(FastAPI):
    """FastAPI with three layers instead of its usual five; every layer costs each request."""

    service: Service[Any, Any]

    def serve(self) -> NoReturn:
        """Serve in this process by the environment it has now, e.g. after a fork."""
        from services.chassis.run import serve  # below run in the order of imports

        serve(self)

    def build_middleware_stack(self) -> ASGIApp:
        """Operations → Observe → problems → routes, with FastAPI's own closing of files where it may be needed.

        `routes` are complete by then: this is called when the first message comes.
        """
        service = self.service
        app: ASGIApp = self.router
        if any(isinstance(route, APIRoute) and not isinstance(route, RawRoute) for route in self.routes):
            app = AsyncExitStackMiddleware(app)
        app = ExceptionMiddleware(app, handlers=self.exception_handlers)
        app = Straight(app, self.routes, service.problem_types)
        app = Observe(
            app,
            telemetry=service.telemetry,
            metrics=service.metrics,
            types=service.problem_types,
            traced=not service.manifest.third_party,
            kept_headers=service.kept_headers,
        )
        return Operations(app, service)


def service_of(request: Request) -> Service[Any, Any]:
    """The service that answers this request."""
    app = request.app
    assert isinstance(app, ServiceApp)
    return app.service


def create_app(
    name: str,
    *,
    settings: type[S],
    boot: type[B],
    routers: Sequence[APIRouter] = (),
    lifespan: Resources[S, B] | None = None,
    problem_types: str = PROBLEM_TYPES,
    openapi: dict[str, Any] | None = None,
    kept_headers: KeptHeaders | None = None,
) -> ServiceApp:
    """The application of service `name`, described by its `service.toml`; no I/O but reading that file.

    `openapi` holds members merged into the OpenAPI document (`tags`, `components`, `servers` …), `kept_headers` the
    headers that its server spans may hold; without it they hold none.
    """
    manifest = read_manifest(name)
    service = Service(manifest, settings, boot, problem_types, kept_headers)

    @asynccontextmanager
    async def whole_life(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            async with AsyncExitStack() as opened:
                if lifespan is not None:
                    try:
                        service.resources = await opened.enter_async_context(lifespan(service))
                    except Exception as error:
                        service.start_error = error
                        raise
                yield
        finally:
            service.telemetry.close()

    app = ServiceApp(
        title=manifest.title,
        description=manifest.description,
        version=manifest.version,
        lifespan=whole_life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=exception_handlers(problem_types),
        # Observe does the tracing; the framework's own would double every span
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.service = service
    for router in routers:  # not include_router: an included router is matched twice per request
        app.router.routes.extend(router.routes)
    app.router.routes.append(docs_route(app))
    app.openapi = lambda: openapi_of(app, openapi or {})  # type: ignore[method-assign]  # FastAPI's documented way
    return app
