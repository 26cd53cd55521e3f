"""Which port everything of one run listens on, and what each service is told of the others."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.core import ports
from lab.runtimes import Plan
from lab.runtimes.service_files import ServiceFile

DATABASE = "beanline.db"
ADMIN_TOKEN = "admin.token"  # noqa: S105 (a file's name)
KEYS = "keys.json"
PARTNER_KEYS = "partner_keys.json"
OUR_KEY_AT_THE_PARTNER = "pk_test_beanline"
"""What orders sends unless told otherwise: a test key that its own code states, no secret."""


def edges_of(services: Mapping[str, ServiceFile]) -> tuple[str, ...]:
    """Every HTTP edge, `caller->callee`."""
    return tuple(f"{one.name}->{callee}" for one in services.values() for callee in one.edges)


@dataclass(frozen=True)
class Wiring:
    """Ports on loopback: of each service, of each edge's listener, of the proxy's control API."""

    services: Mapping[str, int]
    edges: Mapping[str, int]
    control: int

    @classmethod
    def pick(cls, services: Mapping[str, ServiceFile], gateway_port: int | None, attempt: int = 0) -> "Wiring":
        """Free ports for all; the gateway gets `gateway_port` exactly, or 8000 or a free one above it."""
        if gateway_port is not None:
            first = ports.explicit(gateway_port, "--gateway-port")
        else:
            # labs that start at the same moment would all try the same next port: spread out after a collision
            first = ports.prefer(ports.GATEWAY + (random.randint(1, 40) if attempt else 0), "--gateway-port")
        inner = [name for name in services if name != "gateway"]
        edges = edges_of(services)
        picked = iter(ports.pick(len(inner) + len(edges) + 1))
        return cls(
            services={"gateway": first, **{name: next(picked) for name in inner}},
            edges={edge: next(picked) for edge in edges},
            control=next(picked),
        )

    @staticmethod
    def partner_keys(learners: str) -> list[dict[str, Any]]:
        """Who may call the partner: the shop, and the learner, whose calls are logged."""
        return [
            {"key": OUR_KEY_AT_THE_PARTNER, "name": "beanline"},
            {"key": learners, "name": "you", "request_log": True},
        ]

    def edge_config(self, edge: str) -> dict[str, Any]:
        """The proxy's configuration of one edge."""
        _, callee = edge.split("->")
        return {
            "name": edge,
            "listen": self.edges[edge],
            "host": "127.0.0.1",
            "port": self.services[callee],
        }

    def service_env(self, service: ServiceFile, plan: Plan) -> dict[str, str]:
        """A service's environment; file names are relative to the run's folder, so that no path shows."""
        env = {
            "HOST": "127.0.0.1",
            "PORT": str(self.services[service.name]),
            "SERVICE_VERSION": service.version,
            "INSTANCE_NONCE": plan.nonce,
            "ADMIN_TOKEN_FILE": ADMIN_TOKEN,
            "LOG_STDOUT": "0",
        }
        if not service.third_party:
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = plan.otlp_endpoint
        if service.name == "gateway":
            env["API_KEYS_FILE"] = KEYS
        if service.third_party and plan.sandbox_key is not None:
            env["PARTNER_API_KEYS_FILE"] = PARTNER_KEYS
        if service.database_env:
            env[service.database_env] = f"sqlite+aiosqlite:///{DATABASE}"
        for callee, variable in service.edges.items():
            env[variable] = f"http://127.0.0.1:{self.edges[f'{service.name}->{callee}']}"
        return env
