"""Cursors: opaque, and never an error of ours."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.cursors import BadCursor, decode, decode_moment, encode, encode_moment

_WORDS = st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=("Cs",)), max_size=60)


@given(st.lists(_WORDS, min_size=1, max_size=4))
def test_a_cursor_holds_its_parts(parts: list[str]) -> None:
    assert decode(encode(*parts), len(parts)) == tuple(parts)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)), st.integers(0, 2**63 - 1))
def test_a_moment_keeps_its_microseconds(moment: datetime, row_id: int) -> None:
    assert decode_moment(encode_moment(moment, row_id)) == (moment, row_id)


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_a_bad_cursor(word: str) -> None:
    try:
        moment, row_id = decode_moment(word)
    except BadCursor:
        return
    assert decode_moment(encode_moment(moment, row_id)) == (moment, row_id)


@pytest.mark.parametrize("parts", [("1",), ("x", "1"), ("1", "-1"), ("1", str(2**63)), ("9" * 30, "1")])
def test_parts_out_of_range_are_a_bad_cursor(parts: tuple[str, ...]) -> None:
    with pytest.raises(BadCursor):
        decode_moment(encode(*parts))
