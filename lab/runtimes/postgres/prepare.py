"""`python -m lab.runtimes.postgres.prepare`: the usual database is filled while the console still starts.

When this fails, the console, which needs the same database, does it again and says what is wrong.
"""

import asyncio
import secrets
import sys

from lab.core.errors import LabError
from lab.runtimes.dataset import fill_building
from lab.runtimes.service_files import service_files
from lab.runtimes.site import BUILDING, Site, in_containers

USUAL_ORDERS = 100_000
"""The size that most scenarios want."""


async def prepare(site: Site, orders: int = USUAL_ORDERS) -> None:
    """Have a template for each service that stores something; nothing is filled where it is there already."""
    for service in service_files().values():
        if not service.database_env:
            continue
        name = f"{BUILDING}{secrets.token_hex(4)}"
        filling = asyncio.create_task(fill_building(site, name, service, orders))
        await asyncio.sleep(0)  # it starts while we import what talks to the server
        from lab.runtimes.postgres.server import Server

        server = Server(site)
        try:
            await server.ready()
            await server.template(service, orders, begun=(name, filling))
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)


def main() -> int:
    """The exit code: 0 when all is there, else the error's."""
    try:
        asyncio.run(prepare(in_containers()))
    except LabError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
