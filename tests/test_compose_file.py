"""docker-compose.yml says what service.toml and the compose runtime say, and every container is locked down."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from lab.containers import luggage
from lab.containers.engine import LABEL
from lab.runtimes.service_files import service_files
from lab.runtimes.site import (
    CONTROL,
    DATABASE,
    MESH,
    OPERATOR_PASSWORD,
    SUPERVISOR_PORT,
    TELEMETRY_HOST,
    in_containers,
)

ROOT = Path(__file__).parents[1]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
PARTS: dict[str, dict[str, Any]] = FILE["services"]
USUAL = {name: part for name, part in PARTS.items() if "profiles" not in part}
SERVICES = service_files()
SITE = in_containers({})
PUBLISHED = re.compile(r"^127\.0\.0\.1:\$\{\w+:-(\d+)\}:(\d+)$")


def mounts(part: dict[str, Any]) -> dict[str, str]:
    """Where a container's volumes and folders are mounted: target → source and how."""
    found = {}
    for one in part.get("volumes", ()):
        if isinstance(one, dict):
            found[one["target"]] = f"{one['source']}:ro" if one["read_only"] else one["source"]
            continue
        source, target, *how = one.rsplit(":", 2) if one.endswith((":ro", ":rw")) else one.rsplit(":", 1)
        found[target] = ":".join([source, *how])
    return found


def test_every_service_has_a_container_and_there_are_five_in_all() -> None:
    assert set(USUAL) == {"lab", "db", *SERVICES}
    assert len(USUAL) <= 5


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_its_port_and_its_edges_as_its_own_file_names_them(name: str) -> None:
    service, env = SERVICES[name], PARTS[name]["environment"]
    assert env["PORT"] == str(service.port)
    assert SITE.services[name] == f"http://{name}:{service.port}"
    addresses = {variable for variable, value in env.items() if str(value).startswith("http")}
    assert addresses - {"OTEL_EXPORTER_OTLP_ENDPOINT"} == set(service.edges.values())
    for callee, variable in service.edges.items():
        url = urlsplit(env[variable])
        assert url.hostname == f"{callee}.{MESH}"
        assert url.port == SITE.edges[f"{name}->{callee}"]
    assert PARTS[name]["command"][-2:] == ["lab.runtimes.supervisor", name]


def test_only_our_own_services_send_telemetry_and_show_logs() -> None:
    for name, service in SERVICES.items():
        env = PARTS[name]["environment"]
        if service.third_party:
            assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in env
            assert env["LOG_STDOUT"] == "0"
        else:
            assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://{TELEMETRY_HOST}:7700"


def test_every_name_of_the_mesh_leads_to_the_labs_container() -> None:
    callees = {callee for service in SERVICES.values() for callee in service.edges}
    aliases = set(PARTS["lab"]["networks"]["inside"]["aliases"])
    assert aliases == {f"{callee}.{MESH}" for callee in callees} | {TELEMETRY_HOST}


def test_a_database_is_reached_by_those_that_have_one_and_by_the_lab() -> None:
    with_database = {name for name, service in SERVICES.items() if service.database_env}
    assert {name for name, part in USUAL.items() if "storage" in part["networks"]} == {"db", "lab", *with_database}
    for name in with_database:
        assert PARTS[name]["environment"]["PGPASSFILE"] == str(SITE.passfile)
    assert SITE.database == ("db", 5432)


def test_what_is_written_by_one_is_read_by_the_others_where_the_runtime_looks() -> None:
    assert mounts(PARTS["lab"])[str(CONTROL)] == "control"
    assert mounts(PARTS["lab"])[luggage.HOME] == "home"
    for name in SERVICES:
        assert mounts(PARTS[name]) == {str(CONTROL): "control:ro"}
    assert mounts(PARTS["db"])[str(DATABASE)] == f"{mounts(PARTS['lab'])[str(DATABASE)]}:ro"
    assert f"{DATABASE}/{OPERATOR_PASSWORD}" in PARTS["db"]["entrypoint"][2]


def test_a_folder_of_scenarios_may_be_named_as_people_name_folders() -> None:
    (shown,) = (one for one in PARTS["lab"]["volumes"] if isinstance(one, dict))
    assert shown["type"] == "bind", "else FOLDER without a slash is taken for a volume"
    assert shown["read_only"] is True
    assert shown["bind"] == {"create_host_path": False}, "a misspelt one is told, not made"


def test_only_console_and_gateway_are_published_and_only_on_loopback() -> None:
    published = {name: part["ports"] for name, part in USUAL.items() if part.get("ports")}
    assert set(published) == {"lab", "gateway"}
    for ports in published.values():
        (port,) = ports
        match = PUBLISHED.match(port)
        assert match is not None, port
        assert match[1] == match[2]
    assert f":{SERVICES['gateway'].port}" in published["gateway"][0]
    for name, part in PARTS.items():
        assert all(PUBLISHED.match(port) for port in part.get("ports", ())), name


def test_only_a_chosen_profile_publishes_more() -> None:
    chosen = {name: part["profiles"] for name, part in PARTS.items() if "profiles" in part}
    assert chosen == {name: ["observability"] for name in ("prometheus", "grafana", "traces")}


def test_networks_but_the_published_ones_lead_nowhere_else() -> None:
    assert {name for name, network in FILE["networks"].items() if not network.get("internal")} == {"outside"}
    assert {name for name, part in USUAL.items() if "outside" in part["networks"]} == {"lab", "gateway"}


@pytest.mark.parametrize("name", PARTS)
def test_every_container_is_locked_down(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["init"] is True
    assert part["mem_limit"]
    assert part["pids_limit"]
    assert part["restart"] == "unless-stopped"
    assert part.get("healthcheck", {}).get("test") or name not in USUAL
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(part)
    assert part["labels"] == {LABEL: "${LAB_ID:-faultlab}"}
    assert "docker.sock" not in str(part)


def test_networks_and_volumes_are_found_by_the_same_label() -> None:
    for one in [*FILE["networks"].values(), *FILE["volumes"].values()]:
        assert one["labels"] == {LABEL: "${LAB_ID:-faultlab}"}


def test_no_secret_stands_in_the_file_or_in_an_environment() -> None:
    for name, part in PARTS.items():
        for variable in part.get("environment", {}):
            assert not re.search(r"PASSWORD|TOKEN|SECRET|KEY$", variable), f"{name}: {variable}"


def test_health_is_asked_where_it_is_answered() -> None:
    for name in SERVICES:
        assert f'("127.0.0.1", {SUPERVISOR_PORT})' in PARTS[name]["healthcheck"]["test"][-1]
    assert '("127.0.0.1", 7700)' in PARTS["lab"]["healthcheck"]["test"][-1]


def test_everything_but_the_databases_image_is_the_one_that_is_built() -> None:
    assert {part["image"] for name, part in USUAL.items() if name != "db"} == {"${LAB_IMAGE:-faultlab}"}
    assert [name for name, part in USUAL.items() if "build" in part] == ["lab"]
    assert PARTS["lab"]["pull_policy"] == "build", "after an update too; and nobody else's image of that name"


def test_every_image_of_somebody_else_is_named_by_a_version() -> None:
    others = {name: part["image"] for name, part in PARTS.items() if "faultlab" not in part["image"]}
    assert set(others) == {"db", "prometheus", "grafana", "traces"}
    for image in others.values():
        assert re.search(r":(\$\{\w+:-)?v?\d[\d.]*\}?$", image), image
