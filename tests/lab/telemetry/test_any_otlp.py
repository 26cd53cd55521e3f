"""Telemetry of any program may arrive: whatever JSON it is, it is stored, or refused in two sentences."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import UsageError
from lab.telemetry.otlp import decode_logs, decode_traces

KEYS = [
    "resourceSpans", "resourceLogs", "scopeSpans", "scopeLogs", "spans", "logRecords", "resource", "scope", "name",
    "attributes", "key", "value", "body", "events", "links", "kind", "status", "code", "message", "traceId", "spanId",
    "timeUnixNano", "stringValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "values",
]  # fmt: skip
ODD = [
    None, True, -1, 0, 1 << 70, 1e308, "", "0" * 32, "ab" * 16, "cd" * 8, "1795810467198018800", "-1", "NaN", "é\x00",
]  # fmt: skip
scalars: st.SearchStrategy[Any] = st.sampled_from(ODD) | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
attribute = st.fixed_dictionaries({}, optional={"key": anything, "value": anything})
attributes = st.lists(attribute | scalars, max_size=3) | scalars
span = st.fixed_dictionaries(
    {},
    optional={
        "traceId": st.just("ab" * 16) | scalars,
        "spanId": st.just("cd" * 8) | scalars,
        "parentSpanId": scalars,
        "name": scalars,
        "kind": scalars,
        "startTimeUnixNano": scalars,
        "endTimeUnixNano": scalars,
        "attributes": attributes,
        "events": st.lists(anything, max_size=2) | scalars,
        "status": anything,
    },
)
record = st.fixed_dictionaries(
    {},
    optional={
        "timeUnixNano": scalars,
        "observedTimeUnixNano": scalars,
        "severityNumber": scalars,
        "severityText": scalars,
        "body": anything,
        "attributes": attributes,
        "traceId": scalars,
        "spanId": scalars,
    },
)
resource = st.fixed_dictionaries({}, optional={"attributes": attributes}) | scalars


def decoded_or_refused(decode: Any, document: Any) -> None:
    refused = None
    try:
        found = decode(json.dumps(document).encode())
    except UsageError as error:
        refused = error
    else:
        assert all(one.service is not None for one in found)
    assert refused is None or (refused.what.endswith(".") and refused.hint.endswith("."))


@given(anything)
@pytest.mark.parametrize("decode", [decode_traces, decode_logs])
def test_any_document(decode: Any, document: Any) -> None:
    decoded_or_refused(decode, document)


@given(resource, st.lists(span | anything, max_size=3))
def test_any_spans(resource: Any, spans: list[Any]) -> None:
    decoded_or_refused(decode_traces, {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})


@given(resource, st.lists(record | anything, max_size=3))
def test_any_log_records(resource: Any, records: list[Any]) -> None:
    decoded_or_refused(decode_logs, {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]})
