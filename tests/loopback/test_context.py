"""What leads to a response, and whether it fits: windows, truncation, thresholds, parameters that are not permitted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loopback.client import MODEL, connected, user

from patchwire.loopback import tokens
from patchwire.loopback.context import (
    as_items,
    check_permitted,
    fit,
    is_warm_up,
    rebuild,
    request_of,
    threshold_reached,
)
from patchwire.loopback.limits import Limits
from patchwire.loopback.model import Item
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.server import Loopback
from patchwire.loopback.store import Archive, Kept, Memory

CALL: Item = {**call("f"), "call_id": "c"}
ANSWER: Item = {"type": "function_call_output", "call_id": "c", "output": "x" * 400}
CONTEXT = (user("a" * 400), CALL, ANSWER, user("b" * 400))


def request(**body: Any) -> Any:
    return request_of({"model": MODEL, **body}, CONTEXT)


def test_a_string_is_a_users_message() -> None:
    assert as_items("a") == [{"type": "message", "role": "user", "content": "a"}]
    assert as_items([CALL]) == [CALL]


@pytest.mark.parametrize(
    ("body", "warm"),
    [
        ({}, False),
        ({"generate": True}, False),
        ({"generate": False}, True),
        ({"prompt_cache_options": {"prewarm": True}}, True),
        ({"prompt_cache_options": None}, False),
    ],
)
def test_what_a_warm_up_is(body: Item, warm: bool) -> None:
    assert is_warm_up(body) == warm


def test_what_fits_stays_as_it_is() -> None:
    assert fit(request(), Limits()) == CONTEXT


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        fit(request(), Limits(context_tokens=100))
    assert (refused.value.status, refused.value.code, refused.value.param) == (400, "context_length_exceeded", "input")


@pytest.mark.parametrize(
    ("excess", "left"),
    [(1, CONTEXT[1:]), (130, (CONTEXT[3],)), (100_000, (CONTEXT[3],))],
)
def test_truncation_drops_the_oldest_and_outputs_with_their_calls(excess: int, left: tuple[Item, ...]) -> None:
    asked = request(truncation="auto")
    window = max(1, tokens.size(asked) - excess)
    assert fit(asked, Limits(context_tokens=window)) == left


def test_a_request_larger_than_a_minute_is_refused_for_ever() -> None:
    with pytest.raises(Refusal) as refused:
        fit(request(), Limits(tokens_per_minute=50))
    assert (refused.value.status, refused.value.code) == (429, "rate_limit_exceeded")


@pytest.mark.parametrize(
    ("rules", "reached"),
    [
        (None, False),
        ([], False),
        ([{"type": "compaction", "compact_threshold": 10}], True),
        ([{"type": "compaction", "compact_threshold": 10_000}], False),
        ([{"type": "compaction"}], False),
        ([{"type": "other", "compact_threshold": 10}], False),
    ],
)
def test_when_a_threshold_is_reached(rules: Any, reached: bool) -> None:
    assert threshold_reached(request(context_management=rules)) == reached


def test_a_parameter_is_named_by_its_path() -> None:
    check_permitted(
        {"reasoning": None, "text": {}}, Limits(forbidden=("reasoning.summary", "text.format.name", "model.x"))
    )
    with pytest.raises(Refusal) as refused:
        check_permitted({"reasoning": {"summary": "auto"}}, Limits(forbidden=("metadata", "reasoning.summary")))
    assert refused.value.param == "reasoning.summary"


async def test_truncation_holds_for_the_whole_chain() -> None:
    play = Play(say("One."), say("Two."))
    async with Loopback(play, limits=Limits(context_tokens=150)) as server, connected(server) as client:
        first = await client.response([user("a" * 300)])
        refused = await client.refused([user("b" * 300)], previous_response_id=first["id"])
        assert refused["error"]["code"] == "context_length_exceeded"
        context = [user("a" * 300), say("One."), user("b" * 300)]
        await client.response(context, truncation="auto")
    assert server.exchanges[-1].context == tuple(context[1:])


TURNS = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b"]),  # the lane
        st.integers(0, 8),  # which response it goes on from; one that is not there: none
        st.booleans(),  # stored
        st.sampled_from(["completed", "failed", "forgotten"]),
    ),
    max_size=12,
)


@given(TURNS)
def test_however_turns_interleave_what_is_rebuilt_is_what_was_said(
    turns: list[tuple[str | None, int, bool, str]],
) -> None:
    memory, archive = Memory(), Archive()
    said: list[tuple[str, tuple[Item, ...]]] = []  # the client's own book: ids, and all that led to them
    latest: dict[str | None, str] = {}
    stored: set[str] = set()
    for number, (lane, behind, store, ends) in enumerate(turns):
        parent, before = said[-behind] if 0 < behind <= len(said) else (None, ())
        asked = user(str(number))
        known = parent is None or parent in stored or parent in latest.values()
        body = {"previous_response_id": parent, "input": [asked]}
        if not known:
            with pytest.raises(Refusal, match="not found"):
                rebuild(body, memory, archive)
            continue
        kept, context = rebuild(body, memory, archive)
        assert (kept.id if kept else None) == parent
        assert context == (*before, asked)
        if ends == "forgotten":
            memory.forget()
            latest.clear()
        elif ends == "failed":
            memory.evict(lane, parent)
            if latest.get(lane) == parent:
                latest.pop(lane, None)
        else:
            response = Kept(f"resp_{number}", (*context, say(str(number))), {"previous_response_id": parent})
            memory.keep(lane, response)
            latest[lane] = response.id
            if store:
                archive.keep(response)
                stored.add(response.id)
            said.append((response.id, response.context))
