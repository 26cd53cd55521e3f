"""Where scenarios come from: shipped ones, a folder of folders, a path, installed packs. Nothing of theirs is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lab
from lab.core.errors import EnvironmentLacks, NotFound, ScenarioError, did_you_mean
from lab.core.paths import path_of

LET_READ = "Give yourself the right to read it (`chmod -R u+rX FOLDER`), or ask whoever owns it."
LET_OTHERS_READ = "Let others read it (`chmod -R o+rX FOLDER`): the lab in containers is another user."

if TYPE_CHECKING:
    from lab.scenario.load import Scenario


@dataclass(frozen=True)
class Listed:
    """A scenario folder and where it was found."""

    id: str
    path: Path
    source: str


def shipped_dir() -> Path:
    """The scenarios that come with the lab: inside the wheel, or beside the package in a clone."""
    inside = Path(lab.__file__).parent / "shipped"
    return inside if inside.is_dir() else Path(lab.__file__).parents[1] / "scenarios"


def listed(extra: Sequence[Path] = ()) -> list[Listed]:
    """Every scenario that can be started by its id; an earlier source hides a later one of the same id.

    `extra` folders come first, then installed packs, then the shipped ones.
    """
    found: dict[str, Listed] = {}
    sources = [(folder, str(folder)) for folder in extra] + _packs() + [(shipped_dir(), "shipped")]
    for folder, source in sources:
        try:
            if not folder.is_dir():
                raise NotFound(f"There is no folder {str(folder)!r}.", "Give --scenarios a folder of scenario folders.")
            inside = sorted(folder.iterdir())
        except PermissionError:
            raise _denied(str(folder)) from None
        for path in inside:
            if _holds_scenario(path):
                found.setdefault(path.name, Listed(path.name, path, source))
    return sorted(found.values(), key=lambda one: one.id)


def find(name: str, extra: Sequence[Path] = ()) -> "Scenario":
    """The scenario of that id, or of the folder a path names; NotFound with a suggestion otherwise."""
    from lab.scenario.load import load

    return load(place(name, extra))


def place(name: str, extra: Sequence[Path] = ()) -> Path:
    """The folder of the scenario of that id, or that a path names; NotFound with a suggestion otherwise."""
    as_path = _folder(name)
    if as_path is not None:
        return as_path
    if "/" in name or name.startswith("."):
        if _closed(path_of(name)):
            raise _denied(name)
        raise NotFound(f"{name!r} is not a scenario folder.", "A scenario folder holds a scenario.yaml.")
    known = {one.id: one for one in listed(extra)}
    if name not in known:
        hint = f"{did_you_mean(name, known)}See them all: `lab list`"
        raise NotFound(f"There is no scenario called {name!r}.", hint)
    return known[name].path


def _folder(name: str) -> Path | None:
    """The scenario folder that a path names; None for one that is none, or that nobody here may look into."""
    path = path_of(name)
    return path if _holds_scenario(path) else None


def _holds_scenario(folder: Path) -> bool:
    try:
        return (folder / "scenario.yaml").is_file()
    except OSError:
        return False


def _closed(folder: Path) -> bool:
    """Whether nobody here may look into a folder."""
    try:
        (folder / "scenario.yaml").stat()
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _denied(name: str) -> EnvironmentLacks:
    from lab.remote.home import address, home

    known = address(home())
    hint = LET_OTHERS_READ if known is not None and known.contained else LET_READ
    return EnvironmentLacks(f"{name!r} cannot be read: permission denied.", hint)


def _packs() -> list[tuple[Path, str]]:
    """Folders of installed packs: the entry point names a top-level package, which is located but never imported."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    packs = []
    for point in entry_points(group="lab.scenarios"):
        spec = find_spec(point.module) if "." not in point.module else None
        if spec is None or not spec.submodule_search_locations:
            raise ScenarioError(
                f"The scenario pack {point.name!r} does not name a top-level package.",
                "Uninstall the pack, or ask its author to mend its entry point.",
            )
        packs.append((Path(next(iter(spec.submodule_search_locations))), f"pack {point.name}"))
    return packs
