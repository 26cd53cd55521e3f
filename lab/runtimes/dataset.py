"""The shop's data: filled once per size by the service's own program; a SQLite file is then copied for each run."""

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from lab.core.errors import EnvironmentLacks
from lab.processes import environment
from lab.runtimes.service_files import ServiceFile, services_dir
from lab.runtimes.site import Site

MADE_WITHIN_S = 60.0
"""So long the program that fills a database waits for somebody to make it."""


def fingerprint(service: ServiceFile) -> str:
    """Changes whenever the models, the migrations or the seeding do."""
    digest = hashlib.sha256()
    for path in sorted((services_dir() / service.name).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _make_room(cache: Path, outdated: str) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    for old in cache.glob(outdated):
        old.unlink(missing_ok=True)
    for unfinished in cache.glob(".*.tmp"):  # named by the process that makes it, which may have been killed
        maker = unfinished.name.split(".")[-2]
        if maker.isdecimal() and not psutil.pid_exists(int(maker)):
            unfinished.unlink(missing_ok=True)


async def prepare(service: ServiceFile, orders: int, cache: Path, target: Path) -> None:
    """Put a migrated database with that many orders at `target`."""
    built = cache / f"{service.name}-{orders}-{fingerprint(service)}.db"
    if not built.exists():
        _make_room(cache, f"{service.name}-{orders}-*.db*")
        await fill(service, orders, ("--out", str(built)), {})
    try:
        await asyncio.to_thread(shutil.copyfile, built, target)
    except OSError as error:
        raise EnvironmentLacks(
            f"The shop's database could not be copied: {error.strerror}.", "Free some disk space: `lab doctor`"
        ) from None


async def fill_building(site: Site, name: str, service: ServiceFile, orders: int) -> None:
    """Fill the database of that name in the lab's PostgreSQL; the program waits until somebody has made it."""
    place = ("--url", site.database_url(name), "--wait-s", f"{MADE_WITHIN_S:.0f}")
    await fill(service, orders, place, {"PGPASSFILE": str(site.passfile)})


async def fill(service: ServiceFile, orders: int, place: Sequence[str], env: Mapping[str, str]) -> None:
    """Run the service's own program that fills a database with that many orders; `place` are its words for where."""
    words = [sys.executable, "-P", *service.seed[1:], "--orders", str(orders), *place]
    process = await asyncio.create_subprocess_exec(
        *words,
        env=environment(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise EnvironmentLacks(
            f"The shop's database could not be built: {last[0]}",
            "Free some disk space and start again: `lab doctor`",
        )
