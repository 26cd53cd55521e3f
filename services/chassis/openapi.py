"""The OpenAPI document: FastAPI's own, with our problem envelope in place of its error schema."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.chassis.problem import MEDIA_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Every error has this shape (RFC 9457). `detail` says what to change.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names this sort of error; stable."},
        "title": {"type": "string", "description": "The sort of error in a few words; stable."},
        "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
            "description": "The HTTP status again.",
        },
        "detail": {"type": "string", "description": "What happened this time and what to change."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "request_id": {"type": "string", "description": "Quote it when you report the error."},
        "errors": {
            "type": "array",
            "description": "Each wrong field, when the request was not valid.",
            "items": {
                "type": "object",
                "required": ["in", "name", "detail"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
                    "name": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


_EXAMPLES = {
    "Allow": "GET",
    "Deprecation": "@1774994400",
    "ETag": '"5d1c7be2f0a94e33"',
    "Idempotency-Replayed": "true",
    "Location": "/orders/100017",
    "RateLimit": '"key";r=87;t=1',
    "RateLimit-Limit": "100",
    "RateLimit-Policy": '"key";q=100;w=2',
    "RateLimit-Remaining": "87",
    "RateLimit-Reset": "1",
    "Retry-After": "1",
    "Sunset": "Wed, 31 Mar 2027 00:00:00 GMT",
    "WWW-Authenticate": 'ApiKey realm="beanline", header="X-API-Key"',
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "49",
    "X-RateLimit-Reset": "1793610132",
}


def described_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """`headers` of an answer's entry: names to descriptions, with an example where the name has one."""
    return {
        name: {"description": told, "schema": {"type": "string"}}
        | ({"example": _EXAMPLES[name]} if name in _EXAMPLES else {})
        for name, told in headers.items()
    }


def problem_response(
    types: str,
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[int | str, dict[str, Any]]:
    """One entry of a route's `responses=`: a problem by example; `headers` maps names to descriptions."""
    example = {
        "type": f"{types}{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": "req-4bf92f3577b34da6",
        **more,
    }
    entry: dict[str, Any] = {
        "description": f"{title}.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if headers:
        entry["headers"] = described_headers(headers)
    return {status: entry}


def openapi_of(app: FastAPI, more: Mapping[str, Any]) -> dict[str, Any]:
    """The document, made once; `more` is merged in, one level into `components`."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM_SCHEMA
    _restore_examples(document, app)
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            invalid = operation.get("responses", {}).get("422", {})
            if "application/json" in invalid.get("content", {}):
                invalid["description"] = "The request is not valid."
                invalid["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for key, value in more.items():
        if key == "components":
            for part, entries in value.items():
                components.setdefault(part, {}).update(entries)
        else:
            document[key] = value
    app.openapi_schema = document
    return document


def _restore_examples(document: dict[str, Any], app: FastAPI) -> None:
    """FastAPI drops every null on its way, those inside examples too: write the examples as they were given."""
    for route in app.routes:
        if not isinstance(route, APIRoute):
            continue
        for method in route.methods or ():
            told = document["paths"].get(route.path_format, {}).get(method.lower(), {}).get("responses", {})
            for status, given in route.responses.items():
                for media, content in given.get("content", {}).items():
                    if "example" in content:
                        told[str(status)]["content"][media]["example"] = content["example"]


def json_body(model: type[BaseModel], examples: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """`openapi_extra=` of a RawRoute that reads `model`; `examples` maps names to (summary, value)."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{model.__name__}"},
                    "examples": {
                        name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()
                    },
                }
            },
        }
    }


def json_answer(
    status: int,
    description: str,
    model: type[BaseModel],
    example: Any,
    headers: Mapping[str, str] | None = None,
) -> dict[int | str, dict[str, Any]]:
    """One entry of a route's `responses=`: an answer of shape `model`."""
    entry: dict[str, Any] = {
        "description": description,
        "content": {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{model.__name__}"},
                "example": example,
            }
        },
    }
    if headers:
        entry["headers"] = described_headers(headers)
    return {status: entry}


def header_parameter(
    name: str, description: str, example: str, *, required: bool = False, **schema: Any
) -> dict[str, Any]:
    """An entry of `parameters` in `openapi_extra=`; `schema` says more of the text, e.g. `maxLength`."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


def path_parameter(name: str, description: str, example: str) -> dict[str, Any]:
    """An entry of `parameters` in `openapi_extra=`."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def schemas_of(*models: type[BaseModel]) -> dict[str, Any]:
    """The models, and those they hold, as `components/schemas`."""
    _, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schema.get("$defs", {})
    return definitions
