"""Markdown to safe HTML: no HTML of its own, no pictures, no links out.

Commands become links to pages, and the first mention of a term of the field leads to its explanation.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

from lab.console.links import page_of
from lab.session import offline

EVERYDAY = {"alert", "contract", "gateway", "incident", "log", "release", "scope", "service", "stakeholder", "upstream"}
"""Terms that read as everyday words; the glossary has them, texts do not point at each."""


def blocks(text: str, base: str, *, breaks: bool = False, level: int = 3, terms: bool = True) -> Markup:
    """A document; its first headings come out as `level`. With `breaks` every line of it begins a new one."""
    env = {"base": base, "level": level, "seen": set() if terms else None, "links": True}
    return Markup(_parser(breaks).render(text, env))  # noqa: S704  # HTML is off in the parser


def line(text: str, base: str, *, terms: bool = True, links: bool = True) -> Markup:
    """A single text without paragraphs. Inside of something one presses there can be no `links`."""
    env = {"base": base, "level": 3, "seen": set() if terms else None, "links": links}
    return Markup(_parser(False).renderInline(text.strip(), env))  # noqa: S704  # as above


def term(name: str, base: str, text: str | None = None) -> Markup:
    """A word that leads to its explanation."""
    return Markup('<a class="term" href="{}">{}</a>').format(f"{base}/incident/glossary/{quote(name)}", text or name)


@cache
def _parser(breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": breaks})
    parser.enable("table").disable(["image", "html_inline", "html_block"])
    rules: dict[str, Any] = {"text": _text, "code_inline": _code, "link_open": _link, "link_close": _link}
    rules |= {"heading_open": _heading, "heading_close": _heading, "table_open": _table, "table_close": _table}
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


@cache
def _words() -> re.Pattern[str]:
    names = sorted((name for name in offline.terms() if name not in EVERYDAY), key=len, reverse=True)
    return re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, names))})(?![\w/-])", re.IGNORECASE)


def _text(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]) -> str:
    seen: set[str] | None = env["seen"]
    if seen is None:
        return str(escape(tokens[at].content))
    pieces = []
    for number, piece in enumerate(_words().split(tokens[at].content)):
        name = piece.casefold()
        if number % 2 and name not in seen:
            seen.add(name)
            pieces.append(term(name, env["base"], piece))
        else:
            pieces.append(escape(piece))
    return str(Markup("").join(pieces))


def _code(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]) -> str:
    text = tokens[at].content
    link = page_of(text) if text.startswith("lab ") else None
    if link is None:
        return f"<code>{escape(text)}</code>"
    if not env["links"]:
        return str(escape(link.text))
    return f'<a href="{escape(link.href(env["base"]))}" title="{escape(text)}">{escape(link.text)}</a>'


def _link(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """Links written in a text lead out of the lab, where nothing is to be had: their words stay."""
    return "</span>" if tokens[at].nesting < 0 else "<span>"


def _heading(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: dict[str, Any]) -> str:
    depth = min(6, int(tokens[at].tag[1:]) + env["level"] - 1)
    return f"<{'/' if tokens[at].nesting < 0 else ''}h{depth}>"


def _table(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    return "</table></div>" if tokens[at].nesting < 0 else '<div class="wide"><table class="data">'
