"""The exported locustfile is run by plain locust, without this project on its path."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.load.export import locustfile
from lab.load.profile import Profile, Stage

KEYS = ({"name": "web", "key": 'key-"web"\\'},)


def run_locust(tmp_path: Path, text: str, *options: str) -> list[dict[str, str]]:
    (tmp_path / "beanline.py").write_text(text, encoding="utf-8")
    locust = Path(sys.executable).with_name("locust")
    ran = subprocess.run(
        [locust, "-f", "beanline.py", "--headless", "--only-summary", "--csv", "out", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    with (tmp_path / "out_stats.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_an_exported_load_test_plays_its_stages_with_plain_locust(shop: Any, tmp_path: Path) -> None:
    profile = Profile(shop.host, KEYS, seed=3, pace_s=0.2, stages=(Stage(8, 2), Stage(2, 1)))
    rows = run_locust(tmp_path, locustfile(profile))
    assert int(rows[-1]["Request Count"]) > 60
    assert int(rows[-1]["Failure Count"]) == 0
    assert {row["Name"] for row in rows} >= {"/api/v1/orders", "/api/v1/products"}
    assert {headers.get("X-API-Key") for _, _, headers, _ in shop.seen} == {KEYS[0]["key"]}


def test_exported_background_traffic_takes_its_users_from_the_command_it_names(shop: Any, tmp_path: Path) -> None:
    text = locustfile(Profile(shop.host, KEYS, users=6, pace_s=0.2))
    assert "--users 6 --spawn-rate 6" in text
    rows = run_locust(tmp_path, text, "--users", "6", "--spawn-rate", "6", "--run-time", "2s")
    assert int(rows[-1]["Request Count"]) > 0
    customers = {headers["Customer-Id"] for _, _, headers, _ in shop.seen if "Customer-Id" in headers}
    assert customers == {f"c-{number}" for number in range(1, 7)}


def test_the_exported_customers_do_what_ours_do(shop: Any, tmp_path: Path) -> None:
    """Same seed, same first customer, same first orders."""
    profile = Profile(shop.host, KEYS, seed=5, users=1, pace_s=0.05, stages=(Stage(1, 1.5),))
    run_locust(tmp_path, locustfile(profile))
    exported = [body["items"] for method, _, _, body in shop.seen if method == "POST"]
    shop.seen.clear()
    with subprocess.Popen(
        [sys.executable, "-m", "lab.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(profile.line())
        program.stdin.flush()
        assert '"done":true' in program.stdout.read()
    ours = [body["items"] for method, _, _, body in shop.seen if method == "POST"]
    both = min(len(exported), len(ours), 5)  # one of the two may have been slower
    assert exported[:both] == ours[:both]
    assert both > 0


@pytest.mark.parametrize("word", ["faultlab", "scenario", "fault", "lab."])
def test_the_exported_file_knows_nothing_of_the_lesson(word: str) -> None:
    assert word not in locustfile(Profile("http://127.0.0.1:1", KEYS, stages=(Stage(1, 1),)))
