"""OTLP as protobuf, decoded by opentelemetry-proto's own classes."""

from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lab.core.errors import UsageError
from lab.telemetry.model import Log, Span
from lab.telemetry.otlp.records import MOST_ATTRIBUTES, cut, make_log, make_span


def spans(body: bytes) -> list[Span]:
    """The spans of a request; UsageError when the body is not one."""
    request = _parse(ExportTraceServiceRequest(), body)
    found = []
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                attributes = _attributes(span.attributes)
                for event in span.events:
                    if event.name == "exception":
                        attributes.update(_attributes(event.attributes))
                made = make_span(
                    resource,
                    (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()),
                    span.name,
                    span.kind,
                    (span.start_time_unix_nano, span.end_time_unix_nano),
                    span.status.code,
                    attributes,
                )
                if made is not None:
                    found.append(made)
    return found


def logs(body: bytes) -> list[Log]:
    """The records of a request; UsageError when the body is not one."""
    request = _parse(ExportLogsServiceRequest(), body)
    found = []
    for group in request.resource_logs:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_logs:
            for log in scope.log_records:
                found.append(
                    make_log(
                        resource,
                        log.time_unix_nano or log.observed_time_unix_nano,
                        (log.severity_text, log.severity_number),
                        log.event_name,
                        _value(log.body) if log.HasField("body") else None,
                        (log.trace_id.hex(), log.span_id.hex()),
                        _attributes(log.attributes),
                    )
                )
    return found


def _parse(message: Any, body: bytes) -> Any:
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise UsageError(
            f"The body is not OTLP in protobuf: {error}.", "Send what the OTLP specification describes, or JSON."
        ) from None
    return message


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs[:MOST_ATTRIBUTES] if pair.key}


def _value(value: Any) -> Any:
    match value.WhichOneof("value"):
        case "string_value":
            return cut(value.string_value)
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [_value(inner) for inner in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
    return ""
