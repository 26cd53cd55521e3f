"""kinds.md: every kind of change, edge rule, probe and question with its parameters, from the registries."""

from typing import Any

from pydantic import BaseModel

from generators import examples, fields
from generators.markdown import doc, fence, first_sentence, page, table
from lab.changes import Change, changes
from lab.core.registry import Kind, Registry
from lab.probes import Probe, probes
from lab.questions import QuestionKind, questions
from lab.questions.evidence import NearMiss, Pattern
from lab.questions.number import Tolerance
from lab.questions.observed import Which
from lab.questions.option_list import Option
from lab.questions.steps.step import Outcome, Step
from lab.questions.steps.template import Repeat, Template
from lab.questions.steps.wanted import Wanted
from lab.rules import EdgeRule, rules
from lab.rules.match import Match
from lab.rules.rule import Rule

INTRO = """A kind is written as a mapping with one key: `{latency: {delay: 200ms}}`. An unknown kind or parameter is
refused, with the line, the column and the nearest known name. Kinds of other packages come in by the entry point
groups `lab.changes`, `lab.rules`, `lab.probes` and `lab.questions`. How to write one:
[add a kind](../how-to/add-a-kind.md)."""

ABOUT = {
    changes: (
        Change,
        "Everything that alters a running system and can be taken back. A fault is a change the scenario applies, a "
        "mitigation one that the learner chooses; both come from this list. Every change also has:",
    ),
    rules: (
        EdgeRule,
        "What the network, or whoever is at the other end, does to requests and answers between two services. The "
        "change [edge](#edge) puts one in force. Beside its one kind, a rule also has:",
    ),
    probes: (
        Probe,
        "Measurements over telemetry, used for symptoms, SLOs, questions and facts. Bounds are in the probe's own "
        "unit, so `above: 20%` or `above: 800ms`. Every probe also has:",
    ),
    questions: (
        QuestionKind,
        "What the learner is asked, one kind for each question of the [scenario file](scenario.md#question). Grading "
        "reads telemetry and changes nothing.",
    ),
}
PARTS: dict[Registry[Any], tuple[type[BaseModel], ...]] = {
    rules: (Match,),
    questions: (Option, Pattern, NearMiss, Tolerance, Step, Outcome, Wanted, Template, Repeat, Which),
}
BOUNDS = {
    "above": "A symptom: more than this must be measured",
    "below": "An objective: less than this must be measured",
    "within": "How long a symptom may take to appear",
}
LINKED = frozenset(part.__name__ for parts in PARTS.values() for part in parts)


def pages() -> dict[str, str]:
    """The one page."""
    parts = [INTRO]
    for registry, (base, about) in ABOUT.items():
        title = fields.REGISTRIES[registry].replace("-", " ").capitalize()
        parts += [f"## {title}", about, _common(registry, base)]
        parts += [_kind(kind, base) for kind in registry]
        parts += [_part(part) for part in PARTS.get(registry, ())]
    return {"kinds.md": page("Kinds", *parts)}


def _common(registry: Registry[Any], base: type[Kind]) -> str:
    if registry is rules:
        return table(fields.HEAD, fields.rows(Rule, frozenset({"does"}), LINKED))
    rows = fields.rows(base)
    if registry is probes:
        rows = [[*row[:3], row[3] or BOUNDS[row[0].strip("`")]] for row in rows]
    return table(fields.HEAD, rows) if rows else ""


def _kind(kind: type[Kind], base: type[Kind]) -> str:
    rows = fields.rows(kind, frozenset(name for name in base.model_fields if _as_usual(kind, base, name)), LINKED)
    parts = [f"### {kind.kind()}", doc(kind), table(fields.HEAD, rows) if rows else "No parameters of its own."]
    example = examples.of(kind)
    if example:
        parts.append(fence(example, "yaml"))
    return "\n\n".join(parts)


def _as_usual(kind: type[Kind], base: type[Kind], name: str) -> bool:
    """Whether a common parameter means here what it means everywhere; bounds differ in their unit only."""
    return kind.model_fields[name].default == base.model_fields[name].default


def _part(part: type[BaseModel]) -> str:
    return f"### {part.__name__}\n\n{first_sentence(part)}\n\n{table(fields.HEAD, fields.rows(part, linked=LINKED))}"
