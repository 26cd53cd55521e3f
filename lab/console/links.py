"""From commands to pages: where a browser shows what `lab …` would print.

Scenario texts, feedback and hints name commands. On a page each of them becomes a link to the place that shows the
same, so that a text needs to be written once.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from lab.core.window import NAMED


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the console: `path` without a leading slash, its query, and how the link reads."""

    path: str
    text: str
    query: dict[str, str] = field(default_factory=dict)
    anchor: str = ""

    def href(self, base: str) -> str:
        """The address below a base path such as `` or `/lab`."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{base}/{self.path}{query}{'#' + quote(self.anchor) if self.anchor else ''}"


def page_of(command: str) -> Link | None:
    """The page that shows what a command prints; None for commands that only a terminal has."""
    try:
        program, name, *rest = shlex.split(command)
    except ValueError:
        return None
    if program != "lab" or name not in _PAGES:
        return None
    return _PAGES[name](_sorted_out(rest))


@dataclass(frozen=True, slots=True)
class Asked:
    """What follows a command's name."""

    words: list[str]
    options: dict[str, str]


def _sorted_out(rest: list[str]) -> Asked:
    """Words and options; an option takes the next word unless it is one of those that stand alone."""
    words: list[str] = []
    options: dict[str, str] = {}
    at = 0
    while at < len(rest):
        word = rest[at]
        if word.startswith("--"):
            name, given, value = word[2:].partition("=")
            if not given and name not in _FLAGS and at + 1 < len(rest):
                at += 1
                value = rest[at]
            options[name] = value
        else:
            words.append(word)
        at += 1
    return Asked(words, options)


SCOPE = ("service", "edge", "route")
_AGO = re.compile(r"\d+(\.\d+)?(ms|s|m|min|h)")
_UNIX = re.compile(r"\d{9,}(\.\d+)?")
_FLAGS = {"slow", "tables", "undo", "brief", "heatmap", "histogram", "list", "json", "fields", "follow", "wait"}
_FLAGS |= {"received", "watch", "copy"}


def _window(options: dict[str, str]) -> dict[str, str]:
    """`--since 60s` as the address has it: `-60s`, unix seconds or a window's name; other moments are left out."""
    found: dict[str, str] = {}
    for name in ("since", "until"):
        value = options.get(name, "").removeprefix("-")
        if value in NAMED or _UNIX.fullmatch(value):
            found[name] = value
        elif _AGO.fullmatch(value):
            found[name] = f"-{value}"
    return found


def _metrics(asked: Asked) -> Link:
    scope: dict[str, str] = {name: asked.options[name] for name in SCOPE if name in asked.options}
    text = " · ".join(scope.values()) or "the overview"
    return Link("incident/overview", text.replace("->", " → "), {**scope, **_window(asked.options)})


def _logs(asked: Asked) -> Link:
    query = _query(asked.words)
    return Link("incident/logs", f"logs: {query}" if query else "the logs", _with(query, asked.options))


def _traces(asked: Asked) -> Link:
    query = _query(asked.words)
    plain = query.removeprefix("trace:")
    if plain and all(char in "0123456789abcdef" for char in plain) and len(plain) >= 6:
        return Link(f"incident/traces/{plain}", f"trace {plain[:8]}")
    return Link("incident/traces", f"traces: {query}" if query else "the traces", _with(query, asked.options))


def _query(words: list[str]) -> str:
    """The words of a search as one text; a word with spaces gets its quotes back."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if " " not in word or '"' in word:
        return word
    field_name, colon, value = word.partition(":")
    return f'{field_name}:"{value}"' if colon else f'"{word}"'


def _with(query: str, options: dict[str, str]) -> dict[str, str]:
    return ({"q": query} if query else {}) | _window(options)


def _sql(asked: Asked) -> Link:
    if "explain" in asked.options or asked.words:
        statement = asked.options.get("explain") or " ".join(asked.words)
        query = {"q": statement} | {name: "1" for name in ("explain", "copy") if name in asked.options}
        return Link("incident/database", "the copy" if "copy" in asked.options else "the database", query)
    return Link("incident/database", "the tables" if "tables" in asked.options else "the database")


def _diagnose(asked: Asked) -> Link:
    if asked.words:
        return Link("answer", f"the question “{asked.words[0]}”", anchor=f"q-{asked.words[0]}")
    return Link("answer", "the questions")


def _hint(asked: Asked) -> Link:
    if "reveal" in asked.options:
        return Link("answer", "its full answer", anchor=f"q-{asked.options['reveal']}")
    return Link("answer", "hints", anchor="hints")


def _fix(asked: Asked) -> Link:
    return Link("fix", "fixes", anchor=f"fix-{asked.words[0]}" if asked.words else "")


def _explain(asked: Asked) -> Link:
    term = " ".join(asked.words)
    return Link(f"incident/glossary/{quote(term)}" if term else "incident/glossary", term or "the glossary")


def _partner(asked: Asked) -> Link:
    page = asked.words[0] if asked.words else ""
    names = {
        "status": "the partner's status page",
        "developers": "the partner's pages for developers",
        "changelog": "the partner's changelog",
    }
    path = f"incident/partner/{quote(page)}" if page else "incident/partner"
    return Link(path, names.get(page, "the partner's pages"))


def _steps(asked: Asked) -> Link:
    if "received" in asked.options:
        return Link("incident/api", "what has arrived", anchor="received")
    if asked.words:
        return Link("answer", f"the step “{asked.words[0]}”", anchor=f"step-{asked.words[0]}")
    return Link("answer", "the steps", anchor="steps")


def _inbox(asked: Asked) -> Link:
    if asked.words and "secret" not in asked.options:
        return Link("incident/inbox", f"message {asked.words[0]} in the inbox", anchor=f"message-{asked.words[0]}")
    if "answer" in asked.options:
        return Link("incident/inbox", "the switch for its answer", anchor="inbox-answer")
    if "secret" in asked.options:
        return Link("incident/inbox", "the check of a signature", anchor="check")
    return Link("incident/inbox", "the inbox")


def _export(asked: Asked) -> Link | None:
    """Only what a page offers as a download."""
    downloads = {"postman": "the downloads for Postman", "http": "the downloads for VS Code and JetBrains"}
    what = asked.words[0] if asked.words else ""
    if what and what not in downloads:
        return None
    return Link("incident/api", downloads.get(what, "downloads for other clients"), anchor="clients")


def _fixed(path: str, text: str, anchor: str = "") -> Callable[[Asked], Link]:
    return lambda _asked: Link(path, text, anchor=anchor)


_PAGES: dict[str, Callable[[Asked], Link | None]] = {
    "metrics": _metrics,
    "logs": _logs,
    "traces": _traces,
    "sql": _sql,
    "diagnose": _diagnose,
    "hint": _hint,
    "fix": _fix,
    "explain": _explain,
    "partner": _partner,
    "steps": _steps,
    "inbox": _inbox,
    "export": _export,
    "changes": _fixed("incident/changes", "the change feed"),
    "request": _fixed("incident/api", "Try it"),
    "cite": _fixed("incident/logs", "“Use as evidence”, beside any log line, trace or chart"),
    "status": _fixed("incident/overview", "the overview", "brief"),
    "load": _fixed("fix", "the load test", "load"),
    "rehearse": _fixed("incident/database", "the rehearsal", "rehearsal"),
    "report": _fixed("debrief", "the debrief"),
    "progress": _fixed("progress", "your progress"),
    "list": _fixed("", "all scenarios"),
    "start": _fixed("", "the start page"),
    "reset": _fixed("", "the start page"),
    "stop": _fixed("", "the start page"),
    "open": _fixed("", "the start page"),
}
