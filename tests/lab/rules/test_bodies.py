"""Rules that change what goes out: shapes of bodies, JSON fields, headers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.rules import read_rule
from lab.rules.body import Body
from lab.rules.exchange import Cut, Pause, Raw


def made(written, at_work):
    return at_work(read_rule(written).does)


def parts(body: bytes) -> st.SearchStrategy[list[bytes]]:
    """The body in parts, and its end as an empty last part."""
    cuts = st.sets(st.integers(1, max(1, len(body) - 1)), max_size=5).map(sorted)
    return cuts.map(lambda at: [*(body[a:b] for a, b in zip([0, *at], [*at, len(body)], strict=True)), b""])


def sent(pieces):
    """The bytes of the body that go out."""
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


BODY = b"0123456789" * 10


@given(st.data())
def test_truncation_keeps_a_share_of_the_promised_length_however_it_comes(at_work, data):
    keep = data.draw(st.integers(0, 99))
    pieces = made({"truncate": {"keep": f"{keep}%"}}, at_work).shaped(*data.draw(parts(BODY)), length=100)
    cut = pieces.index(Cut())
    assert sent(pieces[:cut]) == BODY[:keep]


def test_truncation_keeps_a_number_of_bytes(at_work):
    assert made({"truncate": {"keep_bytes": 7}}, at_work).shaped(BODY) == [BODY[:7], Cut()]
    assert made({"truncate": {"keep_bytes": 0, "reset": True}}, at_work).shaped(BODY)[-1] == Cut(reset=True)


def test_truncation_of_unknown_length_goes_by_the_first_part(at_work):
    assert made({"truncate": {"keep": "20%"}}, at_work).shaped(b"abcde", b"fghij", b"")[:2] == [b"a", Cut()]


def test_a_body_shorter_than_what_is_kept_stays_whole(at_work):
    assert sent(made({"truncate": {"keep_bytes": 100}}, at_work).shaped(BODY, b"")) == BODY


@pytest.mark.parametrize("wrong", [{"keep": "100%"}, {"keep": "10%", "keep_bytes": 3}, {"keep_bytes": -1}])
def test_a_truncation_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        read_rule({"truncate": wrong})


@given(st.data())
def test_a_bad_chunk_comes_after_so_many_bytes_however_they_come(at_work, data):
    after = data.draw(st.integers(0, 150))
    rule = made({"bad_chunk": {"after_bytes": after}}, at_work)
    pieces = rule.shaped(*data.draw(parts(BODY)))
    bad = pieces.index(Raw(b"zz\r\n"))
    assert sent(pieces[:bad]) == BODY[:after]
    assert pieces[bad + 1] == Cut()


@given(st.data())
def test_a_dribble_loses_nothing(at_work, data):
    size = data.draw(st.integers(1, 120))
    pieces = made({"dribble": {"bytes": size, "every": "20ms"}}, at_work).shaped(*data.draw(parts(BODY)))
    assert sent(pieces) == BODY
    assert pieces[0::2] == [Pause(0.02)] * (len(pieces) // 2)
    assert all(len(piece) <= size for piece in pieces[1::2])


def test_a_narrow_way_takes_as_long_as_its_bytes(at_work):
    pieces = made({"bandwidth": {"rate": "1kB/s"}}, at_work).shaped(b"x" * 500, b"x" * 500, b"")
    assert sent(pieces) == b"x" * 1000
    waited_s = sum(piece.seconds for piece in pieces if isinstance(piece, Pause))
    # the second part waits for the first one's turn to end, which the first part's pauses do not take up here
    assert waited_s == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize(("shared", "waited_s"), [("edge", 0.15), ("answer", 0.1)])
def test_a_narrow_way_is_shared_or_not(at_work, shared, waited_s):
    rule = made({"bandwidth": {"rate": 1000, "shared": shared}}, at_work)
    waits = [piece.seconds for _ in range(2) for piece in rule.shaped(b"x" * 50) if isinstance(piece, Pause)]
    assert sum(waits) == pytest.approx(waited_s, rel=0.02)


@pytest.mark.parametrize(("written", "rate"), [("64kB/s", 64_000), ("1.5 MB", 1_500_000), ("10B/s", 10), (7, 7)])
def test_bandwidth_is_written_with_its_unit(written, rate):
    assert read_rule({"bandwidth": {"rate": written}}).does.rate == rate


@pytest.mark.parametrize("wrong", ["fast", "64 kb", 0, True])
def test_a_bandwidth_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError):
        read_rule({"bandwidth": {"rate": wrong}})


@pytest.mark.parametrize("kind", ["truncate", "bad_chunk", "dribble"])
def test_an_answer_without_a_body_is_left_alone(at_work, kind):
    assert made({kind: {}}, at_work).on_answer(has_body=False).shapers == []


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ORDER = {
    "id": "o-7",
    "total_cents": 1250,
    "customer": {"email": "a@b", "name": "Ada"},
    "items": [{"price": 500, "sku": "x"}, {"price": 750, "sku": "y"}],
    "tags": ["a", "b"],
}


def edited(parameters, content=ORDER):
    body = Body.model_validate(parameters).edited(json.dumps(content).encode())
    return None if body is None else json.loads(body)


def without(*names):
    return {name: value for name, value in ORDER.items() if name not in names}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"drop": ["total_cents", "nothing"]}, without("total_cents")),
        ({"drop": ["customer.email"]}, {**ORDER, "customer": {"name": "Ada"}}),
        ({"drop": ["items.*.price"]}, {**ORDER, "items": [{"sku": "x"}, {"sku": "y"}]}),
        ({"drop": ["tags.*"]}, {**ORDER, "tags": []}),
        ({"rename": {"total_cents": "amount"}}, {**without("total_cents"), "amount": 1250}),
        ({"rename": {"customer.name": "full_name"}}, {**ORDER, "customer": {"email": "a@b", "full_name": "Ada"}}),
        ({"retype": {"total_cents": "text"}}, {**ORDER, "total_cents": "1250"}),
        ({"retype": {"id": "number"}}, {**ORDER, "id": 0}),
        (
            {"retype": {"items.*.price": "list"}},
            {**ORDER, "items": [{"price": [500], "sku": "x"}, {"price": [750], "sku": "y"}]},
        ),
        ({"retype": {"customer": "null", "tags": "boolean"}}, {**ORDER, "customer": None, "tags": True}),
        ({"set": {"id": "o-8"}}, {**ORDER, "id": "o-8"}),
        ({"set": {"gift": True}}, {**ORDER, "gift": True}),
        ({"set": {"nobody.name": 1, "id.part": 2, "new.*": 3}}, None),
        ({"drop": ["nothing", "id.deeper", "tags.name"]}, None),
    ],
)
def test_fields_are_dropped_renamed_retyped_and_set(parameters, expected):
    assert edited(parameters) == expected


@pytest.mark.parametrize(("value", "number"), [("12", 12), ("1.5", 1.5), (True, 1), (None, 0), ("x", 0), ([], 0)])
def test_a_number_is_made_of_whatever_there_was(value, number):
    assert edited({"retype": {"a": "number"}}, {"a": value}) == (None if value is number else {"a": number})


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\x00", b'{"a": ', b"3"])
def test_a_body_that_is_no_json_object_is_left_alone(body):
    assert Body.model_validate({"drop": ["a"]}).edited(body) is None


def test_text_beyond_ascii_stays_itself():
    assert Body.model_validate({"drop": ["a"]}).edited('{"a": 1, "b": "é"}'.encode()) == '{"b":"é"}'.encode()


# ── headers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_headers_are_set_and_removed_whatever_their_case(at_work):
    rule = made({"headers": {"set": {"ETag": "new"}, "remove": ["retry-after"]}}, at_work)
    before = [(b"etag", b"old"), (b"Retry-After", b"2"), (b"X", b"1")]
    assert rule.on_answer(headers=before).set == [(b"X", b"1"), (b"ETag", b"new")]
    assert rule.on_request().set is None


def test_headers_of_requests_can_be_changed(at_work):
    rule = made({"headers": {"of": "request", "remove": ["X-API-Key"]}}, at_work)
    assert rule.on_request(headers={"x-api-key": "k", "A": "b"}).set == [(b"A", b"b")]


@pytest.mark.parametrize(
    "wrong", [{}, {"set": {"Content-Length": "1"}}, {"remove": ["Connection"]}, {"set": {"a b": "c"}}]
)
def test_headers_that_would_break_the_framing_are_refused(wrong):
    with pytest.raises(ValueError):
        read_rule({"headers": wrong})
