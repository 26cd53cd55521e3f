"""From a running session, or from a scenario alone, to what exports need."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab.core.ports import GATEWAY
from lab.export.lesson import BASE_URL, INBOX_URL, SANDBOX_KEY, SANDBOX_URL, Lesson, Part, key_variable
from lab.questions.requests import Requests
from lab.questions.steps.received import LEARNER
from lab.scenario import ScenarioFile, Variant, draw, find
from lab.session.session import Session

USUAL_ADDRESS = f"http://127.0.0.1:{GATEWAY}"
"""Where the shop's API is unless the port is taken."""


def of_session(session: Session, contracts: Mapping[str, Mapping[str, Any]]) -> Lesson:
    """A running session's lesson, with the addresses and the keys of now."""
    secrets = {key_variable(one.name.removeprefix(f"{LEARNER}-")): one.key for one in session.keys}
    if session.sandbox is not None:
        secrets[SANDBOX_KEY] = session.sandbox.key
    return _lesson(session.variant, contracts, session.addresses(), secrets)


def of_scenario(name: str, contracts: Mapping[str, Mapping[str, Any]], seed: int) -> Lesson:
    """A scenario's lesson with nothing running: the usual address, and keys to fill in."""
    variant = draw(find(name), seed)
    secrets = {key_variable(key): "" for key in dict.fromkeys([LEARNER, *variant.file.keys])}
    addresses = {BASE_URL: USUAL_ADDRESS}
    if variant.file.sandbox is not None:
        secrets[SANDBOX_KEY] = ""
        addresses |= {SANDBOX_URL: "", INBOX_URL: ""}  # they are other ones each time a lab starts
    start = f"lab start {variant.scenario.id} --seed {seed}"
    return replace(_lesson(variant, contracts, addresses, secrets), start=start)


def _lesson(
    variant: Variant,
    contracts: Mapping[str, Mapping[str, Any]],
    addresses: Mapping[str, str],
    secrets: Mapping[str, str],
) -> Lesson:
    file = variant.file
    return Lesson(variant.scenario.id, file.title, file.summary, _parts(file), contracts, addresses, secrets)


def _parts(file: ScenarioFile) -> list[Part]:
    return [Part(one.id, one.ask, one.question.steps) for one in file.questions if isinstance(one.question, Requests)]
