"""The first line, by which editors know the schema."""

from collections.abc import Iterator

from lab.scenario.lint.reading import Finding, Reading

MARK = "# yaml-language-server: $schema="


def findings(reading: Reading) -> Iterator[Finding]:
    """Advice when it is not there."""
    first = reading.scenario.source.read_text(encoding="utf-8").partition("\n")[0]
    if not first.startswith(MARK):
        yield Finding(
            ("scenario.yaml", 1, 1),
            "editors cannot complete and check this file: its first line does not name the schema",
            f"Begin it with `{MARK}scenario.schema.json`; `lab scenario schema` prints the schema.",
            advice=True,
            in_text=True,
        )
