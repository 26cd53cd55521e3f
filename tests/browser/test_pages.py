"""Every page, in both widths and both themes: nothing breaks, everybody can use it, nothing leaves this machine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from whole_page import EVERY_RULE, OF_COLOURS, OF_WIDTH, Console, Incident, Shown, complaints_of, open_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = {
    "home": "",
    "overview": "incident/overview",
    "overview of an edge": "incident/overview?edge=orders->partner&since=incident",
    "map": "incident/map",
    "logs": "incident/logs?q=trace:{trace}",
    "logs, none": "incident/logs?q=gazelle",
    "logs, misspelt": "incident/logs?q=status==503",
    "one log": "incident/logs/{log}",
    "traces": "incident/traces?q=status:error",
    "one trace": "incident/traces/{trace}",
    "database": "incident/database",
    "database, asked": "incident/database?q=SELECT+*+FROM+orders+LIMIT+3&explain=1",
    "try it": "incident/api?operation=post-orders",
    "changes": "incident/changes",
    "partner": "incident/partner/developers",
    "glossary": "incident/glossary",
    "a term": "incident/glossary/p95",
    "answer": "answer",
    "fix": "fix",
    "debrief": "debrief",
    "progress": "progress",
    "not there": "incident/nothing",
}


@pytest.fixture(scope="module")
def screens(browser: Browser, console: Console, incident: Incident) -> Iterator[list[Shown]]:
    """Broad and light, broad and dark, narrow and light."""
    opened = [open_page(browser, console, *how) for how in ((1280, "light"), (1280, "dark"), (390, "light"))]
    yield [shown for shown, _ in opened]
    for _, context in opened:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_on_every_screen_and_for_everybody(
    name: str, screens: list[Shown], console: Console, incident: Incident
) -> None:
    found = []
    for shown, rules in zip(screens, (EVERY_RULE, OF_COLOURS, OF_WIDTH), strict=True):
        shown.witness.complaints.clear()
        shown.page.goto(f"{console.url}/{PAGES[name].format(log=incident.log, trace=incident.trace)}")
        where = f"{shown.width} {shown.theme}"
        found += [f"{where}: {complaint}" for complaint in complaints_of(shown.page, rules)]
        expected = ("404",) if name == "not there" else ()
        found += [f"{where}: {one}" for one in shown.witness.complaints if not any(word in one for word in expected)]
    assert not found, "\n".join(found[:25])


def test_every_room_and_tab_that_a_page_links_to_is_tested_here(screens: list[Shown], console: Console) -> None:
    page = screens[0].page
    page.goto(f"{console.url}/incident/overview")
    hrefs = "links => links.map(link => new URL(link.href).pathname.slice(1))"
    links = set(page.eval_on_selector_all("header a, .tabs a", hrefs))
    tested = {path.partition("?")[0].removesuffix("/developers") for path in PAGES.values()}
    assert links - tested == set()
    expect(page.locator(".tabs a")).to_have_count(9)
