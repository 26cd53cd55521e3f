"""Pages say what is so, escape what strangers wrote, and keep what was not earned."""

import asyncio
import html
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from fakes_session import MARKUP, FakeRuntime, close, standing
from starlette.requests import Request

from lab.console import live
from lab.console.app import create_app
from lab.console.frame import frame
from lab.console.pages.answer import rung
from lab.console.rendering import POLICY
from lab.proof.pages import LESSON
from lab.questions import questions
from lab.runtimes import Plan
from lab.session import customers, offline, progress
from lab.session.building import RUNTIMES
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

PAGES = (
    "/",
    "/incident/overview",
    "/incident/overview?edge=orders->partner",
    "/incident/overview?service=orders&since=incident",
    "/incident/map",
    "/incident/logs",
    "/incident/logs?q=event:odd",
    "/incident/traces",
    "/incident/traces/00000000000000000000000000000001",
    "/incident/database",
    "/incident/database?q=SELECT+1&explain=1",
    "/incident/api",
    "/incident/changes",
    "/incident/partner",
    "/incident/glossary",
    "/incident/glossary/p95",
    "/answer",
    "/fix",
    "/debrief",
    "/progress",
)


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    @classmethod
    def of(cls, page: str) -> list[tuple[str, dict[str, str | None]]]:
        tags = cls()
        tags.found: list[tuple[str, dict[str, str | None]]] = []
        tags.feed(page)
        return tags.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_shown_with_a_policy_that_runs_nothing_foreign(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    for tag, attributes in Tags.of(answer.text):
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag not in ("style", "iframe", "object", "base")
        assert tag != "script" or attributes.get("src"), "a script stands in the page"


@pytest.mark.parametrize("path", PAGES)
async def test_what_strangers_wrote_is_text(reader: httpx.AsyncClient, path: str) -> None:
    assert MARKUP not in (await reader.get(path)).text


async def test_the_markup_of_a_stranger_is_there_to_be_read(reader: httpx.AsyncClient) -> None:
    for path in ("/incident/logs?q=event:odd", "/incident/database?q=SELECT+1"):
        assert "&lt;img src=x onerror=alert(1)&gt;" in (await reader.get(path)).text


def words(text: str) -> str:
    """What one reads of a page, of JSON or of a text with marks, whatever it is written with."""
    text = html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\\n", " ").replace('\\"', '"')
    return " ".join(re.sub(r"[`*\\]", "", text).split())


def told(text: str) -> str:
    """The beginning of its longest part without a command, which a page makes a link of."""
    return max((words(part) for part in re.split("`[^`]*`", text)), key=len)[:60].strip(" .:;,")


async def test_no_page_gives_away_what_was_not_earned(client: httpx.AsyncClient, session: Session) -> None:
    kept = [one.because_not for one in session.file.mitigations if one.because_not]
    kept += [hint.text for hint in session.file.hints]
    kept += ["Take this to work on Monday", "right: true"]
    for question in session.file.questions:
        dumped = question.question.model_dump()
        kept += [dumped["example"]] if dumped.get("example") else []
        for option in getattr(question.question, "listed", ()):
            kept += [text for text in (option.because, option.because_not) if text]
    beginnings = {told(text) for text in kept}
    asked = (*PAGES, "/debrief/report.md", *(path for path in LESSON if path != "/api/debrief"))
    pages = {path: words((await client.get(path)).text) for path in asked}
    assert [(text, path) for text in beginnings for path, page in pages.items() if text in page] == []
    await client.post("/api/hints", json={})  # what was paid for is seen, so this test could see it
    assert told(session.file.hints[0].text) in words((await client.get("/answer")).text)


async def test_a_command_in_a_text_leads_to_the_page_that_shows_it(client: httpx.AsyncClient) -> None:
    await client.post("/hints")
    page = (await client.get("/answer")).text
    assert 'href="/incident/overview?service=gateway&amp;route=POST+%2Fapi%2Fv1%2Forders"' in page


async def test_an_answer_is_graded_and_one_goes_back_to_its_question(client: httpx.AsyncClient) -> None:
    answer = await client.post("/answer/size", data={"answer": "50 %"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/answer#q-size")
    assert "Right: errors of gateway" in (await client.get("/answer")).text
    assert "Answered question 1 (size): right" in (await client.get("/debrief")).text


async def test_a_malformed_answer_stays_in_its_field_and_costs_nothing(
    client: httpx.AsyncClient, session: Session
) -> None:
    answer = await client.post("/answer/size", data={"answer": "a lot & more"})
    assert answer.status_code == 200
    assert 'value="a lot &amp; more"' in answer.text
    assert "This cost nothing." in answer.text
    assert "size" not in session.ledger.rungs or session.ledger.rungs["size"].tries == 0


async def test_a_script_on_the_page_gets_only_what_changes(client: httpx.AsyncClient) -> None:
    answer = await client.post("/answer/size", data={"answer": "50 %"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'hx-target="#q-size"' in answer.text


async def test_a_script_that_keeps_evidence_gets_the_notebook_and_a_sentence(
    client: httpx.AsyncClient, session: Session
) -> None:
    (record,) = session.telemetry.logs("event:payment.refused", None, 1)
    data = {"ref": f"log:{record.id}", "back": "/incident/logs"}
    answer = await client.post("/cites", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
    assert "Kept as E1" in answer.text
    assert "Question 1 of" in answer.text


async def test_evidence_is_kept_once_and_dropped_again(client: httpx.AsyncClient, session: Session) -> None:
    (record,) = session.telemetry.logs("event:payment.refused", None, 1)
    for _ in range(2):
        answer = await client.post("/cites", data={"ref": f"log:{record.id}", "back": "/incident/logs"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/incident/logs")
    assert list(session.ledger.cites) == ["E1"]
    await client.post("/cites/E1/drop", data={"back": "/answer"})
    assert session.ledger.cites == {}


async def test_a_chart_window_is_kept_as_what_the_chart_measures(client: httpx.AsyncClient, session: Session) -> None:
    start, end = session.named_windows()["incident"].start_s, session.named_windows()["incident"].end_s
    probe = json.dumps({"error_rate": {"service": "gateway"}})
    await client.post("/cites", data={"probe": probe, "since": str(start), "until": str(end), "back": "/"})
    assert "errors of gateway" in session.ledger.cites["E1"]["summary"]
    assert "E1: " in (await client.get("/answer")).text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_after_a_form_nobody_is_sent_elsewhere(client: httpx.AsyncClient, session: Session, back: str) -> None:
    (record,) = session.telemetry.logs("event:payment.refused", None, 1)
    answer = await client.post("/cites", data={"ref": f"log:{record.id}", "back": back})
    assert answer.headers["location"] == "/"


async def test_a_write_from_another_site_is_refused(client: httpx.AsyncClient, session: Session) -> None:
    answer = await client.post("/hints", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert session.ledger.hints_taken == 0


async def test_a_double_click_takes_one_hint(client: httpx.AsyncClient, session: Session) -> None:
    button = re.search(r'action="([^"]*hints[^"]*)"', (await client.get("/answer")).text)
    assert button is not None
    for _ in range(2):
        await client.post(button[1])
    assert session.ledger.hints_taken == 1


async def test_before_the_shop_has_an_address_no_load_test_is_exported(
    client: httpx.AsyncClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.runtime, "urls", {})
    monkeypatch.setattr(session.runtime, "addresses", {})
    answer = await client.get("/api/export/locust", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["hint"]) == (409, "Wait until it has started: `lab status`")


def test_the_status_line_of_a_false_alarm_is_that_of_an_incident(tmp_path: Path) -> None:
    said = []
    for scenario in ("all-quiet", "rate-limit"):
        owner, session = standing(tmp_path / scenario, scenario=scenario)
        said.append(frame(owner)["says"])
        close(session)
    assert said[0] == said[1]


async def test_a_form_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/answer/update", data={"answer": "x" * 70_000})
    assert answer.status_code == 422
    assert "larger than 64 kB" in answer.text


async def test_an_error_is_a_page_for_people_and_problem_json_for_programs(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/incident/traces/ffff")
    assert page.status_code == 404
    assert "There is no trace ffff." in page.text
    data = await reader.get("/incident/traces/ffff", headers={"Accept": "application/json"})
    assert data.headers["content-type"] == "application/problem+json"
    assert (data.json()["type"], data.json()["title"]) == ("about:blank", "Not Found")
    part = await reader.post("/answer/nonsense", headers={"HX-Request": "true"})
    assert part.headers["hx-retarget"] == "#toast"


async def test_a_search_that_is_written_wrongly_says_how_to_write_it(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/incident/logs?q=status==503")).text
    assert "is not how a field is searched" in page
    assert 'value="status==503"' in page


async def test_an_address_keeps_its_place(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/incident/overview?service=gateway&route=POST /api/v1/orders&since=incident")).text
    assert re.search(r'since=incident[^"]*" aria-current="true">The incident', page)
    assert re.search(r'aria-current="true"><code>POST /api/v1/orders', page)
    assert "errors 50 %" in page


async def test_below_a_base_path_every_address_begins_with_it(stands: tuple, session: Session) -> None:  # type: ignore[type-arg]
    app = create_app(stands[0], base_path="/user/anna/lab")
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:7700", headers=headers
    ) as client:
        for prefix in ("/user/anna/lab", ""):  # whether or not the proxy takes it away
            for path in PAGES:
                answer = await client.get(f"{prefix}{path}")
                assert answer.status_code == 200
                found = re.findall(r'(?:href|src|action|hx-\w+|hx-sse:connect)="(/[^"]*)"', answer.text)
                assert [one for one in found if not one.startswith("/user/anna/lab/")] == []
            answer = await client.post(f"{prefix}/hints", data={})
            assert answer.headers["location"] == "/user/anna/lab/answer#hints"


@pytest.mark.parametrize("state", [State.STARTING, State.BASELINE, State.BREAKING])
async def test_before_the_pager_every_page_is_there_and_says_nothing_of_the_incident(
    tmp_path_factory: pytest.TempPathFactory, state: State
) -> None:
    owner, session = standing(tmp_path_factory.mktemp("early") / "home", state=state)
    headers = {"Accept": "text/html"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(owner)), base_url="http://127.0.0.1:7700", headers=headers
    ) as client:
        for path in PAGES:
            answer = await client.get(path.replace("&since=incident", ""))
            assert answer.status_code == 200, path
            assert "Support to #checkout" not in answer.text
    close(session)


async def test_a_page_can_be_reached_when_nothing_runs(stands: tuple, client: httpx.AsyncClient) -> None:  # type: ignore[type-arg]
    stands[0].session = None
    for path in ("/", "/debrief", "/progress", "/incident/glossary/p95"):
        assert (await client.get(path)).status_code == 200
    answer = await client.get("/incident/overview")
    assert (answer.status_code, "Start one" in answer.text) == (409, True)


@pytest.mark.parametrize("form", [{"scenario": "slow-partner"}, {"scenario": "slow-partner", "pace": "prove"}])
async def test_a_page_starts_a_scenario_where_its_console_runs_them(
    stands: tuple[Owner, Session],
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    form: dict[str, str],
) -> None:
    class Containers(FakeRuntime):
        async def up(self, plan: Plan) -> None:
            await asyncio.Event().wait()

    owner = stands[0]
    owner.session, owner.runtime = None, "compose"
    monkeypatch.setitem(RUNTIMES, "compose", lambda _launcher: Containers())
    answer = await client.post("/start", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/incident/overview")
    assert isinstance(owner.current().runtime, Containers)
    await owner.stop()


async def test_after_the_end_pages_lead_to_the_report(session: Session, client: httpx.AsyncClient) -> None:
    session.state = State.STOPPED
    for path in ("/incident/overview", "/incident/logs", "/answer", "/fix"):
        assert "Read the report" in (await client.get(path)).text


def test_a_kind_of_question_without_a_form_of_its_own_gets_a_plain_field() -> None:
    question = {"kind": "unheard-of", "state": "open", "tries": 0, "answer": None}
    found = rung(question, 1)
    assert (found["form"], found["live"]) == ("questions/plain.html", None)


@pytest.mark.parametrize("kind", questions.names())
def test_every_kind_of_question_has_a_form_here(kind: str) -> None:
    question = {"kind": kind, "state": "open", "tries": 0, "answer": None}
    assert rung(question, 1)["form"] == f"questions/{kind}.html"


async def test_a_part_that_changes_by_itself_is_sent_by_the_stream(stands: tuple) -> None:  # type: ignore[type-arg]
    app = create_app(stands[0])
    scope = {"type": "http", "method": "GET", "path": "/live/answer", "query_string": b"", "headers": [], "app": app}
    parts = await live._parts(Request(scope), "answer")
    assert "Choose a fix and apply it" in parts["live-fix"]
    assert "0 of 100 points" in parts["ladder-score"]


async def test_the_load_test_is_told_by_the_customers_that_come_in_it(
    stands: tuple,  # type: ignore[type-arg]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, session = stands
    monkeypatch.setattr(session, "crowd", 2.5)
    app = create_app(owner)
    scope = {"type": "http", "method": "GET", "path": "/live/fix", "query_string": b"", "headers": [], "app": app}
    told = (await live._parts(Request(scope), "fix"))["load"]
    coming = customers.load_test(session, 1).stages
    assert ", then ".join(f"{stage.users} for {stage.for_s:g} s" for stage in coming) in told


@pytest.mark.parametrize("view", live.VIEWS)
async def test_a_stream_says_nothing_twice_and_ends_with_the_console(stands: tuple, view: str) -> None:  # type: ignore[type-arg]
    app = create_app(stands[0])
    scope = {"type": "http", "method": "GET", "path": f"/live/{view}", "query_string": b"", "headers": [], "app": app}
    stream = live._stream(Request(scope), view)
    first = await anext(stream)
    assert all(line.startswith("data: ") for line in first.splitlines() if line)
    assert await anext(stream) == ": nothing new\n\n"
    app.state.closing.set()
    assert [message async for message in stream] == []


@pytest.mark.parametrize(
    ("scenario", "question", "graded"), [("all-quiet", "act", "right"), ("rate-limit", "fix", "wrong")]
)
async def test_that_nothing_needs_doing_can_be_said_everywhere_and_is_graded(
    tmp_path: Path, scenario: str, question: str, graded: str
) -> None:
    owner, session = standing(tmp_path / "home", scenario=scenario)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(owner)), base_url="http://127.0.0.1:7700"
    ) as client:
        page = (await client.get("/answer")).text
        buttons = [attributes for tag, attributes in Tags.of(page) if tag == "button" and attributes.get("name")]
        assert [(one["name"], one["value"]) for one in buttons] == [("answer", "done"), ("answer", "nothing")]
        answer = await client.post(f"/answer/{question}", data={"answer": "nothing"})
        assert answer.status_code == 303
    assert session.ledger.rung(question).state == graded
    close(session)


async def test_drafts_of_a_run_that_was_resumed_are_those_of_the_run(
    client: httpx.AsyncClient, session: Session
) -> None:
    session.resumes = "2026-05-04-run"
    assert 'data-draft="2026-05-04-run:update:0"' in (await client.get("/answer")).text
    await client.post("/answer/update", data={"answer": "There is a problem."})
    assert 'data-draft="2026-05-04-run:update:1"' in (await client.get("/answer")).text


def ran(owner: Owner, scenario: str, share: float, passed: bool) -> None:
    run = {"session": f"{scenario} {share}", "scenario": scenario, "title": "A story", "at_s": 1.0}
    progress.record(owner.home.progress, {**run, "share": share, "passed": passed})


async def test_home_calls_passed_what_passed_and_offers_what_did_not(
    stands: tuple[Owner, Session], client: httpx.AsyncClient
) -> None:
    rows = offline.scenarios(stands[0].scenario_dirs)
    for row in rows[:2]:
        ran(stands[0], row["id"], 0.72, passed=True)
    ran(stands[0], rows[1]["id"], 0.8, passed=False)
    ran(stands[0], rows[2]["id"], 0.9, passed=False)
    cards = {one.partition('"')[0]: one for one in (await client.get("/")).text.split('id="scenario-')[1:]}
    assert ["passed</span> best" in cards[row["id"]] for row in rows[:3]] == [True, True, False]
    assert "not passed yet</span> best 90 %" in cards[rows[2]["id"]]
    assert "to pass, answer every question" in cards[rows[2]["id"]]
    assert "Next for you" in cards[rows[2]["id"]]


@pytest.mark.parametrize(("seed", "status"), [("2147483647", 409), ("2147483648", 422), ("-1", 422), ("a", 422)])
async def test_the_start_page_takes_the_seeds_that_the_command_takes(
    client: httpx.AsyncClient, seed: str, status: int
) -> None:
    answer = await client.post("/start", data={"scenario": "rate-limit", "seed": seed})
    assert answer.status_code == status  # 409: a session runs already


async def test_scripts_are_told_the_lab_s_clock(reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    page = (await reader.get("/")).text
    monkeypatch.undo()
    time.tzset()
    assert Tags.of(page)[0] == ("html", {"lang": "en", "data-utc-offset-s": "19800"})


@pytest.mark.parametrize(("view", "leads"), [("answer", "/answer"), ("fix", "/fix")])
async def test_a_page_from_before_the_pager_message_is_told_when_it_has_come(
    stands: tuple,
    client: httpx.AsyncClient,
    session: Session,
    view: str,
    leads: str,  # type: ignore[type-arg]
) -> None:
    app = create_app(stands[0])
    scope = {"type": "http", "method": "GET", "path": f"/live/{view}", "query_string": b"", "headers": [], "app": app}
    session.state = State.BASELINE
    assert 'id="not-open"' in (await client.get(leads)).text
    assert "not-open" not in await live._parts(Request(scope), view)
    session.state = State.OPEN
    assert f'href="{leads}"' in (await live._parts(Request(scope), view))["not-open"]
    assert 'id="not-open"' not in (await client.get(leads)).text


async def test_a_fix_taken_back_elsewhere_can_be_applied_again_here(
    stands: tuple,
    session: Session,  # type: ignore[type-arg]
) -> None:
    app = create_app(stands[0])
    scope = {"type": "http", "method": "GET", "path": "/live/fix", "query_string": b"", "headers": [], "app": app}
    session.mitigation, session.moments.mitigation_at = session.file.mitigations[0].id, session.clock.now()
    assert "In force" in (await live._parts(Request(scope), "fix"))["offers"]
    session.mitigation = None
    assert "In force" not in (await live._parts(Request(scope), "fix"))["offers"]
