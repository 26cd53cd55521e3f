"""http-api.md: the console's routes, from its OpenAPI document."""

from typing import Any, cast

from generators.markdown import code, page, table
from lab.console.app import create_app
from lab.session.owner import Owner

INTRO = """The console listens on this machine only (`http://127.0.0.1:7700`, or the next free port; `lab status`
says which). The command line and the console's pages use these routes and nothing else. Its OpenAPI document is
at `/openapi.json`.

Requests and answers are JSON; times are unix seconds. `since` and `until` take unix seconds, `-60s` (a minute
ago) or, for `since`, the name of a window: `baseline`, `incident`, `load`, `all`. An error is
`application/problem+json` with `detail` (what is wrong), `hint` (what to do) and `exit_code` ([exit
codes](exit-codes.md)). Requests that name another host, and writing requests of another site's pages, are
answered 403.

Telemetry comes in as OTLP/HTTP at `/v1/traces` and `/v1/logs`, JSON or protobuf, see [telemetry](telemetry.md)."""
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """The one page."""
    # Routes are described without a session; nothing of the owner is touched before a request comes.
    document = create_app(cast(Owner, None)).openapi()
    groups: dict[str, list[list[str]]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                row = [code(f"{method.upper()} {path}"), operation.get("description", ""), _takes(operation, document)]
                groups.setdefault(operation["tags"][0], []).append(row)
    parts = [f"## {tag}\n\n{table(['route', 'what', 'takes'], rows)}" for tag, rows in groups.items()]
    return {"http-api.md": page("HTTP API of the console", INTRO, *parts)}


def _takes(operation: dict[str, Any], document: dict[str, Any]) -> str:
    query = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    parts = [f"query: {', '.join(code(name) for name in query)}"] if query else []
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    if reference:
        properties = document["components"]["schemas"][reference.rpartition("/")[2]].get("properties", {})
        parts.append(f"body: {', '.join(code(name) for name in properties) or 'empty'}")
    return "; ".join(parts)
