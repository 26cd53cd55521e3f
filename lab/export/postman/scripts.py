"""What runs before and after a request: a trace of one's own, chained variables, checks with words that help."""

import json
from typing import Any

from lab.export.calls import Call
from lab.export.postman.names import named
from lab.questions.steps.wanted import ABSENT, PRESENT

TRACE = """\
// A trace id of your own: `lab traces ID` then shows this very request on its way through the shop.
const hex = (digits) => Array.from({length: digits}, () => Math.floor(Math.random() * 16).toString(16)).join("");
const trace = "1" + hex(31);
pm.request.headers.upsert({key: "traceparent", value: `00-${trace}-1${hex(15)}-01`});
pm.variables.set("trace_id", trace);"""

TOLD = """\
const seen = pm.variables.get("trace_id").slice(0, 8);
console.log(`${pm.info.requestName}: ${pm.response.code}. On its way through the shop: lab traces ${seen}`);"""

SAID = """\
let document;
try { document = pm.response.json(); } catch (error) { document = {}; }
let said = `The answer is ${pm.response.code}`;
if (document && document.title && document.detail) { said += ` "${document.title}": ${document.detail}`; }
else { said += "."; }
if (pm.response.headers.has("Retry-After")) { said += ` Retry-After: ${pm.response.headers.get("Retry-After")} s.`; }"""

NO_KEY = """\
if (pm.response.code === 401) {
  said += " Choose the environment at the top right; it holds your key.";
}"""

FAILED_THERE = """\
if (pm.response.code >= 500) {
  said += " The request is right, the shop failed. Send it again: does it fail each time? Then look at `lab metrics`.";
}"""


def event(listen: str, *scripts: str) -> dict[str, Any]:
    """An event of a collection or an item."""
    lines = [line for script in scripts for line in script.splitlines()]
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def before(call: Call) -> str:
    """Variables that get a value, and the wait that a refusal asked for."""
    lines = [
        f"pm.collectionVariables.set({js(name)}, pm.variables.replaceIn({js(named(value))}));"
        for name, value in call.sets.items()
    ]
    if call.pause_s:
        lines.append(f"setTimeout(() => {{}}, {round(call.pause_s * 1000)}); // something else has to happen first")
    if call.waits:
        lines += [
            f"const wait = Number(pm.collectionVariables.get({js(call.waits)}) || 0);",
            "if (wait) {",
            "  console.log(`Retry-After said ${wait} s: waiting.`);",
            "  setTimeout(() => {}, wait * 1000 + 200);",
            "}",
        ]
    return "\n".join(lines)


def after(call: Call) -> str:
    """Checks, and variables that are kept for the requests that follow."""
    lines = [SAID]
    if 401 not in call.statuses:
        lines.append(NO_KEY)
    if all(status < 500 for status in call.statuses):
        lines.append(FAILED_THERE)
    if call.repeat is not None:
        lines.append(_again(call))
    else:
        lines.append(_checks(call))
    return "\n".join(lines)


def _checks(call: Call) -> str:
    lines = [
        f"pm.test({js(f'{call.method} is answered {_either(call.statuses)}')}, () => {{",
        f"  pm.expect({js(list(call.statuses))}, said).to.include(pm.response.code);",
        "});",
    ]
    if call.problem:
        lines += [
            f"pm.test({js(f'The problem is {call.problem}')}, () => {{",
            f"  pm.expect(String(document.type).split('/').pop(), said).to.equal({js(call.problem)});",
            "});",
        ]
    for name, value in call.answer.items():
        lines += _header(name, value)
    for name, source in call.keeps.items():
        lines += _keep(name, source)
    return "\n".join(lines)


def _header(name: str, value: str) -> list[str]:
    if value in (PRESENT, ABSENT):
        says = "is there" if value == PRESENT else "is not there"
        check = f"pm.expect(pm.response.headers.has({js(name)}), said).to.be.{str(value == PRESENT).lower()};"
    else:
        says = f"is {value}"
        check = f"pm.expect(pm.response.headers.get({js(name)}), said).to.equal({js(value)});"
    return [f"pm.test({js(f'The header {name} {says}')}, () => {{", f"  {check}", "});"]


def _again(call: Call) -> str:
    """Send it again until it is answered as wanted: a runner does by itself, a person presses Send."""
    assert call.repeat is not None
    count = js(f"tries_{call.id.replace('-', '_')}")
    inner = "\n".join(f"  {line}" for line in _checks(call).splitlines())
    return "\n".join(
        [
            f"const tries = Number(pm.collectionVariables.get({count}) || 0) + 1;",
            f"if (pm.response.code !== {call.repeat.until} && tries < {call.repeat.at_most}) {{",
            f"  pm.collectionVariables.set({count}, String(tries));",
            f"  pm.test.skip({js(f'Not answered {call.repeat.until} yet: press Send again, quickly')}, () => {{}});",
            "  pm.execution.setNextRequest(pm.info.requestId);",
            "} else {",
            f"  pm.collectionVariables.unset({count});",
            inner,
            "}",
        ]
    )


def _keep(name: str, source: str) -> list[str]:
    """Take a value out of the answer; without it, the requests that follow could only fail."""
    where, _, rest = source.partition(".")
    if where == "header":
        read = f"pm.response.headers.get({js(rest)})"
    elif where == "status":
        read = "pm.response.code"
    else:
        read = "document" + "".join(f"?.[{part if part.isdigit() else js(part)}]" for part in rest.split("."))
    variable = f"kept_{name}"
    return [
        f"const {variable} = {read};",
        f"pm.test({js(f'{source} is kept as {name} for the requests that follow')}, () => {{",
        f"  pm.expect({variable}, said).to.not.be.oneOf([undefined, null, '']);",
        f"  pm.collectionVariables.set({js(name)}, String({variable}));",
        "});",
    ]


def _either(statuses: tuple[int, ...]) -> str:
    return " or ".join(map(str, statuses))


def js(value: Any) -> str:
    """A value as JavaScript."""
    return json.dumps(value, ensure_ascii=False)
