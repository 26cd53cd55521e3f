"""OTLP as JSON: ids in hex, 64-bit integers as text, enumerations as numbers (names are understood too)."""

import base64
from typing import Any

import msgspec

from lab.core.errors import UsageError
from lab.telemetry.model import Log, Span
from lab.telemetry.otlp.records import MOST_ATTRIBUTES, cut, make_log, make_span

_KINDS = {
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
}
_STATUSES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


class _Part(msgspec.Struct, rename="camel", gc=False):
    """A message of OTLP; fields it does not name are skipped."""


class _Values(_Part):
    values: list["_Value"] = []


class _Pairs(_Part):
    values: list["_Pair"] = []


class _Value(_Part):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bytes_value: str | None = None
    array_value: _Values | None = None
    kvlist_value: _Pairs | None = None


class _Pair(_Part):
    key: str = ""
    value: _Value | None = None


class _Resource(_Part):
    attributes: list[_Pair] = []


class _Status(_Part):
    code: int | str = 0


class _Event(_Part):
    name: str = ""
    attributes: list[_Pair] = []


class _Span(_Part):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str | None = None
    name: str = ""
    kind: int | str = 0
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[_Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _ScopeSpans(_Part):
    spans: list[_Span] = []


class _ResourceSpans(_Part):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] = []


class _Traces(_Part):
    resource_spans: list[_ResourceSpans] = []


class _Log(_Part):
    time_unix_nano: int | str = 0
    observed_time_unix_nano: int | str = 0
    severity_number: int | str = 0
    severity_text: str = ""
    event_name: str = ""
    body: _Value | None = None
    attributes: list[_Pair] = []
    trace_id: str = ""
    span_id: str = ""


class _ScopeLogs(_Part):
    log_records: list[_Log] = []


class _ResourceLogs(_Part):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] = []


class _Logs(_Part):
    resource_logs: list[_ResourceLogs] = []


_TRACES, _LOGS = msgspec.json.Decoder(_Traces), msgspec.json.Decoder(_Logs)


def spans(body: bytes) -> list[Span]:
    """The spans of a request; UsageError when the body is not one."""
    found = []
    try:
        for group in _TRACES.decode(body).resource_spans:
            resource = _attributes(group.resource.attributes) if group.resource else {}
            for scope in group.scope_spans:
                for span in scope.spans:
                    attributes = _attributes(span.attributes)
                    for event in span.events:
                        if event.name == "exception":
                            attributes.update(_attributes(event.attributes))
                    kind = _KINDS.get(span.kind, 0) if isinstance(span.kind, str) else span.kind
                    code = span.status.code if span.status else 0
                    made = make_span(
                        resource,
                        (span.trace_id, span.span_id, span.parent_span_id or ""),
                        span.name,
                        kind,
                        (int(span.start_time_unix_nano), int(span.end_time_unix_nano)),
                        _STATUSES.get(code, 0) if isinstance(code, str) else code,
                        attributes,
                    )
                    if made is not None:
                        found.append(made)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _refused("traces", error) from None
    return found


def logs(body: bytes) -> list[Log]:
    """The records of a request; UsageError when the body is not one."""
    found = []
    try:
        for group in _LOGS.decode(body).resource_logs:
            resource = _attributes(group.resource.attributes) if group.resource else {}
            for scope in group.scope_logs:
                for log in scope.log_records:
                    number = 0 if isinstance(log.severity_number, str) else log.severity_number
                    name = log.severity_number if isinstance(log.severity_number, str) else ""
                    found.append(
                        make_log(
                            resource,
                            int(log.time_unix_nano) or int(log.observed_time_unix_nano),
                            (log.severity_text or name.removeprefix("SEVERITY_NUMBER_").rstrip("234"), number),
                            log.event_name,
                            _value(log.body) if log.body else None,
                            (log.trace_id, log.span_id),
                            _attributes(log.attributes),
                        )
                    )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _refused("logs", error) from None
    return found


def _attributes(pairs: list[_Pair]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs[:MOST_ATTRIBUTES] if pair.key and pair.value is not None}


def _value(value: _Value) -> Any:
    if value.string_value is not None:
        return cut(value.string_value)
    if value.int_value is not None:
        return int(value.int_value)
    if value.double_value is not None:
        return float(value.double_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.array_value is not None:
        return [_value(inner) for inner in value.array_value.values]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values)
    if value.bytes_value is not None:
        return base64.b64decode(value.bytes_value).hex()
    return ""


def _refused(what: str, error: Exception) -> UsageError:
    return UsageError(
        f"The body is not OTLP {what} in JSON: {error}.",
        "Send what the OTLP specification describes: resourceSpans or resourceLogs at the top.",
    )
