"""`lab request`: call the shop's API yourself."""

import json
from http import HTTPStatus
from typing import Any

import click

from lab.cli import given
from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Column
from lab.core import words
from lab.core.errors import UsageError

SHOWN_HEADERS = (
    "content-type",
    "retry-after",
    "x-request-id",
    "deprecation",
    "sunset",
    "location",
    "etag",
    "link",
    "allow",
    "www-authenticate",
    "idempotency-replayed",
)


@click.command(
    "request",
    cls=LabCommand,
    examples=[
        "lab request GET /api/v1/products",
        "lab request POST /api/v1/orders --body @order.json --header 'Idempotency-Key: 42'",
    ],
)
@click.argument("method", required=False)
@click.argument("path", required=False)
@click.option("--body", metavar="JSON|@FILE", help="The body as JSON, from a file, or from stdin with @-.")
@click.option("--header", "headers", metavar="'NAME: VALUE'", multiple=True, help="A header; repeatable.")
@click.option("--key", metavar="NAME", help="Send another of your keys; `lab status` lists them.")
@click.option(
    "--to",
    type=click.Choice(["shop", "sandbox", "inbox"]),
    default="shop",
    help="In some lessons: your own account at Paylane, or your inbox.",
)
@click.option("--no-key", is_flag=True, help="Leave out your API key.")
@click.option("--raw", is_flag=True, help="Send the body as it is, even if it is not JSON.")
@click.option("--list", "listing", is_flag=True, help="List what the API offers.")
@click.pass_obj
def command(
    lab: Lab,
    method: str | None,
    path: str | None,
    body: str | None,
    headers: tuple[str, ...],
    key: str | None,
    to: str,
    no_key: bool,
    raw: bool,
    listing: bool,
) -> None:
    """Send one request to the shop's gateway and see everything that comes back.

    It carries your own API key, which no simulated customer uses, so you find it again in logs and traces.
    """
    if listing:
        _offered(lab, lab.console().get("/api/operations"))
        return
    if method is None or path is None:
        raise UsageError("A request needs a method and a path.", "`lab request --list` shows what there is.")
    if not path.startswith("/"):
        raise UsageError(f"A path starts with a slash; {path!r} does not.", "For example /api/v1/products.")
    if not method.isalpha():
        raise UsageError(f"{method!r} is not an HTTP method.", "For example GET, POST, PATCH or DELETE.")
    sent = {
        "method": method.upper(),
        "path": path,
        "headers": dict(_header(one) for one in headers),
        "body": _body(body, raw),
        "key": False if no_key else key or True,
        **({"to": to} if to != "shop" else {}),
    }
    answer = lab.console().post("/api/request", sent, timeout_s=60.0)
    if lab.terminal.json_mode:
        lab.terminal.data(answer)
        return
    _show(lab, answer, to)


def _offered(lab: Lab, operations: list[dict[str, Any]]) -> None:
    """What can be called, and how to begin."""
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data(operations)
        return
    columns = [Column("method"), Column("path"), Column("what it does", flexible=True)]
    terminal.table(columns, [[one["method"], one["path"], one["title"]] for one in operations], indent="")
    with_body = next((one for one in operations if one["examples"]), None)
    steps = [("lab request GET /api/v1/products", "call one")]
    if with_body is not None:
        body = json.dumps(json.loads(with_body["examples"][0]["body"]))
        steps.append((lab_command("request", with_body["method"], with_body["path"], "--body", body), "with a body"))
    terminal.steps(steps)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or " " in name.strip():
        raise UsageError(f"{text!r} is not a header.", "Write it as 'Name: value'.")
    return name.strip(), value.strip()


def _body(text: str | None, raw: bool) -> Any:
    if text is None:
        return None
    where = "--body"
    if text.startswith("@"):
        where = text[1:]
        text = given.read(where)
    if raw:
        return text
    try:
        parsed = json.loads(text)
    except ValueError as error:
        at = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UsageError(
            f"{where}{at} is not JSON: {said.lower()}.",
            "Put it in single quotes: --body '{\"quantity\": 2}'. To send it as it is, add --raw.",
        ) from None
    return parsed if isinstance(parsed, dict | list) else text


def _show(lab: Lab, answer: dict[str, Any], to: str) -> None:
    terminal, status = lab.terminal, int(answer["status"])
    style = "good" if status < 400 else "bad"
    terminal.say(f"**{status} {_phrase(status)}** after {words.ms(answer.get('elapsed_ms'))}", style)
    for name, value in answer.get("headers", {}).items():
        if name.lower() in SHOWN_HEADERS or name.lower().startswith("ratelimit"):
            terminal.record(f"{name}: {value}", "dim")
    terminal.say()
    body = answer.get("json")
    text = json.dumps(body, indent=2, ensure_ascii=False) if body is not None else str(answer.get("body") or "")
    for line in text.splitlines():
        terminal.record(line)
    if answer.get("curl"):
        terminal.steps([(answer["curl"], "")], "The same with curl:")
    if answer.get("trace_id") and to == "shop":
        terminal.steps([(f"lab traces {answer['trace_id'][:8]}", "your request on its way through the shop")])


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
