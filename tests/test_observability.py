"""Prometheus and Grafana are asked only for what the shop measures, and read our own services alone."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from generators import source  # noqa: E402  # beside the documentation

from lab.runtimes.service_files import service_files  # noqa: E402

RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
PROMETHEUS: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboards/beanline.json").read_text())
FUNCTIONS = {
    "sum",
    "rate",
    "increase",
    "by",
    "or",
    "histogram_quantile",
    "le",
    "service",
    "status_code",
    "peer_service",
}
OF_THE_PROCESS = {"process_resident_memory_bytes"}


def names(expression: str) -> set[str]:
    """The metrics that an expression asks for."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expression)
    return set(re.findall(r"[a-z_][a-z0-9_:]*", plain)) - FUNCTIONS


def measured() -> set[str]:
    """Every series the services' pages have, and those that the rules make of them."""
    found = OF_THE_PROCESS | {rule["record"] for rule in RULES if "record" in rule} | {"up", "job"}
    for metric in source.read().metrics:
        found |= {
            metric.name,
            f"{metric.name}_total",
            *(f"{metric.name}_{part}" for part in ("bucket", "count", "sum")),
        }
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_a_rule_asks_for_what_is_measured(rule: dict[str, Any]) -> None:
    assert names(rule["expr"]) <= measured()


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_is_measured_and_says_what_it_is(panel: dict[str, Any]) -> None:
    assert panel["description"]
    for target in panel["targets"]:
        assert names(target["expr"]) <= measured(), target["expr"]


def test_prometheus_reads_every_service_of_ours_and_not_the_partners() -> None:
    (job,) = PROMETHEUS["scrape_configs"]
    read = {one["labels"]["service"]: one["targets"] for one in job["static_configs"]}
    assert read == {name: [f"{name}:{one.port}"] for name, one in service_files().items() if not one.third_party}


def test_grafana_knows_the_data_sources_that_its_panels_name() -> None:
    told = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/datasources.yml").read_text())
    known = {one["uid"] for one in told["datasources"]}
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} <= known
