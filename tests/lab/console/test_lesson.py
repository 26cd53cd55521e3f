"""A lesson's pages: steps tick off, near misses are told, messages come in, and nobody speaks of an incident."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fakes_lesson import lesson, message, sends
from fakes_session import MARKUP, close
from starlette.requests import Request

from lab.console import live
from lab.console.app import create_app
from lab.console.drafts import draft_of
from lab.console.pages.incident import tabs_of
from lab.core.errors import NotFound
from lab.session import steps
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

ROOMS = ("/", "/incident/overview", "/incident/map", "/incident/logs", "/incident/traces", "/incident/database")
ROOMS += ("/incident/api", "/incident/changes", "/incident/inbox", "/answer", "/debrief", "/progress")


@pytest.fixture
def owned(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Owner, Session]]:
    """An open lesson: first-request unless a test asks for another one."""
    owner, session = lesson(tmp_path / "home", getattr(request, "param", "first-request"))
    yield owner, session
    close(session)


@pytest.fixture
def session(owned: tuple[Owner, Session]) -> Session:
    return owned[1]


@pytest.fixture
async def client(owned: tuple[Owner, Session]) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    transport = httpx.ASGITransport(app=create_app(owned[0]))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700", headers=headers) as client:
        yield client


def words(page: str) -> str:
    """A page without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def lesson_of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("owned", [name], indirect=True)


async def streamed(owner: Owner, view: str) -> dict[str, str]:
    """What a page's stream would send now."""
    scope = {"type": "http", "method": "GET", "path": f"/live/{view}", "query_string": b"", "headers": []}
    return await live._parts(Request(scope | {"app": create_app(owner)}), view)


@lesson_of("webhooks")
async def test_no_page_of_a_lesson_speaks_of_an_incident(client: httpx.AsyncClient) -> None:
    for path in ROOMS:
        page = (await client.get(path)).text
        room = re.sub(r"<section class=\"level\".*", "", page, flags=re.DOTALL)  # other scenarios may
        for word in ("pager message", "Pager", "Orders lost", ">Incident", "Fix and prove", "Use as evidence"):
            assert word not in room, f"{path}: {word}"


@pytest.mark.parametrize("state", [State.STARTING, State.BASELINE])
async def test_before_a_lesson_opens_its_pages_say_so(tmp_path: Path, state: State) -> None:
    owner, session = lesson(tmp_path / "early", state=state)
    transport = httpx.ASGITransport(app=create_app(owner))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:7700", headers={"Accept": "text/html"}
    ) as client:
        for path in ("/incident/overview", "/answer", "/debrief"):
            page = (await client.get(path)).text
            assert "pager" not in re.sub(r"(class|id)=\"[^\"]*\"", "", page)
        assert "The lesson opens in a few seconds" in (await client.get("/incident/overview")).text
    close(session)


async def test_a_step_shows_what_did_it_what_to_notice_and_its_trace(
    client: httpx.AsyncClient, session: Session
) -> None:
    trace = sends(session, 200, "GET", "/api/v1/products", agent="PostmanRuntime/7.39")
    assert await steps.look(session)
    page = (await client.get("/answer")).text
    assert "1 of 7 steps done" in page
    assert "200 OK: the request was understood and done." in page
    assert "from Postman" in page
    assert f'href="/incident/traces/{trace}"' in page


async def test_what_is_to_notice_is_told_only_once_it_was_done(client: httpx.AsyncClient) -> None:
    assert "the request was understood and done" not in (await client.get("/answer")).text


async def test_a_near_miss_is_told(client: httpx.AsyncClient, session: Session) -> None:
    sends(session, 401, "POST", "/api/v1/orders", key="")
    await steps.look(session)
    page = (await client.get("/answer")).text
    order = page[page.index('id="step-order"') : page.index('id="step-look"')]
    assert "Nearly: Order two bags" in words(order)
    assert "key" in words(order[order.index('class="nearly"') :])


async def test_a_step_can_be_copied_as_curl_with_ones_own_key(client: httpx.AsyncClient, session: Session) -> None:
    page = (await client.get("/answer")).text
    assert f"X-API-Key: {session.key}" in page
    assert 'data-copy-of="curl-requests-hello"' in page


async def test_steps_tick_off_on_every_tab_while_one_looks(owned: tuple[Owner, Session]) -> None:
    owner, session = owned
    assert "0 of 7 steps done" in (await streamed(owner, "frame"))["notebook"]
    sends(session, 200, "GET", "/api/v1/products")
    await steps.look(session)
    for view, part in (
        ("frame", "notebook"),
        ("answer", "q-requests"),
        ("overview", "notebook"),
        ("progress", "steps-now"),
    ):
        assert "1 of 7 steps done" in (await streamed(owner, view))[part]
    assert "Step done: Ask the shop for its products" in (await streamed(owner, "frame"))["announce"]


async def test_a_question_that_answers_itself_can_be_left_or_looked_up_and_has_no_field(
    client: httpx.AsyncClient, session: Session
) -> None:
    sends(session, 200, "GET", "/api/v1/products")
    page = (await client.get("/answer")).text
    form = page[page.index('id="fold-requests"') : page.index('id="fold-address"')]
    assert "Leave it at that" in form
    assert "Show it, for zero points" in form
    assert 'class="button send"' not in form
    await client.post("/answer/requests", data={"answer": "done"})
    assert session.ledger.rungs["requests"].state == "partly"


async def test_the_last_step_answers_the_question_on_the_page(owned: tuple[Owner, Session]) -> None:
    owner, session = owned
    session.write("answered", question="requests", answer="done", share=1.0, verdict="right", feedback="All done.",
                  details=[], truth="", free=True)  # fmt: skip
    rung = (await streamed(owner, "answer"))["q-requests"]
    assert "All done." in rung
    assert "Next question" in rung


async def test_what_has_arrived_is_listed_newest_first_and_is_text(client: httpx.AsyncClient, session: Session) -> None:
    sends(session, 200, "GET", "/api/v1/products")
    sends(session, 404, "GET", f"/api/v1/products/{MARKUP}", agent=MARKUP)
    page = (await client.get("/incident/api")).text
    assert "2 requests." in page
    assert MARKUP not in page
    assert page.index("/api/v1/products/&lt;img") < page.index("<code>GET /api/v1/products</code>")


async def test_a_file_for_another_client_is_one_click_away(client: httpx.AsyncClient) -> None:
    page = (await client.get("/answer")).text
    for path in ("postman/collection", "postman/environment", "http", "http?editor=jetbrains"):
        assert f'href="/api/export/{path}" download' in page


async def test_a_lesson_is_gone_on_with_where_its_steps_are(owned: tuple[Owner, Session]) -> None:
    owner, session = owned
    sends(session, 200, "GET", "/api/v1/products")
    await steps.look(session)
    assert 'href="/answer">Go on' in (await streamed(owner, "home"))["running"]


def test_a_step_becomes_a_request_in_try_it(session: Session) -> None:
    order = draft_of(session, "order")
    assert (order.method, order.path, order.key, order.headers) == ("POST", "/api/v1/orders", "you", "")
    assert '"quantity": 2' in order.body
    assert draft_of(session, "without-key").key == ""
    look = draft_of(session, "look")
    assert (look.path, look.missing) == ("/api/v1/orders/{{order_id}}", ("order_id",))
    with pytest.raises(NotFound, match="no step 'helo'"):
        draft_of(session, "helo")


@lesson_of("auth-and-scopes")
def test_a_step_in_try_it_uses_the_key_it_is_about(session: Session) -> None:
    assert draft_of(session, "support-orders").key == "support"
    stranger = draft_of(session, "stranger")
    assert (stranger.key, stranger.headers) == ("", "X-API-Key: bean_0000000000000000")


@lesson_of("webhooks")
def test_what_goes_elsewhere_is_sent_there(session: Session) -> None:
    register = draft_of(session, "register")
    assert (register.to, register.path) == ("sandbox", "/v2/webhook_endpoints")
    assert str(session.addresses()["inboxUrl"]) in register.body
    assert draft_of(session, "genuine").missing == ("webhook_secret",)
    assert draft_of(session, "pay").headers == "Idempotency-Key: {{guid}}"


@lesson_of("webhooks")
async def test_a_message_is_shown_as_it_came_and_is_text(client: httpx.AsyncClient, session: Session) -> None:
    assert "Nothing has come in yet." in (await client.get("/incident/inbox")).text
    message(session)
    message(session, f"not json {MARKUP}")
    page = (await client.get("/incident/inbox")).text
    assert MARKUP not in page
    assert "not json &lt;img src=x" in page
    assert page.index('id="message-2"') < page.index('id="message-1"')


@lesson_of("webhooks")
async def test_who_has_the_inbox_open_has_looked_at_what_comes_in(owned: tuple[Owner, Session]) -> None:
    owner, session = owned
    assert session.sandbox is not None
    await streamed(owner, "inbox")
    assert session.sandbox.inbox.calls == []
    message(session)
    for _ in range(2):
        assert "payment.captured" in (await streamed(owner, "inbox"))["messages"]
    assert [one.operation for one in session.sandbox.inbox.calls] == ["GET /messages"]


@lesson_of("webhooks")
async def test_a_signature_is_checked_and_the_secret_is_not_kept(client: httpx.AsyncClient, session: Session) -> None:
    assert session.sandbox is not None
    message(session)
    told = await client.post("/incident/inbox/verify", data={"message": "1", "secret": "whsec_c2VjcmV0"})
    assert "Message 1: invalid" in told.text
    check = next(one for one in session.sandbox.inbox.calls if one.operation == "POST /verify")
    assert dict(check.facts) == {"message": 1, "verdict": "invalid"}
    assert "whsec_c2VjcmV0" not in (await client.get("/incident/inbox")).text
    assert 'class="badge bad">invalid' in (await client.get("/incident/inbox")).text


@lesson_of("webhooks")
@pytest.mark.parametrize(
    ("message_number", "secret", "says"),
    [("x", "whsec_c2VjcmV0", "is not the number of a message"), ("9", "whsec_c2VjcmV0", "There is no message 9"),
     ("1", "<b>", "That is not a webhook secret.")],
)  # fmt: skip
async def test_a_check_that_cannot_be_made_says_why(
    client: httpx.AsyncClient, session: Session, message_number: str, secret: str, says: str
) -> None:
    message(session)
    answer = await client.post("/incident/inbox/verify", data={"message": message_number, "secret": secret})
    assert answer.status_code == 200
    assert says in words(answer.text)


@lesson_of("webhooks")
async def test_the_inbox_can_be_made_to_fail_and_mended(client: httpx.AsyncClient, session: Session) -> None:
    assert session.sandbox is not None
    for status in (500, 200):
        answer = await client.post("/incident/inbox/answer", data={"status": str(status)})
        assert answer.headers["location"] == "/incident/inbox#inbox-answer"
        assert session.sandbox.inbox.answer == status
    assert [dict(one.facts) for one in session.sandbox.inbox.calls] == [{"status": 500}, {"status": 200}]
    assert (await client.post("/incident/inbox/answer", data={"status": "99"})).status_code == 422


async def test_a_lesson_without_an_inbox_has_no_tab_and_says_so(client: httpx.AsyncClient, session: Session) -> None:
    assert "inbox" not in dict(tabs_of(session))
    answer = await client.get("/incident/inbox")
    assert answer.status_code == 409
    assert "This lesson has no inbox." in answer.text


@lesson_of("versions-and-deprecation")
def test_an_account_at_the_partner_alone_is_no_inbox_until_something_comes(session: Session) -> None:
    assert "inbox" not in dict(tabs_of(session))
    message(session)
    assert "inbox" in dict(tabs_of(session))


async def test_a_load_test_says_how_much_of_it_does_not_count(tmp_path: Path) -> None:
    owner, session = lesson(tmp_path / "storm", "retry-storm")
    transport = httpx.ASGITransport(app=create_app(owner))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700") as client:
        page = (await client.get("/fix", headers={"Accept": "text/html"})).text
    assert "The first 10 s do not count" in page
    close(session)
