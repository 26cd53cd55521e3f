"""The control API's calls: rules, counters and targets, for whoever holds the token."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from lab.core.errors import LabError, NotFound, UsageError, problem
from lab.proxy.heads import RequestHead

if TYPE_CHECKING:
    from lab.proxy.process import Proxy


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API: the path's segments and the decoded body."""

    proxy: "Proxy"
    segments: tuple[str, ...]
    content: Any


async def answer(proxy: "Proxy", token: str, head: RequestHead, body: bytes) -> tuple[int, Any]:
    """Status and JSON content of the answer."""
    try:
        if not _allowed(head, token):
            raise NotFound("There is nothing here.", "Check the address.")
        path = head.target.partition(b"?")[0].decode("latin-1")
        segments = tuple(_unquoted(segment) for segment in path[1:].split("/"))
        route = ROUTES.get((head.method.decode(), segments[0], len(segments)))
        if route is None:
            raise NotFound(f"There is no {head.method.decode()} {path}.", "Known: /rules, /reset, /stats, /edges.")
        return await route(Call(proxy, segments, _content(body)))
    except LabError as error:
        return error.status, problem(error)


def _unquoted(segment: str) -> str:
    """Percent-decoded; urllib.parse would be a tenth of what the whole process adds to a bare event loop."""
    octets = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes.fromhex(match[1].decode()), segment.encode("latin-1"))
    return octets.decode(errors="replace")


def _allowed(head: RequestHead, token: str) -> bool:
    given = next((value for name, value in head.headers if name.lower() == b"authorization"), b"")
    return compare_digest(given, b"Bearer " + token.encode())


def _content(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise UsageError(f"The body is not JSON: {error}.", "Send JSON.") from None


def _object(content: Any, what: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise UsageError(f"Expected {what} as a JSON object.", "Send an object with edges' names as keys.")
    return content


async def _get_rules(call: Call) -> tuple[int, Any]:
    rules = call.proxy.rules()
    return 200, rules if len(call.segments) == 1 else rules[call.proxy.edge(call.segments[1]).name]


async def _put_rules(call: Call) -> tuple[int, Any]:
    book = await call.proxy.rulebook()
    if len(call.segments) == 1:
        book.put_all(_object(call.content, "the rules of all edges"))
        return 200, book.written()
    book.put({call.segments[1]: call.content})
    return 200, book.written(call.segments[1])


async def _post_rule(call: Call) -> tuple[int, Any]:
    return 201, {"id": (await call.proxy.rulebook()).add(call.segments[1], call.content)}


async def _delete_rule(call: Call) -> tuple[int, Any]:
    (await call.proxy.rulebook()).remove(call.segments[1], call.segments[2])
    return 200, {"removed": call.segments[2]}


async def _reset(call: Call) -> tuple[int, Any]:
    call.proxy.reset()
    return 200, call.proxy.rules()


async def _get_stats(call: Call) -> tuple[int, Any]:
    return 200, call.proxy.stats()


async def _put_edges(call: Call) -> tuple[int, Any]:
    wanted = [
        (call.proxy.edge(name), _target(name, target)) for name, target in _object(call.content, "the edges").items()
    ]
    for edge, (host, port) in wanted:
        edge.pool.retarget(host, port)
    return 200, {name: {"host": edge.pool.host, "port": edge.pool.port} for name, edge in call.proxy.edges.items()}


def _target(name: str, target: Any) -> tuple[str, int]:
    match target:
        case {"host": str(host), "port": int(port)} if len(target) == 2 and 0 < port < 65536:
            return host, port
    raise UsageError(f"The target of {name} is wrong.", 'Write it like {"host": "127.0.0.1", "port": 8001}.')


Route = Callable[[Call], Awaitable[tuple[int, Any]]]

ROUTES: dict[tuple[str, str, int], Route] = {
    ("GET", "rules", 1): _get_rules,
    ("GET", "rules", 2): _get_rules,
    ("PUT", "rules", 1): _put_rules,
    ("PUT", "rules", 2): _put_rules,
    ("POST", "rules", 2): _post_rule,
    ("DELETE", "rules", 3): _delete_rule,
    ("POST", "reset", 1): _reset,
    ("GET", "stats", 1): _get_stats,
    ("PUT", "edges", 1): _put_edges,
}
