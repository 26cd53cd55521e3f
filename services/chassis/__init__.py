"""The chassis every service of the shop stands on: one way to be configured, observed, called and stopped.

class Settings(ServiceSettings):            # live, by PATCH /internal/settings; equal to service.toml by test
    partner_timeout_ms: float = setting(2000, "How long a payment call may take.", unit="ms", gt=0)
class Environment(Boot):                    # read when the process starts: PARTNER_URL
    partner_url: str = "http://127.0.0.1:8002"
Orders = Service[Settings, Environment]

@asynccontextmanager                        # engines, clients, workers: opened at start, never at build time
async def resources(service: Orders) -> AsyncIterator[Resources]:
    async with HttpClient(service, "partner", service.boot.partner_url,
                          pool_size=lambda: service.settings.partner_pool_size) as partner:
        yield Resources(partner)            # becomes service.resources; service_of(request) in a route
def create() -> ServiceApp:                 # app.serve() serves it in this process, e.g. after a fork
    return create_app("orders", settings=Settings, boot=Environment, routers=[router], lifespan=resources)
# services/orders/__main__.py: run("orders")

# Reply(status, headers, body, .json()), whatever the status; CallFailed(.kind) when there was none:
reply = await partner.send("POST", "/v1/charges", body=…, headers=…, timeout_s=2, pool_timeout_s=1, resend=n)
log.warn("payment.refused", "Paylane refused", {"http.response.status_code": 429})     # carries the trace
note("enduser.id", "c-17")                  # attribute of this request's server span and access line
record_span("SELECT orders", "client", start_s, duration_s, {"db.system.name": "sqlite"}, "unset")   # DB hook
with span(service.telemetry, "pay order", parent=stored_traceparent): …               # work outside a request
raise Problem(409, "already-paid", "Already paid", "Order o-17 is paid. Refund it instead.", headers={…})
responses=problem_response(PROBLEM_TYPES, 409, "already-paid", "Already paid", "…")    # its OpenAPI entry
Gauge("orders_outbox_pending", "…", registry=service.metrics.registry)                 # a metric of your own
"""

from services.chassis import log
from services.chassis.app import PROBLEM_TYPES, Service, ServiceApp, create_app, service_of
from services.chassis.boot import Boot
from services.chassis.client import CallFailed, HttpClient, Reply
from services.chassis.kept_headers import KeptHeaders
from services.chassis.openapi import described_headers, problem_response
from services.chassis.pool import Pool
from services.chassis.problem import Problem
from services.chassis.raw_route import RawResponse, RawRoute
from services.chassis.retry_budget import RetryBudget
from services.chassis.run import run, serve
from services.chassis.settings import Live, ServiceSettings, describe, setting
from services.chassis.telemetry import (
    Trace,
    current_trace,
    note,
    read_traceparent,
    record_span,
    span,
    traceparent,
)

__all__ = [
    "PROBLEM_TYPES",
    "Boot",
    "CallFailed",
    "HttpClient",
    "KeptHeaders",
    "Live",
    "Pool",
    "Problem",
    "RawResponse",
    "RawRoute",
    "Reply",
    "RetryBudget",
    "Service",
    "ServiceApp",
    "ServiceSettings",
    "Trace",
    "create_app",
    "current_trace",
    "describe",
    "described_headers",
    "log",
    "note",
    "problem_response",
    "read_traceparent",
    "record_span",
    "run",
    "serve",
    "service_of",
    "setting",
    "span",
    "traceparent",
]
