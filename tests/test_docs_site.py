"""The documentation's site: no link leads nowhere, every page can be found, and nothing is fetched from elsewhere."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "docs/build_site.py", "--into", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    said = make(folder)
    assert said.returncode == 0, said.stdout + said.stderr
    return folder / "site"


def entries(nav: Any) -> Iterator[str]:
    match nav:
        case str():
            yield nav
        case list() | dict():
            for one in nav.values() if isinstance(nav, dict) else nav:
                yield from entries(one)


def test_every_page_is_built_and_stands_in_the_navigation(site: Path) -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    pages = site.parent / "build/pages"
    every = {page.relative_to(pages).as_posix() for page in pages.rglob("*.md")}
    assert sorted(entries(nav)) == sorted(every)
    for page in every:
        assert (site / re.sub(r"README\.md$", "index.md", page)).with_suffix(".html").is_file(), page


def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    found = list(site.rglob("*.html"))
    assert len(found) > 30
    for page in found:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'\bsrc="?(?:https?:)?//', text), page
        assert not re.findall(r'<link[^>]+href="?(?:https?:)?//', text), page
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_the_search_knows_what_pages_say(site: Path) -> None:
    assert "exact nearest rank" in (site / "search.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", ["nowhere.md", "first-incident.md#no-such-heading"])
def test_a_link_that_leads_nowhere_stops_the_build(site: Path, tmp_path: Path, link: str) -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import build_site
    finally:
        sys.path.pop(0)
    build_site.prepare(tmp_path)
    with (tmp_path / "build/pages/tutorial/in-the-browser.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[this]({link})\n")
    assert build_site.build(tmp_path) == 1
