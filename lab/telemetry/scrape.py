"""Prometheus pages to gauges: what services measure of themselves, read every second or two."""

import asyncio
import re
from collections.abc import Mapping

import aiohttp

from lab.telemetry.store import Store

_SAMPLE = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)(\{.*\})?\s+(\S+)(?:\s+-?\d+)?\s*")
_LABEL = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
_LARGEST_PAGE = 4 * 1024 * 1024
_SKIPPED = ("_bucket", "_created")
_SKIPPED_FAMILIES = ("python_", "process_start_time", "process_virtual")


def parse_metrics(text: str) -> dict[str, float]:
    """Every gauge and counter of a Prometheus page, `name` or `name{label="value"}`; histogram buckets are left out.

    Format: https://prometheus.io/docs/instrumenting/exposition_formats/. Lines that are not of it are skipped.
    """
    values: dict[str, float] = {}
    for line in text.splitlines():
        match = _SAMPLE.fullmatch(line) if line and line[0] != "#" else None
        if match is None or match[1].endswith(_SKIPPED) or match[1].startswith(_SKIPPED_FAMILIES):
            continue
        try:
            value = float(match[3])
        except ValueError:
            continue
        labels = sorted(_LABEL.findall(match[2][1:-1])) if match[2] else []
        name = match[1] + ("{" + ",".join(f'{key}="{text}"' for key, text in labels) + "}" if labels else "")
        values[name] = value
    return values


async def scrape(targets: Mapping[str, str], store: Store, every_s: float = 1.0) -> None:
    """Read every target's page (service → URL) until cancelled; one that does not answer is left out that time.

    `targets` is read anew each round, so services may come and go.
    """
    timeout = aiohttp.ClientTimeout(total=max(0.5, every_s))
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(timeout=timeout) as session:
        next_s = loop.time()
        while True:
            await asyncio.gather(*[_read(session, service, url, store) for service, url in list(targets.items())])
            next_s = max(next_s + every_s, loop.time())
            await asyncio.sleep(next_s - loop.time())


async def _read(session: aiohttp.ClientSession, service: str, url: str, store: Store) -> None:
    try:
        async with session.get(url) as answer:
            if answer.status != 200:
                return
            page = await answer.content.read(_LARGEST_PAGE)
            while not answer.content.at_eof() and len(page) < _LARGEST_PAGE:
                page += await answer.content.read(_LARGEST_PAGE - len(page))
    except (aiohttp.ClientError, TimeoutError, OSError):
        return  # a service that is down has no metrics: the gap in the series says so
    store.add_gauges(service, store.clock.now(), parse_metrics(page.decode("utf-8", "replace")))
