"""OTLP/HTTP bodies to records: JSON and protobuf, plain or gzip.

https://opentelemetry.io/docs/specs/otlp/ and opentelemetry-proto 1.x. Bodies above 16 MiB, packed or unpacked, are
refused; texts longer than 8192 characters are cut.
"""

from lab.telemetry.model import Log, Span
from lab.telemetry.otlp.body import is_protobuf, unpack


def decode_traces(body: bytes, content_type: str = "application/json", encoding: str | None = None) -> list[Span]:
    """The spans of an ExportTraceServiceRequest; UsageError when it is not one. `encoding` is Content-Encoding."""
    protobuf, body = is_protobuf(content_type), unpack(body, encoding)
    if protobuf:
        from lab.telemetry.otlp import protobuf as decoder  # costs some MB, which most sessions never need

        return decoder.spans(body)
    from lab.telemetry.otlp import json

    return json.spans(body)


def decode_logs(body: bytes, content_type: str = "application/json", encoding: str | None = None) -> list[Log]:
    """The records of an ExportLogsServiceRequest; UsageError when it is not one. `encoding` is Content-Encoding."""
    protobuf, body = is_protobuf(content_type), unpack(body, encoding)
    if protobuf:
        from lab.telemetry.otlp import protobuf as decoder  # costs some MB, which most sessions never need

        return decoder.logs(body)
    from lab.telemetry.otlp import json

    return json.logs(body)


__all__ = ["decode_logs", "decode_traces"]
