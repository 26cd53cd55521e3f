"""`lab sql`: read the shop's database, and see what it is asked."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Cell, Column, Run, cut
from lab.core import words
from lab.core.errors import UsageError

STATEMENTS, STATEMENT_CELLS = 10, 140
"""How much of it is shown; --json has it all."""
EXPLAIN = "lab sql --explain 'SELECT count(*) FROM orders'"


@click.command(
    "sql",
    cls=LabCommand,
    examples=["lab sql --slow", 'lab sql "SELECT status, count(*) FROM orders GROUP BY status"'],
)
@click.argument("query", required=False)
@click.option("--explain", is_flag=True, help="Also show how the database would run the query.")
@click.option("--tables", is_flag=True, help="List the tables and their columns.")
@click.option("--copy", "copied", is_flag=True, help="Ask the copy that `lab rehearse` made.")
@click.option("--slow", is_flag=True, help="List the statements that cost the most time.")
@click.pass_obj
def command(lab: Lab, query: str | None, explain: bool, tables: bool, copied: bool, slow: bool) -> None:
    """Run one SQL QUERY on the shop's database. Reading only: nothing can be changed or broken here."""
    if sum((query is not None, tables, slow)) != 1:
        raise UsageError("Give one of: a query, --tables, --slow.", "For example `lab sql --tables`.")
    if explain and query is None:
        raise UsageError("--explain needs a query.", 'For example `lab sql --explain "SELECT 1"`.')
    if copied and slow:
        raise UsageError("Nobody but you asks the copy anything.", "Use --slow without --copy.")
    console, terminal = lab.console(), lab.terminal
    if tables:
        found, show = console.get("/api/sql/tables", **({"copy": "true"} if copied else {})), _tables
    elif slow:
        found, show = console.get("/api/sql/slow"), _slow
    else:
        found, show = console.post("/api/sql", {"query": query, "explain": explain, "copy": copied}), _rows
    if terminal.json_mode:
        terminal.data(found)
    else:
        show(lab, found)


def _rows(lab: Lab, found: dict[str, Any]) -> None:
    terminal, columns, rows = lab.terminal, found["columns"], found["rows"]
    if found.get("plan"):
        terminal.say("**How the database runs it**")
        for line in found["plan"]:
            terminal.record(f"  {line if isinstance(line, str) else ' '.join(map(str, line))}")
        if rows:
            terminal.say()
    shown = [["NULL" if value is None else str(value) for value in row] for row in rows]
    if columns and sum(max(8, len(name)) + 2 for name in columns) > terminal.width:
        for number, row in enumerate(shown, 1):
            terminal.say(f"**row {number}**")
            terminal.table([Column(""), Column("", flexible=True)], list(zip(columns, row, strict=True)))
    elif columns:
        numeric = [all(isinstance(row[at], int | float) for row in rows) and bool(rows) for at in range(len(columns))]
        terminal.table(
            [Column(name, right=numeric[at], flexible=not numeric[at]) for at, name in enumerate(columns)],
            shown,
            indent="",
        )
    more = "; there are more, add LIMIT or a WHERE" if found.get("truncated") else ""
    terminal.note(f"\n{words.plural(len(rows), 'row')} in {words.ms(found.get('elapsed_ms'))}{more}.")
    terminal.steps([("lab sql --slow", "the statements that cost the shop the most time")])


def _tables(lab: Lab, found: Any) -> None:
    terminal = lab.terminal
    tables = found["tables"]
    rows: list[list[Cell]] = [
        [Run(str(one["name"]), "bold"), ", ".join(column["name"] for column in one["columns"])] for one in tables
    ]
    terminal.table([Column("table"), Column("columns", flexible=True)], rows, indent="")
    first = tables[0]["name"] if tables else "orders"
    query = f"SELECT * FROM {first} LIMIT 5"  # noqa: S608 - shown to a person, who decides
    terminal.steps([(lab_command("sql", query), "a first look")])


def _slow(lab: Lab, found: dict[str, Any]) -> None:
    terminal, statements = lab.terminal, found["statements"]
    if not statements:
        terminal.say("No statement was seen yet.")
        terminal.steps([("lab metrics", "is anybody shopping?")])
        return
    terminal.table(
        [
            Column("calls", right=True),
            Column("p95", right=True),
            Column("total", right=True),
            Column("rows read", right=True),
            Column("statement", flexible=True),
        ],
        [
            [
                words.count(one["calls"]),
                words.ms(one["p95_ms"]),
                words.ms(one["total_ms"]),
                words.count(one.get("rows_examined")),
                cut(one["statement"], STATEMENT_CELLS),
            ]
            for one in statements[:STATEMENTS]
        ],
        indent="",
    )
    terminal.note("\np95: 19 of 20 calls were faster. Rows read: what the database looked at to answer once.", "dim")
    example = next((one["example_trace"] for one in statements if one.get("example_trace")), None)
    steps = [(f"lab traces {example[:8]}", "a request that ran the first of these")] if example else []
    terminal.steps([*steps, (EXPLAIN, "how the database would run a statement")])
