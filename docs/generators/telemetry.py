"""telemetry.md: names in telemetry. The text is in telemetry.md beside this, the lists come from the source."""

from pathlib import Path

from generators import source
from generators.markdown import NOTICE, code, table

TEMPLATE = Path(__file__).with_suffix(".md")


def pages() -> dict[str, str]:
    """The one page; a list the template does not ask for is an error here."""
    found = source.read()
    lists = {
        "metrics": table(
            ["metric", "type", "labels", "service", "meaning"],
            [
                [code(one.name), one.type, ", ".join(map(code, one.labels)), one.service, one.meaning]
                for one in sorted(found.metrics, key=lambda one: (one.service, one.name))
            ],
        ),
        "events": table(
            ["event", "level", "service"],
            [[code(name), level, _services(of)] for (name, level), of in sorted(found.events.items())],
        ),
        "attributes": table(
            ["attribute", "service"], [[code(name), _services(of)] for name, of in sorted(found.attributes.items())]
        ),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, written in lists.items():
        mark = f"<!-- {name} -->"
        assert mark in text, f"{TEMPLATE.name} has no place for {name}"
        text = text.replace(mark, written)
    return {"telemetry.md": f"{NOTICE}\n\n{text}"}


def _services(found: set[str]) -> str:
    return "all" if "all" in found else ", ".join(sorted(found))
