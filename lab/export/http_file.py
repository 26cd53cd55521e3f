"""A `.http` file: for the REST Client of VS Code, or the HTTP Client of JetBrains' editors."""

import json
from collections.abc import Iterator
from typing import Literal

from lab.export.calls import Call, Folder
from lab.export.folders import folders
from lab.export.lesson import Lesson
from lab.questions.steps.template import renamed

Editor = Literal["vscode", "jetbrains"]
EDITORS: tuple[Editor, ...] = ("vscode", "jetbrains")
_GENERATED = {
    "vscode": {"guid": "{{$guid}}", "timestamp": "{{$timestamp}}"},
    "jetbrains": {"guid": "{{$random.uuid}}", "timestamp": "{{$timestamp}}"},
}
_HEAD = {
    "vscode": "For VS Code with the extension REST Client (humao.rest-client): press Send Request above each.",
    "jetbrains": "For JetBrains' editors (HTTP Client, built in): press the arrow beside each.",
}


def http_file(lesson: Lesson, editor: Editor = "vscode") -> str:
    """The whole file. It holds the learner's key, which is worth nothing beyond this lab."""
    found = folders(lesson)
    lines = [f"# Beanline: {lesson.title}", f"# {_HEAD[editor]}", "# It holds your key: keep it to yourself."]
    if lesson.start:
        lines.append(f"# It fits `{lesson.start}`; another seed may ask for other values.")
    lines.append("")
    lines += [f"@{name} = {value}" for name, value in {**lesson.addresses, **lesson.secrets}.items()]
    chain = _Chain(found, editor)
    for folder in found:
        lines += ["", f"# ----- {folder.name}: {_flat(folder.notes)}".rstrip(": ")]
        for call in folder.calls:
            lines += ["", *_call(call, chain, editor)]
    return "\n".join(lines) + "\n"


class _Chain:
    """How later requests name what earlier ones were answered."""

    def __init__(self, found: list[Folder], editor: Editor) -> None:
        self._editor: Editor = editor
        self._known: dict[str, str] = {}
        self._set_by: dict[str, str] = {}
        for folder in found:
            for call in folder.calls:
                for name, source in call.keeps.items():
                    if source == "status":
                        continue  # VS Code's client has no name for it
                    self._known[name] = f"{{{{{_name(call)}.response.{_path(source)}}}}}"
                for name in call.sets:
                    self._set_by[name] = call.id
                    header = next((one.name for one in call.headers if f"{{{{{name}}}}}" in one.value), "")
                    self._known[name] = f"{{{{{_name(call)}.request.headers.{header}}}}}"

    def text(self, text: str, call: Call) -> str:
        """A text of a call with its variables as this editor writes them."""

        def named(name: str) -> str:
            if name in _GENERATED[self._editor]:
                return _GENERATED[self._editor][name]
            if self._editor == "jetbrains":
                return f"{{{{{name}}}}}"
            if self._set_by.get(name) == call.id:
                return renamed(call.sets[name], named)
            return self._known.get(name, f"{{{{{name}}}}}")

        return renamed(text, named)


def _name(call: Call) -> str:
    return call.id.replace("-", "_")


def _path(source: str) -> str:
    """`body.items.0.id` as REST Client's `body.$.items[0].id`, `header.ETag` as `headers.ETag`."""
    where, _, rest = source.partition(".")
    if where == "header":
        return f"headers.{rest}"
    return "body.$" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest.split("."))


def _call(call: Call, chain: _Chain, editor: Editor) -> Iterator[str]:
    yield f"### {call.name}"
    yield f"# @name {_name(call)}"
    for paragraph in call.notes.split("---")[0].strip().split("\n\n"):
        yield f"# {_flat(paragraph.replace('**', ''))}"
    if call.repeat is not None:
        yield f"# Send it again, quickly, until it is answered {call.repeat.until}."
    if call.pause_s:
        yield "# Give what came before a second or two to happen."
    if call.waits:
        yield "# First wait as many seconds as the Retry-After of the refusal said."
    if editor == "vscode":
        for name in (name for name, source in call.keeps.items() if source == "status"):
            yield f"# Note the status of the answer, and write it where {{{{{name}}}}} stands."
    if editor == "jetbrains":
        for name in call.sets:
            yield f'< {{% client.global.set("{name}", "k-" + Math.random().toString(16).slice(2)); %}}'
    yield f"{call.method} {{{{{call.base}}}}}{chain.text(call.target, call)}"
    if call.key:
        header, scheme = ("Authorization", "Bearer ") if call.bearer else ("X-API-Key", "")
        yield f"{header}: {scheme}{{{{{call.key}}}}}"
    for one in call.headers:
        if not one.off:
            yield f"{one.name}: {chain.text(one.value, call)}"
    if call.body is not None:
        yield ""
        yield chain.text(call.body, call)
    if editor == "jetbrains":
        yield from _handler(call)


def _handler(call: Call) -> Iterator[str]:
    """What JetBrains' client does with the answer: check it, keep what later requests need."""
    either = " || ".join(f"response.status === {status}" for status in call.statuses)
    said = json.dumps(f"answered {' or '.join(map(str, call.statuses))}")
    yield ""
    yield "> {%"
    yield f"  client.test({said}, function () {{"
    yield f'    client.assert({either}, "The answer is " + response.status + ": " + (response.body.detail || ""));'
    yield "  });"
    for name, source in call.keeps.items():
        where, _, rest = source.partition(".")
        if where == "header":
            value = f"response.headers.valueOf({json.dumps(rest)})"
        elif where == "status":
            value = "response.status"
        else:
            value = "response.body" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest.split("."))
        yield f"  client.global.set({json.dumps(name)}, {value});"
    yield "%}"


def _flat(text: str) -> str:
    return " ".join(text.split())
