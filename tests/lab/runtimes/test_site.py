"""Where everything is when the lab runs in containers."""

from dataclasses import replace
from pathlib import Path

import pytest

from lab.core.errors import EnvironmentLacks
from lab.runtimes.site import in_containers


def test_secrets_are_made_once_and_for_their_readers_only(tmp_path: Path) -> None:
    here = replace(in_containers(), control_dir=tmp_path, database_dir=tmp_path)
    here.make_secrets()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {
        "control.token": 0o600,
        "shop.pgpass": 0o600,
        "reader.password": 0o600,
        "operator.password": 0o640,
    }
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    here.make_secrets()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert len(set(before.values())) == 4


def test_a_secret_that_is_not_there_is_one_sentence_and_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacks, match=r"control\.token") as caught:
        replace(in_containers(), control_dir=tmp_path).control_token()
    assert "docker compose --profile observability down --volumes" in caught.value.hint


def test_the_public_address_is_the_published_port() -> None:
    assert in_containers({}).addresses == {"gateway": "http://127.0.0.1:8000"}
    assert in_containers({"GATEWAY_PORT": "8017"}).addresses == {"gateway": "http://127.0.0.1:8017"}
