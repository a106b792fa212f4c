"""A play, its builders, and its script as a file."""

import json
from typing import Any

import pytest
from tests.loopback.client import user

from patchwire.loopback.model import Failed, Incomplete, Request
from patchwire.loopback.play import Play, call, custom_call, decline, raw_call, reasoning, say
from patchwire.loopback.refusal import Refusal

REQUEST = Request("m", "", (), (user("hi"),), {})


def test_acts_are_played_in_order() -> None:
    play = Play(say("a"), [reasoning("b"), call("f", x=1)], lambda request: say(str(len(request.context))))
    assert play.unfinished == 3
    assert play.respond(REQUEST) == [say("a")]
    assert play.respond(REQUEST) == [reasoning("b"), call("f", x=1)]
    assert play.respond(REQUEST) == [say("1")]
    assert (play.unfinished, play.overrun) == (0, 0)
    assert play.requests == [REQUEST] * 3


def test_an_error_is_raised() -> None:
    with pytest.raises(Incomplete):
        Play(Incomplete([say("a")])).respond(REQUEST)


def test_a_play_that_is_over_says_so_and_counts() -> None:
    play = Play(say("a"))
    play.respond(REQUEST)
    with pytest.raises(Failed, match="has 1 acts, and this is request 2"):
        play.respond(REQUEST)
    assert (play.unfinished, play.overrun) == (0, 1)


def test_builders() -> None:
    assert say("a", phase="commentary")["phase"] == "commentary"
    assert call("f", path="ä", n=None)["arguments"] == '{"path": "ä", "n": null}'
    assert raw_call("f", "{oops")["arguments"] == "{oops"
    assert custom_call("f", "x")["input"] == "x"
    assert decline("no")["content"][0]["type"] == "refusal"
    assert [part["text"] for part in reasoning("a", "b")["summary"]] == ["a", "b"]


def test_a_script_is_read_from_json() -> None:
    script = [
        {"say": "a", "phase": "final_answer"},
        [{"reasoning": "b"}, {"reasoning": ["c", "d"]}, {"call": "f", "arguments": {"x": 1}}, {"call": "g"}],
        {"call": "h", "arguments": "{oops"},
        {"type": "never_seen", "x": 1},
        {"failed": "no", "code": "rate_limit_exceeded"},
        {"incomplete": "max_output_tokens"},
        [{"refused": 429, "code": "slow_down", "headers": {"retry-after": "1"}}],
    ]
    play = Play.load(json.dumps(script))
    assert play.respond(REQUEST) == [say("a", phase="final_answer")]
    assert play.respond(REQUEST) == [reasoning("b"), reasoning("c", "d"), call("f", x=1), call("g")]
    assert play.respond(REQUEST) == [raw_call("h", "{oops")]
    assert play.respond(REQUEST) == [{"type": "never_seen", "x": 1}]
    with pytest.raises(Failed) as failed:
        play.respond(REQUEST)
    assert (str(failed.value), failed.value.code) == ("no", "rate_limit_exceeded")
    with pytest.raises(Incomplete) as cut:
        play.respond(REQUEST)
    assert (cut.value.reason, cut.value.items) == ("max_output_tokens", ())
    with pytest.raises(Refusal) as refused:
        play.respond(REQUEST)
    assert (refused.value.status, refused.value.code, refused.value.headers) == (429, "slow_down", {"retry-after": "1"})


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("{}", "a list of acts"),
        ("{", "Expecting"),
        ('[{"say": "a"}, {"speak": "b"}]', "act 2 of the play"),
        ('[[{"say": "a"}, 7]]', "act 1 of the play"),
        ("[null]", "act 1 of the play"),
    ],
)
def test_a_script_that_cannot_be_read_names_the_act(script: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Play.load(script)


def test_an_act_may_say_nothing() -> None:
    nothing: list[Any] = []
    assert Play(nothing).respond(REQUEST) == []
