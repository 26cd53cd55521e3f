"""Records of this run that prove the cause: cited by the learner, judged by when they lie and what they say."""

import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lab.core.errors import LabError, NotFound, UsageError
from lab.core.registry import OneOf
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.questions import Detail, Grade, QuestionKind, Run, graded, questions
from lab.questions.lettered import sentence
from lab.questions.refs import Ref, read_ref
from lab.telemetry import Telemetry
from lab.telemetry.language import parse

AT_MOST = 3
BOUNDS = {"above", "below", "share"}


class Pattern(BaseModel):
    """Records of one sort: logs or traces that match a search, or a probe over a window (inside its bounds)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    log: str | None = None
    trace: str | None = None
    metric: Annotated[Probe, OneOf(probes)] | None = None

    @field_validator("log", "trace")
    @classmethod
    def _is_a_search(cls, query: str | None) -> str | None:
        try:
            parse(query or "")
        except UsageError as error:
            raise ValueError(f"{error.what} {error.hint}") from None
        return query

    @model_validator(mode="after")
    def _one_sort(self) -> Self:
        if sum(one is not None for one in (self.log, self.trace, self.metric)) != 1:
            raise ValueError("give exactly one of `log`, `trace`, `metric`")
        return self

    def fits(self, ref: Ref, telemetry: Telemetry) -> bool:
        """Whether the cited record is one of these."""
        if self.log is not None:
            return ref.kind == "log" and telemetry.log_matches(int(ref.key), self.log)
        if self.trace is not None:
            return ref.kind == "trace" and telemetry.trace_matches(ref.key, self.trace)
        if ref.probe is None or ref.window is None or self.metric is None:
            return False
        same = type(ref.probe) is type(self.metric) and _aim(ref.probe) == _aim(self.metric)
        if not same or not self.metric.bounded:
            return same
        return self.metric.holds(ref.probe.measure(telemetry, ref.window))

    def example(self, telemetry: Telemetry, window: Window) -> str:
        """One such record of this run, and the command that finds more."""
        if self.metric is not None:
            value = self.metric.measure(telemetry, window)
            return f"{self.metric.describe()}: {self.metric.say(value)} (`{self.metric.query()}`)"
        if self.log is not None:
            logs = telemetry.logs(self.log, window, limit=1)
            return "".join(f"log:{log.id} “{log.message}” " for log in logs) + f"(`{command('logs', self.log)}`)"
        traces = telemetry.traces(self.trace or "", window, limit=1)
        return "".join(f"trace:{t.trace_id} {t.root} " for t in traces) + f"(`{command('traces', self.trace or '')}`)"


class NearMiss(Pattern):
    """Records that look like proof and are not."""

    because_not: str = Field(min_length=1, description="What they leave open")


@questions.register("evidence")
class Evidence(QuestionKind):
    """Cited records of this run: each must lie in the incident and tell the cause from its rivals."""

    accept: tuple[Pattern, ...] = Field(min_length=1, description="What proves it")
    near: tuple[NearMiss, ...] = Field(default=(), description="What looks like proof, with what it leaves open")
    because: str | None = Field(default=None, description="Why an accepted record proves it")

    def help(self) -> str:
        """How to answer."""
        return f"Cite one to {AT_MOST} records with `lab cite`, then answer with their numbers, for example: E1."

    def grade(self, answer: Any, run: Run) -> Grade:
        """The share of what was cited that proves the cause; citing more than three records is refused."""
        refs = _cited(answer, run)
        details = tuple(self._judge(name, ref, run) for name, ref in refs.items())
        hits = sum(detail.ok for detail in details)
        if hits == len(details):
            feedback = f"This proves it. {sentence(self.because) if self.because else ''}".strip()
        elif hits:
            feedback = f"{hits} of {len(details)} prove it; the rest weakens the case. Cite only what decides."
        else:
            feedback = (
                "Not proof yet. Look for a record that could not exist if one of the other explanations were true."
            )
        return graded(hits / len(details), feedback, details, self.truth(run))

    def _judge(self, name: str, ref: Ref, run: Run) -> Detail:
        try:
            if not _inside(ref, run):
                return Detail(f"{name}: it lies outside the incident, so it cannot show what the incident is.", False)
            if any(pattern.fits(ref, run.telemetry) for pattern in self.accept):
                return Detail(f"{name}: it proves the cause.", True)
            for miss in self.near:
                if miss.fits(ref, run.telemetry):
                    return Detail(
                        f"{name}: close, but {miss.because_not[:1].lower()}{sentence(miss.because_not)[1:]}", False
                    )
        except NotFound as error:
            raise UsageError(f"{name} is not among this run's records any more.", error.hint) from None
        return Detail(f"{name}: true, but it would look the same under another explanation.", False)

    def truth(self, run: Run) -> str:
        """A record of this run that proves it, and why."""
        window = run.window("incident")
        shown = []
        for pattern in self.accept:
            try:
                shown.append(pattern.example(run.telemetry, window))
            except LabError:  # a search may be too wide for what is kept; the others still show
                continue
        found = "; ".join(shown) or "no such record is kept any more"
        return f"What proves it: {found}. {sentence(self.because) if self.because else ''}".strip()


def _cited(answer: Any, run: Run) -> dict[str, Ref]:
    parts = re.split(r"[\s,;]+", answer.strip()) if isinstance(answer, str) else answer
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise UsageError("An answer here is a list of citations.", "Cite a record with `lab cite`, then answer: E1")
    names = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not names:
        raise UsageError("Nothing is cited.", "Cite a record with `lab cite log:123`, then answer with its number: E1")
    if len(names) > AT_MOST:
        raise UsageError(
            f"{len(names)} records are too many: anything proves something.",
            f"Choose the ones that decide, {AT_MOST} at most.",
        )
    refs: dict[str, Ref] = {}
    for name in names:
        text = run.cites.get(name.upper(), name)
        if text == name and ":" not in name:
            raise UsageError(f"There is no citation {name[:40]!r}.", "See yours: `lab cite`")
        refs[name] = read_ref(text)
    if len(set(refs.values())) != len(refs):
        raise UsageError("One record is cited twice.", "Name each record once.")
    return refs


def _inside(ref: Ref, run: Run) -> bool:
    incident = run.window("incident")
    if ref.kind == "log":
        return incident.contains(run.telemetry.log(int(ref.key)).time_s)
    if ref.kind == "trace":
        trace = run.telemetry.trace(ref.key)
        return incident.contains(trace.start_s) or incident.contains(trace.start_s + trace.duration_ms / 1000)
    assert ref.window is not None
    return ref.window.seconds > 0 and ref.window.overlap(incident).seconds >= 0.5 * ref.window.seconds


def _aim(probe: Probe) -> dict[str, Any]:
    bounds = BOUNDS | ({"within"} if type(probe).model_fields["within"].default is None else set())
    return {name: value for name, value in probe.model_dump().items() if name not in bounds}
