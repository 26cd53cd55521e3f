"""The console in a browser: how it is started and asked, and pages that tell on themselves."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from whole_lab import WholeLab, eventually

LAYOUT = (Path(__file__).parent / "browser" / "layout.js").read_text(encoding="utf-8")
UNFOLD = (
    "document.querySelectorAll('main .fold:not(#c-heat-more), main .rung-fold').forEach((one) => { one.open = true; })"
)
EVERY_RULE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# what a theme or a width can change; the rest of a page is the same in all of them
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
OF_WIDTH = {"runOnly": {"type": "rule", "values": ["scrollable-region-focusable", "target-size", "aria-hidden-focus"]}}
CHROMIUM = "/usr/bin/chromium"
NO_ANIMATION = "Transition was aborted"
"""So begins what Chromium reports when it leaves out the fading from page to page, as it does on a busy machine."""
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  (window.__violations ||= []).push(`${event.violatedDirective} ${event.blockedURI}`);
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Console:
    """The console of one home: its address, and the lab as commands see it."""

    lab: WholeLab
    url: str

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """A call of the JSON API."""
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def get(self, path: str) -> Any:
        """As above."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as answer:
            return json.loads(answer.read())

    def start(self, seed: int) -> None:
        """Begin rate-limit in place of whatever runs, and wait for the pager; a busy machine gets a second try."""
        for _ in range(2):
            if self.state() not in ("none", "failed", "stopped"):
                self.post("/api/session/stop", {})
            self.post("/api/session", {"scenario": "rate-limit", "seed": seed, "windows": "prove"})
            assert eventually(lambda: self.state() in ("open", "failed"), 120), self.state()
            if self.state() == "open":
                return
        raise AssertionError(self.get("/api/session")["error"])

    def state(self) -> str:
        """The session's state; `none` without one."""
        try:
            return str(self.get("/api/session")["state"])
        except urllib.error.HTTPError:
            return "none"


@dataclass(frozen=True)
class Incident:
    """An open incident with some evidence, a right, a wrong and a looked-up answer, and a hint taken."""

    log: str
    trace: str

    @classmethod
    def prepare(cls, console: Console) -> "Incident":
        """Start one and do a little of everything in it."""
        console.start(seed=3)
        log = console.get("/api/logs?q=event:payment.refused&limit=1")["logs"][0]
        trace = console.get("/api/traces?q=status:error&limit=1")["traces"][0]
        console.post("/api/cites", {"ref": log["ref"]})
        console.post("/api/cites", {"ref": trace["ref"], "note": "the whole way"})
        console.post("/api/cites", {"probe": {"error_rate": {"service": "gateway"}}, "since": "incident"})
        console.post("/api/answers", {"question": "proof", "evidence": ["E1"]})
        for option in ("a", "b"):
            if console.post("/api/answers", {"question": "whose", "answer": option})["verdict"] == "right":
                break
        console.post("/api/answers", {"question": "update", "answer": "There is a problem. We are working on it."})
        console.post("/api/hints", {})
        console.post("/api/hints", {"reveal": "where"})
        return cls(str(log["id"]), str(trace["trace_id"]))


@dataclass
class Witness:
    """What a page did that it should not: errors, policy violations, requests to elsewhere."""

    url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        """Listen to a page from its first moment."""
        page.add_init_script(WATCH)
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self._failed(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        return page

    def _failed(self, error: str) -> None:
        if not error.startswith(NO_ANIMATION):
            self.complaints.append(f"error: {error}")

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, address: str) -> None:
        if not address.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked {address}")


@dataclass
class Shown:
    """A page at one width in one theme."""

    page: Page
    witness: Witness
    width: int
    theme: str

    def look_at(self, console: Console, pages: dict[str, str]) -> list[str]:
        """What is wrong with pages as they are now, broad and narrow."""
        found = []
        for width in (1280, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            for name, path in pages.items():
                self.page.goto(f"{console.url}/{path}")
                rules = EVERY_RULE if width == 1280 else OF_WIDTH
                found += [f"{name} at {width}: {one}" for one in complaints_of(self.page, rules)]
        return found


def open_page(
    browser: Browser, console: Console, width: int = 1280, theme: str = "light"
) -> tuple[Shown, BrowserContext]:
    """A fresh page, watched."""
    height = 900 if width > 600 else 844
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    witness = Witness(console.url)
    return Shown(witness.watch(context.new_page()), witness, width, theme), context


def complaints_of(page: Page, rules: dict[str, Any] = EVERY_RULE) -> list[str]:
    """What is wrong with a page, everything on it unfolded: its layout, and what bars somebody from using it."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        "document.querySelectorAll('.chart, .heat').length === document.querySelectorAll('.plot canvas').length"
    )
    page.evaluate(UNFOLD)
    found = [str(one) for one in page.evaluate(LAYOUT)]
    broken = Axe().run(page, options=rules).response["violations"]
    return found + [f"{one['id']} {[node['html'][:150] for node in one['nodes'][:3]]}" for one in broken]
