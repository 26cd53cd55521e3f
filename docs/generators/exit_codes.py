"""exit-codes.md: what each exit code means, from the tree of errors."""

from generators.markdown import first_sentence, page, table
from lab.core import errors

MEANINGS = {
    errors.OK: "done",
    errors.CHECK_FAILED: "a check failed: a wrong answer, a broken promise in a load test, a scenario with a mistake, "
    "a right request at the wrong moment",
    errors.USAGE: "the command line, a file or a name in it is wrong; nothing was done",
    errors.NOTHING_RUNNING: "no lab is running",
    errors.ENVIRONMENT: "the machine lacks something: a free port, room, a permission, a program; or a lab runs "
    "here already",
    errors.INTERRUPTED: "you pressed Ctrl-C",
}

OUTRO = """## Errors

Every error is two sentences: what is wrong, and what to do. In a terminal they stand after `Error:` and `Try:`.
With `--json` they come on standard output too, as `{"error": {"what": …, "hint": …, "exit_code": …}}`. Over HTTP
they are `application/problem+json`, see the [HTTP API](http-api.md)."""


def pages() -> dict[str, str]:
    """The one page; a new exit code without a meaning is an error here."""
    kinds = errors.ERROR_KINDS.values()
    unknown = {kind.exit_code for kind in kinds} - MEANINGS.keys()
    assert not unknown, f"exit codes without a meaning in the reference: {unknown}"
    codes = table(["exit code", "meaning"], [[str(number), text] for number, text in sorted(MEANINGS.items())])
    rows = [[f"`{one.__name__}`", first_sentence(one), str(one.exit_code), str(one.status)] for one in kinds]
    tree = table(["error", "when", "exit code", "HTTP status"], rows)
    return {"exit-codes.md": page("Exit codes", codes, OUTRO, tree)}
