"""OTLP/HTTP bodies to records: JSON and protobuf, plain or gzip."""

from lab.telemetry.model import Log, Span


def decode_traces(
    body: bytes, content_type: str = "application/json", encoding: str | None = None
) -> list[Span]:
    """The spans of an ExportTraceServiceRequest; UsageError when it is not one. `encoding` is
    Content-Encoding.
    """
    raise NotImplementedError


def decode_logs(
    body: bytes, content_type: str = "application/json", encoding: str | None = None
) -> list[Log]:
    """The records of an ExportLogsServiceRequest; UsageError when it is not one. `encoding` is
    Content-Encoding.
    """
    raise NotImplementedError
