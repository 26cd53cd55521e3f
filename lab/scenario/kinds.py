"""Every kind a scenario can be written with, of this lab and of installed packages."""

from dataclasses import dataclass
from typing import Any

from lab.changes import changes
from lab.core.errors import NotFound, did_you_mean
from lab.core.registry import Registry
from lab.probes import probes
from lab.questions import questions
from lab.rules import rules

SORTS: dict[str, Registry[Any]] = {"changes": changes, "rules": rules, "probes": probes, "questions": questions}


@dataclass(frozen=True, slots=True)
class KindListed:
    """One kind: its sort, its name in files, what it is in a sentence, its parameters, the module it comes from."""

    sort: str
    kind: str
    what: str
    parameters: tuple[str, ...]
    module: str


def kinds_listed(sort: str | None = None) -> list[KindListed]:
    """All kinds, or those of one sort; NotFound for a sort that does not exist."""
    if sort is not None and sort not in SORTS:
        raise NotFound(
            f"There is no sort of kinds called {sort!r}.",
            f"{did_you_mean(sort, SORTS)}The sorts are: {', '.join(SORTS)}.",
        )
    return [_listed(name, kind) for name, registry in SORTS.items() if sort in (None, name) for kind in registry]


def _listed(sort: str, kind: Any) -> KindListed:
    first = (kind.__doc__ or "").strip().split("\n\n")[0]
    parameters = tuple(field.alias or name for name, field in kind.model_fields.items())
    return KindListed(sort, kind.kind(), " ".join(first.split()), parameters, kind.__module__)
