"""A PostgreSQL of the tests' own, in a container that is gone afterwards."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, cast

import psycopg
from whole_lab import eventually

IMAGE = "postgres:17"
LABEL = "faultlab.test=postgres"
PASSWORD = "of-a-test"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


@dataclass(frozen=True)
class Postgres:
    """A running server on loopback; its user may do everything."""

    port: int
    container: str

    @property
    def login(self) -> str:
        """User, password and place, as every kind of URL writes them."""
        return f"operator:{PASSWORD}@127.0.0.1:{self.port}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection on which every statement commits."""
        return psycopg.connect(
            f"postgresql://{self.login}/{database}", client_encoding="UTF8", autocommit=True, connect_timeout=5
        )

    def new_database(self) -> str:
        """An empty database, as the lab makes them: UTF-8, sorted by bytes; its name."""
        name = f"test_{secrets.token_hex(4)}"
        with self.connect() as connection:
            connection.execute(sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"))
        return name

    def answers(self) -> bool:
        """Whether one can log in."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


def sql(text: str) -> LiteralString:
    """A statement made of a test's own words."""
    return cast(LiteralString, text)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start one, on a port that Docker picks."""
    words = ["docker", "run", "--detach", "--rm", "--label", LABEL, "--publish", "127.0.0.1::5432"]
    for variable in ("POSTGRES_USER=operator", f"POSTGRES_PASSWORD={PASSWORD}", "POSTGRES_DB=postgres"):
        words += ["--env", variable]
    started = [*words, IMAGE, *(word for setting in FAST for word in ("-c", setting))]
    container = _said(*started)
    try:
        port = int(_said("docker", "port", container, "5432/tcp").splitlines()[0].rpartition(":")[2])
        postgres = Postgres(port, container)
        assert eventually(postgres.answers, 60), _said("docker", "logs", container)
        yield postgres
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
