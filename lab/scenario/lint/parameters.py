"""Parameters that nothing uses, and variants that do not fit."""

from collections.abc import Iterator
from string import Template

from lab.scenario.lint.reading import Finding, Reading
from lab.scenario.problem import InvalidScenario
from lab.scenario.variants import DIFFICULTY, every


def findings(reading: Reading) -> Iterator[Finding]:
    """Each parameter must be used, and each of its values must fit."""
    scenario = reading.scenario
    written = scenario.source.read_text(encoding="utf-8")
    head, _, tail = written.partition("parameters:")
    used = set(Template(head + tail).get_identifiers())
    for text in scenario.texts.values():
        used |= set(Template(text).get_identifiers())
    for name, parameter in reading.file.parameters.items():
        first = parameter.choose[0]
        for one in first if isinstance(first, dict) else [name]:
            if one != DIFFICULTY and not used & {one, f"{one}_say"}:
                yield Finding(
                    ("parameters", name),
                    f"the parameter {one!r} is drawn, and nothing uses it",
                    f"Use it as `${{{one}}}`, or remove it.",
                )
        if isinstance(first, dict):
            for number, choice in enumerate(parameter.choose):
                if not isinstance(choice, dict) or choice.keys() != first.keys():
                    yield Finding(
                        ("parameters", name, "choose", number),
                        "this choice has other names than the first one",
                        f"Each choice sets the same: {', '.join(first)}.",
                    )
        if len({repr(choice) for choice in parameter.choose}) < 2:
            yield Finding(
                ("parameters", name), f"{name!r} has one value only", "Write it where it is used.", advice=True
            )
    try:
        for _variant in every(scenario):
            pass
    except InvalidScenario as error:
        yield Finding(("parameters",), f"a variant does not fit: {error.problems[0].what}", error.problems[0].hint)
    if reading.file.shape == "incident" and not reading.file.parameters:
        yield Finding(
            ("format",),
            "every learner gets the same numbers",
            "Draw something by seed under `parameters:`, so that answers cannot be passed on.",
            advice=True,
        )
