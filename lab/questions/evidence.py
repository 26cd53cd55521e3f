"""Records of this run that prove the cause: cited by the learner, judged by when they lie and what they say."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from lab.core.errors import LabError, NotFound, UsageError
from lab.core.registry import OneOf
from lab.core.window import Window
from lab.core.words import sentence
from lab.core.written import Written
from lab.probes import Probe, command, probes
from lab.questions import Detail, Glance, Grade, Look, QuestionKind, Run, Wrong, graded, questions
from lab.questions.refs import Ref, metric_ref, read_ref
from lab.telemetry import Telemetry
from lab.telemetry.language import parse

AT_MOST = 3
LOOKED_AT = 60
BOUNDS = {"above", "below", "share"}


class Pattern(Written):
    """Records of one sort: logs or traces that match a search, or a probe over a window (inside its bounds)."""

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

    def look_up(self, look: Look, window: Window) -> tuple[str | Probe, Window | None] | None:
        """What a learner who searches for it would cite; None when there is none."""
        if self.metric is not None:
            value = look.measure(self.metric, window)
            holds = self.metric.holds(value) if self.metric.bounded else value == value
            return (self.metric, window) if holds else None
        search = look.logs if self.log is not None else look.traces
        refs = search(self.log if self.log is not None else self.trace or "", window)
        return (refs[0], None) if refs else None

    def count(self, look: Look, window: Window, most: int) -> int:
        """How many a learner finds in the window, counted up to `most`; a measurement that holds is one."""
        if self.metric is not None:
            return int(self.look_up(look, window) is not None)
        search = look.logs if self.log is not None else look.traces
        return len(search(self.log if self.log is not None else self.trace or "", window, most))

    def refs(self, telemetry: Telemetry, window: Window, limit: int) -> list[str]:
        """Matching records of a window, newest first; a measurement is one when it holds."""
        if self.metric is not None:
            value = self.metric.measure(telemetry, window)
            holds = self.metric.holds(value) if self.metric.bounded else value == value
            return [metric_ref(self.metric, window)] if holds else []
        if self.log is not None:
            return [f"log:{log.id}" for log in telemetry.logs(self.log, window, limit)]
        return [f"trace:{trace.trace_id}" for trace in telemetry.traces(self.trace or "", window, limit)]

    def text(self) -> str:
        """The pattern as it is searched for."""
        if self.metric is not None:
            return " ".join(part for part in (self.metric.describe(), self.metric.say_bound()) if part)
        return f"log {self.log}" if self.log is not None else f"trace {self.trace}"

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

    def solve(self, look: Look) -> list[str]:
        """The newest record that one of the accepted patterns finds, cited."""
        window = look.window("incident")
        for pattern in self.accept:
            found = pattern.look_up(look, window)
            if found is not None:
                return [look.cite(*found)]
        raise UsageError(
            "No record of this run is one that is accepted.",
            "Compare `accept:` with what `lab logs` and `lab traces` show.",
        )

    def wrong(self, run: Run) -> list[Wrong]:
        """Records that only look like proof, one that says nothing, and one from before it began."""
        incident, found = run.window("incident"), []
        for miss in self.near:
            # the same order as when it is graded: what an earlier pattern takes is no example of this one
            example = self._first(run, miss.refs(run.telemetry, incident, LOOKED_AT), miss)
            if example is not None:
                found.append(Wrong([example], sentence(miss.because_not)[1:]))
        idle = self._first(run, [f"log:{log.id}" for log in run.telemetry.logs("", incident, LOOKED_AT)], None)
        if idle is not None:
            found.append(Wrong([idle], "true, but"))
        before = run.windows.get("baseline")
        if before is not None:
            found += [Wrong([f"log:{log.id}"], "outside the incident") for log in run.telemetry.logs("", before, 1)]
        return found

    def _first(self, run: Run, refs: Sequence[str], fitting: NearMiss | None) -> str | None:
        """The first of these records that is graded by this near miss, or by no pattern at all."""
        for text in refs:
            ref = read_ref(text)
            if not any(pattern.fits(ref, run.telemetry) for pattern in self.accept):
                by = next((miss for miss in self.near if miss.fits(ref, run.telemetry)), None)
                if by is fitting:
                    return text
        return None

    def guess(self, glance: Glance) -> list[str] | None:
        """One of the records within easy reach."""
        return [glance.rng.choice(glance.refs)] if glance.refs else None


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
