"""What there is to export of a lesson: its steps, the contracts of who receives them, addresses and keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.questions.steps.step import Step

BASE_URL, SANDBOX_URL, INBOX_URL = "baseUrl", "sandboxUrl", "inboxUrl"
ADDRESSES = {"shop": BASE_URL, "sandbox": SANDBOX_URL, "inbox": INBOX_URL}
"""Receiver → the variable that holds its address."""
API_KEY, SANDBOX_KEY = "apiKey", "sandboxKey"


@dataclass(frozen=True)
class Part:
    """One question's steps."""

    id: str
    ask: str
    steps: Sequence[Step]


@dataclass(frozen=True)
class Lesson:
    """A lesson as exports need it. `contracts` maps a receiver (`shop`, `sandbox`) to its OpenAPI document.

    `addresses` and `secrets` map variables to their values; a secret may be empty where there is none to tell.
    """

    id: str
    title: str
    summary: str
    parts: Sequence[Part]
    contracts: Mapping[str, Mapping[str, Any]]
    addresses: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    """The command that starts just this lesson; empty when it runs already."""


def key_variable(name: str) -> str:
    """The variable that holds a key: `apiKey` for the learner's own, `supportKey` for the one called support."""
    return API_KEY if name == "you" else f"{name}Key"
