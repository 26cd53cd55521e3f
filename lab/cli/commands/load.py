"""`lab load`: the same customers again, and the verdict on the fix."""

import time
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Cell, Column, Run
from lab.cli.live import progress
from lab.core import words
from lab.core.errors import CHECK_FAILED, INTERRUPTED, OK, Conflict, LabError

POLL_S = 0.5
GIVE_UP_S = 120.0
"""How much longer than planned a load test may take before we stop waiting for it."""


class LoadInterrupted(LabError):
    """Ctrl-C while waiting; the test itself goes on."""

    exit_code = INTERRUPTED


@click.command(
    "load",
    cls=LabCommand,
    examples=["lab load", "lab load --wait --json"],
)
@click.option("--wait", is_flag=True, help="Do not start one: wait for the one that runs, or show the last.")
@click.pass_obj
def command(lab: Lab, wait: bool) -> int:
    """Run the load test (Locust): the incident's crowd again, judged by the shop's promises.

    The promises are service level objectives, SLOs, such as "19 of 20 answers within 800 ms"; the share of orders that
    got paid is one of them. Exits with 1 when one was broken.
    """
    console = lab.console()
    if not wait and console.get("/api/load")["state"] != "running":
        console.post("/api/load", {})
    try:
        result = _followed(lab, console)
    except KeyboardInterrupt:
        raise LoadInterrupted(
            "You stopped watching; the load test itself goes on.", "`lab load --wait` shows how it ends."
        ) from None
    if result["state"] == "none":
        raise Conflict("No load test has run yet.", "Start one with `lab load`.")
    if result["state"] in ("failed", "cancelled") and not result.get("verdict"):
        error = result.get("error") or {}
        raise LabError(
            error.get("what") or "The load test was stopped before its end.",
            error.get("hint") or "Run it again with `lab load`.",
        )
    if lab.terminal.json_mode:
        lab.terminal.data(result)
    else:
        _show(lab, result)
    return OK if result["verdict"] == "passed" else CHECK_FAILED


def _followed(lab: Lab, console: Any) -> dict[str, Any]:
    with progress(lab.terminal) as bar:
        began = time.monotonic()
        while True:
            found: dict[str, Any] = console.get("/api/load")
            if found["state"] != "running":
                return found
            if time.monotonic() - began > float(found.get("seconds") or 0.0) + GIVE_UP_S:
                raise LabError(
                    "The load test takes far longer than it should.", "`lab stop`, then `lab start` to go on."
                )
            bar.update(found.get("progress"), _live(found))
            time.sleep(POLL_S)


def _live(found: dict[str, Any]) -> str:
    live = found.get("live") or {}
    parts = [f"{words.duration(found.get('elapsed_s') or 0.0)} of {words.duration(found.get('seconds') or 0.0)}"]
    if live.get("users") is not None:
        parts.append(f"{live['users']} customers")
    if live.get("rps") is not None:
        parts.append(f"{live['rps']:.1f} requests/s")
    if live.get("fail_per_s") is not None:
        parts.append(f"{live['fail_per_s']:.1f} failed/s")
    return ", ".join(parts)


def _wait(seconds: Any) -> str:
    return "–" if seconds is None else words.duration(float(seconds))


FIGURES = (
    ("rate", "requests", words.rate),
    ("error_share", "errors", words.share),
    ("p50", "p50", words.ms),
    ("p95", "p95", words.ms),
    ("p99", "p99", words.ms),
    ("paid", "orders paid", words.count),
    ("paid_per_min", "orders paid a minute", words.count),
    ("lost", "orders lost", words.count),
    ("longest_wait_s", "longest wait to be paid", _wait),
)


def _show(lab: Lab, result: dict[str, Any]) -> None:
    terminal, passed = lab.terminal, result["verdict"] == "passed"
    terminal.say("**PASSED**: every promise was kept." if passed else "**FAILED**: a promise was broken.")
    if result.get("why"):
        terminal.say(str(result["why"]))
    terminal.title("Promises (SLOs)")
    rows: list[list[Cell]] = [
        [
            Run("kept", "good") if one["ok"] else Run("broken", "bad"),
            one["text"],
            str(one["bound"]),
            Run(str(one.get("said") or one.get("value")), "" if one["ok"] else "bad"),
        ]
        for one in result["slos"]
    ]
    columns = [Column(""), Column("what", flexible=True), Column("promised"), Column("measured", right=True)]
    terminal.table(columns, rows)
    after, before = result.get("after") or {}, result.get("before") or {}
    terminal.title("Before and after")
    terminal.table(
        [Column(""), Column("incident", right=True), Column("load test", right=True)],
        [
            [title, say(before.get(name)), say(after.get(name))]
            for name, title, say in FIGURES
            if before.get(name) is not None or after.get(name) is not None
        ],
    )
    terminal.note()
    terminal.note(words.PERCENTILES, "dim")
    html = (result.get("files") or {}).get("html")
    if html:
        terminal.note(f"Locust's own report with charts: {_at_home(lab, str(html))}")
    steps = [("lab diagnose", "the questions about this result"), ("lab report", "everything so far, on one page")]
    if not passed:
        steps = [("lab fix", "choose something else"), ("lab metrics --since load", "what happened in the test")]
    terminal.steps(steps)


def _at_home(lab: Lab, path: str) -> str:
    """Where a file of the console is, or, when that is in a container, will be."""
    from lab.remote.home import address

    known = address(lab.home)
    if known is None or not known.project:
        return path
    from lab.containers.luggage import HOME

    return f"{path.replace(HOME, str(lab.home))} (there after `lab stop`)"
