"""shapes.md: what a lesson of each shape needs, and which steps its proof has."""

from collections.abc import Iterable

from generators.markdown import code, page, table
from lab.proof.margins import FEW_REQUESTS, FEWEST_REQUESTS, LEAST_REQUESTS
from lab.proof.steps.guessing import DRAWS, LEAST_OFTEN, STRATEGIES
from lab.proof.steps.leaks import LAB_WORDS
from lab.proof.table import STEPS
from lab.scenario.shapes import BELONG_TOGETHER, SHAPES

INTRO = """A scenario says by `shape:` what sort of lesson it is; without one it is an incident. The shape decides which
fields the [scenario file](scenario.md) needs, and which steps of a [proof](../explanation/how-a-proof-works.md)
apply."""

MARGINS = f"""A figure must lie away from its bound, so that a proof does not hang on chance: twice for times and rates,
three times for errors and for what customers got, on whichever side it belongs. Where a promise must be kept, at
least {LEAST_REQUESTS} requests must have been measured (load tests); {FEW_REQUESTS} in the healthy time and in load
tests that fail; {FEWEST_REQUESTS} while symptoms show. The first second after a change belongs to neither side."""

GUESSING = f"""Each strategy plays {DRAWS:,} learners and may pass in less than {LEAST_OFTEN:.0%} of them:
{", ".join(one.name for one in STRATEGIES)}."""

LEAKS = f"""In processes, environments, files, telemetry, headers and the pages about the shop: the scenario's id, the
kinds of its faults' rules and the settings they change, its questions and reasons, and these words:
{", ".join(LAB_WORDS)}. A word that the running system shows honestly is listed in the scenario under `may_appear`,
with the reason."""


def pages() -> dict[str, str]:
    """The one page."""
    together = [f"- {code(one)} needs {code(other)} beside it: {why}." for one, other, why in BELONG_TOGETHER]
    shapes = [[code(name), one.means, _codes(one.needs), _codes(one.forbids)] for name, one in SHAPES.items()]
    steps = [
        [
            f"**{step.title}**",
            step.proves,
            *("✓" if shape in step.shapes else "" for shape in SHAPES),
            step.when,
        ]
        for step in STEPS
    ]
    return {
        "shapes.md": page(
            "Shapes and the steps of a proof",
            INTRO,
            table(["shape", "what it is", "needs", "must not have"], shapes),
            "In every shape:",
            "\n".join(together),
            "## The steps of a proof",
            "In this order. A step applies to the shapes marked, if the scenario has what the last column says.",
            table(["step", "what it proves", *SHAPES, "only with"], steps),
            "## Margins",
            MARGINS,
            "## Guessing",
            GUESSING,
            "## Words that must not appear",
            LEAKS,
        )
    }


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))
