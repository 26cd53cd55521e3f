"""README.md of the reference: what there is."""

from generators.markdown import page

TEXT = """These pages are written by `make docs` from the code itself; a test compares them. To change one, change
the code.

| page | what is in it |
| --- | --- |
| [Commands](cli.md) | every `lab` command with its options and examples |
| [Exit codes](exit-codes.md) | what 0, 1, 2, 3, 4 and 130 mean; the errors behind them |
| [Searching logs and traces](search.md) | `field:value`, comparisons, wildcards, short forms |
| [Telemetry](telemetry.md) | names of spans, log events, metrics and attributes |
| [Settings of the services](settings.md) | everything that can be set in the gateway, orders and the partner |
| [Scenario file](scenario.md) | every field of `scenario.yaml`; [JSON Schema](scenario.schema.json) |
| [Shapes and the steps of a proof](shapes.md) | what a lesson of each shape needs, and what a proof shows of it |
| [Kinds](kinds.md) | every change, edge rule, probe and question with its parameters |
| [HTTP API of the console](http-api.md) | the routes that the command line and the pages use |"""


def pages() -> dict[str, str]:
    """The one page."""
    return {"README.md": page("Reference", TEXT)}
