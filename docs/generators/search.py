"""search.md: how logs and traces are searched, from the language's own module."""

import inspect

from generators.markdown import code, page, table
from lab.telemetry import language

# In the search language itself; in a shell, put quotes around a term with `>`, `<`, `*`, a space or a quote in it.
EXAMPLES = (
    ("service:orders status:>=500", "what orders answered with 500 or more"),
    ("level:>=warn -event:request", "warnings and worse, without the access lines"),
    ("event:payment.refused", "one kind of event"),
    ('"too many"', "a phrase"),
    ("trace:4bf92f35*", "records of one trace, by the beginning of its id"),
    ("peer:partner duration:>500", "in `lab traces`: requests with a call to the partner that took over 500 ms"),
    ("kind:client status:429", "in `lab traces`: requests in which a call was answered 429"),
)


def pages() -> dict[str, str]:
    """The one page; an example that does not parse is an error here."""
    for query, _ in EXAMPLES:
        language.parse(query)
    _, syntax, *rules = inspect.cleandoc(language.__doc__ or "").split("\n\n")
    examples = table(["search", "finds"], [[code(query), meaning] for query, meaning in EXAMPLES])
    short = table(
        ["short form", "field"], [[code(one), code(other)] for one, other in sorted(language.ALIASES.items())]
    )
    parts = [
        "Used by `lab logs`, `lab traces`, the probe [`log_count`](kinds.md#log_count) and by questions that ask for "
        "evidence.",
        f"```text\n{syntax.strip()}\n```",
        *(" ".join(rule.split()).replace('\\\\"', '`\\"`').replace('\\"', '`\\"`') for rule in rules),
        "A field is any attribute of a record ([telemetry](telemetry.md)), or `service`, `level`, `event`, `trace`, "
        "`status`, `route`, `message`; for traces also `kind`, `root`, `duration`. "
        f"Levels: {', '.join(language.LEVELS)}. In a shell, put single quotes around a term that holds `>`, `<`, `*`, "
        "a space or a double quote: `lab logs 'status:>=500'`.",
        "## Examples",
        examples,
        "## Short forms of fields",
        short,
    ]
    return {"search.md": page("Searching logs and traces", *parts)}
