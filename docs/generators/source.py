"""What the services' source says of their telemetry: metrics, log events and attributes, read without running it."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
EVENT = re.compile(r"^[a-z_]+(\.[a-z_]+)*$")
ATTRIBUTE = re.compile(r"^[a-z_]+(\.[a-z_-]+)+$")
METRIC_TYPES = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "CounterMetricFamily": "counter"}
LEVELS = {"info": "INFO", "warn": "WARN", "error": "ERROR"}


@dataclass(frozen=True)
class Metric:
    """One family on a `/metrics` page."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str
    service: str


@dataclass
class Found:
    """Everything that was found; `events` and `attributes` map names to the services that write them."""

    metrics: list[Metric] = field(default_factory=list)
    events: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    attributes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def read() -> Found:
    """All services; what the chassis writes belongs to every service."""
    found = Found()
    for path in sorted(SERVICES.rglob("*.py")):
        service = path.relative_to(SERVICES).parts[0]
        if service not in ("chassis", "gateway", "orders", "partner") or path.name == "documented.py":
            continue
        _Reader(found, "all" if service == "chassis" else service, ast.parse(path.read_text(encoding="utf-8")))
    return found


class _Reader(ast.NodeVisitor):
    """One module's calls and dictionaries."""

    def __init__(self, found: Found, service: str, module: ast.Module) -> None:
        self.found, self.service, self.module = found, service, module
        self.visit(module)

    def visit_Call(self, call: ast.Call) -> None:
        """Metrics, log events, notes."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        first = call.args[0] if call.args else None
        if name in METRIC_TYPES and isinstance(first, ast.Constant):
            self._metric(name, call)
        elif name in LEVELS and first is not None and ast.unparse(call.func) == f"log.{name}":
            self._event(first, LEVELS[name])
        elif name == "log" and first is not None and ast.unparse(call.func).endswith("telemetry.log"):
            said = [one for one in call.args[3:4] if isinstance(one, ast.Constant | ast.IfExp)]
            levels = [str(one.value) for one in ast.walk(said[0]) if isinstance(one, ast.Constant)] if said else []
            for level in [one for one in levels if one.isupper()]:
                self._event(first, level)
        elif name == "note" and isinstance(first, ast.Constant):
            self.found.attributes[str(first.value)].add(self.service)
        self.generic_visit(call)

    def visit_Dict(self, written: ast.Dict) -> None:
        """Attributes are the dotted keys of dictionaries."""
        for key in written.keys:
            self._attribute(key)
        self.generic_visit(written)

    def visit_Assign(self, assigned: ast.Assign) -> None:
        """Attributes that are added later: `attributes["error.type"] = …`."""
        for target in assigned.targets:
            if isinstance(target, ast.Subscript):
                self._attribute(target.slice)
        self.generic_visit(assigned)

    def _attribute(self, key: ast.expr | None) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and ATTRIBUTE.match(key.value):
            self.found.attributes[key.value].add(self.service)

    def _metric(self, kind: str, call: ast.Call) -> None:
        name, meaning, *labels = [
            ast.literal_eval(one) for one in call.args if isinstance(one, ast.Constant | ast.List)
        ]
        named = f"{name}_total" if METRIC_TYPES[kind] == "counter" else name
        taken = tuple(labels[0]) if labels and isinstance(labels[0], list) else ()
        self.found.metrics.append(Metric(named, METRIC_TYPES[kind], taken, meaning, self.service))

    def _event(self, name: ast.expr, level: str) -> None:
        for event in self._names(name):
            if EVENT.match(event):
                self.found.events[event, level].add(self.service)

    def _names(self, name: ast.expr) -> set[str]:
        """The texts an expression may stand for: itself, a table's values, what a variable or a parameter is given."""
        if isinstance(name, ast.Constant):
            return {str(name.value)}
        if isinstance(name, ast.IfExp):
            return self._names(name.body) | self._names(name.orelse)
        if isinstance(name, ast.Call) and isinstance(name.func, ast.Attribute) and name.func.attr == "get":
            table = ast.unparse(name.func.value)
            values = [
                one.value
                for one in ast.walk(self.module)
                if isinstance(one, ast.Assign | ast.AnnAssign)
                and table in ast.unparse(one).split("=")[0]
                and isinstance(one.value, ast.Dict)
            ]
            found = {str(one.value) for each in values for one in each.values if isinstance(one, ast.Constant)}
            return found.union(*(self._names(default) for default in name.args[1:]))
        return self._given(name.id) if isinstance(name, ast.Name) else set()

    def _given(self, variable: str) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(self.module):
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == variable for one in node.targets):
                found |= self._names(node.value)
            if isinstance(node, ast.FunctionDef) and variable in [one.arg for one in node.args.args]:
                place = [one.arg for one in node.args.args if one.arg != "self"].index(variable)
                for call in ast.walk(self.module):
                    called = isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", ""))
                    if (
                        called == node.name
                        and isinstance(call, ast.Call)
                        and isinstance(call.args[place], ast.Constant)
                    ):
                        found |= self._names(call.args[place])
        return found
