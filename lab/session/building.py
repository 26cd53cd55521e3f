"""Everything a session consists of before it begins: its folder, journal, store, keys; and what it can run on."""

import contextlib
import secrets
import shutil
from collections.abc import Callable

from lab.core.clock import Clock
from lab.core.errors import EnvironmentLacks
from lab.processes import Launcher
from lab.questions.steps.received import LEARNER
from lab.runtimes import Key, Runtime
from lab.runtimes.service_files import service_files
from lab.scenario import ScenarioFile, Variant
from lab.scenario.model import SCOPES, ApiKey
from lab.session import opening
from lab.session.home import Home
from lab.session.journal import FORMAT, Journal
from lab.session.ledger import Ledger
from lab.session.recover import Unfinished, carry_over
from lab.session.sandbox import Sandbox
from lab.session.session import Session, WindowsName
from lab.telemetry import Store, Telemetry

STOREFRONTS = ("storefront-web", "storefront-app")


def _embedded(launcher: Launcher) -> Runtime:
    from lab.runtimes.embedded import Embedded

    return Embedded(launcher)


def _compose(launcher: Launcher) -> Runtime:
    from lab.runtimes.compose import Compose

    return Compose(launcher)


RUNTIMES: dict[str, Callable[[Launcher], Runtime]] = {"embedded": _embedded, "compose": _compose}
"""Name → how it is made; each imports what it needs when it is."""


def build(
    home: Home,
    clock: Clock,
    launcher: Launcher,
    variant: Variant,
    runtime: Runtime,
    windows: WindowsName,
    console_url: str,
    resume: Unfinished | None = None,
) -> Session:
    """A session that has not begun, in which `resume` goes on.

    EnvironmentLacks when its folder cannot be written: then nothing of it is left.
    """
    name = secrets.token_hex(4)
    folder, run_dir = home.sessions / name, home.runs / name
    resumes = None if resume is None else resume.run
    with contextlib.ExitStack() as undo:
        for one in (folder, run_dir):
            undo.callback(shutil.rmtree, one, ignore_errors=True)
        try:
            journal = Journal(folder / "journal.jsonl", clock)
            undo.callback(journal.close)
            run_dir.mkdir(mode=0o700, parents=True)
            store = Store(run_dir / "telemetry.db", clock=clock)
            undo.callback(store.close)
        except OSError as error:
            raise EnvironmentLacks(
                f"The lab's folder {home.root} cannot be written: {error.strerror}.",
                "Give another one: `LAB_HOME=/some/folder lab start`",
            ) from None
        journal.write(
            "opened",
            format=FORMAT,
            session=name,
            scenario=variant.scenario.id,
            path=str(variant.scenario.path),
            seed=variant.seed,
            windows=windows,
            runtime=runtime.name,
            resumes=resumes,
        )
        ledger = Ledger() if resume is None else Ledger.of(carry_over(resume, journal))
        undo.pop_all()
    return Session(
        id=name,
        folder=folder,
        variant=variant,
        windows_name=windows,
        runtime=runtime,
        launcher=launcher,
        store=store,
        telemetry=Telemetry(store),
        journal=journal,
        clock=clock,
        keys=_keys(variant.file),
        sandbox=None if variant.file.sandbox is None else Sandbox(variant.file.sandbox.forged),
        shop_keys=tuple(
            Key(shop, f"bean_{secrets.token_hex(8)}", "storefront", SCOPES, rate_rps=200, burst=400)
            for shop in STOREFRONTS
        ),
        ledger=ledger,
        steps=opening.steps_of(list(service_files()), variant.file),
        resumes=resumes,
        console_url=console_url,
    )


def _keys(file: ScenarioFile) -> tuple[Key, ...]:
    """The learner's keys, fresh secrets for the session."""
    asked = {LEARNER: ApiKey(), **file.keys}
    return tuple(
        Key(
            name if name == LEARNER else f"{LEARNER}-{name}",
            f"bean_{secrets.token_hex(8)}",
            one.role,
            tuple(one.scopes),
            rate_rps=one.rate,
            burst=one.burst,
            keeps_headers=True,
        )
        for name, one in asked.items()
    )
