"""A learner's whole way through rate-limit: by clicks alone, and by keyboard alone, to full marks."""

import re
import time
from collections.abc import Callable

import pytest
from hands import Hand, Keys, Mouse
from playwright.sync_api import Locator, Page, expect
from whole_page import Console, Shown

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]
CHECKOUT = "POST /api/v1/orders"


class Learner:
    """Somebody who reads the pages and answers; never anything but what stands on them."""

    def __init__(self, console: Console, page: Page, hand: Hand) -> None:
        self.console, self.page, self.hand = console, page, hand

    # --- moving about

    def room(self, name: str) -> None:
        """Go to a room by the header."""
        self.hand.press(self.page.get_by_label("Rooms", exact=True).get_by_role("link", name=re.compile(f"^{name}")))
        self.page.wait_for_load_state()

    def tab(self, name: str) -> None:
        """Go to a tab of the incident by its links."""
        if "/incident/" not in self.page.url:
            self.room("Incident")
        link = self.page.get_by_role("navigation", name="Incident").get_by_role("link", name=name, exact=True)
        if link.get_attribute("aria-current") is None:
            self.follow(link)

    def follow(self, link: Locator) -> None:
        """Use a link and wait for where it leads."""
        before = self.page.url
        self.hand.press(link)
        self.page.wait_for_url(lambda url: url != before)
        self.page.wait_for_load_state()

    # --- the way

    def start(self, seed: int) -> None:
        """Choose the story on the start page, with a seed, at the short pace."""
        self.page.goto(self.console.url)
        story = self.page.locator("#scenario-rate-limit")
        self.hand.press(story.get_by_text("Seed and pace"))
        self.hand.write(story.get_by_label("Seed"), str(seed))
        self.hand.pick(story.get_by_label("Pace"), "prove")
        self.hand.press_twice(story.get_by_role("button", name="Start"))
        self.page.wait_for_url("**/incident/overview")
        expect(self.page.locator(".steps")).to_contain_text("Starting gateway")
        expect(self.page.locator(".pager").get_by_text("Support to #checkout")).to_be_visible(timeout=90_000)

    def answer(self, question: str, fill: Callable[[Locator], None]) -> None:
        """Open a question, answer it, and see that it was right."""
        self.room("Answer")
        rung = self.page.locator(f"#q-{question}")
        if not rung.locator("details.rung-fold").evaluate("one => one.open"):
            self.hand.press(rung.locator("summary").first)
        fill(rung)
        self.hand.press(rung.locator("button.send"))
        expect(rung.locator(".feedback")).to_be_visible()
        expect(rung.locator(".feedback .verdict")).to_contain_text("Right")

    def choose(self, question: str, *words: str) -> None:
        """Answer with the option that speaks of all these words."""

        def fill(rung: Locator) -> None:
            option = rung.locator("label.choice")
            for word in words:
                option = option.filter(has_text=word)
            expect(option).to_have_count(1)
            self.hand.press(option.locator("input"))

        self.answer(question, fill)

    def detect(self) -> float:
        """How big: the checkouts' errors over the incident. Which way: what the page says about its halves."""
        self.tab("Overview")
        self.follow(self.page.get_by_label("Kinds of request").get_by_role("link", name=CHECKOUT))
        self.follow(self.page.get_by_label("Span of time").get_by_role("link", name="The incident"))
        requests = self.page.locator("#panel-rate")
        enough = requests.get_by_text(re.compile(r"^(1[5-9]\d|[2-9]\d\d|\d.\d{3}) requests in"))
        expect(enough).to_be_visible(timeout=60_000)
        said = self.page.locator("#panel-errors .reading").first.inner_text()
        finding = self.page.locator("#panel-errors .finding").inner_text()
        share = float(said.replace("%", "").strip())
        self.answer("size", lambda rung: self.hand.write(rung.get_by_label("Your figure"), f"{share:g}"))
        trend = next((word for word in ("worse", "better") if word in finding), "steady")
        self.choose("direction", trend)
        return share / 100

    def localize(self) -> None:
        """Open a failed checkout and go down to the deepest line that failed."""
        self.tab("Traces")
        self.follow(self.page.get_by_role("link", name="Failed", exact=True))
        self.follow(self.page.locator(".traces tbody a[data-row]").filter(has_text=CHECKOUT).first)
        deepest = self.page.locator(".waterfall tr.failed").last
        expect(deepest.locator(".who")).to_have_text("orders → partner")
        expect(deepest.locator(".answer")).to_contain_text("429")
        self.choose("where", "Paylane", "money")

    def explain(self) -> None:
        """Our own gateway refused nobody; the partner states a quota; traffic is many times what it was."""
        self.tab("Logs")
        self.search("event:rate_limited")
        expect(self.page.get_by_text("No record fits.")).to_be_visible()
        self.tab("Partner")
        self.follow(self.page.get_by_role("link", name="For developers"))
        expect(self.page.get_by_role("heading", name="Quota")).to_be_visible()
        self.choose("whose", "rate that our contract")
        self.tab("Overview")
        expect(self.page.locator("#panel-rate .finding")).to_contain_text("the baseline")
        self.choose("why-now", "Checkouts have become more frequent")
        self.tab("Logs")
        self.search("service:orders event:payment.refused")
        self.hand.press(self.page.locator(".record").first.get_by_role("button", name="Use as evidence"))
        expect(self.page.locator("#notebook .evidence")).to_contain_text("E1")
        kept = "label.choice:has-text('E1') input"
        self.answer("proof", lambda rung: self.hand.press(rung.locator(kept)))

    def search(self, text: str) -> None:
        """Type a search and send it."""
        self.hand.write(self.page.locator("#q"), text)
        self.hand.press(self.page.get_by_role("button", name="Search"))
        self.page.wait_for_load_state()

    def fix_and_prove(self) -> None:
        """Apply what the brief's constraint wants, run the load test, and read how long people waited to be paid."""
        self.room("Fix and prove")
        offer = self.page.locator(".offer").filter(has_text="charge the cards in the background")
        self.hand.press(offer.get_by_role("button", name="Apply"))
        expect(self.page.locator("#in-force")).to_contain_text("In force since")
        self.hand.press(self.page.get_by_role("button", name="Run the load test"))
        expect(self.page.locator("#load")).to_contain_text("is running")
        expect(self.page.locator("#verdict .verdict-word")).to_contain_text("Passed", timeout=90_000)
        row = self.page.locator(".compare tr").filter(has_text="Longest wait to be paid")
        said = row.locator("td").nth(1).inner_text()
        self.answer("fix", lambda _rung: None)
        self.answer("after", lambda rung: self.hand.write(rung.get_by_label("Your figure"), said))

    def communicate(self, share: float) -> None:
        """Tell people the truth, and ask the question that changes the plan."""
        later = time.strftime("%H:%M", time.localtime(time.time() + 1800))
        text = (
            f"Customers who press 'order' get an error: about {share * 100:.0f} % of checkouts fail since the mail. "
            "Looking at coffee and tracking earlier orders works as usual. "
            "The share of failed checkouts has been steady over the last minutes. "
            "Our checkout team is now taking orders in and charging the cards a little later. "
            f"You will hear from us again at {later}."
        )
        self.answer("update", lambda rung: self.hand.write(rung.get_by_label("Your update"), text))
        self.choose("next", "until the last order is paid")

    def look_back(self) -> None:
        """Read the debrief and the progress."""
        self.room("Debrief")
        expect(self.page.locator(".result")).to_contain_text("Passed")
        expect(self.page.locator(".result")).to_contain_text("100 of 100 points")
        expect(self.page.get_by_role("heading", name="Take this to work on Monday")).to_be_visible()
        expect(self.page.locator(".timeline")).to_contain_text("Applied:")
        self.room("Progress")
        expect(self.page.get_by_role("cell", name="passed").first).to_be_visible()


@pytest.mark.parametrize(("way", "seed"), [(Mouse, 1), (Keys, 2)], ids=["by clicks alone", "by keyboard alone"])
def test_a_learner_gets_full_marks_in_the_browser(
    way: type[Mouse] | type[Keys], seed: int, console: Console, shown: Shown
) -> None:
    if console.state() not in ("none", "stopped"):
        console.post("/api/session/stop", {})
    learner = Learner(console, shown.page, way(shown.page))
    learner.start(seed)
    share = learner.detect()
    learner.localize()
    learner.explain()
    learner.fix_and_prove()
    learner.communicate(share)
    learner.look_back()
    if way is Mouse:
        broken = shown.look_at(console, {"fix": "fix", "answer": "answer", "debrief": "debrief"})
        assert not broken, "\n".join(broken)
    status = console.lab.get("status")
    assert (status["score"]["points"], status["score"]["passed"]) == (100.0, True)
    assert {one["state"] for one in console.lab.get("diagnose")} == {"right"}
    (run,) = [one for one in console.lab.get("progress")["runs"] if one["session"] == status["id"]]
    assert run["passed"]
