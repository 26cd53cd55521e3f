"""Where everything is when the lab runs in containers: names and ports on their networks, volumes, public addresses.

`docker-compose.yml` says the same; a test compares the two.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import EnvironmentLacks
from lab.core.whole import write_whole
from lab.runtimes.service_files import ServiceFile, service_files
from lab.runtimes.wiring import edges_of

SUPERVISOR_PORT = 7070
"""Where the supervisor of each service's container listens."""
FIRST_EDGE_PORT = 9101
"""The proxy's first edge; the others follow, in the order of the services' ports."""
MESH = "mesh"
"""Callers reach a callee through the proxy under the name `<callee>.mesh`."""
TELEMETRY_HOST = f"telemetry.{MESH}"
CONTROL = Path("/run/faultlab/control")
"""Volume: the lab writes, the services' containers read."""
DATABASE = Path("/run/faultlab/database")
"""Volume: the lab writes, the database's container reads."""
SHOP = "shop"
"""The role that the service logs in as."""
BUILDING = "building_"
"""What the name of a database begins with that is being filled."""
CONTROL_TOKEN = "control.token"  # noqa: S105 (a file's name)
PASSFILE = "shop.pgpass"
OPERATOR_PASSWORD = "operator.password"  # noqa: S105 (a file's name)
READER_PASSWORD = "reader.password"  # noqa: S105 (a file's name)
OUTSIDE = "Use a `lab` outside of the containers (README.md, Start, says how to set one up):"
"""How the hint begins when something is asked for that containers do not do; the commands follow."""


@dataclass(frozen=True)
class Site:
    """Everything a runtime in containers must know of the others."""

    services: Mapping[str, str]
    """Service → base URL."""
    supervisors: Mapping[str, str]
    """Service → base URL of its container's control API."""
    edges: Mapping[str, int]
    """Edge → the port where the proxy listens for it, on every address of the lab's container."""
    addresses: Mapping[str, str]
    """Service → base URL on the host; only of what is published there."""
    database: tuple[str, int]
    """Host and port of PostgreSQL."""
    control_dir: Path = CONTROL
    database_dir: Path = DATABASE

    @property
    def passfile(self) -> Path:
        """The shop's password, as PGPASSFILE names it."""
        return self.control_dir / PASSFILE

    def control_token(self) -> str:
        """The token of the supervisors; EnvironmentLacks when there is none yet."""
        return _read(self.control_dir / CONTROL_TOKEN)

    def operator_password(self) -> str:
        """The password of the database's operator."""
        return _read(self.database_dir / OPERATOR_PASSWORD)

    def reader_password(self) -> str:
        """The password of the role that only reads."""
        return _read(self.database_dir / READER_PASSWORD)

    def database_url(self, name: str) -> str:
        """How the service reaches a database; the password is in its PGPASSFILE."""
        host, port = self.database
        return f"postgresql+psycopg://{SHOP}@{host}:{port}/{name}"

    def shop_password(self) -> str:
        """The password of the role that the shop works with."""
        return _read(self.passfile).rpartition(":")[2]

    def make_secrets(self) -> None:
        """Write every secret that is not there yet; the database's container reads its own by group."""
        host, port = self.database
        for path, text, mode in (
            (self.control_dir / CONTROL_TOKEN, _secret(), 0o600),
            (self.passfile, f"{host}:{port}:*:{SHOP}:{_secret()}", 0o600),
            (self.database_dir / READER_PASSWORD, _secret(), 0o600),
            (self.database_dir / OPERATOR_PASSWORD, _secret(), 0o640),
        ):
            if not path.exists():
                write_whole(path, text, mode)


def in_containers(env: Mapping[str, str] = os.environ) -> Site:
    """The site that docker-compose.yml describes; GATEWAY_PORT in the environment is the published port."""
    services: Mapping[str, ServiceFile] = service_files()
    return Site(
        services={name: f"http://{name}:{one.port}" for name, one in services.items()},
        supervisors={name: f"http://{name}:{SUPERVISOR_PORT}" for name in services},
        edges={edge: FIRST_EDGE_PORT + number for number, edge in enumerate(edges_of(services))},
        addresses={"gateway": f"http://127.0.0.1:{env.get('GATEWAY_PORT') or services['gateway'].port}"},
        database=("db", 5432),
    )


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentLacks(
            f"A secret of the containers cannot be read: {path.name}: {error.strerror}.",
            "Start anew: `docker compose --profile observability down --volumes`, then `docker compose up`.",
        ) from None
