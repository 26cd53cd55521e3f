"""The search for leaks reads every page there is."""

import re
from pathlib import Path

from lab.console.app import create_app
from lab.core.clock import ManualClock
from lab.proof.pages import LESSON, NOT_LOOKED_AT, SHOP
from lab.session.home import Home
from lab.session.owner import Owner


def test_every_page_of_the_console_is_looked_at_or_says_why_not(tmp_path: Path) -> None:
    app = create_app(Owner(Home(tmp_path), ManualClock(), "nonce", launcher=None))
    pages = {path for path, operations in app.openapi()["paths"].items() if "get" in operations and path != "/health"}
    looked_at = {path.partition("?")[0] for path in (*SHOP, *LESSON)}
    unknown = {page for page in pages - looked_at - set(NOT_LOOKED_AT) if not _covered(page, looked_at)}
    assert unknown == set()


def test_no_page_is_listed_that_does_not_exist(tmp_path: Path) -> None:
    app = create_app(Owner(Home(tmp_path), ManualClock(), "nonce", launcher=None))
    pages = set(app.openapi()["paths"])
    assert set(NOT_LOOKED_AT) <= pages
    for path in (*SHOP, *LESSON):
        assert any(_covered(page, {path.partition("?")[0]}) for page in pages), path


def _covered(page: str, looked_at: set[str]) -> bool:
    """Whether one of the paths is an example of this page, as /api/partner/status is of /api/partner/{page}."""
    pattern = re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", page) + "$")
    return any(pattern.match(path) for path in looked_at)
