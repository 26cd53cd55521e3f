"""What must hold whatever is done to a lab. Each check returns what is broken, in a sentence, or nothing."""

import json
from collections.abc import Iterable, Iterator

import psutil
from whole_lab import Said, eventually

from lab.session.journal import read
from lab.session.ledger import Ledger
from soak.ground import Soaked

ENDS = (0, 1, 2, 3, 4, 130)
TRUTHFUL_WITHIN_S = 2.0
GONE_WITHIN_S = 5.0


class Book:
    """What the learner has been told to have: it may not become less."""

    def __init__(self) -> None:
        self.session = ""
        self.answered = 0
        self.results: set[str] = set()

    def forget_answers(self) -> None:
        """A new session begins, or somebody has damaged the journal."""
        self.session, self.answered = "", 0


def words_are_kind(heard: Iterable[tuple[tuple[str, ...], Said]]) -> Iterator[str]:
    """Every command ended as documented, and an error is one sentence and one remedy."""
    for words, said in heard:
        told = f"`lab {' '.join(words)}` ended with {said.code}"
        if "Traceback" in said.err + said.out:
            yield f"{told} and a traceback: {said.err[-400:]}"
        elif said.code not in ENDS:
            yield f"{told}: {said.err[-400:]}"
        elif said.code in (2, 3, 4) and (said.err.count("Error:"), said.err.count("Try:")) != (1, 1):
            yield f"{told} and without one sentence and one remedy: {said.err[-400:]!r}"


def status_is_true(lab: Soaked) -> Iterator[str]:
    """`lab status` says that a lab runs when one does, within two seconds."""

    def agrees() -> bool:
        return (lab.run("status").code in (0, 1)) == (lab.console() is not None)

    if not eventually(agrees, TRUTHFUL_WITHIN_S):
        yield f"status ended with {lab.run('status').code}, and the console {'runs' if lab.console() else 'does not'}"


def nothing_is_orphaned(lab: Soaked) -> Iterator[str]:
    """Without a console nothing of the lab runs."""
    if lab.console() is None and not eventually(
        lambda: lab.console() is not None or not lab.processes(), GONE_WITHIN_S
    ):
        yield f"left running: {[_named(one) for one in lab.processes()]}"


def _named(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())}"
    except psutil.Error:
        return str(process.pid)


def nothing_is_lost(lab: Soaked, book: Book) -> Iterator[str]:
    """Answers of a session that goes on, and results of those that ended, are there; the journal says the same."""
    said = lab.run("status", "--json")
    if said.code == 0:
        status = said.json
        score = status["score"]
        if (status["resumed"] or status["id"] == book.session) and score["answered"] < book.answered:
            yield f"{book.answered} questions had been answered, now {score['answered']} are"
        book.session, book.answered = status["id"], score["answered"]
        yield from _journal_says_the_same(lab, status["id"])
    progress = lab.run("progress", "--json")
    if progress.code == 0:
        now = {run.get("resumes") or run["session"] for run in progress.json["runs"]}
        if not book.results <= now:
            yield f"progress has lost {sorted(book.results - now)}"
        book.results = now


def _journal_says_the_same(lab: Soaked, session: str) -> Iterator[str]:
    asked = lab.run("diagnose", "--json")
    again = lab.run("status", "--json")
    if asked.code != 0 or again.code != 0 or again.json["id"] != session:
        return
    points = {one["id"]: one["points"] for one in asked.json}
    replayed = Ledger.of(read(lab.home / "sessions" / session / "journal.jsonl")).score(points)
    if replayed != again.json["score"]:
        yield f"the journal adds up to {json.dumps(replayed)}, status says {json.dumps(again.json['score'])}"


def log_is_clean(lab: Soaked) -> Iterator[str]:
    """The console never got into a state that its authors had not thought of."""
    for name in ("console.log", "console.log.1"):
        path = lab.home / name
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if "Traceback" in text:
            path.write_text("")
            yield f"{name} has a traceback: …{text[text.index('Traceback') :][-1500:]}"
