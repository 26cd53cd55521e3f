"""The collection: folders of requests with notes, checks and saved answers."""

from typing import Any

from lab.export.calls import Call, Field, Folder
from lab.export.contract import Example
from lab.export.folders import folders
from lab.export.lesson import API_KEY, Lesson
from lab.export.postman import scripts
from lab.export.postman.ids import stable
from lab.export.postman.names import named

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
HOW = """\
{summary}
{fits}
**Before you send the first request:** choose the environment **{environment}** at the top right. It holds your
key{plural}. Without it the shop answers 401.

Run the requests from top to bottom: later ones use what earlier ones were answered. Each has notes, checks (under *Test
Results*) and saved answers to compare with. In the lab, `lab steps` ticks off what has arrived.

Each request carries a trace id of its own; Postman's console shows it, and `lab traces` finds the request by it.
"""


def collection(lesson: Lesson) -> dict[str, Any]:
    """The collection as a document to import."""
    found = folders(lesson)
    return {
        "info": {
            "_postman_id": stable(lesson.id),
            "name": f"Beanline: {lesson.title}",
            "description": HOW.format(
                summary=lesson.summary,
                fits=f"\nIt fits `{lesson.start}`; another seed may ask for other values.\n" if lesson.start else "",
                environment=f"Beanline: {lesson.title}",
                plural="s" if len(lesson.secrets) > 1 else "",
            ),
            "schema": SCHEMA,
        },
        "auth": _api_key(API_KEY),
        "event": [scripts.event("prerequest", scripts.TRACE), scripts.event("test", scripts.TOLD)],
        "variable": _variables(lesson, found),
        "item": [_folder(lesson, one) for one in found],
    }


def _variables(lesson: Lesson, found: list[Folder]) -> list[dict[str, Any]]:
    calls = [call for folder in found for call in folder.calls]
    kept = dict.fromkeys(name for call in calls for name in (*call.sets, *call.keeps))
    values = {**lesson.addresses, **dict.fromkeys(kept, "")}
    return [
        {"id": stable(lesson.id, "variable", name), "key": name, "value": value, "type": "string"}
        for name, value in values.items()
    ]


def _folder(lesson: Lesson, folder: Folder) -> dict[str, Any]:
    return {
        "id": stable(lesson.id, folder.id),
        "name": folder.name,
        "description": folder.notes,
        "item": [_item(lesson, call) for call in folder.calls],
    }


def _item(lesson: Lesson, call: Call) -> dict[str, Any]:
    request = _request(call)
    events = [scripts.event("test", scripts.after(call))]
    if before := scripts.before(call):
        events.insert(0, scripts.event("prerequest", before))
    saved = [_response(lesson, call, number, one, request) for number, one in enumerate(call.examples)]
    return {
        "id": stable(lesson.id, call.folder, call.id),
        "name": call.name,
        "event": events,
        "request": {**request, "description": call.notes},
        "response": saved,
    }


def _request(call: Call) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": call.method,
        "header": [_field(one) for one in call.headers],
        "url": {
            "raw": named(f"{{{{{call.base}}}}}{call.target}"),
            "host": [f"{{{{{call.base}}}}}"],
            "path": named(call.path).strip("/").split("/"),
        },
    }
    if call.query:
        request["url"]["query"] = [_field(one) for one in call.query]
    if not call.key:
        request["auth"] = {"type": "noauth"}
    elif call.bearer:
        request["auth"] = {"type": "bearer", "bearer": [_attribute("token", f"{{{{{call.key}}}}}")]}
    elif call.key != API_KEY:
        request["auth"] = _api_key(call.key)
    if call.body is not None:
        request["body"] = {"mode": "raw", "raw": named(call.body), "options": {"raw": {"language": "json"}}}
    return request


def _api_key(variable: str) -> dict[str, Any]:
    given = {"key": "X-API-Key", "value": f"{{{{{variable}}}}}", "in": "header"}
    return {"type": "apikey", "apikey": [_attribute(name, value) for name, value in given.items()]}


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": value, "type": "string"}


def _field(one: Field) -> dict[str, Any]:
    told: dict[str, Any] = {"key": one.name, "value": named(one.value)}
    if one.description:
        told["description"] = one.description
    if one.off:
        told["disabled"] = True
    return told


def _response(lesson: Lesson, call: Call, number: int, one: Example, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": stable(lesson.id, call.folder, call.id, "answer", number),
        "name": one.name,
        "originalRequest": request,
        "status": one.phrase,
        "code": one.status,
        "_postman_previewlanguage": "json",
        "header": [{"key": name, "value": value} for name, value in one.headers.items()],
        "cookie": [],
        "body": one.body,
    }
