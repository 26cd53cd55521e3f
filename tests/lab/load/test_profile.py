"""The profile is refused with a reason before any process starts."""

import contextlib
import io
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import UsageError
from lab.load.profile import Profile, Stage

GOOD = {"host": "http://127.0.0.1:1", "keys": [{"name": "web", "key": "k"}], "users": 3}


def test_a_profile_survives_its_line_of_json() -> None:
    profile = Profile.read({**GOOD, "stages": [{"users": 60, "for_s": 12}, {"users": 12, "for_s": 8}]})
    assert Profile.read(json.loads(profile.line())) == profile
    assert profile.seconds == 20
    assert profile.line().count("\n") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"host": "localhost"}, "web address"),
        ({"keys": []}, "no API key"),
        ({"keys": [{"name": "x"}]}, "no API key"),
        ({"keys": [1]}, "malformed"),
        ({"users": -1}, "number of users"),
        ({"users": True}, "number of users"),
        ({"pace_s": 0}, "not a pace"),
        ({"mix": {}}, "mix of tasks is empty"),
        ({"mix": {"checkout": 0}}, "weight in the mix is zero"),
        ({"mix": {"buy": 1}}, "no task 'buy'"),
        ({"stages": []}, "stages is empty"),
        ({"stages": [{"users": 1, "for_s": 0}]}, "lasts 0 s"),
        ({"stages": [{"users": 1}]}, "malformed"),
        ({"stages": 7}, "malformed"),
        ({"user": 3}, "no field 'user'"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(change: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Profile.read({**GOOD, **change})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "mix", "stages"]), inner),
        max_leaves=8,
    )
)
def test_any_json_is_a_profile_or_a_usage_error(written: Any) -> None:
    with contextlib.suppress(UsageError):
        assert Profile.read(written).keys


@pytest.mark.parametrize("line", ["", "not json\n", "[]\n", '{"host": "x"}\n'])
def test_the_program_answers_a_wrong_first_line_with_two_sentences_and_exit_code_2(line: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lab.load"],
        input=line,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: ")
    assert "\nTry: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert json.loads(io.StringIO(ran.stdout).readline())["error"]["kind"] == "UsageError"


def test_stages_are_written_as_users_for_seconds() -> None:
    assert Stage(60, 12.0) == Stage(users=60, for_s=12.0)
