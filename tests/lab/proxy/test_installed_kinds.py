"""A kind of edge rule needs one file; where it comes from makes no difference."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEAPOT = '''
"""Answers are teapots."""

from typing import Any, ClassVar

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Exchange


@rules.register("teapot")
class Teapot(EdgeRule):
    """Answer every request as a teapot would."""

    example: ClassVar[dict[str, Any]] = {"spout": "short"}

    spout: str = "stout"

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        exchange.answer(418, {"Spout": self.spout}, b"")
'''


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution with one kind, as pip would leave it."""
    (tmp_path / "teapots.py").write_text(TEAPOT, encoding="utf-8")
    about = tmp_path / "teapots-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: teapots\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[lab.rules]\nteapot = teapots:Teapot\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))


@pytest.mark.usefixtures("installed")
def test_an_installed_kind_works_on_the_wire_and_is_offered_like_any_other(make_proxy, make_callee):
    edge = make_proxy().edge(make_callee().port)
    assert edge.put({"teapot": {"spout": "short"}}) == [{"teapot": {"spout": "short"}, "id": "teapot"}]
    status, head, _ = edge.caller().get()
    assert status == 418
    assert b"\r\nSpout: short\r\n" in head
    assert edge.rule("teapot")["applied"] == 1
    with pytest.raises(Exception, match="Did you mean 'teapot'"):
        edge.put({"teapott": {}})
    edge.close()


@pytest.mark.usefixtures("installed")
def test_an_installed_kind_is_in_the_schema():
    script = "import json; from lab.rules.rule import Rule; print(json.dumps(Rule.model_json_schema()))"
    schema = json.loads(subprocess.check_output([sys.executable, "-c", script], cwd=ROOT))
    assert "teapot" in {option["title"] for option in schema["anyOf"]}
