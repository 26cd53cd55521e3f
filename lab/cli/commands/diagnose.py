"""`lab diagnose`: the questions of an incident, and your answers."""

from typing import Any

import click

from lab.cli import asking
from lab.cli.command import Lab, LabCommand
from lab.cli.complete import from_console
from lab.cli.given import read
from lab.cli.moments import moment, with_window
from lab.core.errors import CHECK_FAILED, OK, LabError, NotFound, UsageError, did_you_mean
from lab.session.ledger import SETTLED


@click.command(
    "diagnose",
    cls=LabCommand,
    examples=[
        "lab diagnose",
        "lab diagnose whose b",
        "lab diagnose size 19% --since 60s",
        "lab diagnose update @update.txt",
    ],
)
@click.argument("question", required=False, shell_complete=from_console("/api/questions", "ask"))
@click.argument("answer", nargs=-1, metavar="[ANSWER | @FILE]")
@click.option(
    "--evidence",
    metavar="ID",
    multiple=True,
    help="For a question that asks for evidence: E1, log:1234, trace:4bf92f35; repeatable.",
)
@with_window
@click.option("--answers", "file", metavar="FILE", help="Answer from a YAML file of `question: answer`; - is stdin.")
@click.pass_obj
def command(
    lab: Lab,
    question: str | None,
    answer: tuple[str, ...],
    evidence: tuple[str, ...],
    since: str | None,
    until: str | None,
    file: str | None,
) -> int:
    """Answer the incident's questions: how big, where, why, what to do, what to tell people.

    On a terminal it asks one after the other, and you may skip, go back or quit. QUESTION ANSWER answers one:
    a letter, a figure such as 19%, evidence such as E1, or a text. --since says over which time you read a
    figure. Exits with 1 when an answer was wrong.
    """
    if file is not None and question is not None:
        raise UsageError("Answers come from a file or from the command line, not both.", "Leave --answers out.")
    if (evidence or since or until) and question is None:
        raise UsageError("--evidence, --since and --until belong to an answer.", "See `lab diagnose --help`.")
    console = lab.console()
    questions: list[dict[str, Any]] = console.get("/api/questions")
    if file is not None:
        return _from_file(lab, console, questions, file)
    if question is None:
        return _walk_or_list(lab, console, questions)
    one = _named(questions, question)
    if not answer and not evidence:
        return _one(lab, console, questions, one)
    given = _text(" ".join(answer)) if answer else None
    window = span(console, since, until)
    result = asking.send(console, one, given, evidence, window)
    return _told(lab, [result])


def _named(questions: list[dict[str, Any]], name: str) -> dict[str, Any]:
    known = {str(one["id"]): one for one in questions}
    if name not in known:
        hint = f"{did_you_mean(name, known)}The questions are: {', '.join(known)}."
        raise NotFound(f"There is no question {name!r}.", hint)
    return known[name]


def _text(answer: str) -> str:
    return read(answer[1:]) if answer.startswith("@") else answer


def span(console: Any, since: str | None, until: str | None) -> tuple[float, float] | None:
    """The window an answer was read over, in unix seconds; None when none was given."""
    if since is None and until is None:
        return None
    session = console.get("/api/session")
    start, end = moment("--since", since or "all"), moment("--until", until)
    now = float(session["now"])
    windows = {**session["windows"], "all": [session["started_at"], None]}
    if start in windows:
        if windows[start] is None:
            raise UsageError(f"This run has no {start} window yet.", "See where it stands: `lab status`.")
        first, last = windows[start]
        return first, _unix(end, now) if end is not None else last or now
    return _unix(start or "-0s", now), _unix(end, now) if end is not None else now


def _unix(text: str, now: float) -> float:
    return now - float(text[1:-1]) if text.startswith("-") else float(text)


def _from_file(lab: Lab, console: Any, questions: list[dict[str, Any]], file: str) -> int:
    from lab.cli import answers

    by_id = {str(one["id"]): one for one in questions}
    given = answers.load(file, list(by_id))
    # whatever is wrong with the file is refused before anything is sent
    ready = []
    for one in given:
        asking.check_evidence(by_id[one.question], one.evidence)
        answer = _text(one.answer) if isinstance(one.answer, str) else one.answer
        ready.append((by_id[one.question], answer, one.evidence, span(console, one.since, one.until)))
    results: list[dict[str, Any]] = []
    for question, answer, evidence, window in ready:
        if question["state"] in SETTLED:
            lab.terminal.note(f"{question['id']}: {question['state']} already, left as it is.")
            continue
        try:
            result = asking.send(console, question, answer, evidence, window)
        except LabError as error:
            return _ended_early(lab, error, results)
        if not lab.terminal.json_mode:
            asking.tell(lab, result)
            lab.terminal.say()
        results.append(result)
    return _told(lab, results, told=True)


def _ended_early(lab: Lab, error: LabError, results: list[dict[str, Any]]) -> int:
    """What went wrong on the way, together with the grades there are: each of them may have cost a try."""
    if lab.terminal.json_mode:
        said = {"what": error.what, "hint": error.hint, "exit_code": error.exit_code}
        lab.terminal.data({"error": said, "graded": results})
    lab.terminal.error(error.what, error.hint)
    return error.exit_code


def _told(lab: Lab, results: list[dict[str, Any]], told: bool = False) -> int:
    if lab.terminal.json_mode:
        lab.terminal.data(results if told else results[0])
    elif not told:
        asking.tell(lab, results[0])
    if results and not lab.terminal.json_mode:
        asking.tell_score(lab, results[-1])
    return CHECK_FAILED if any(one["verdict"] == "wrong" for one in results) else OK


def _one(lab: Lab, console: Any, questions: list[dict[str, Any]], one: dict[str, Any]) -> int:
    if lab.terminal.json_mode:
        lab.terminal.data(one)
        return OK
    if lab.terminal.interactive and one["state"] not in SETTLED:
        from lab.cli.walk import walk

        return walk(lab, console, questions, one["id"])
    asking.ask(lab, one, questions.index(one) + 1, len(questions))
    if one["state"] not in SETTLED:
        lab.terminal.note(f"\nAdd your answer to the command: `lab diagnose {one['id']}` and then what you think.")
    return OK


def _walk_or_list(lab: Lab, console: Any, questions: list[dict[str, Any]]) -> int:
    if lab.terminal.json_mode:
        lab.terminal.data(questions)
    elif lab.terminal.interactive:
        from lab.cli.walk import walk

        return walk(lab, console, questions)
    else:
        asking.listed(lab, questions)
    return OK
