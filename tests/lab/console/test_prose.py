"""Texts of strangers become harmless HTML; commands and terms in them become links."""

import pytest

from lab.console import prose

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "![a](http://evil.example/pixel.png)",
    "[a](http://evil.example)",
    "<http://evil.example>",
    "`lab metrics --service '\"><script>alert(1)</script>'`",
    "`<script>`",
    "| <script> |\n|---|\n| <img src=x> |",
]


@pytest.mark.parametrize("text", EVIL)
def test_markup_and_foreign_addresses_do_not_survive(text: str) -> None:
    for html in (prose.blocks(text, ""), prose.line(text, "")):
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="http' not in html
        assert "javascript:" not in html.replace("(javascript:alert(1))", "")


def test_a_command_reads_as_the_place_it_leads_to() -> None:
    html = prose.line("See `lab logs level:warn`.", "/base")
    assert html == 'See <a href="/base/incident/logs?q=level%3Awarn" title="lab logs level:warn">logs: level:warn</a>.'


def test_inside_of_something_one_presses_a_command_is_words() -> None:
    assert prose.line("Apply it (`lab fix`).", "", links=False, terms=False) == "Apply it (fixes)."


def test_a_term_is_explained_where_it_stands_first() -> None:
    html = prose.line("A quota is a quota.", "")
    assert html == 'A <a class="term" href="/incident/glossary/quota">quota</a> is a quota.'


@pytest.mark.parametrize("text", ["POST /api/v1/orders", "the gateway-log", "p951", "/sla/p95"])
def test_part_of_a_path_or_a_longer_word_is_no_term(text: str) -> None:
    assert "<a" not in prose.line(text, "")


def test_headings_take_their_place_below_the_pages_own() -> None:
    assert prose.blocks("# One\n\n## Two", "", level=2, terms=False) == "<h2>One</h2><h3>Two</h3>"
