"""Spans to a trace: tree, waterfall, critical path. Tolerates missing parents, duplicates, cycles and skewed clocks.

The critical path is the chain of spans that determined the end-to-end time: walk back from the root's end; the child
that finished last before that moment was waited for, so the walk goes on inside it, and from its start on again in the
parent. What no child explains is the span's own. Source: Zhang et al., CRISP: Critical Path Analysis of Large-Scale
Microservice Architectures, USENIX ATC 2022, section 4; Jaeger's UI does the same. A child that outlives its parent
counts up to the parent's end. The parts add up to the root's duration.

Clocks: when a callee's (server) span starts before the caller's (client) span that called it, or ends after its answer
arrived, the callee's clock differs; it is moved to the middle of the call and everything below moves along, as Jaeger's
collector did. Work that begins after its parent is asynchronous and stays where it is.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from lab.telemetry.model import Span, Trace, TraceSpan, TraceSummary

_TOLERANCE_MS = 1.0


@dataclass(slots=True, eq=False)
class _Node:
    span: Span
    start_ms: float  # corrected, from the root's reported start
    end_ms: float
    children: list["_Node"] = field(default_factory=list)
    critical_ms: float = 0.0
    on_path: bool = False

    def shift(self, by_ms: float) -> None:
        self.start_ms += by_ms
        self.end_ms += by_ms


def assemble(trace_id: str, spans: list[Span]) -> Trace:
    """The trace of these spans, of which there must be one at least."""
    root, missing = _tree(spans)
    _correct_clocks(root)
    _critical_path(root)
    order = _waterfall(root)
    path = sorted((pair for pair in order if pair[0].on_path), key=lambda pair: (pair[0].start_ms, pair[1]))
    origin_ms = min(node.start_ms for node, _ in order)
    return Trace(
        trace_id=trace_id,
        start_s=root.span.start_s + origin_ms / 1000,
        duration_ms=root.span.duration_ms,
        spans=tuple(
            TraceSpan(
                span=node.span,
                depth=depth,
                offset_ms=round(node.start_ms - origin_ms, 3),
                self_ms=round(_self_ms(node), 3),
                critical=node.on_path,
                critical_ms=round(node.critical_ms, 3),
            )
            for node, depth in order
        ),
        critical_path=tuple(node.span.span_id for node, _ in path),
        missing=missing,
    )


def summarise(trace_id: str, spans: list[Span]) -> TraceSummary:
    """The line that a list of traces shows."""
    root = _root_of(spans)
    return TraceSummary(
        trace_id=trace_id,
        root=root.name,
        service=root.service,
        start_s=root.start_s,
        duration_ms=root.duration_ms,
        spans=len(spans),
        errors=sum(span.status == "error" for span in spans),
        status=str(root.attributes.get("http.response.status_code", root.status)),
    )


def _root_of(spans: list[Span]) -> Span:
    """The earliest span without a parent; else the earliest whose parent is missing; else the earliest."""
    known = {span.span_id for span in spans}
    for candidates in (
        [span for span in spans if span.parent_id is None],
        [span for span in spans if span.parent_id not in known],
    ):
        if candidates:
            return min(candidates, key=lambda span: (span.start_s, span.span_id))
    return min(spans, key=lambda span: (span.start_s, span.span_id))


def _tree(spans: list[Span]) -> tuple[_Node, int]:
    """The root's node with everything below it, and how many parents never arrived."""
    top = _root_of(spans)
    nodes: dict[str, _Node] = {}
    for span in spans:  # a span sent twice is one span
        start_ms = (span.start_s - top.start_s) * 1000
        nodes.setdefault(span.span_id, _Node(span, start_ms, start_ms + span.duration_ms))
    root = nodes[top.span_id]
    missing = {span.parent_id for span in spans if span.parent_id is not None and span.parent_id not in nodes}
    below: defaultdict[str, list[_Node]] = defaultdict(list)
    for node in nodes.values():
        parent = node.span.parent_id
        if node is not root:
            below[parent if parent in nodes and parent is not None else top.span_id].append(node)
    reached: set[str] = set()
    _hang(root, below, reached)
    for node in nodes.values():  # members of a cycle: hung below the root, entered once
        if node.span.span_id not in reached:
            root.children.append(node)
            _hang(node, below, reached)
    for node in nodes.values():
        node.children.sort(key=lambda child: (child.start_ms, child.span.span_id))
    return root, len(missing)


def _hang(start: _Node, below: dict[str, list[_Node]], reached: set[str]) -> None:
    reached.add(start.span.span_id)
    waiting = [start]
    while waiting:
        node = waiting.pop()
        for child in below.get(node.span.span_id, ()):
            if child.span.span_id not in reached:
                reached.add(child.span.span_id)
                node.children.append(child)
                waiting.append(child)


def _correct_clocks(root: _Node) -> None:
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        for child in parent.children:
            by_ms = _skew_ms(parent, child)
            if by_ms:
                moving = [child]
                while moving:
                    node = moving.pop()
                    node.shift(by_ms)
                    moving += node.children
            waiting.append(child)


def _skew_ms(parent: _Node, child: _Node) -> float:
    if (parent.span.kind, child.span.kind) != ("client", "server") or parent.span.service == child.span.service:
        return 0.0
    slack_ms = (parent.end_ms - parent.start_ms) - (child.end_ms - child.start_ms)
    early = child.start_ms < parent.start_ms
    late = child.end_ms > parent.end_ms + _TOLERANCE_MS and parent.span.status != "error"
    if slack_ms >= 0 and (early or late):
        return parent.start_ms + slack_ms / 2 - child.start_ms
    return parent.start_ms - child.start_ms if early else 0.0


def _waterfall(root: _Node) -> list[tuple[_Node, int]]:
    order, waiting = [], [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        order.append((node, depth))
        waiting += [(child, depth + 1) for child in reversed(node.children)]
    return order


def _self_ms(node: _Node) -> float:
    """The span's duration without the time in which a child ran."""
    covered_ms, reached_ms = 0.0, node.start_ms
    for child in node.children:  # by start
        low, high = max(child.start_ms, reached_ms), min(child.end_ms, node.end_ms)
        if high > low:
            covered_ms += high - low
            reached_ms = high
    return max(0.0, node.end_ms - node.start_ms - covered_ms)


def _critical_path(root: _Node) -> None:
    """Marks the nodes on the path and adds up what each of them contributed."""
    waiting: list[tuple[_Node, float, float, list[tuple[float, _Node]]]] = []

    def enter(node: _Node, from_ms: float, until_ms: float) -> None:
        node.on_path = True
        inside = [child for child in node.children if child.start_ms < until_ms and child.end_ms > from_ms]
        ends = sorted(((min(child.end_ms, until_ms), child) for child in inside), key=lambda pair: pair[0])
        waiting.append((node, from_ms, until_ms, ends))

    enter(root, root.start_ms, root.end_ms)
    while waiting:
        node, from_ms, until_ms, ends = waiting.pop()
        while ends and ends[-1][0] > until_ms:
            ends.pop()
        if ends and until_ms > from_ms:
            end_ms, child = ends.pop()
            begin_ms = max(child.start_ms, from_ms)
            node.critical_ms += until_ms - end_ms
            waiting.append((node, from_ms, begin_ms, ends))
            enter(child, begin_ms, end_ms)
        else:
            node.critical_ms += max(0.0, until_ms - from_ms)
