"""Settings: the code and every service.toml say the same, and patches are all or none."""

import importlib
import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from services.chassis import Live, ServiceSettings, describe, setting

SERVICES = Path(__file__).parents[3] / "services"
FOLDERS = sorted(path.parent.name for path in SERVICES.glob("*/service.toml"))


def _settings_of(name: str) -> type[ServiceSettings]:
    app = importlib.import_module(f"services.{name}.app").create()
    model: type[ServiceSettings] = app.service.live.model
    return model


def _manifest(name: str) -> dict[str, Any]:
    return tomllib.loads((SERVICES / name / "service.toml").read_text(encoding="utf-8"))


def test_there_are_services_to_check() -> None:
    assert {"gateway", "partner"} <= set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_code_and_service_toml_say_the_same_about_settings(name: str) -> None:
    assert _manifest(name).get("settings", {}) == describe(_settings_of(name))


@pytest.mark.parametrize("name", FOLDERS)
def test_service_toml_says_how_to_run_the_service(name: str) -> None:
    manifest = _manifest(name)
    assert manifest["name"] == name
    assert manifest["factory"] == f"services.{name}.app:create"
    assert manifest["command"] == ["python", "-m", f"services.{name}"]
    assert manifest["health"] == "/health"
    assert {"title", "description", "version", "port", "third_party"} <= manifest.keys()


@pytest.mark.parametrize("name", FOLDERS)
def test_every_default_is_valid(name: str) -> None:
    model = _settings_of(name)
    assert model.model_validate(model().model_dump()) == model()


class _Settings(ServiceSettings):
    delay_ms: float = setting(10.0, "How long.", unit="ms", gt=0)
    mode: Literal["a", "b"] = setting("a", "Which way.")


def test_a_patch_with_one_wrong_value_changes_nothing() -> None:
    live = Live(_Settings)
    with pytest.raises(ValidationError):
        live.patch({"mode": "b", "delay_ms": -1})
    assert live.now == _Settings()


@pytest.mark.parametrize("value", ["inf", "nan", float("inf")])
def test_no_setting_is_infinite(value: object) -> None:
    with pytest.raises(ValidationError):
        Live(_Settings).patch({"delay_ms": value})


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="delay"):
        Live(_Settings).patch({"delay": 3})


def test_a_patch_is_told_to_listeners_and_leaves_the_former_state_alone() -> None:
    live = Live(_Settings)
    before, heard = live.now, []
    live.on_change(heard.append)
    live.patch({"delay_ms": "25"})
    assert heard == [_Settings(delay_ms=25.0)]
    assert before.delay_ms == 10.0


def test_a_setting_is_described_as_service_toml_writes_it() -> None:
    assert describe(_Settings) == {
        "delay_ms": {"type": "number", "unit": "ms", "default": 10.0, "description": "How long."},
        "mode": {"type": "choice", "choices": ["a", "b"], "default": "a", "description": "Which way."},
    }
