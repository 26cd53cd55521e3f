"""Doing the steps: sending each example in turn, with the values that earlier answers gave."""

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.errors import UsageError
from lab.questions.look import Look
from lab.questions.steps.received import LEARNER
from lab.questions.steps.step import NONE, UNKNOWN, Step
from lab.questions.steps.template import filled, filled_in, picked

WAIT_MORE_S = 0.2
TOO_MANY = 429
NO_SUCH_KEY = "bean_0000000000000000"


def retry_variable(step: str) -> str:
    """The variable that holds what a refusal asked for, for the step that waits."""
    return f"retry_after_{step.replace('-', '_')}"


def send_all(steps: Sequence[Step], look: Look) -> dict[str, str]:
    """Send every example; the values that were kept. UsageError when an answer is not what the step wants."""
    values: dict[str, str] = {}
    refusals = {step.wanted.backed_off for step in steps}
    for step in steps:
        if step.passive:
            continue
        if step.wanted.backed_off is not None:
            time.sleep(float(values.get(retry_variable(step.wanted.backed_off)) or 0) + WAIT_MORE_S)
        time.sleep(step.example.pause)
        for name, text in step.example.set_.items():
            values[name] = filled(text, values)
        answer = _send(step, look, values)
        status, headers = int(answer["status"]), answer["headers"]
        if not step.counts(status):
            raise UsageError(
                f"The step {step.id!r} wants {step.statuses}, and {spoken(step)} was answered {status}: "
                f"{str(answer.get('body'))[:200]}",
                "Correct its `example:` or what it wants.",
            )
        for name, source in step.keep.items():
            value = picked(source, status, headers, answer.get("json"))
            if value is None:
                raise UsageError(
                    f"The step {step.id!r} keeps {source!r}, which its answer does not have.", "Correct `keep:`."
                )
            values[name] = value
        if step.id in refusals:
            values[retry_variable(step.id)] = picked("header.Retry-After", status, headers, None) or "0"
    return values


def _send(step: Step, look: Look, values: Mapping[str, str]) -> Mapping[str, Any]:
    """Send one example, again and again if it says so; a refusal that the step does not want is waited out."""
    repeat, patience = step.example.repeat, 2
    for _ in range(repeat.at_most if repeat else patience):
        answer = look.request(step.method, filled(step.example.target(step.path), values), **options(step, values))
        status = int(answer["status"])
        if status == repeat.until if repeat else status != TOO_MANY or step.counts(TOO_MANY):
            break
        if repeat is None:
            time.sleep(float(picked("header.Retry-After", status, answer["headers"], None) or 0) + WAIT_MORE_S)
    return answer


def options(step: Step, values: Mapping[str, str]) -> dict[str, Any]:
    """Headers, body, key and receiver of a step's example, as `POST /api/request` takes them."""
    example = step.example
    headers = {name: filled(value, values) for name, value in example.headers.items()}
    given: dict[str, Any] = {"key": step.key not in (NONE, UNKNOWN) and step.to != "inbox"}
    if step.key not in (NONE, UNKNOWN, LEARNER):
        given["key"] = step.key
    if step.key == UNKNOWN:
        headers["X-API-Key"] = NO_SUCH_KEY
    if example.text is not None:
        given["body"] = filled(example.text, values)
    elif example.body is not None:
        given["body"] = filled_in(example.body, values)
    if headers:
        given["headers"] = headers
    if step.to != "shop":
        given["to"] = step.to
    return given


def spoken(step: Step, values: Mapping[str, str] | None = None) -> str:
    """The command that sends a step's example, values filled in as far as they are known."""
    known = values or {}
    given = options(step, known)
    words = ["lab", "request", step.method, filled(step.example.target(step.path), known)]
    if step.to != "shop":
        words += ["--to", step.to]
    for name, value in given.get("headers", {}).items():
        words += ["--header", f"{name}: {value}"]
    if "body" in given:
        body = given["body"]
        if isinstance(body, str):
            words.append("--raw")
        words += ["--body", body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)]
    if given["key"] is False and step.to != "inbox":
        words.append("--no-key")
    elif given["key"] is not True:
        words += ["--key", str(given["key"])]
    return shlex.join(words)
