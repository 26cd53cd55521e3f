"""After the stop nothing is left of the run."""

from collections.abc import Collection, Sequence
from pathlib import Path

import psutil

from lab.proof.result import Row

Rests = tuple[list[str], list[str]]
"""Processes that still run, and files that are left."""


def observe(
    children: Sequence[psutil.Process], services: Collection[int], before: Collection[int], run_folder: Path
) -> Rests:
    """What the session started and still runs, and the files of the run that are left.

    A console may keep a process of its own for the next session; one that holds a connection is not that.
    """
    alive = [
        str(one.pid)
        for one in children
        if one.pid not in before and _runs(one) and (one.pid in services or _connected(one))
    ]
    left = sorted(path.name for path in run_folder.iterdir()) if run_folder.is_dir() else []
    return alive, left


def judge(alive: Sequence[str], left: Sequence[str]) -> list[Row]:
    """None of either."""
    return [
        Row(
            "processes left", str(len(alive)), "none", not alive, f"Still running: {', '.join(alive)}." if alive else ""
        ),
        Row("files of the run left", str(len(left)), "none", not left, f"Left: {', '.join(left)}." if left else ""),
    ]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _connected(process: psutil.Process) -> bool:
    try:
        return bool(process.net_connections("tcp"))
    except psutil.Error:
        return False
