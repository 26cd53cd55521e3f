"""Makes pictures of every page of the console: `python docs/pictures.py FOLDER`, broad and narrow, light and dark.

It starts a lab of its own, goes through `rate-limit` far enough for each page to have something on it, looks into a
lesson of requests (`webhooks`), and stops it.
With `--for-docs` it writes the few that README and docs show, small, into docs/pictures/. Needs chromium.
"""

import argparse
import base64
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from whole_lab import WholeLab, eventually  # noqa: E402  # found by the line above
from whole_page import ARGS, CHROMIUM, Console, Incident  # noqa: E402

SCREENS = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
BEFORE = {
    "home": "",
    "overview": "incident/overview",
    "overview-edge": "incident/overview?edge=orders->partner&since=incident",
    "map": "incident/map",
    "logs": "incident/logs?q=level:warn",
    "log": "incident/logs/{log}",
    "traces": "incident/traces?q=status:error",
    "trace": "incident/traces/{trace}",
    "database": "incident/database?q=SELECT+status,+count(*)+FROM+orders+GROUP+BY+status&explain=1",
    "try-it": "incident/api?operation=post-orders",
    "changes": "incident/changes",
    "partner": "incident/partner/developers",
    "glossary": "incident/glossary",
    "term": "incident/glossary/p95",
    "answer": "answer#q-update",
    "fix": "fix",
    "debrief-early": "debrief",
    "not-there": "incident/nothing",
}
DURING = {"fix-testing": "fix#load"}
AFTER = {"fix-proved": "fix#load", "overview-fixed": "incident/overview", "answer-done": "answer", "debrief": "debrief"}
AFTER |= {"progress": "progress"}
ENDED = {
    "home-ended": "",
    "incident-ended": "incident/overview",
    "debrief-ended": "debrief",
    "glossary-alone": "incident/glossary/429",
}
LESSON = {
    "lesson": "answer",
    "lesson-overview": "incident/overview",
    "lesson-api": "incident/api",
    "lesson-inbox": "incident/inbox",
}
LESSON |= {"lesson-logs": "incident/logs"}
DOCS = {
    "overview": ("incident/overview", 1280, 900),
    "trace": ("incident/traces/{trace}", 1280, 860),
    "map": ("incident/map", 1280, 720),
    "answer": ("answer#q-update", 1280, 720),
}
UPDATE = (
    "Customers who press 'order' get an error: about half of checkouts fail since the mail. "
    "Looking at coffee and tracking earlier orders works as usual. It is steady. "
    "Our checkout team is now taking orders in and charging the cards a little later. Next update at 10:30."
)


class Pictures:
    """Takes them, into one folder."""

    def __init__(self, browser: Browser, console: Console, folder: Path) -> None:
        self.browser, self.console, self.folder = browser, console, folder

    def take(self, pages: dict[str, str], **ids: str) -> None:
        """Each page on each screen, whole."""
        for width, theme in SCREENS:
            page = self._page(width, 900 if width > 600 else 844, theme)
            for name, path in pages.items():
                self._settle(page, path.format(**ids))
                page.screenshot(path=self.folder / f"{name}-{width}-{theme}.png", full_page=True)
            page.context.close()

    def for_docs(self, **ids: str) -> None:
        """A few, as high as a screen, as WebP of less than 80 kB."""
        for name, (path, width, height) in DOCS.items():
            page = self._page(width, height, "light")
            self._settle(page, path.format(**ids))
            shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 72})
            (self.folder / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
            page.context.close()

    def _page(self, width: int, height: int, theme: str) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        return context.new_page()

    def _settle(self, page: Page, path: str) -> None:
        page.goto(f"{self.console.url}/{path}")
        page.wait_for_timeout(1500)


def main() -> None:
    """Start a lab, walk, take pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?", default=HERE / "pictures")
    parser.add_argument("--for-docs", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        lab = WholeLab(Path(home) / "home")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            console = Console(lab, lab.get("open", "--no-browser")["url"].rstrip("/"))
            walk(Pictures(browser, console, arguments.folder), console, arguments.for_docs)
        finally:
            browser.close()
            lab.run("stop")
            lab.clean_up()


def walk(pictures: Pictures, console: Console, for_docs: bool) -> None:
    """The story, with a stop at each place worth a picture."""
    if not for_docs:
        pictures.take({"home-nothing": "", "progress-nothing": "progress", "debrief-nothing": "debrief"})
        console.post("/api/session", {"scenario": "rate-limit", "seed": 3, "windows": "prove"})
        pictures.take({"overview-starting": "incident/overview"})
    incident = Incident.prepare(console)
    eventually(lambda: console.get("/api/impact")["so_far"]["attempts"] > 400, 60)
    ids = {"log": incident.log, "trace": incident.trace}
    if for_docs:
        pictures.for_docs(**ids)
        return
    pictures.take(BEFORE, **ids)
    console.post("/api/mitigations", {"id": "queue-payments"})
    console.post("/api/load", {})
    pictures.take(DURING)
    eventually(lambda: console.get("/api/load")["state"] != "running", 120)
    for question, answer in (("size", "50 %"), ("direction", "steady"), ("why-now", "a"), ("fix", "done")):
        console.post("/api/answers", {"question": question, "answer": answer})
    console.post("/api/answers", {"question": "after", "answer": "60 ms"})
    console.post("/api/answers", {"question": "update", "answer": UPDATE})
    console.post("/api/answers", {"question": "next", "answer": "b"})
    pictures.take(AFTER)
    console.post("/api/session/stop", {})
    pictures.take(ENDED)
    console.post("/api/session", {"scenario": "webhooks", "seed": 3, "windows": "prove"})
    eventually(lambda: console.get("/api/session")["state"] == "open", 60)
    pictures.take(LESSON)


if __name__ == "__main__":
    main()
