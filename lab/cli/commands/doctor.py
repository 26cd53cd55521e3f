"""`lab doctor`: what the lab needs, and what this machine has."""

import contextlib
import importlib.util
import locale
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Cell, Column, Run
from lab.core import ports
from lab.core.errors import ENVIRONMENT, OK, LabError, NothingRunning
from lab.session.home import Home

PYTHON = (3, 11)
DISK_MB, MEMORY_MB = 500, 400
LARGE, LARGE_DISK_MB = ("full-table-scan", "migration"), 1024
"""Scenarios with many orders, and what their database and a copy of it take, beside everything else."""
PORTS = {ports.CONSOLE: "the console", ports.GATEWAY: "the shop's API"}
LIBRARIES = ("fastapi", "uvicorn", "sqlmodel", "locust", "psutil", "aiohttp")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the lab needs: `state` is ok, note (works all the same) or lacks."""

    what: str
    need: str
    have: str
    state: str = "ok"
    remedy: str = ""


@click.command(
    "doctor",
    cls=LabCommand,
    examples=["lab doctor", "lab doctor --json"],
)
@click.pass_obj
def command(lab: Lab) -> int:
    """Compare what the lab needs with what this machine has. Changes nothing.

    Exits with 4 when something required is missing.
    """
    with_docker = (_docker, _containers) if shutil.which("docker") else (_docker,)
    checks: tuple[Callable[[Lab], Finding], ...] = (
        _python,
        _libraries,
        _directory,
        _disk,
        _memory,
        *(lambda _lab, port=port: _port(_lab, port) for port in PORTS),
        _text,
        _running,
        _leftovers,
        *with_docker,
    )
    findings = [check(lab) for check in checks]
    lacking = [one for one in findings if one.state == "lacks"]
    if lab.terminal.json_mode:
        lab.terminal.data({"ok": not lacking, "findings": [asdict(one) for one in findings]})
    else:
        _show(lab, findings, lacking)
    return ENVIRONMENT if lacking else OK


def _show(lab: Lab, findings: list[Finding], lacking: list[Finding]) -> None:
    marks = {"ok": Run("ok", "good"), "note": Run("note", "warn"), "lacks": Run("lacks", "bad")}
    rows: list[list[Cell]] = [[marks[one.state], one.what, one.need, one.have] for one in findings]
    columns = [Column(""), Column("what"), Column("needed", flexible=True), Column("here", flexible=True)]
    lab.terminal.table(columns, rows, indent="")
    for one in findings:
        if one.remedy:
            lab.terminal.say(f"\n**{one.what}**: {one.remedy}")
    if lacking:
        lab.terminal.error(
            f"This machine lacks {len(lacking)} of the things the lab needs.", "See above; then run `lab doctor` again."
        )
        return
    lab.terminal.say("\nThis machine has what the lab needs.", "good")
    lab.terminal.steps([("lab start rate-limit", "begin"), ("lab list", "or choose another scenario")])


def _python(_lab: Lab) -> Finding:
    have = ".".join(map(str, sys.version_info[:3]))
    need = f"{PYTHON[0]}.{PYTHON[1]} or newer"
    if sys.version_info < PYTHON:
        return Finding("Python", need, have, "lacks", "Install a newer Python from https://www.python.org/downloads/.")
    return Finding("Python", need, have)


def _libraries(_lab: Lab) -> Finding:
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "Install the lab again, in the project's folder: `python -m pip install .`"
        return Finding("libraries", "all installed", f"missing: {', '.join(missing)}", "lacks", remedy)
    return Finding("libraries", "all installed", "all installed")


def _directory(lab: Lab) -> Finding:
    place = _place(lab.home)
    have = _short(lab.home)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding("directory", "may be written", have)
    remedy = "Give yourself the right to write there, or choose another directory with the LAB_HOME variable."
    return Finding("directory", "may be written", f"{have}: no permission", "lacks", remedy)


def _place(home: Path) -> Path:
    """The folder itself, or the nearest one above it that is there, as far as one may look."""
    return next(one for one in (home, *home.parents) if os.path.exists(one))  # Path.exists() may raise


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def _disk(lab: Lab) -> Finding:
    place = _place(lab.home)
    free = shutil.disk_usage(place).free // 2**20
    need = f"{DISK_MB} MB free"
    if free < DISK_MB:
        return Finding("disk", need, _size(free), "lacks", f"Make room on the disk that holds {place}.")
    if free < LARGE_DISK_MB:
        remedy = f"Enough for every scenario but {' and '.join(LARGE)}: their large databases need 1 GB."
        return Finding("disk", need, f"{_size(free)} free", "note", remedy)
    return Finding("disk", need, f"{_size(free)} free")


def _memory(_lab: Lab) -> Finding:
    try:
        import psutil
    except ImportError:
        return Finding("memory", f"{MEMORY_MB} MB free", "unknown", "note")
    free = psutil.virtual_memory().available // 2**20
    if free < MEMORY_MB:
        remedy = "Close other programs; the lab may be slow or be ended by the system."
        return Finding("memory", f"{MEMORY_MB} MB free", f"{_size(free)} free", "note", remedy)
    return Finding("memory", f"{MEMORY_MB} MB free", f"{_size(free)} free")


def _size(mb: int) -> str:
    return f"{mb / 1024:.1f} GB" if mb >= 1024 else f"{mb} MB"


def _port(_lab: Lab, port: int) -> Finding:
    what = f"port {port}"
    if not ports.is_free(port):
        return Finding(what, f"for {PORTS[port]}, or another", "taken; the next free one is used", "note")
    return Finding(what, f"for {PORTS[port]}, or another", "free")


def _text(lab: Lab) -> Finding:
    encoding = getattr(lab.terminal.out, "encoding", None) or locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "").startswith("utf"):
        return Finding("text", "UTF-8", encoding)
    remedy = "Bars and arrows are shown as plain characters. PYTHONUTF8=1 in the environment shows them properly."
    return Finding("text", "UTF-8", encoding, "note", remedy)


def _running(lab: Lab) -> Finding:
    try:
        session = lab.console().get("/api/session", timeout_s=2.0)
    except NothingRunning as error:
        if error.what.startswith("The lab stopped"):
            return Finding("running lab", "one at most", "stopped unexpectedly", "note", error.hint)
        return Finding("running lab", "one at most", "none")
    except LabError as error:
        return Finding("running lab", "one at most", "does not answer", "note", f"{error.what} {error.hint}")
    return Finding("running lab", "one at most", f"{session['scenario']} ({session['state']})")


def _leftovers(lab: Lab) -> Finding:
    """Processes of a lab whose parent is gone; the lab never leaves any, but a machine may do strange things."""
    try:
        import psutil
    except ImportError:
        return Finding("leftovers", "none", "unknown", "note")
    runs = Home(lab.home).runs.resolve()
    found = []
    for process in psutil.process_iter(["ppid", "cmdline", "cwd"]):
        words = (process.info["cmdline"] or [])[1:4]
        ours = any(one in ("lab.proxy", "lab.load") or one.startswith("services.") for one in words)
        # forked ones call themselves what they are: the folder they run in tells
        ours = ours or Path(process.info["cwd"] or "/").is_relative_to(runs)
        if ours and process.info["ppid"] == 1 and process.pid != os.getpid():
            found.append(str(process.pid))
    if found:
        remedy = f"End them with `kill {' '.join(found)}`."
        return Finding("leftovers", "none", f"processes {', '.join(found)}", "note", remedy)
    return Finding("leftovers", "none", "none")


def _docker(_lab: Lab) -> Finding:
    need = "only for containers"
    if shutil.which("docker") is None:
        return Finding("Docker", need, "not installed")
    from lab.containers.engine import compose_version, connect

    try:
        with contextlib.closing(connect()) as engine:
            return Finding("Docker", need, f"{engine.version}, Compose {compose_version()}")
    except LabError as error:
        return Finding("Docker", need, error.what, "note", error.hint)


def _containers(lab: Lab) -> Finding:
    """Containers, networks and volumes of labs: this home's, and those of others that may have been forgotten."""
    from lab.containers.engine import connect
    from lab.remote.home import address

    try:
        with contextlib.closing(connect()) as engine:
            labs = engine.labs()
    except LabError:
        return Finding("containers", "none left over", "unknown")
    known = address(lab.home)
    mine = known.project if known is not None else ""
    have = ", ".join(f"{name} ({count})" for name, count in sorted(labs.items())) or "none"
    others = sorted(labs.keys() - {mine})
    if not others:
        return Finding("containers", "none left over", have)
    remedy = "If nobody uses these labs any more, remove each with its data: " + ", ".join(
        f"`docker compose --project-name {name} --profile observability down --volumes`" for name in others
    )
    return Finding("containers", "none left over", have, "note", remedy + ".")
