"""The customers of a session: as load profiles, and kept coming."""

import asyncio
from collections.abc import Mapping

from lab.core.errors import Conflict, LabError
from lab.load.profile import Profile, Stage
from lab.load.run import Traffic
from lab.scenario.model import Load
from lab.session.session import Session, WindowsName

LOAD_DRAIN_S: Mapping[WindowsName, float] = {"learn": 5.0, "prove": 2.0, "trial": 2.0}
"""How long requests that are under way when a load test ends may still finish."""
LOOK_S = 1.0


def background(session: Session) -> Profile:
    """The healthy day's customers."""
    traffic = session.file.traffic
    return Profile(
        host=session.runtime.urls["gateway"],
        keys=tuple({"name": key.name, "key": key.key} for key in session.shop_keys),
        users=traffic.users,
        seed=session.variant.seed,
        pace_s=1 / traffic.pace,
        mix={task: float(weight) for task, weight in traffic.mix.items()},
    )


def load_of(session: Session) -> Load:
    """The scenario's load test; Conflict when it has none."""
    if session.file.load is None:
        raise Conflict("There is no load test in this lesson.", "Go on with the questions: `lab diagnose`")
    return session.file.load


def stages(session: Session) -> tuple[Stage, ...]:
    """How many customers come in the load test, and for how long; none where there is no load test."""
    load = session.file.load
    planned = session.windows.stages(load) if load is not None else ()
    return tuple(Stage(round(stage.users * session.crowd), stage.for_s) for stage in planned)


def load_test(session: Session, number: int) -> Profile:
    """The same customers in the scenario's stages; Locust's files go to the session's folder.

    They know the products from those who came before: a shop that is broken takes its time to list them.
    """
    load = load_of(session)
    usual = background(session)
    known = session.system.customers
    return Profile(
        host=usual.host,
        keys=usual.keys,
        seed=usual.seed,
        pace_s=usual.pace_s,
        mix=dict(usual.mix) if load.mix is None else {task: float(weight) for task, weight in load.mix.items()},
        stages=stages(session),
        out=str(session.folder / f"load-{number}"),
        drain_s=LOAD_DRAIN_S[session.windows_name],
        products=() if known is None else known.profile.products,
    )


async def keep_coming(session: Session) -> None:
    """Have new background customers when the process they live in ends by itself; until cancelled."""
    while True:
        gone = session.system.customers
        if gone is None:
            await asyncio.sleep(LOOK_S)
            continue
        await gone.ended()
        session.note("system", "The customers' process ended and is being restarted")
        try:
            session.system.customers = await Traffic(gone.profile, session.launcher).start()
        except LabError as error:
            session.note("system", f"The customers could not be brought back: {error}")
            await asyncio.sleep(LOOK_S)
