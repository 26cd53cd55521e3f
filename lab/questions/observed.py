"""Something that one of the learner's own answers said: a header, a status, a number that was logged for it."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from lab.core.errors import UsageError
from lab.core.written import Written
from lab.questions import Glance, Grade, Look, QuestionKind, Run, Wrong, graded, questions
from lab.questions.spoken import spoken_number
from lab.questions.steps.received import Received

_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b(?:\s+of\b)?", re.IGNORECASE)
_DAYS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%d.%m.%Y", "%d. %B %Y", "%d. %b %Y", "%Y/%m/%d", "%Y %B %d")
_EURO = r"(?:€|eur(?:os?)?)"
_MONEY = re.compile(rf"(?:{_EURO}\s*)?(\d[\d.,' ]*?)(?:\s*{_EURO})?", re.IGNORECASE)
USUAL = (200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 503)


class Which(Written):
    """Which of the learner's requests: the operation and, if it matters, how it was answered."""

    send: str = Field(description="Method and path, e.g. `GET /api/v1/products`")
    status: int | None = None
    problem: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict, description="What else its receiver wrote down")

    def fits(self, one: Received) -> bool:
        """Whether it is one of these."""
        return (
            one.operation == self.send
            and self.status in (None, one.status)
            and (self.problem is None or one.problem == self.problem)
            and all(one.facts.get(name) == value for name, value in self.facts.items())
        )

    def said(self) -> str:
        """In words."""
        return self.send + (f" answered {self.status}" if self.status else "")


@questions.register("observed")
class Observed(QuestionKind):
    """What an answer said that the learner got: right is what stands in one of their own answers."""

    of: Which
    header: str | None = Field(default=None, description="A header of the answer")
    status: bool = Field(default=False, description="Its status")
    fact: str | None = Field(default=None, description="What else its receiver wrote down")
    logged: dict[str, str] = Field(
        default_factory=dict, description="Event → attribute that the services logged for it", max_length=1
    )
    asked_in: str | None = Field(default=None, alias="unit", description="The unit shown beside the question")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum((self.header is not None, self.status, bool(self.logged), self.fact is not None)) != 1:
            raise ValueError(
                "say what is read: exactly one of `header`, `status: true`, `fact`, `logged: {event: attribute}`"
            )
        return self

    @property
    def unit(self) -> str | None:
        """The unit asked in."""
        return self.asked_in

    def help(self) -> str:
        """How to answer."""
        what = f"the header {self.header}" if self.header else "the status" if self.status else "the number"
        return f"Answer with {what} that stands in an answer you got yourself ({self.of.said()})."

    def grade(self, answer: Any, run: Run) -> Grade:
        """All or nothing, against every such answer of this run."""
        if not isinstance(answer, str | int | float) or isinstance(answer, bool) or not str(answer).strip():
            raise UsageError("An answer here is one value.", self.help())
        known = self._values(run)
        if not known:
            raise UsageError(
                f"You have got no such answer yet ({self.of.said()}).", "Send the request first: `lab steps`"
            )
        if any(_same(str(answer), value) for value in known):
            return graded(1, f"Right: {self.truth(run)}", truth=self.truth(run))
        if all(day_of(value) for value in known) and day_of(str(answer)) is None:
            raise UsageError(f"{str(answer)[:40]!r} names no day.", "Write it like 31 October 2026, or 2026-10-31.")
        return graded(0, f"No answer of yours said that. Look again at what came back on {self.of.said()}.")

    def truth(self, run: Run) -> str:
        """What stood there."""
        known = self._values(run)
        what = self.header or self.fact or ("status" if self.status else next(iter(self.logged.values())))
        told = " or ".join(dict.fromkeys(known)) or "nothing yet"
        return f"{what}: {told}, in the answer to {self.of.said()}."

    def _values(self, run: Run) -> list[str]:
        found = []
        for one in run.requests:
            if self.of.fits(one):
                found += self._read(one, run)
        return found

    def _read(self, one: Received, run: Run) -> list[str]:
        if self.header is not None:
            value = one.answered(self.header)
            return [] if value is None else [value]
        if self.status:
            return [str(one.status)]
        if self.fact is not None:
            return [str(one.facts[self.fact])] if self.fact in one.facts else []
        ((event, attribute),) = self.logged.items()
        logs = run.telemetry.logs(f"event:{event} trace:{one.trace_id}", limit=5) if one.trace_id else []
        return [str(log.attributes[attribute]) for log in logs if attribute in log.attributes]

    def solve(self, look: Look) -> str:
        """Read it off one's own requests."""
        for one in reversed(look.received()):
            if self.of.fits(one):
                value = self._looked_up(look, one)
                if value is not None:
                    return value
        raise UsageError(f"No answer says it ({self.of.said()}).", "Does a step send that request?")

    def _looked_up(self, look: Look, one: Received) -> str | None:
        if self.header is not None:
            return one.answered(self.header)
        if self.status:
            return str(one.status)
        if self.fact is not None:
            return str(one.facts[self.fact]) if self.fact in one.facts else None
        ((event, attribute),) = self.logged.items()
        return look.logged(f"event:{event} trace:{one.trace_id}", attribute)

    def wrong(self, run: Run) -> list[Wrong]:
        """A value that no answer had."""
        known = self._values(run)
        if not known:
            return []
        day = day_of(known[0])
        if day is not None:
            return [Wrong((day + timedelta(days=45)).isoformat(), "No answer of yours said that")]
        number = spoken_number(known[0])
        return [Wrong("nothing like it" if number is None else f"{number[0] + 977:g}", "No answer of yours said that")]

    def guess(self, glance: Glance) -> str:
        """Some small number, or a usual status."""
        return str(glance.rng.choice(USUAL) if self.status else glance.rng.randint(1, 60))


def _same(answer: str, value: str) -> bool:
    if answer.strip().strip('"').casefold() == value.strip().strip('"').casefold():
        return True
    if _path(answer) == _path(value) != "":
        return True
    days = day_of(answer), day_of(value)
    if days[1] is not None:
        return days[0] == days[1]
    mine, real = _number(answer), _number(value)
    return mine is not None and real is not None and mine[0] == real[0]


def _path(text: str) -> str:
    """`/orders/7` of itself and of `http://127.0.0.1:8000/orders/7`; empty when the text is no address."""
    bare = text.strip().strip('"')
    if bare.startswith("/"):
        return bare
    with suppress(ValueError):
        there = urlsplit(bare)
        if there.scheme in ("http", "https"):
            return there._replace(scheme="", netloc="", fragment="").geturl()
    return ""


def _number(text: str) -> tuple[float, str] | None:
    """One number, with or without the euro sign on either side."""
    money = _MONEY.fullmatch(text.strip())
    return spoken_number(money[1] if money else text)


def day_of(text: str) -> date | None:
    """The day that a text names, as HTTP headers, calendars and people write it; None when it names none."""
    bare = text.strip().strip('"').rstrip(".")
    with suppress(ValueError, OverflowError):
        return parsedate_to_datetime(bare).date()
    with suppress(ValueError):
        return datetime.fromisoformat(bare).date()
    bare = " ".join(_ORDINAL.sub("", _WEEKDAY.sub("", bare)).replace(",", " ").split())
    for form in _DAYS:
        with suppress(ValueError):
            return datetime.strptime(bare, form).date()
    return None
