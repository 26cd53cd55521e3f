"""`lab scenario prove`: scenarios run unattended, with right and wrong answers, and every figure against its bound."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lab.cli.authoring.targets import folders, with_targets
from lab.cli.command import Lab, LabCommand
from lab.core.errors import CHECK_FAILED, INTERRUPTED, OK, EnvironmentLacks, LabError

if TYPE_CHECKING:
    from lab.proof.desks import Desks
    from lab.proof.result import Proof
    from lab.scenario import Scenario

MOST_JOBS = 4
COMPOSE = "compose"


class ProofInterrupted(LabError):
    """Ctrl-C while proving."""

    exit_code = INTERRUPTED


@click.command(
    "prove",
    cls=LabCommand,
    examples=[
        "lab scenario prove rate-limit",
        "lab scenario prove --all --repeat 5",
        "lab scenario prove rate-limit --seed 3 --figures",
    ],
)
@with_targets
@click.option(
    "--jobs",
    type=click.IntRange(1, 16),
    help=f"Labs at a time: one more than there are cores, at most {MOST_JOBS}; "
    "twice as many while the processors have room.",
)
@click.option(
    "--repeat", type=click.IntRange(1, 100), default=1, show_default=True, help="How often, each with the next seed."
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="The first seed.")
@click.option("--figures", is_flag=True, help="Show every figure, not only the telling ones.")
@click.option(
    "--runtime",
    type=click.Choice(["embedded", "compose"]),
    default="embedded",
    show_default=True,
    help="Where they run: as processes of this machine, or in containers, one lab at a time.",
)
@click.pass_obj
def command(
    lab: Lab,
    names: tuple[str, ...],
    every: bool,
    directories: tuple[Path, ...],
    jobs: int | None,
    repeat: int,
    seed: int,
    figures: bool,
    runtime: str,
) -> int:
    """Run scenarios unattended and show that each teaches what it says.

    Healthy before, broken after, solved by looking, not by guessing; each right fix passes its load test,
    each wrong one fails; nothing gives the answer away; nothing is left behind. Half a minute each, up to a
    minute and a half. Exits with 1 when a step does not hold.
    """
    from lab.cli.authoring.watching import Watching, summary

    paths = folders(names, every, directories)
    watching = Watching(lab.terminal, figures)
    proofs = _run(lambda: _prove(lab, paths, jobs, range(seed, seed + repeat), watching, runtime))
    if lab.terminal.json_mode:
        lab.terminal.data({"ok": all(one.ok for one in proofs), "proofs": [one.as_json() for one in proofs]})
    else:
        summary(lab.terminal, proofs)
    return OK if all(one.ok for one in proofs) else CHECK_FAILED


async def _prove(
    lab: Lab, paths: list[Path], jobs: int | None, seeds: range, watching: Any, runtime: str
) -> "list[Proof]":
    from lab.cli.root import COMMANDS
    from lab.proof.prove import prove
    from lab.scenario.load import load

    scenarios = [load(path) for path in paths]  # all of them first: a misspelt file is told before anything runs
    if runtime == COMPOSE:
        scenarios = _for_containers(lab, scenarios)
    proofs = []
    with watching:
        try:
            for group in _together(scenarios, runtime):
                shown = group[0].path if len(group) == 1 else group[0].path.parent
                async with _desks(lab, runtime, jobs, shown) as desks:
                    for scenario in group:
                        for seed in seeds:
                            watching.begin(scenario, seed)
                            proofs.append(await prove(scenario, seed, desks, watching, frozenset(COMMANDS)))
                            watching.end(proofs[-1])
        finally:
            # what was started is ended by now or being ended; a second Ctrl-C must not cut that short
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return proofs


def _for_containers(lab: Lab, scenarios: "list[Scenario]") -> "list[Scenario]":
    """Lessons that call the partner need it published, others migrate the database; containers do neither."""
    left_out = [one for one in scenarios if one.file.sandbox is not None or one.file.migrates]
    able = [one for one in scenarios if one not in left_out]
    names = ", ".join(one.id for one in left_out)
    if not able:
        raise EnvironmentLacks(
            f"{names}: it calls the partner or migrates the database, and the lab in containers does neither.",
            "Prove it on this machine: leave out --runtime.",
        )
    if left_out:
        lab.terminal.note(f"Left out, since their learners call the partner or migrate the database: {names}.")
    return able


def _together(scenarios: "list[Scenario]", runtime: str) -> "list[list[Scenario]]":
    """Those that one set of desks can run: containers are shown one folder of scenarios."""
    if runtime != COMPOSE:
        return [scenarios]
    folders: dict[Path, list[Scenario]] = {}
    for one in scenarios:
        folders.setdefault(one.path.parent, []).append(one)
    return list(folders.values())


@asynccontextmanager
async def _desks(lab: Lab, runtime: str, jobs: int | None, scenarios: Path) -> "AsyncIterator[Desks]":
    from lab.proof.desks import Desks

    cache = lab.home / "cache"
    if runtime == COMPOSE:
        from lab.proof.contained_desk import ContainedDesk

        async with Desks(1, cache, lambda cache: ContainedDesk(cache, scenarios, lab.terminal.note)) as desks:
            yield desks
        return
    from lab.proof.consoles import warm_consoles
    from lab.proof.desk import Desk

    usual = min(MOST_JOBS, 1 + (os.cpu_count() or 1))
    async with (
        warm_consoles() as start,
        # a lab waits more than it works, most of them much more
        Desks(jobs or usual, cache, lambda cache: Desk(cache, start), spare=0 if jobs else usual) as desks,
    ):
        yield desks


def _run(work: "Callable[[], Awaitable[list[Proof]]]") -> "list[Proof]":
    import asyncio

    async def until_told() -> "list[Proof]":
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        if hasattr(signal, "SIGTERM") and hasattr(loop, "add_signal_handler"):
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        return await work()

    before = signal.getsignal(signal.SIGINT)
    try:
        return asyncio.run(until_told())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise ProofInterrupted(
            "You stopped the proof; everything it had started is ended.", "Run the same command to begin again."
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
