"""Pages live: they keep up, stop when told, say when they no longer can, and keep one's place."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from whole_lab import WholeLab, eventually
from whole_page import Console, Shown, Witness, open_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.usefixtures("incident")]


@pytest.fixture
def page(shown: Shown, console: Console) -> Page:
    """The overview of the running incident."""
    shown.page.goto(f"{console.url}/incident/overview")
    return shown.page


def moves(page: Page, of: Locator, within_s: float = 8.0) -> bool:
    """Whether the element's text changes by itself."""
    before = of.inner_text()
    return eventually(lambda: of.inner_text() != before, within_s)


def test_numbers_and_charts_keep_up_without_a_reload(page: Page) -> None:
    chart = page.locator("#c-orders")
    before = chart.get_attribute("data-points")
    assert moves(page, page.locator("#impact"))
    assert eventually(lambda: chart.get_attribute("data-points") != before, 15)


def test_pause_stops_all_movement_until_one_goes_on(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pause", pressed=True)).to_be_visible()
    expect(page.get_by_text("Everything on this page stands still")).to_be_visible()
    assert not moves(page, page.locator("main"), 3)
    page.reload()
    expect(page.get_by_text("Everything on this page stands still")).to_be_visible()
    page.locator("[data-resume]").click()
    assert moves(page, page.locator("#impact"))


def test_live_regions_do_not_chatter(page: Page) -> None:
    page.evaluate(
        "document.querySelectorAll('[role=status], [role=alert], [aria-live]').forEach((region) => "
        "new MutationObserver((changes) => { window.__said = (window.__said || 0) + changes.length; })"
        ".observe(region, { subtree: true, childList: true, characterData: true }))"
    )
    assert moves(page, page.locator("#impact"))
    assert moves(page, page.locator("#impact"))
    assert page.evaluate("window.__said || 0") == 0


def test_what_one_has_opened_stays_open_while_the_page_keeps_up(page: Page) -> None:
    page.locator("#panel-errors").get_by_text("As a table").click()
    assert moves(page, page.locator("#impact"))
    expect(page.locator("#panel-errors table")).to_be_visible()


def test_a_chart_is_read_and_a_span_of_it_kept_by_keyboard(page: Page, console: Console) -> None:
    plot = page.locator("#c-errors .plot")
    plot.focus()
    last = plot.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowLeft")
    assert plot.get_attribute("aria-valuetext") != last
    expect(page.locator("#c-errors .readout")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d: \d"))
    for _ in range(8):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("#c-errors .selected")).to_contain_text("Selected:")
    kept = len(console.get("/api/cites"))
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Kept as E")
    assert len(console.get("/api/cites")) == kept + 1
    assert console.get("/api/cites")[-1]["ref"].startswith('metric:{"probe":{"error_rate":{"service":"gateway"}}')


SHIFT = """one => {
  const points = JSON.parse(one.dataset.points), step = Number(one.dataset.step);
  const later = [points[0].at(-1) + step, points[0].at(-1) + 2 * step];
  points.forEach((line, n) => { line.splice(0, 2); line.push(...(n ? [0, 0] : later)); });
  one.dataset.points = JSON.stringify(points);
}"""


def test_a_place_found_by_keys_stays_the_same_moment_while_time_goes_on(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    chart = page.locator("#c-errors")
    chart.locator(".plot").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    readout = chart.locator(".readout")
    here, until = readout.inner_text(), re.search(r"to ([\d:]+)", chart.locator(".selected").inner_text())
    page.keyboard.press("Shift+ArrowLeft")
    before = readout.inner_text()
    assert until is not None
    chart.evaluate(SHIFT)
    page.keyboard.press("Shift+ArrowRight")
    expect(readout).to_have_text(here)
    page.keyboard.press("Shift+ArrowLeft")
    expect(readout).to_have_text(before)
    expect(chart.locator(".selected")).to_contain_text(f"to {until[1]}")


@pytest.mark.parametrize("chart", ["c-orders", "c-heat"])
def test_a_click_in_a_chart_chooses_nothing_and_the_mouse_leads_on(page: Page, chart: str) -> None:
    page.get_by_role("button", name="Pause").click()
    drawn, readout = page.locator(f"#{chart} .plot canvas"), page.locator(f"#{chart} .readout")
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6)
    told = readout.inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(readout).to_have_text(told)
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.6)
    expect(readout).not_to_have_text(told)
    expect(page.locator(f"#{chart} .selected:visible")).to_have_count(0)


def test_a_chart_s_table_has_every_point_it_draws(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    for chart in ("c-orders", "c-errors", "c-duration", "c-rate"):
        page.locator(f"#{chart}-more > summary").click()
        points = page.locator(f"#{chart}").evaluate("one => JSON.parse(one.dataset.points)[0].length")
        expect(page.locator(f"#{chart}-more tbody tr")).to_have_count(points)
    page.locator("#c-heat-more > summary").click()
    cells = page.locator("#c-heat").evaluate("one => JSON.parse(one.dataset.heat).counts.flat().filter(Boolean).length")
    expect(page.locator("#c-heat-more tbody tr")).to_have_count(cells)


def test_the_heat_map_is_read_by_arrow_keys_in_both_directions(page: Page) -> None:
    plot = page.locator("#c-heat .plot")
    plot.focus()
    told = {plot.get_attribute("aria-valuetext")}
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        told.add(plot.get_attribute("aria-valuetext"))
    assert len(told) == 4


def test_a_span_that_is_dragged_over_is_looked_at_more_closely(page: Page) -> None:
    over = page.locator("#c-orders .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 30, steps=5)
    page.mouse.up()
    page.locator("#c-orders").get_by_role("link", name="Look closer").click()
    page.wait_for_url(re.compile(r"since=\d{10}\.\d{3}&until=\d{10}"))
    address = page.url
    page.reload()
    assert page.url == address
    expect(page.get_by_label("Span of time").locator("[aria-current]")).to_contain_text(" to ")


def test_a_term_is_explained_where_it_stands(page: Page) -> None:
    term = page.locator("#everything a.term", has_text="p95").first
    term.click()
    expect(page.get_by_role("dialog")).to_contain_text("95 of 100 requests")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(term).to_be_focused()


def test_the_chosen_colours_are_kept(page: Page) -> None:
    button = page.locator("[data-theme-button]")
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(page.url.replace("incident/overview", "answer"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_where_nothing_may_be_kept_the_colours_are_chosen_all_the_same(browser: Browser, console: Console) -> None:
    shown, context = open_page(browser, console)
    refuse = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
    shown.page.add_init_script(refuse)
    shown.page.goto(console.url)
    for colours in ("light", "dark"):
        shown.page.locator("[data-theme-button]").click()
        expect(shown.page.get_by_label(f"Colours: {colours}")).to_be_visible()
    expect(shown.page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()
    assert shown.witness.complaints == []


def test_what_went_wrong_stands_until_it_is_closed_and_its_remedy_can_be_read(shown: Shown, page: Page) -> None:
    button = page.locator("#panel-errors").get_by_role("button", name="Use as evidence").last
    page.get_by_role("button", name="Pause").click()
    for theme in ("light", "dark"):
        page.locator("[data-theme-button]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.locator("#panel-errors input[name=probe]").evaluate_all(
            "all => all.forEach((one) => { one.value = '{'; })"
        )
        button.focus()
        page.keyboard.press("Enter")
        toast = page.get_by_role("alert")
        expect(toast).to_be_visible()
        # a remedy may name a command, which is a link
        toast.locator("p").last.evaluate("one => one.insertAdjacentHTML('beforeend', '<a href=\"/fix\">the fix</a>')")
        inks = toast.evaluate("one => [one, one.querySelector('a')].map((part) => getComputedStyle(part).color)")
        assert inks[0] == inks[1]
        toast.get_by_role("button", name="Close").focus()
        page.keyboard.press("Enter")
        expect(toast).to_have_count(0)
        expect(button).to_be_focused()
    shown.witness.complaints = [one for one in shown.witness.complaints if "status of 422" not in one]


def test_a_copy_button_says_what_it_did_and_has_its_name_back(shown: Shown, page: Page, console: Console) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.install()
    page.goto(f"{console.url}/incident/api?operation=get-products")
    page.get_by_role("button", name="Send", exact=True).click()
    button = page.locator("[data-copy-of=curl]")
    expect(button).to_be_visible()
    page.clock.pause_at(datetime.now() + timedelta(minutes=1))
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.locator("#announce")).to_have_text("Copied")
    button.click()
    assert eventually(lambda: page.clock.run_for(2500) or button.inner_text() == "Copy as curl")
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl ")


@pytest.mark.parametrize(("wish", "animated"), [("no-preference", True), ("reduce", False)])
def test_only_with_reduced_motion_nothing_is_animated(
    browser: Browser, console: Console, wish: Literal["no-preference", "reduce"], animated: bool
) -> None:
    context = browser.new_context(reduced_motion=wish, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{console.url}/incident/overview")
    page.wait_for_function("document.querySelectorAll('.plot canvas').length >= 4")
    # what beats while the lab starts
    page.locator("main").evaluate(
        "one => one.insertAdjacentHTML('afterbegin', '<div class=\"step running\"><svg></svg></div>')"
    )
    assert bool(page.evaluate("document.getAnimations().length")) == animated
    context.close()


def test_a_draft_outlives_looking_around_and_a_link_opens_its_question(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/answer#q-update")
    page.locator("#q-update textarea").fill("Half of a sentence")
    page.goto(f"{console.url}/incident/logs")
    page.goto(f"{console.url}/answer#q-update")
    expect(page.locator("#q-update textarea")).to_have_value("Half of a sentence")
    page.goto(f"{console.url}/progress")
    page.goto(f"{console.url}/answer#q-next")
    expect(page.locator("#q-next .send")).to_be_visible()


def test_a_draft_outlives_an_answer_that_did_not_arrive(shown: Shown, page: Page, console: Console) -> None:
    page.route("**/answer/update", lambda route: route.abort())
    page.goto(f"{console.url}/answer#q-update")
    text = page.locator("#q-update textarea")
    text.fill("Three sentences, written with care.")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/answer/update")):
        page.locator("#q-update .send").click()
    page.reload()
    expect(text).to_have_value("Three sentences, written with care.")
    page.unroute("**/answer/update")
    page.locator("#q-update .send").click()
    expect(page.locator("#q-update .verdict")).to_be_focused()
    assert page.evaluate("Object.keys(localStorage).filter((one) => one.startsWith('draft:'))") == []
    shown.witness.complaints = [one for one in shown.witness.complaints if "ailed to " not in one]


def test_log_rows_are_walked_by_arrow_keys_and_opened_in_place(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/incident/logs?q=level:warn")
    rows = page.locator(".record summary")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    only = page.locator(".record").nth(1).get_by_role("link", name=re.compile("^only event"))
    only.click()
    page.wait_for_url(re.compile("event"))
    expect(page.locator("#q")).to_have_value(re.compile("level:warn event:"))


def test_what_is_answered_in_a_terminal_shows_on_the_page(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/answer")
    before = page.locator("#ladder-score h2").inner_text()
    console.lab.run("hint", "--yes")
    expect(page.locator("#hints")).to_contain_text("Hint 2 of 4")
    expect(page.locator("#ladder-score h2")).not_to_have_text(before)


def test_a_browser_in_another_zone_shows_the_lab_s_clock_everywhere(browser: Browser, console: Console) -> None:
    context = browser.new_context(timezone_id="Pacific/Chatham")  # a quarter past the hour of everybody else
    page = context.new_page()
    page.goto(f"{console.url}/incident/overview")
    page.locator("#c-errors .plot").focus()
    page.get_by_role("button", name="Pause").click()
    said = [page.locator(name).inner_text() for name in (".clock", "#c-errors .readout", "[data-paused-at]")]
    context.close()
    seconds = [int(one[:2]) * 3600 + int(one[3:5]) * 60 + int(one[6:8]) for one in said]
    assert all((seconds[0] - one + 60) % 86_400 < 180 for one in seconds), said


def test_on_a_phone_the_rooms_are_behind_a_menu(browser: Browser, console: Console) -> None:
    shown, context = open_page(browser, console, 390)
    shown.page.goto(f"{console.url}/incident/overview")
    rooms = shown.page.get_by_label("Rooms", exact=True)
    expect(rooms).to_be_hidden()
    shown.page.get_by_role("button", name="Menu").click()
    rooms.get_by_role("link", name="Answer").click()
    shown.page.wait_for_url("**/answer")
    context.close()
    assert shown.witness.complaints == []


def test_on_a_low_screen_the_whole_menu_can_be_reached(browser: Browser, console: Console) -> None:
    shown, context = open_page(browser, console, 390)
    shown.page.set_viewport_size({"width": 390, "height": 280})
    shown.page.goto(f"{console.url}/incident/overview")
    shown.page.get_by_role("button", name="Menu").click()
    box = shown.page.locator("#rooms-nav").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 280
    last = shown.page.get_by_label("Rooms", exact=True).get_by_role("link").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.9)
    context.close()
    assert shown.witness.complaints == []


BASE = "/user/anna/lab"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeLab]:
    """A console of its own that is served below a path."""
    lab = WholeLab(tmp_path_factory.mktemp("base") / "home")
    told = {**lab.env(), "LAB_BASE_PATH": BASE}
    lab.env = lambda: told  # type: ignore[method-assign]
    yield lab
    lab.clean_up()


def test_below_a_base_path_all_is_found_and_a_console_that_ends_is_missed(
    browser: Browser, elsewhere: WholeLab
) -> None:
    address = elsewhere.get("open", "--no-browser")["url"].rstrip("/")
    context = browser.new_context()
    witness = Witness(f"{address}{BASE}")
    page = witness.watch(context.new_page())
    with page.expect_response(lambda answer: "/live/home" in answer.url) as stream:
        page.goto(f"{address}{BASE}/")
    assert stream.value.status == 200
    page.get_by_label("Rooms", exact=True).get_by_role("link", name="Progress").click()
    page.wait_for_url(f"{address}{BASE}/progress")
    page.goto(f"{address}{BASE}/incident/glossary")
    page.locator(".terms a").first.click()
    expect(page.locator("article h2")).to_be_visible()
    page.goto(f"{address}{BASE}/")
    assert moves(page, page.locator("#statusline"))
    assert witness.complaints == []
    elsewhere.run("stop")
    expect(page.get_by_text("No connection to the lab")).to_be_visible(timeout=15_000)
    elsewhere.run("open", "--no-browser", "--port", address.rpartition(":")[2])
    expect(page.get_by_text("No connection to the lab")).to_be_hidden(timeout=20_000)
    elsewhere.run("stop")
    context.close()
