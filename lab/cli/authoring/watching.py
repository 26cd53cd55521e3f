"""A proof as one watches it: what the labs do right now, each step as it is judged, and what it comes to."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.cli.authoring.targets import shown_target
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Cell, Column, Line, Run, flow, table
from lab.cli.live import Progress, progress
from lab.cli.terminal import Terminal
from lab.core import words

if TYPE_CHECKING:
    from lab.proof.result import Judged, Proof, Row
    from lab.scenario import Scenario

INDENT = "    "
MEASURED, BOUND, CLEARS = 10, 17, 10
NARROWEST = 8
MARKS = {"ok": Run("✓", "good"), "failed": Run("✗", "bad"), "not reached": Run("·", "dim")}
COLUMNS = (
    Column("what", flexible=True),
    Column("measured", flexible=True),
    Column("must be", flexible=True),
    Column("clears it"),
)


class Watching(AbstractContextManager["Watching"]):
    """Tells steps on stdout as they come, and shows on stderr what goes on meanwhile."""

    def __init__(self, terminal: Terminal, figures: bool) -> None:
        self._terminal = terminal
        self._figures = figures
        self._showing: Any = None
        self._bar: Progress | None = None
        self._labs: dict[str, tuple[str, float | None]] = {}
        self._titles: dict[str, str] = {}
        self._name = ""

    def __enter__(self) -> "Watching":
        self._showing = progress(self._terminal)
        self._bar = self._showing.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._showing.__exit__(*error)

    def begin(self, scenario: "Scenario", seed: int) -> None:
        """The next scenario."""
        from lab.proof.table import STEPS

        self._titles = {step.name: step.title for step in STEPS}
        self._name = scenario.id
        self._labs.clear()
        head = f"{scenario.id}: {scenario.file.title} ({scenario.file.shape}, seed {seed})"
        self._say([[], [Run(head, "bold")], *self._row(COLUMNS_TITLES, INDENT)])

    def going(self, lab: str, text: str, share: float | None) -> None:
        """What a lab does right now."""
        if text:
            self._labs[lab] = (text, share)
        else:
            self._labs.pop(lab, None)
        assert self._bar is not None
        told = [f"{name}: {what}{'' if part is None else f' {part:.0%}'}" for name, (what, part) in self._labs.items()]
        self._bar.update(None, " · ".join(told) or f"{self._name}: between two labs")

    def judged(self, step: "Judged") -> None:
        """One step's outcome, with its figures."""
        line = [MARKS[step.state], Run(f" {self._titles[step.name]}", "" if step.ok else "bold")]
        if step.state == "not reached":
            line.append(Run(": not reached", "dim"))
        lines: list[Line] = [line]
        for row in step.rows:
            if self._figures or not row.ok or (row.key and step.ok):
                lines += self._figure(row)
        self._say(lines)

    def end(self, proof: "Proof") -> None:
        """What the scenario comes to, in a sentence or two."""
        width = self._terminal.width
        self._say([[], *_outcome(proof, width), *_twice(proof, width)])

    def _figure(self, row: "Row") -> Iterator[Line]:
        yield from self._row([row.what, Run(row.measured, "" if row.ok else "bad"), row.bound, _clears(row)], INDENT)
        if not row.ok and row.instead:
            yield from flow([Run(row.instead, "warn")], self._terminal.width, f"{INDENT}→ ", f"{INDENT}  ")

    def _row(self, cells: Sequence[Cell], indent: str) -> list[Line]:
        room = max(NARROWEST, self._terminal.width - len(indent) - MEASURED - BOUND - CLEARS - 6)
        plain = tuple(Column("", right=column.right, flexible=column.flexible) for column in COLUMNS)
        return table(plain, [cells], self._terminal.width, indent, [room, MEASURED, BOUND, CLEARS])

    def _say(self, lines: list[Line]) -> None:
        if self._terminal.json_mode:
            return
        assert self._bar is not None
        self._bar.aside(lambda: self._terminal.lines(lines))


COLUMNS_TITLES: list[Cell] = [Run(column.title, "dim") for column in COLUMNS]


def _clears(row: "Row") -> str:
    """`13× (≥2×)`: how many times the figure clears its bound, and how many it must."""
    if row.needs is None or row.clears is None:
        return ""
    many = "∞" if math.isinf(row.clears) else f"{row.clears:.0f}" if row.clears >= 10 else f"{row.clears:.1f}"
    return f"{many}× (≥{row.needs:g}×)"


def _closest(proof: "Proof") -> "Row | None":
    """The figure with least room: where this scenario would break first."""
    rows = [row for step in proof.steps for row in step.rows if row.clears is not None and row.needs]
    return min(rows, key=lambda row: (row.clears or 0.0) / (row.needs or 1.0), default=None)


def _outcome(proof: "Proof", width: int) -> Iterator[Line]:
    took = words.duration(proof.seconds)
    figures = sum(len(step.rows) for step in proof.steps)
    if proof.ok:
        text = f"Proved in {took}: {len(proof.steps)} steps, {figures} figures."
        yield [Run(text, "good")]
        closest = _closest(proof)
        if closest is not None:
            figure = f"{closest.what}, {closest.measured}, {closest.bound}"
            said = f"Closest to its limit: {figure}; it clears that {_clears(closest)}."
            yield from flow([Run(said)], width)
        return
    failed = ", ".join(step.name for step in proof.failed)
    verb = "does" if len(proof.failed) == 1 else "do"
    text = f"Not proved, after {took}: {len(proof.failed)} of {len(proof.steps)} steps {verb} not hold ({failed})."
    yield from flow([Run(text, "bad")], width)


def _twice(proof: "Proof", width: int) -> Iterator[Line]:
    if proof.again:
        labs = ", ".join(proof.again)
        yield from flow([Run(f"Run twice, since the processors had more to do than they can: {labs}.", "dim")], width)


def summary(terminal: Terminal, proofs: "Sequence[Proof]") -> None:
    """Over several proofs: how often each scenario was proved, how long it took, and what to do next."""
    if len(proofs) > 1:
        _table(terminal, proofs)
        _same_numbers(terminal, proofs)
    bad = [one for one in proofs if not one.ok]
    if bad:
        first = bad[0]
        again = lab_command("scenario", "prove", shown_target(Path(first.path)), "--seed", str(first.seed), "--figures")
        look = lab_command(
            "start", shown_target(Path(first.path)), "--seed", str(first.seed), "--windows", "prove", "--no-wait"
        )
        terminal.steps([(again, "prove it again, with every figure"), (look, "look at it with your own eyes")])
    elif len(proofs) == 1:
        terminal.steps([(lab_command("start", shown_target(Path(proofs[0].path))), "play it yourself, as a learner")])


def _table(terminal: Terminal, proofs: "Sequence[Proof]") -> None:
    rows: list[list[Cell]] = []
    for path in dict.fromkeys(one.path for one in proofs):
        mine = [one for one in proofs if one.path == path]
        good = sum(one.ok for one in mine)
        seconds = sorted(one.seconds for one in mine)
        failed = sorted({step.name for one in mine for step in one.failed})
        rows.append(
            [
                Run(mine[0].scenario, "bold"),
                Run(f"{good} of {len(mine)}", "good" if good == len(mine) else "bad"),
                words.duration(seconds[len(seconds) // 2]),
                words.duration(seconds[-1]),
                ", ".join(failed) or "–",
            ]
        )
    terminal.title("All of them")
    columns = [Column("scenario"), Column("proved"), Column("median", right=True), Column("longest", right=True)]
    terminal.table([*columns, Column("steps that failed", flexible=True)], rows)
    good = sum(one.ok for one in proofs)
    terminal.say(f"{good} of {len(proofs)} proved.", "good" if good == len(proofs) else "bad")


def _same_numbers(terminal: Terminal, proofs: "Sequence[Proof]") -> None:
    """Advice about questions whose number is the same for every seed."""
    for path in dict.fromkeys(one.path for one in proofs):
        mine = [one for one in proofs if one.path == path and one.answers]
        for question in mine[0].answers if len(mine) > 1 else ():
            given = [one.answers[question] for one in mine if question in one.answers]
            if len(given) > 1 and len(set(given)) == 1:
                terminal.note(
                    f"{mine[0].scenario}: the answer to `{question}` was {given[0]} in all {len(given)} runs, so one "
                    "learner can tell another. Ask for something that depends on the seed.",
                    "warn",
                )
