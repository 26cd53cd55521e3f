"""Which steps a proof has, in order, and to what each applies. The reference page comes from here."""

from collections.abc import Callable
from dataclasses import dataclass

from lab.scenario import Scenario
from lab.scenario.shapes import SHAPES, Shape

EVERY: tuple[Shape, ...] = tuple(SHAPES)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in JSON, its line on the screen, what it proves, to what it applies."""

    name: str
    title: str
    proves: str
    shapes: tuple[Shape, ...] = EVERY
    when: str = ""
    """In words: what a scenario must have for the step to apply; empty: nothing."""
    has: Callable[[Scenario], bool] = lambda _scenario: True

    def applies(self, scenario: Scenario) -> bool:
        """Whether a proof of this scenario has the step."""
        return scenario.file.shape in self.shapes and self.has(scenario)


def _asks(kind: str) -> Callable[[Scenario], bool]:
    return lambda scenario: any(one.question.kind() == kind for one in scenario.file.questions)


STEPS: tuple[Step, ...] = (
    Step("reads", "Reads well", "The files say what they must, name only what exists, and give no answer away."),
    Step(
        "updates",
        "Grades status updates as people do",
        "The grader agrees with the labels of the sample texts in `updates.yaml`.",
        when="an `updates.yaml`",
        has=lambda scenario: scenario.updates is not None,
    ),
    Step(
        "baseline",
        "Healthy before",
        "The shop keeps every promise, with room to spare, before anything happens.",
        when="promises (`slo`)",
        has=lambda scenario: bool(scenario.file.slo),
    ),
    Step(
        "quiet",
        "No symptom before the fault",
        "What the lesson calls a symptom is not there already.",
        when="symptoms",
        has=lambda scenario: bool(scenario.file.symptoms),
    ),
    Step(
        "faults",
        "The faults are made, and can be taken back",
        "Each fault was applied, and what takes it back was written down first.",
        when="faults",
        has=lambda scenario: bool(scenario.file.faults),
    ),
    Step(
        "symptoms",
        "Every symptom shows",
        "The faults do what the lesson says, far enough from the bound not to hang on chance.",
        when="symptoms",
        has=lambda scenario: bool(scenario.file.symptoms),
    ),
    Step(
        "calm",
        "Stays healthy",
        "Nothing is wrong after the message either.",
        shapes=("control",),
    ),
    Step(
        "evidence",
        "The evidence exists, and only now",
        "Records that the evidence questions accept are there in the incident, and none in the healthy time.",
        when="evidence questions",
        has=_asks("evidence"),
    ),
    Step(
        "solver",
        "Can be solved by looking",
        "Somebody who uses only what a learner can see gets full marks at the first try.",
        when="questions",
        has=lambda scenario: bool(scenario.file.questions),
    ),
    Step(
        "wrong",
        "Wrong answers lose marks and are told why",
        "Each wrong option, number and record costs points and names the signal that rules it out.",
        when="questions",
        has=lambda scenario: bool(scenario.file.questions),
    ),
    Step(
        "guessing",
        "Guessing does not pass",
        "Cheap strategies pass in less than one of twenty of a thousand draws each.",
        when="questions",
        has=lambda scenario: bool(scenario.file.questions),
    ),
    Step(
        "leaks",
        "Gives nothing away",
        "Processes, files, telemetry, headers and pages hold no word of the lab, of this lesson or of its answers.",
    ),
    Step(
        "nothing",
        "Nothing changes by itself",
        "Without a mitigation the load test fails; in a control it passes.",
        shapes=("incident", "control"),
        when="a load test",
        has=lambda scenario: scenario.file.load is not None,
    ),
    Step(
        "wrong fixes",
        "Each wrong fix fails",
        "With each mitigation that is not right the load test fails, clearly.",
        shapes=("incident", "review", "tutorial"),
        when="mitigations that do not work",
        has=lambda scenario: any(not one.works for one in scenario.file.mitigations),
    ),
    Step(
        "right fixes",
        "Each right fix passes",
        "With each mitigation that works the load test passes, clearly, and the questions about it can be answered.",
        shapes=("incident", "review", "tutorial"),
        when="mitigations that work",
        has=lambda scenario: any(one.works for one in scenario.file.mitigations),
    ),
    Step(
        "revert",
        "Taking it back restores the shop",
        "Once faults or the plan are taken back no setting differs, no symptom stays, and the promises are kept again.",
        when="faults, or plans that a load test carries out",
        has=lambda scenario: bool(scenario.file.faults) or any(one.during_load for one in scenario.file.mitigations),
    ),
    Step("stop", "Leaves nothing behind", "After the stop no process, port or file of the run is left."),
)


def steps_of(scenario: Scenario) -> list[Step]:
    """The steps that a proof of this scenario has, in order."""
    return [step for step in STEPS if step.applies(scenario)]
