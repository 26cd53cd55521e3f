"""`lab inbox`: what other companies' webhooks have brought, and whether it is genuine."""

import json
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Column, Run
from lab.core import words
from lab.core.errors import CHECK_FAILED, OK, NotFound, UsageError

VERDICTS = {"valid": "good", "invalid": "bad", "too old": "warn"}


@click.command(
    "inbox",
    cls=LabCommand,
    examples=["lab inbox", "lab inbox 1", "lab inbox 1 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
)
@click.argument("message", type=int, required=False)
@click.option("--secret", metavar="SECRET", help="Check MESSAGE's signature with it, as its receiver should.")
@click.option("--answer", "status", type=int, metavar="STATUS", help="Answer messages with this status from now on.")
@click.pass_obj
def command(lab: Lab, message: int | None, secret: str | None, status: int | None) -> int:
    """Show the messages that came into your inbox; only lessons about webhooks have one.

    With MESSAGE, show it whole: headers and body as they were sent. With --secret too, check its signature: exits
    with 1 when it is not what it claims to be. `--answer 500` lets the inbox fail, so that you see what the sender
    does then; `--answer 200` mends it.
    """
    if secret is not None and message is None:
        raise UsageError("--secret checks one message.", "Say which, for example `lab inbox 1 --secret whsec_…`.")
    base = _base(lab)
    if status is not None:
        told = lab.console().put(f"{base}/answer", {"status": status})
        _told(lab, told, f"The inbox answers {told['answer']} from now on.")
        return OK
    if secret is not None:
        return _verified(lab, lab.console().post(f"{base}/verify", {"message": message, "secret": secret}))
    found = lab.console().get(f"{base}/messages")
    if message is not None:
        _one(lab, found, message)
    elif lab.terminal.json_mode:
        lab.terminal.data(found)
    else:
        _all(lab, found)
    return OK


def _base(lab: Lab) -> str:
    sandbox = lab.console().get("/api/session").get("sandbox")
    if not sandbox or not sandbox["inbox"]:
        raise NotFound("This lesson has no inbox.", "`lab start webhooks` has one.")
    return "/inbox/" + str(sandbox["inbox"]).rpartition("/")[2]


def _told(lab: Lab, document: Any, text: str) -> None:
    if lab.terminal.json_mode:
        lab.terminal.data(document)
    else:
        lab.terminal.say(text)


def _all(lab: Lab, found: dict[str, Any]) -> None:
    terminal = lab.terminal
    if not found["items"]:
        terminal.say("Nothing has come in yet.")
        terminal.steps([("lab status", "shows the inbox's address, for whoever shall send to it")])
        return
    rows = []
    for one in found["items"]:
        verdict = one["verdict"] or "not checked"
        rows.append(
            [
                Run(str(one["message"]), "bold"),
                words.clock(one["time_s"]),
                _event(one).get("type", "–"),
                one["headers"].get("webhook-id", "–"),
                str(one["answered"]),
                Run(verdict, VERDICTS.get(one["verdict"] or "", "")),
            ]
        )
    columns = [Column("message", right=True), Column("time"), Column("event"), Column("webhook-id")]
    terminal.table([*columns, Column("answered", right=True), Column("signature", flexible=True)], rows, indent="")
    if found["answer"] != 200:
        terminal.say(f"The inbox answers {found['answer']} at the moment.", "warn")
    last = found["items"][-1]["message"]
    terminal.steps([(f"lab inbox {last}", "the newest one whole, as it was sent")])


def _event(one: dict[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(one["body"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _one(lab: Lab, found: dict[str, Any], message: int) -> None:
    one = next((each for each in found["items"] if each["message"] == message), None)
    if one is None:
        raise NotFound(f"There is no message {message} in the inbox.", "List them: `lab inbox`")
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data(one)
        return
    for name, value in one["headers"].items():
        terminal.record(f"{name}: {value}", "dim")
    terminal.say()
    event = _event(one)
    for line in json.dumps(event, indent=2, ensure_ascii=False).splitlines() if event else one["body"].splitlines():
        terminal.record(line)
    terminal.steps([(f"lab inbox {message} --secret whsec_…", "check its signature; the secret is yours alone")])


def _verified(lab: Lab, told: dict[str, Any]) -> int:
    terminal = lab.terminal
    if terminal.json_mode:
        terminal.data(told)
    else:
        terminal.say(f"**{told['verdict'].capitalize()}.** {told['why']}", VERDICTS[told["verdict"]])
        if "signed" in told:
            terminal.say()
            shown = told["signed"] if len(told["signed"]) <= 120 else f"{told['signed'][:119]}…"
            terminal.record(f"signed text    {shown}", "dim", hanging="               ")
            terminal.record(f"expected       {told['expected']}", "dim")
            terminal.record(f"in the message {told['received']}", "dim")
    return OK if told["verdict"] == "valid" else CHECK_FAILED
