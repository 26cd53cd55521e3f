"""A forgotten lab stops by itself and leaves nothing running; one that is used by its API alone goes on."""

import http.client
import time
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psutil
import pytest
from whole_lab import WholeLab, eventually, listening

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
IDLE_S = 9.0


def test_a_lab_stops_once_nobody_uses_it_and_not_before(lab: WholeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_IDLE_MINUTES", str(IDLE_S / 60))
    session = lab.get("start", "first-request", "--no-wait")
    tree = lab.tree()
    assert len(tree) > 4

    # used only by another program, with the learner's own key: half as long again as it may be unused
    products = Request(f"{session['addresses']['gateway']}/api/v1/products", headers={"X-API-Key": session["key"]})
    began = time.monotonic()
    while time.monotonic() - began < 1.5 * IDLE_S:
        urlopen(products, timeout=30).close()
        time.sleep(0.5)
    assert psutil.pid_exists(tree[0].pid)

    # forgotten, with a page still open in some tab
    forgotten = http.client.HTTPConnection(urlsplit(session["addresses"]["console"]).netloc, timeout=30)
    forgotten.request("GET", "/live/overview")
    page = forgotten.getresponse()
    while page.readline():
        continue  # ends when the lab does
    forgotten.close()

    assert eventually(lambda: not lab.processes(), within_s=30)
    assert not [one for one in tree if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not listening(tree)
    assert list(lab.home.glob("sessions/*/report.md"))
    said = lab.run("status")
    assert said.code == 3
    assert "The lab stopped by itself at " in said.err
    assert "nobody had used it for 0.15 minutes." in said.err.replace("\n       ", " ")
    assert "start` brings it back" in said.err.replace("\n       ", " ")
    assert lab.run("report").code == 0

    # whoever comes back goes on
    monkeypatch.delenv("LAB_IDLE_MINUTES")
    again = lab.get("start", "--no-wait")
    assert (again["scenario"], again["seed"]) == (session["scenario"], session["seed"])
