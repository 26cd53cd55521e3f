"""Pages from templates: one environment, everything escaped, every address below the console's base path."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from lab.console import frame, prose
from lab.console.links import page_of
from lab.core import words

HERE = Path(__file__).parent
STATIC = HERE / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # not no-referrer: with that, browsers that do not send Sec-Fetch-Site would send `Origin: null` with our forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Part = str | tuple[str, dict[str, Any]]
"""A template, or one with what it needs besides what the page knows."""
Parts = dict[str, Part]
"""Element id → what is inside it."""


def base_of(request: Request) -> str:
    """The path below which the console is reached, `` or `/some/where`."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def address(base: str, path: str = "", /, anchor: str = "", **query: Any) -> str:
    """A page's address; query parameters that are None or empty are left out."""
    known = {name: value for name, value in query.items() if value not in (None, "")}
    asked = f"?{urlencode(known)}" if known else ""
    return f"{base}/{path}{asked}{'#' + quote(anchor) if anchor else ''}"


def page(request: Request, template: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(render(request, template, **context), status_code=status, headers=HEADERS)


def render(request: Request, template: str, /, **context: Any) -> str:
    """A template with what every page knows."""
    base = base_of(request)
    known = {
        "base": base,
        "here": request.url.path.removeprefix(base) + (f"?{request.url.query}" if request.url.query else ""),
        "url": lambda path="", **query: address(base, path, **query),
        "prose": lambda text, **options: prose.blocks(str(text), base, **options),
        "line": lambda text, **options: prose.line(str(text), base, **options),
        "term": lambda name, text=None: prose.term(name, base, text),
        "utc_offset_s": words.utc_offset_s(),
        "frame": frame.frame(request.app.state.owner),
    }
    return _environment().get_template(template).render(known | context)


def template_named(name: str) -> str | None:
    """The name, if there is such a template."""
    return name if name in _templates() else None


@cache
def _templates() -> frozenset[str]:
    return frozenset(_environment().list_templates())


def wants_part(request: Request) -> bool:
    """Whether a script on the page asks, and only a part is to be sent."""
    return request.headers.get("hx-request") == "true"


def go(request: Request, path: str = "", anchor: str = "") -> RedirectResponse:
    """After a form was sent: see the page that shows what came of it."""
    return RedirectResponse(address(base_of(request), path, anchor=anchor), 303, HEADERS)


def part(request: Request, template: str, /, **context: Any) -> HTMLResponse:
    """A part of a page."""
    return HTMLResponse(render(request, template, **context), headers=HEADERS)


def fragments(parts: Mapping[str, str]) -> str:
    """Parts for several places of the page: element id → what is inside it from now on."""
    return "\n".join(
        f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{text}</hx-partial>' for name, text in parts.items()
    )


def back(request: Request, given: str) -> Response:
    """Where a form was sent from; the start page for anything that is not a path of ours."""
    path = given if given.startswith("/") and not given.startswith("//") and "\\" not in given else "/"
    return RedirectResponse(base_of(request) + path, 303, HEADERS)


def asset(base: str, name: str) -> str:
    """The address of a file that comes with the console; it changes with the file, so browsers may keep it."""
    return f"{base}/static/{name}?v={_print_of(name)}"


@cache
def _print_of(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(HERE / "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "clock": words.clock,
        "when": words.when,
        "day": words.day,
        "span": words.span,
        "duration": words.duration,
        "step": lambda seconds: f"{seconds:g} s" if seconds < 120 else words.duration(seconds),
        "ms": words.ms,
        "share": words.share,
        "rate": words.rate,
        "count": words.count,
        "money": words.money,
        "points": words.points,
        "plural": words.plural,
        "arrow": lambda text: str(text).replace("->", " → "),
        "said": words.said,
        "json": _json,
        "sentence": _sentence,
    }
    environment.filters |= filters
    environment.globals |= {"asset": asset, "page_of": page_of}
    return environment


def _sentence(text: str) -> str:
    """With a capital letter, unless it begins with a name such as p95."""
    return text if text[1:2].isdigit() else text[:1].upper() + text[1:]


def _json(value: Any) -> str:
    """JSON for an attribute; the template escapes it like any other text."""
    return json.dumps(value, separators=(",", ":"))
