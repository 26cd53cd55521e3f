"""What goes wrong on real machines: one sentence, one remedy, the documented exit code, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_lab import Said, WholeLab, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def assert_one_sentence_and_a_remedy(said: Said, code: int) -> None:
    assert said.code == code, said.err
    assert "Traceback" not in said.err + said.out
    assert said.err.count("Error:") == 1
    assert said.err.count("Try:") == 1


def nothing_runs(lab: WholeLab) -> bool:
    return eventually(lambda: not lab.processes())


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_an_unknown_scenario_suggests_a_known_one(lab: WholeLab) -> None:
    said = lab.run("start", "rate-limt")
    assert_one_sentence_and_a_remedy(said, 2)
    assert "rate-limit" in said.err
    assert nothing_runs(lab)


def test_a_broken_scenario_folder_is_told_with_file_line_and_column(lab: WholeLab, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("brief.md", "debrief.md", "trainer.md"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "scenario.yaml").write_text("format: 1\ntitel: x\n", encoding="utf-8")
    said = lab.run("start", str(folder))
    assert said.code == 1
    assert "scenario.yaml:2:1" in said.err.replace("\n       ", "")
    assert nothing_runs(lab)


@pytest.mark.parametrize("flag", ["--port", "--gateway-port"])
def test_a_port_asked_for_by_name_that_is_taken_is_an_error(lab: WholeLab, taken: int, flag: str) -> None:
    said = lab.run("start", "rate-limit", flag, str(taken))
    assert_one_sentence_and_a_remedy(said, 4)
    assert str(taken) in said.err
    assert nothing_runs(lab)


def test_default_ports_fall_forward_and_two_labs_run_at_once(tmp_path: Path) -> None:
    first, second = WholeLab(tmp_path / "one"), WholeLab(tmp_path / "two")
    try:
        one = first.get("start", "rate-limit", "--no-wait")
        two = second.get("start", "rate-limit", "--no-wait")
        assert one["addresses"]["console"] != two["addresses"]["console"]
        assert one["addresses"]["gateway"] != two["addresses"]["gateway"]
        assert first.run("stop").code == 0
        assert second.get("status")["state"] in ("baseline", "breaking", "open")
        assert second.run("stop").code == 0
    finally:
        first.clean_up()
        second.clean_up()


def test_a_second_start_in_one_home_is_refused_and_the_first_goes_on(lab: WholeLab) -> None:
    lab.get("start", "rate-limit", "--no-wait")
    said = lab.run("start", "slow-partner")
    assert_one_sentence_and_a_remedy(said, 4)
    assert "LAB_HOME" in said.err
    assert lab.get("status")["scenario"] == "rate-limit"
    assert lab.run("stop").code == 0
    assert nothing_runs(lab)


@pytest.mark.parametrize("words", [("status",), ("logs",), ("fix",), ("load",), ("stop",), ("reset",), ("sql", "x")])
def test_with_nothing_running_every_command_says_so(lab: WholeLab, words: tuple[str, ...]) -> None:
    assert_one_sentence_and_a_remedy(lab.run(*words), 3)


def test_a_home_that_cannot_be_written_is_one_sentence() -> None:
    said = WholeLab(Path("/proc/nowhere")).run("start", "rate-limit")
    assert_one_sentence_and_a_remedy(said, 4)


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert_one_sentence_and_a_remedy(WholeLab(tmp_path / "file").run("start", "rate-limit"), 4)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_running(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        lab = WholeLab(small / "home")
        said = lab.run("start", "rate-limit")
        assert_one_sentence_and_a_remedy(said, 4)
        assert nothing_runs(lab)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


@pytest.mark.parametrize("after", ["Preparing", "Starting", "Opening", "baseline"])
def test_ctrl_c_on_the_way_is_one_sentence_and_130(lab: WholeLab, after: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.cli", "start", "rate-limit"],
        env={**lab.env(), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if after in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 130, rest
    assert "Traceback" not in rest
    if after == "baseline" or "keeps running" in rest:  # all is started within a moment, and may be before we press it
        assert lab.get("status")["state"] in ("baseline", "breaking", "open"), "the shop was open: it goes on"
        assert lab.run("stop").code == 0
    assert nothing_runs(lab)


def test_after_kill_9_of_the_console_nothing_is_orphaned_and_start_resumes(lab: WholeLab) -> None:
    lab.start("rate-limit", "--seed", "4", "--windows", "prove")
    options = {one["text"]: one["key"] for q in lab.get("diagnose") if q["id"] == "whose" for one in q["options"]}
    right = next(key for text, key in options.items() if "rate that our contract" in text)
    assert lab.get("diagnose", "whose", right)["verdict"] == "right"
    lab.get("fix", "retry")
    tree = lab.tree()
    tree[0].send_signal(signal.SIGKILL)
    assert eventually(lambda: not any(process.is_running() for process in tree), 15)
    assert lab.processes() == []

    said = lab.run("status")
    assert said.code == 3
    assert "stopped unexpectedly" in said.err
    assert lab.run("open", "--no-browser").code == 0, "whoever looks at the start page first loses nothing by it"

    resumed = lab.start("--windows", "prove")
    assert (resumed["scenario"], resumed["seed"], resumed["resumed"]) == ("rate-limit", 4, True)
    kept = next(q for q in lab.get("diagnose") if q["id"] == "whose")
    assert (kept["state"], kept["earned"]) == ("right", 10)
    assert resumed["mitigation"] is None, "a resumed shop starts without the fix of the one that died"
    assert lab.run("stop").code == 0


def test_sigterm_to_the_console_ends_everything_in_order_and_start_resumes(lab: WholeLab) -> None:
    lab.get("start", "rate-limit", "--seed", "6", "--no-wait")
    tree = lab.tree()
    tree[0].terminate()
    assert eventually(lambda: not any(process.is_running() for process in tree), 15)
    assert not (lab.home / "console.json").exists()
    assert list((lab.home / "run").iterdir()) == []
    resumed = lab.get("start", "--no-wait")
    assert (resumed["scenario"], resumed["seed"], resumed["resumed"]) == ("rate-limit", 6, True)
    assert lab.run("stop").code == 0


def test_a_service_that_dies_is_started_again_with_its_settings(lab: WholeLab) -> None:
    lab.start("rate-limit", "--seed", "1", "--windows", "prove")
    lab.get("fix", "queue-payments")
    orders = lab.get("status")["processes"]["orders"]
    os.kill(orders, signal.SIGKILL)
    assert eventually(lambda: lab.get("status")["processes"].get("orders") not in (orders, None), 15)
    assert eventually(lambda: lab.get("request", "GET", "/api/v1/products")["status"] == 200, 15)
    answer = lab.get("request", "POST", "/api/v1/orders", "--body", json.dumps(order(lab)))
    assert answer["status"] == 202, "the fix that was in force must still be"


def order(lab: WholeLab) -> dict[str, object]:
    """An order that the shop accepts."""
    product = lab.get("request", "GET", "/api/v1/products")["json"]["items"][0]["id"]
    return {"items": [{"product_id": product, "quantity": 1}], "customer": {"email": "me@example.com", "name": "Me"}}


def test_a_malformed_answers_file_is_told_with_its_place(lab: WholeLab, tmp_path: Path) -> None:
    lab.start("rate-limit", "--windows", "prove")
    answers = tmp_path / "answers.yaml"
    answers.write_text("size: 19\nwhose: [a\n", encoding="utf-8")
    said = lab.run("diagnose", "--answers", str(answers))
    assert_one_sentence_and_a_remedy(said, 2)
    assert "answers.yaml:3:1" in said.err.replace("\n       ", "")


def test_damaged_and_foreign_sessions_stop_neither_start_nor_status(lab: WholeLab) -> None:
    for name, content in {
        "aaaa": b'{"t": 1, "what": "opened", "format": 0}\n',
        "bbbb": os.urandom(2000),
        "cccc": b'{"t": 1, "what": "opened", "format": 1}\n',
    }.items():
        (lab.home / "sessions" / name).mkdir(parents=True)
        (lab.home / "sessions" / name / "journal.jsonl").write_bytes(content)
        (lab.home / "sessions" / name / "report.json").write_bytes(content)
    (lab.home / "progress.jsonl").write_bytes(b"{\n[]\n\xff\n")
    (lab.home / "console.json").write_bytes(b"{")
    for words, code in ((["status"], 3), (["list"], 0), (["progress"], 0), (["report"], 3)):
        said = lab.run(*words)
        assert said.code == code, said.err
        assert "Traceback" not in said.err + said.out
    said = lab.run("start", "rate-limit", "--no-wait")
    assert said.code == 0, said.err
    told = " ".join(said.err.split())
    assert "another version of the lab (journal format 0)" in told
    assert told.count("set it aside: `mv ") == 3
    assert lab.get("status")["scenario"] == "rate-limit"
    assert lab.run("stop").code == 0
    assert nothing_runs(lab)
