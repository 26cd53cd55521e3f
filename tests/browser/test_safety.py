"""What strangers write is text: in a log line, a header, the name on an order, an answer."""

import json
import time
import urllib.request

import pytest
from playwright.sync_api import Page, expect
from whole_lab import eventually
from whole_page import Console, Shown

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.usefixtures("incident")]
MARKUP = (
    '"><img src=x onerror="window.__ran=1"><script>window.__ran=1</script>'
    '<hx-partial hx-target="body">gone</hx-partial>'
)


def harmless(page: Page) -> None:
    """Nothing of the markup came to life."""
    assert page.evaluate("window.__ran") is None
    assert page.locator("img").count() == 0
    assert page.get_by_text("gone", exact=True).count() == 0
    expect(page.locator("header .brand")).to_be_visible()


def send_log(console: Console) -> None:
    """A log record as any program could send it: markup in its message and in a field."""
    value = {"stringValue": MARKUP}
    record = {
        "timeUnixNano": str(time.time_ns()),
        "severityText": "WARN",
        "body": value,
        "attributes": [{"key": "event", "value": {"stringValue": "odd.markup"}}, {"key": "note", "value": value}],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "gateway"}}]}
    body = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}
    request = urllib.request.Request(
        f"{console.url}/v1/logs", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_a_log_line_with_markup_is_text(shown: Shown, console: Console) -> None:
    send_log(console)
    assert eventually(lambda: console.get("/api/logs?q=note:*")["count"] > 0)
    shown.page.goto(f"{console.url}/incident/logs?q=note:*")
    expect(shown.page.locator(".record summary").first).to_have_text(MARKUP)
    shown.page.locator(".record summary").first.click()
    expect(shown.page.locator(".fields-table").first).to_contain_text(MARKUP)
    shown.page.locator(".record").first.get_by_role("button", name="Use as evidence").click()
    expect(shown.page.locator("#notebook .evidence")).to_contain_text('"><img src=x')
    harmless(shown.page)


def test_a_header_with_markup_is_text(shown: Shown, console: Console) -> None:
    shown.page.goto(f"{console.url}/incident/api?operation=get-products")
    shown.page.get_by_text("Headers and key").click()
    shown.page.get_by_label("More headers").fill(f"X-Odd: {MARKUP}")
    shown.page.get_by_role("button", name="Send", exact=True).click()
    expect(shown.page.locator("#curl")).to_contain_text('X-Odd: "><img')
    harmless(shown.page)


def test_the_name_on_an_order_is_text(shown: Shown, console: Console) -> None:
    shown.page.goto(f"{console.url}/incident/api?operation=post-orders")
    body = json.loads(shown.page.get_by_label("Body").input_value())
    body["customer"]["name"] = MARKUP[:100]
    shown.page.get_by_label("Body").fill(json.dumps(body))
    shown.page.get_by_role("button", name="Send", exact=True).click()
    expect(shown.page.locator("#answer h3")).to_be_visible()
    query = "SELECT name FROM customers WHERE name LIKE '%onerror%'"
    shown.page.goto(f"{console.url}/incident/database")
    shown.page.get_by_label("A query in SQL").fill(query)
    shown.page.get_by_role("button", name="Run", exact=True).click()
    expect(shown.page.locator(".result td").first).to_have_text(MARKUP[:100])
    harmless(shown.page)


def test_an_answer_with_markup_is_text(shown: Shown, console: Console) -> None:
    shown.page.goto(f"{console.url}/answer#q-update")
    shown.page.locator("#q-update textarea").fill(MARKUP)
    with shown.page.expect_response(lambda answer: answer.url.endswith("/answer/update")):
        shown.page.locator("#q-update .send").click()
    expect(shown.page.locator("#q-update .verdict")).to_be_focused()
    harmless(shown.page)
    shown.page.goto(f"{console.url}/debrief")
    expect(shown.page.locator(".explained")).to_contain_text('"><img src=x')
    harmless(shown.page)


def test_a_search_and_an_address_with_markup_are_text(shown: Shown, console: Console) -> None:
    shown.page.goto(f"{console.url}/incident/logs")
    shown.page.locator("#q").fill('note:"<img src=x onerror=window.__ran=1>"')
    with shown.page.expect_navigation():
        shown.page.keyboard.press("Enter")
    harmless(shown.page)
    shown.page.goto(f"{console.url}/incident/glossary/%3Cimg%20src%3Dx%20onerror%3Dwindow.__ran%3D1%3E")
    expect(shown.page.get_by_role("alert")).to_contain_text("<img src=x")
    harmless(shown.page)


def test_sql_only_reads_and_is_stopped_when_it_takes_too_long(shown: Shown, console: Console) -> None:
    shown.page.goto(f"{console.url}/incident/database?q=DELETE+FROM+orders")
    expect(shown.page.get_by_role("alert")).to_contain_text("Only reading is allowed here.")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    shown.page.get_by_label("A query in SQL").fill(endless)
    shown.page.get_by_role("button", name="Run", exact=True).click()
    expect(shown.page.get_by_role("alert")).to_contain_text("was stopped")
