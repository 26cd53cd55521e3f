"""Lessons in a browser: steps tick off while another program sends, messages come in, and every page is whole."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_lab import WholeLab, eventually
from whole_page import EVERY_RULE, OF_COLOURS, OF_WIDTH, Console, Shown, complaints_of, open_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = {
    "home": "",
    "overview": "incident/overview",
    "try it": "incident/api",
    "try it with a step": "incident/api?step=genuine",
    "try it with the partner": "incident/api?to=sandbox&operation=post-v2-payments",
    "try it with the inbox": "incident/api?to=inbox&operation=post-verify",
    "inbox": "incident/inbox",
    "answer": "answer",
    "debrief": "debrief",
    "progress": "progress",
}
SCREENS = ((1280, "light", EVERY_RULE), (1280, "dark", OF_COLOURS), (390, "light", OF_WIDTH))


def begin(console: Console) -> None:
    """Start the lesson in place of what runs."""
    if console.state() not in ("none", "stopped"):
        console.post("/api/session/stop", {})
    console.post("/api/session", {"scenario": "webhooks", "seed": 1, "windows": "prove"})
    assert eventually(lambda: console.state() in ("open", "failed"), 120)
    assert console.state() == "open", console.get("/api/session")["error"]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of its own with the lesson about webhooks, which has all that a lesson can have."""
    lab = WholeLab(tmp_path_factory.mktemp("lessons") / "home")
    try:
        console = Console(lab, lab.get("open", "--no-browser")["url"].rstrip("/"))
        begin(console)
        yield console
        lab.run("stop")
    finally:
        lab.clean_up()


@pytest.fixture
def page(shown: Shown) -> Page:
    """A page at 1280 in light colours; its complaints fail the test."""
    return shown.page


def steps(console: Console) -> list[dict[str, Any]]:
    """Every step as it stands."""
    return [one for question in console.get("/api/steps")["questions"] for one in question["steps"]]


def done(console: Console) -> set[str]:
    """The steps that are done."""
    return {one["id"] for one in steps(console) if one["done"]}


def curled(console: Console, step: str) -> Any:
    """Do a step with curl, as its command stands on the page; the body of the answer."""
    command = next(one["curl"] for one in steps(console) if one["id"] == step).replace("curl -i", "curl -s")
    return json.loads(subprocess.run(shlex.split(command), capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def untouched(console: Console) -> None:
    """Nothing has been sent to anybody yet."""
    if console.get("/api/received"):
        begin(console)


@pytest.fixture
def used(console: Console) -> None:
    """The inbox is registered and has been told of a payment."""
    if not {"register", "pay"} <= done(console):
        curled(console, "register")
        curled(console, "pay")
        assert eventually(lambda: {"register", "pay"} <= done(console))


@pytest.mark.usefixtures("untouched")
def test_steps_tick_off_while_another_program_sends_them(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/answer")
    expect(page.locator("#q-arrive")).to_contain_text("0 of 6 steps done")
    page.locator("#how-arrive-register > summary").click()
    command = page.locator("#curl-arrive-register").inner_text()
    answer = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True).stdout
    register = page.locator("#step-register")
    expect(register).to_contain_text("from curl")
    expect(register).to_contain_text("The secret is told once.")
    expect(page.locator("#announce")).to_contain_text("Step done: Register your inbox")
    secret = json.loads(answer.rpartition("\n")[2])["secret"]

    page.goto(f"{console.url}/incident/inbox")
    expect(page.locator("#messages")).to_contain_text("Nothing has come in yet.")
    curled(console, "pay")
    expect(page.locator("#message-2")).to_be_visible()
    expect(page.locator("#notebook")).to_contain_text("4 of 6 steps done")

    for number, verdict in ((1, "valid"), (2, "invalid")):
        page.locator(f"#message-{number}").get_by_role("button", name="Check it").click()
        expect(page.locator("#secret")).to_be_focused()
        page.locator("#secret").fill(secret)
        page.keyboard.press("Enter")
        expect(page.locator("#checked")).to_contain_text(f"Message {number}: {verdict}")
        expect(page.locator(f"#message-{number} .badge")).to_have_text(verdict)
    expect(page.locator("#notebook")).to_contain_text("Question 2 of 6")
    page.goto(f"{console.url}/progress")
    expect(page.locator("#steps-now")).to_contain_text("6 of 6 steps done")
    page.goto(f"{console.url}/answer#q-arrive")
    expect(page.locator("#q-arrive")).to_contain_text("40 of 40 points")
    assert console.get("/api/questions")[0]["state"] == "right"


@pytest.mark.usefixtures("used")
def test_a_step_is_done_from_try_it_and_the_inbox_is_broken_and_mended(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/incident/inbox")
    page.get_by_role("button", name="Answer 500").click()
    expect(page.locator("#inbox-answer")).to_contain_text("It answers 500")
    page.goto(f"{console.url}/answer#q-twice")
    page.locator("#step-redeliver").get_by_role("link", name="Try it here").click()
    expect(page.get_by_text("Fill in what an earlier answer gave you")).to_be_visible()
    page.goto(f"{console.url}/incident/api?step=pay-again")
    expect(page.locator("#path")).to_have_value("/v2/payments")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#answer h3")).to_contain_text("201")
    expect(page.locator("#received-rows")).to_contain_text("console")
    expect(page.locator("#received-rows .record").first).to_contain_text("500")
    page.goto(f"{console.url}/incident/inbox")
    page.get_by_role("button", name="Answer 200").click()
    expect(page.locator("#inbox-answer")).to_contain_text("It answers 200")
    page.goto(f"{console.url}/answer#q-twice")
    expect(page.locator("#step-comes-back")).to_contain_text("with the same id", timeout=30_000)


def test_the_files_for_postman_are_downloaded_with_one_click_each(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/answer")
    found = {}
    for name in ("Postman collection", "Postman environment", ".http for VS Code", ".http for JetBrains"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        found[download.value.suggested_filename] = download.value.path().read_text(encoding="utf-8")
    assert [name for name in found if not re.search(r"^beanline-webhooks", name)] == []
    assert json.loads(found["beanline-webhooks.postman_collection.json"])["info"]["name"]
    assert console.get("/api/session")["key"] in found["beanline-webhooks.postman_environment.json"]


def test_a_message_with_markup_is_text(page: Page, console: Console) -> None:
    inbox = console.get("/api/session")["sandbox"]["inbox"]
    markup = '{"type":"<img src=x onerror=window.__ran=1>","data":{}}'
    page.goto(f"{console.url}/incident/inbox")
    subprocess.run(["curl", "-s", inbox, "--data", markup, "-H", "webhook-id: <b>7</b>"], check=True)
    row = page.locator("#messages .record", has_text="<img src=x").first
    row.locator("summary").click()
    expect(row).to_contain_text("<b>7</b>")
    assert page.evaluate("window.__ran") is None
    assert page.locator("#messages img, #messages b").count() == 0


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize(("width", "theme", "rules"), SCREENS)
def test_a_lessons_pages_are_whole_on_every_screen_and_for_everybody(
    browser: Browser, console: Console, width: int, theme: str, rules: dict[str, Any]
) -> None:
    shown, context = open_page(browser, console, width, theme)
    found = []
    for name, path in PAGES.items():
        shown.page.goto(f"{console.url}/{path}")
        found += [f"{name}: {one}" for one in complaints_of(shown.page, rules)]
    context.close()
    found += shown.witness.complaints
    assert not found, "\n".join(found[:25])
