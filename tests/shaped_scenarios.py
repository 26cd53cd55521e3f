"""Small scenarios of shapes in which nothing breaks, written for tests."""

import json
from pathlib import Path
from typing import Any

import yaml

SLO = [{"error_rate": {"service": "gateway", "below": "1%"}}, {"paid": {"share": "95%", "within": "15s"}}]
CHECKOUT = {"service": "gateway", "route": "POST /api/v1/orders"}


def choice(name: str, step: str, ask: str, right: str, *wrong: str) -> dict[str, Any]:
    """A question with one right option; each wrong one has a reason of its own."""
    options: list[dict[str, Any]] = [{"answer": right, "right": True}]
    options += [{"answer": one, "because_not": f"the pages of this run show otherwise: {one.lower()}"} for one in wrong]
    return {"id": name, "step": step, "ask": ask, "choice": options}


BUSIEST = choice(
    "busiest", "localize", "Which edge carries most calls?", "From the gateway to orders",
    "From orders to Paylane", "From Paylane to the customers", "From the gateway to the database",
)  # fmt: skip
RATE = {
    "id": "rate",
    "step": "detect",
    "ask": "How many requests a second does the gateway answer?",
    "number": {"probe": {"rate": {"service": "gateway"}}, "tolerance": {"share": "20%"}},
}
PROOF = {
    "id": "proof",
    "step": "explain",
    "ask": "Cite a checkout that was paid while the customer waited.",
    "evidence": {
        "accept": [{"trace": 'root:"POST /api/v1/orders" status:201 peer:partner'}],
        "near": [{"trace": "root:GET*", "because_not": "it is somebody who looks, not somebody who pays"}],
    },
}
TUTORIAL: dict[str, Any] = {
    "format": 1,
    "shape": "tutorial",
    "title": "Where to look first",
    "summary": "Find your way about.",
    "level": "tutorial",
    "minutes": 10,
    "skills": ["read-metrics"],
    "traffic": {"users": 24, "pace": "1/s"},
    "questions": [
        RATE,
        BUSIEST,
        choice(
            "slow", "localize", "What takes longest in a checkout?", "The call that takes the money",
            "The gateway, which checks the key of the shop", "The database, which stores the order and the customer",
            "The customer, who presses the button twice",
        ),
        choice(
            "who", "explain", "Who notices when Paylane is slow?", "Customers who pay for an order",
            "Everybody who looks at the shop's front page", "Only the engineers of Paylane",
            "Customers who search an order",
        ),
        PROOF,
    ],
    "windows": {"prove": {"baseline": "3s"}},
}  # fmt: skip
CONTROL: dict[str, Any] = {
    **TUTORIAL,
    "shape": "control",
    "title": "A worried message",
    "level": "beginner",
    "pager": "${now} Sales: the graph looked odd a minute ago. Are we losing orders?\n",
    "slo": SLO,
    "questions": [
        RATE,
        BUSIEST,
        PROOF,
        choice(
            "what", "explain", "What do you tell them?", "Orders are placed and paid as usual",
            "Some customers of the shop cannot pay at the moment", "Paylane answers too slowly to take all the orders",
            "The gateway refuses customers because of their keys",
        ),
        {"id": "act", "step": "act", "ask": "What do you do?", "mitigation": {"nothing": True}},
    ],
    "mitigations": [
        {
            "id": name,
            "text": text,
            "because_not": "Nothing was wrong, and every change to a shop that works may break it.",
            "apply": [{"setting": {"service": "orders", "name": setting, "value": value}}],
        }
        for name, text, setting, value in (
            ("retry", "Try failed charges again", "partner_retries", 2),
            ("patience", "Wait longer for Paylane", "partner_timeout_ms", 15000),
        )
    ],
    "load": {"stages": [{"users": 48, "for": "10s"}], "drain": "3s"},
    "windows": {"prove": {"baseline": "3s", "load": 0.6}},
}  # fmt: skip


def write(folder: Path, scenario: dict[str, Any]) -> Path:
    """The scenario as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("brief", "debrief", "trainer"):
        (folder / f"{name}.md").write_text(f"This is the {name}. A shop sells coffee.\n", encoding="utf-8")
    plain = json.loads(json.dumps(scenario))  # no aliases in the YAML
    (folder / "scenario.yaml").write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder
