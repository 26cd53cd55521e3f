"""What can be said with nothing running: the catalogue, progress, the last report, explanations of terms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.scenario import find, listed
from lab.session.home import Home
from lab.session.progress import summary
from lab.session.recover import last_report as _last_report


def scenarios(dirs: Sequence[Path] = (), home: Path | None = None) -> list[dict[str, Any]]:
    """Every scenario that can be started; one that cannot be read is listed with its `error`."""
    done = {one["id"]: one for one in summary(Home(home).progress)["scenarios"]} if home else {}
    found = []
    for one in listed(dirs):
        row: dict[str, Any] = {"id": one.id, "source": one.source, "done": None, "tries": 0, "error": None}
        try:
            file = find(str(one.path)).file
            row |= {
                "title": file.title,
                "level": file.level,
                "minutes": file.minutes,
                "skills": list(file.skills),
                "summary": file.summary,
            }
        except LabError as error:
            row |= {
                "title": one.id,
                "level": "",
                "minutes": 0,
                "skills": [],
                "summary": "",
                "error": error.what,
            }
        if one.id in done:
            row |= {"done": done[one.id]["best"], "tries": done[one.id]["tries"]}
        found.append(row)
    order = ("tutorial", "beginner", "intermediate", "advanced", "")
    return sorted(found, key=lambda row: (order.index(row["level"]), row["minutes"], row["id"]))


def progress(home: Path) -> dict[str, Any]:
    """Runs, best score by scenario and by skill."""
    return summary(Home(home).progress)


def last_report(home: Path) -> dict[str, Any] | None:
    """The report of the last finished session, or None."""
    return _last_report(Home(home))


def term(name: str) -> dict[str, Any]:
    """The explanation of a term; NotFound with a suggestion otherwise."""
    from lab.scenario.terms import term as explained

    return dict(explained(name))


def terms() -> list[str]:
    """Every explained term."""
    from lab.scenario.terms import terms as all_terms

    return list(all_terms())
