"""The scenario file, `format: 1`: what a trainer may write. Data only; unknown fields are refused."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from lab.changes import Change, changes
from lab.changes.migration import Migration
from lab.core.registry import OneOf
from lab.core.units import PerSecond, Seconds
from lab.core.written import Written
from lab.probes import Probe, probes
from lab.questions import QuestionKind, questions
from lab.scenario.shapes import Shape

STEPS = ("detect", "localize", "explain", "act", "prove", "communicate", "ask")
Step = Literal["do", "detect", "localize", "explain", "act", "prove", "communicate", "ask"]
Scope = Literal["catalog:read", "orders:read", "orders:write", "refunds:write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Task = Literal["checkout", "browse", "track", "search", "lookup"]
Level = Literal["tutorial", "beginner", "intermediate", "advanced"]
AnyChange = Annotated[Change, OneOf(changes)]
AnyProbe = Annotated[Probe, OneOf(probes)]
AnyQuestion = Annotated[QuestionKind, OneOf(questions)]


class Part(Written):
    """Base of every part of the file."""


class Parameter(Part):
    """One seeded draw per session, used in the file as `${name}`."""

    choose: list[Any] = Field(
        min_length=1, description="The values to draw from; a mapping sets several at once, `today-27d` is a day"
    )
    unit: str | None = None


class Traffic(Part):
    """The customers of a healthy day."""

    users: PositiveInt
    pace: PerSecond = Field(default=1.0, description="Requests each customer makes per second", gt=0)
    mix: dict[Task, NonNegativeInt] = Field(default={"checkout": 3, "browse": 5, "track": 1})


class ApiKey(Part):
    """A key of the learner's at the gateway; `you` is the one that every client sends unless told otherwise."""

    role: str = "developer"
    scopes: list[Scope] = Field(default=list(SCOPES))
    rate: PerSecond = Field(default=10.0, description="Requests it may send a second", gt=0)
    burst: PositiveInt = Field(default=20, description="Requests it may send at once")


class Sandbox(Part):
    """An account of the learner's own at the partner: a test key, and an inbox that webhooks can be sent to."""

    forged: bool = Field(default=False, description="After the first genuine webhook a forged one comes in as well")


class DataSet(Part):
    """What the shop's database holds when the story starts."""

    orders: PositiveInt = Field(default=100_000, le=1_000_000)


class Question(Part):
    """One rung of the ladder: what is asked, how much it is worth, and one kind of question."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    step: Step
    ask: str = Field(description="The question, in plain words")
    points: PositiveInt = 10
    question: AnyQuestion

    @model_validator(mode="before")
    @classmethod
    def _kind_as_key(cls, written: Any) -> Any:
        """`{id, step, ask, choice: …}` in files: the one remaining key is the kind."""
        if not isinstance(written, dict) or "question" in written:
            return written
        kinds = [key for key in written if key not in cls.model_fields]
        if len(kinds) != 1:
            known = ", ".join(questions.names())
            found = f"found {', '.join(map(str, kinds))}" if kinds else "found none"
            raise ValueError(f"a question needs exactly one kind ({known}); {found}")
        rest = {key: value for key, value in written.items() if key != kinds[0]}
        return {**rest, "question": {kinds[0]: written[kinds[0]]}}


class Mitigation(Part):
    """Something the learner may do about it, as an engineer would offer it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    text: str
    detail: str = Field(default="", description="What it does and what it costs, without saying whether it works")
    right: bool = False
    trade_off: str | None = Field(default=None, description="It works, but the brief's constraint prefers another")
    because_not: str | None = Field(default=None, description="Why it does not work, shown after it was tried")
    apply: list[AnyChange] = Field(default_factory=list, description="What is changed as soon as it is chosen")
    during_load: list[AnyChange] = Field(
        default_factory=list,
        description="What is changed while the load test runs, each `at` its time from the start of it, one after the "
        "other; the load test ends when the last is done",
    )

    @model_validator(mode="after")
    def _something(self) -> "Mitigation":
        if not self.apply and not self.during_load:
            raise ValueError("give `apply:` (at once), `during_load:` (while the load test runs), or both")
        return self

    @model_validator(mode="after")
    def _one_outcome(self) -> "Mitigation":
        if sum((self.right, self.trade_off is not None, self.because_not is not None)) != 1:
            raise ValueError("say exactly one of `right: true`, `trade_off` or `because_not`")
        return self

    @property
    def works(self) -> bool:
        """Whether the load test passes with it."""
        return self.because_not is None


class Hint(Part):
    """A nudge; taken in order, each at its price in points."""

    text: str
    price: NonNegativeInt = 3


class Stage(Part):
    """A stretch of the load test."""

    users: PositiveInt
    for_s: Seconds = Field(alias="for")


class Past(Part):
    """An entry of the company's change feed from before the story; most are innocent."""

    ago: Seconds
    service: str
    what: str
    version: str | None = None
    by: str = "release"


class Load(Part):
    """The load test that returns the verdict; it replaces the background traffic while it runs."""

    stages: list[Stage] = Field(min_length=1)
    mix: dict[Task, NonNegativeInt] | None = None
    warm_up: Seconds = Field(
        default=1.0, description="How long from its start nothing is judged, so that a mended shop can recover"
    )
    drain: Seconds = Field(default=5.0, description="How long after the last stage work may still finish")


class Fact(Part):
    """A measured number of this run that texts and status updates may use."""

    says: str = Field(description="What the number is, e.g. 'checkouts that failed'")
    probe: AnyProbe
    window: Literal["baseline", "incident", "load"] = "incident"


class Windows(Part):
    """How long each part of a run lasts; scenarios have one set for learners and a shorter one for proofs."""

    baseline: Seconds = 20.0
    symptoms: Seconds = Field(default=45.0, description="How long the symptoms may take to appear")
    faults: PositiveFloat = Field(default=1.0, description="Factor on the moments at which faults happen (`at`)")
    load: PositiveFloat | list[PositiveFloat] = Field(
        default=1.0, description="Factor on the duration of the load test's stages; a list has one for each stage"
    )

    def stages(self, load: Load) -> list[Stage]:
        """The stages of a load test as long as they last in these windows."""
        factors = self.load if isinstance(self.load, list) else [self.load] * len(load.stages)
        return [
            stage.model_copy(update={"for_s": stage.for_s * factor})
            for stage, factor in zip(load.stages, factors, strict=False)
        ]


class BothWindows(Part):
    """Windows for a learner and for a proof."""

    learn: Windows = Windows()
    prove: Windows = Windows(baseline=6.0, symptoms=20.0, load=0.6)


class MayAppear(Part):
    """A word that the running system shows honestly, although it is also a word of this lesson."""

    word: str = Field(min_length=2)
    because: str = Field(min_length=10, description="Why it gives nothing away")


class ScenarioFile(Part):
    """One lesson, after `${parameters}` were filled in."""

    format: Literal[1]
    shape: Shape = Field(default="incident", description="What sort of lesson it is; see [shapes](shapes.md)")
    title: str = Field(max_length=80)
    summary: str = Field(max_length=200, description="What you will be able to do after it")
    level: Level
    minutes: PositiveInt
    skills: list[str] = Field(min_length=1)
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    data_set: DataSet = DataSet()
    keys: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")], ApiKey] = Field(
        default_factory=dict, description="The learner's keys: `you`, when it differs from usual, and further ones"
    )
    sandbox: Sandbox | None = Field(default=None, description="Whether the learner may call the partner too")
    setup: list[AnyChange] = Field(default_factory=list, description="How this world differs from the default one")
    traffic: Traffic
    faults: list[AnyChange] = Field(default_factory=list, description="What breaks it; every shape says if it has any")
    symptoms: list[AnyProbe] = Field(default_factory=list, description="What must be measured before anybody is paged")
    slo: list[AnyProbe] = Field(default_factory=list, description="The promises that a load test is judged by")
    pager: str | None = Field(default=None, description="The message that arrives when the symptoms hold")
    history: list[Past] = Field(default_factory=list)
    facts: dict[str, Fact] = Field(default_factory=dict)
    questions: list[Question] = Field(min_length=1)
    rehearsal: Migration | None = Field(
        default=None, description="The migration under review, as written; a learner runs it on a copy of the data"
    )
    mitigations: list[Mitigation] = Field(default_factory=list)
    hints: list[Hint] = Field(default_factory=list)
    load: Load | None = None
    windows: BothWindows = BothWindows()
    may_appear: list[MayAppear] = Field(
        default_factory=list, description="Words that the search for leaks shall pass over, each with a reason"
    )

    @property
    def migrates(self) -> bool:
        """Whether the database is migrated in it, on a copy or for real."""
        chosen = [change for one in self.mitigations for change in (*one.apply, *one.during_load)]
        return self.rehearsal is not None or any(isinstance(change, Migration) for change in chosen)
