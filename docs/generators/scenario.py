"""scenario.md and scenario.schema.json: the fields of a scenario file, from its pydantic model."""

import json

from generators import fields
from generators.markdown import first_sentence, page, table
from lab.scenario import model
from lab.scenario.schema import schema
from lab.scenario.updates import Sample, Told, Updates

INTRO = """A scenario is a folder; the folder's name is its id. It holds these files:

| file | what it is |
| --- | --- |
| `scenario.yaml` | everything below |
| `brief.md` | what the learner reads first, while the shop is healthy; `${now}` is the time of day |
| `debrief.md` | what the learner reads last, when every question has an answer |
| `trainer.md` | notes for whoever runs a class |
| `updates.yaml` | sample status updates that people labelled; a proof compares them with the grader. May be left out |

It is data: loading a scenario never runs code. An unknown field is an error with file, line and column. For
completion in your editor, begin the file with a line that names the schema,
[scenario.schema.json](scenario.schema.json), by path or address:

```yaml
# yaml-language-server: $schema=../../docs/reference/scenario.schema.json
```

How to write one: [author a scenario](../how-to/author-a-scenario.md).

**Parameters.** `${name}` anywhere in the file, and in the three texts, is replaced by a value that is drawn once
per session, by the session's seed. A value that is nothing but `${name}` keeps the parameter's type. A lone `$`
is written `$$`. The debrief may also use every name under `facts`, which then stands for the measured number.

**Model answers.** The `example` of a status update may use the names under `facts`, `${trend}` and
`${next_update}`: they stand for this run's figures.

**Questions.** Beside `id`, `step`, `ask` and `points`, a question has exactly one more key: its
[kind](kinds.md#questions). Steps must climb in this order: %s.
A step `do` may stand anywhere."""

# In the order of the file's own fields; the sections of the page.
PARTS = (
    model.Parameter,
    model.DataSet,
    model.Traffic,
    model.ApiKey,
    model.Sandbox,
    model.Past,
    model.Fact,
    model.Question,
    model.Mitigation,
    model.Hint,
    model.Load,
    model.Stage,
    model.BothWindows,
    model.Windows,
    model.MayAppear,
    Updates,
    Told,
    Sample,
)


def pages() -> dict[str, str]:
    """The page and the schema."""
    linked = frozenset(part.__name__ for part in PARTS)
    parts = [
        INTRO % ", ".join(f"`{step}`" for step in model.STEPS),
        "## The file",
        table(fields.HEAD, fields.rows(model.ScenarioFile, linked=linked)),
    ]
    for part in PARTS:
        rows = fields.rows(part, frozenset({"question"}) if part is model.Question else frozenset(), linked)
        parts += [f"## {part.__name__}", first_sentence(part), table(fields.HEAD, rows)]
    text = json.dumps(schema(), indent=1, ensure_ascii=False)
    return {"scenario.md": page("Scenario file", *parts), "scenario.schema.json": text}
