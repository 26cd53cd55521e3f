"""An answers file: YAML, each question's id and its answer; errors name the line and the column."""

from dataclasses import dataclass
from typing import Any

from lab.cli import given
from lab.core.errors import UsageError, did_you_mean

FIELDS = ("answer", "evidence", "since", "until")
_SHAPE = "Write one line a question, `id: answer`; `lab diagnose` shows the ids."


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as written: what is answered, and optionally the evidence and the window it rests on."""

    question: str
    answer: Any
    evidence: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None


def read(name: str, text: str, questions: list[str]) -> list[Answer]:
    """The answers in the questions' order; UsageError with file:line:column for anything malformed."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise UsageError(f"{name}{at}: this is not YAML: {error.problem or error.context}.", _SHAPE) from None
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{name}: this is not YAML: {said}.", _SHAPE) from None
    except RecursionError:
        raise UsageError(f"{name}: this is nested too deep to be answers.", _SHAPE) from None
    if not isinstance(root, yaml.MappingNode):
        where = root.start_mark if root is not None else None
        at = f":{where.line + 1}:{where.column + 1}" if where else ":1:1"
        raise UsageError(f"{name}{at}: this is not a list of `question: answer`.", _SHAPE)
    found: dict[str, Answer] = {}
    for key, value in root.value:
        question = str(key.value)
        at = f"{name}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
        if question not in questions:
            known = f"{did_you_mean(question, questions)}The questions are: {', '.join(questions)}."
            raise UsageError(f"{at}: there is no question {question!r}.", known)
        if question in found:
            raise UsageError(f"{at}: {question!r} is answered twice.", "Leave one of the two out.")
        found[question] = _answer(name, question, value)
    return [found[question] for question in questions if question in found]


def _answer(name: str, question: str, node: Any) -> Answer:
    import yaml

    at = f"{name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
    try:
        value = _plain(node)
    except RecursionError:
        raise UsageError(f"{at}: the answer to {question!r} contains itself.", _SHAPE) from None
    if value is None:
        raise UsageError(f"{at}: {question!r} has no answer.", f"Write one, or leave {question!r} out.")
    if not isinstance(node, yaml.MappingNode):
        return Answer(question, value)
    for key, _ in node.value:
        if key.value not in FIELDS:
            place = f"{name}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
            hint = f"{did_you_mean(str(key.value), FIELDS)}An answer may have: {', '.join(FIELDS)}."
            raise UsageError(f"{place}: an answer has no field {key.value!r}.", hint)
    evidence = value.get("evidence") or ()
    cited = (evidence,) if isinstance(evidence, str) else tuple(str(one) for one in evidence)
    if value.get("answer") is None and not cited:
        raise UsageError(
            f"{at}: {question!r} has neither answer nor evidence.", f"Write one, or leave {question!r} out."
        )
    since, until = value.get("since"), value.get("until")
    return Answer(
        question,
        value.get("answer"),
        cited,
        None if since is None else str(since),
        None if until is None else str(until),
    )


def _plain(node: Any) -> Any:
    """Text, lists and mappings; numbers and dates stay as they were written, because `1e3 ms` is an answer too."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return None if node.tag.endswith(":null") else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    return {str(key.value): _plain(value) for key, value in node.value}


def load(path: str, questions: list[str]) -> list[Answer]:
    """The answers in a file, or on stdin with `-`."""
    return read("stdin" if path == "-" else path, given.read(path), questions)
