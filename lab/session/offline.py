"""What can be said with nothing running: the catalogue, progress, the last report, explanations of terms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.session import listing
from lab.session.home import Home
from lab.session.progress import summary


def scenarios(dirs: Sequence[Path] = (), home: Path | None = None) -> list[dict[str, Any]]:
    """Every scenario that can be started; one that cannot be read is listed with its `error`."""
    done = {one["id"]: one for one in summary(Home(home).progress)["scenarios"]} if home else {}
    found = listing.rows(dirs, Home(home).cache if home else None)
    for row in found:
        tried = done.get(row["id"], {"best": None, "passed": False, "tries": 0})
        row |= {"done": tried["best"], "passed": tried["passed"], "tries": tried["tries"]}
    order = ("tutorial", "beginner", "intermediate", "advanced", "")
    return sorted(found, key=lambda row: (order.index(row["level"]), row["minutes"], row["id"]))


def progress(home: Path) -> dict[str, Any]:
    """Runs, best score by scenario and by skill."""
    return summary(Home(home).progress)


def last_report(home: Path) -> dict[str, Any] | None:
    """The report of the last finished session, or None."""
    from lab.session.recover import last_report as of_home

    return of_home(Home(home))


def term(name: str) -> dict[str, Any]:
    """The explanation of a term; NotFound with a suggestion otherwise."""
    from lab.scenario.terms import term as explained

    return dict(explained(name))


def terms() -> list[str]:
    """Every explained term."""
    from lab.scenario.terms import terms as all_terms

    return list(all_terms())
