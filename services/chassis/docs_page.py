"""`/docs`: the OpenAPI document as one page that needs no script and nothing from elsewhere."""

import re
from html import escape
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1.5rem}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8885;border-radius:6px;font-size:.875rem}
code{font-size:.9375em} h2{margin-top:2.5rem} h3{margin-bottom:.25rem}
summary{cursor:pointer} table{border-collapse:collapse}
td,th{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}
.verb{font-weight:700;margin-right:.5rem}
"""


def docs_route(app: FastAPI) -> Route:
    """The route of the page; made from the document at first use."""
    made: list[str] = []

    async def docs(_: Request) -> Response:
        if not made:
            made.append(page(app.openapi()))
        return HTMLResponse(made[0])

    return Route("/docs", docs, include_in_schema=False)


def page(document: dict[str, Any]) -> str:
    """The document as HTML."""
    info = document["info"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])} API</title>",
        '<meta name=viewport content="width=device-width">',
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} API {escape(info['version'])}</h1>",
        _text(info.get("description", "")),
        '<p>For tools: <a href="openapi.json">openapi.json</a></p>',
    ]
    for path, operations in document["paths"].items():
        parts += [_operation(path, verb, operation) for verb, operation in operations.items()]
    return "".join(parts)


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    parts = [
        f"<section><h2><span class=verb>{verb.upper()}</span><code>{escape(path)}</code></h2>",
        f"<h3>{escape(operation.get('summary', ''))}</h3>",
        _text(operation.get("description", "")),
    ]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(given['name'])}</code><td>{escape(given['in'])}"
            f"<td>{escape(given.get('description', ''))}"
            for given in parameters
        )
        parts.append(f"<table><tr><th>Parameter<th>In<th>Meaning{rows}</table>")
    if "requestBody" in operation:
        parts.append("<h3>Request</h3>" + _examples(operation["requestBody"].get("content", {})))
    for status, answer in operation.get("responses", {}).items():
        parts.append(
            f"<details><summary><b>{escape(status)}</b> {escape(answer.get('description', ''))}</summary>"
            f"{_examples(answer.get('content', {}))}</details>"
        )
    return "".join(parts) + "</section>"


def _examples(content: dict[str, Any]) -> str:
    shown = []
    for media, body in content.items():
        named = {name: entry.get("value") for name, entry in body.get("examples", {}).items()}
        if "example" in body:
            named.setdefault("", body["example"])
        for name, value in named.items():
            text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
            shown.append(f"<p>{escape(name)} <code>{escape(media)}</code><pre>{escape(text)}</pre>")
    return "".join(shown)


def _text(text: str) -> str:
    """Paragraphs; words in backticks are code."""
    coded = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return "".join(f"<p>{paragraph}</p>" for paragraph in coded.split("\n\n") if paragraph.strip())
