"""What becomes of a stream of events, fault by fault."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from patchwire.loopback.disturb import Dropped, Misshapen, Vanished, disturb
from patchwire.loopback.faults import (
    BlackHole,
    Drop,
    Fail,
    Forget,
    Gone,
    Inject,
    Leftover,
    RequestFault,
    Silence,
)
from patchwire.loopback.model import Item

EVENTS: list[Item] = [
    {"type": "response.created"},
    {"type": "response.output_text.delta", "delta": "abc"},
    {"type": "response.output_text.delta", "delta": "def"},
    {"type": "response.output_item.done", "item": {"type": "function_call"}},
    {"type": "response.completed"},
]


async def told() -> AsyncIterator[Item]:
    for event in EVENTS:
        yield event


async def seen(fault: RequestFault | None) -> tuple[int, Exception | None]:
    count = 0
    try:
        async with aclosing(disturb(told(), fault)) as events:
            async for _ in events:
                count += 1
    except (Dropped, Vanished, Misshapen) as end:
        return count, end
    return count, None


@pytest.mark.parametrize("fault", [None, Forget(), Leftover(), Silence(2, seconds=0), Drop(6), Drop(1, of="message")])
async def test_all_events_pass_where_nothing_strikes(fault: RequestFault | None) -> None:
    assert await seen(fault) == (5, None)


@pytest.mark.parametrize("after", [0, 1, 4, 5])
async def test_a_drop_strikes_after_so_many(after: int) -> None:
    count, dropped = await seen(Drop(after, 1012))
    assert count == after
    assert isinstance(dropped, Dropped)
    assert (dropped.code, dropped.gone) == (1012, False)


@pytest.mark.parametrize(
    ("after", "of", "passed"),
    [
        (4, "characters", 3),
        (3, "characters", 2),
        (2, "response.output_text.delta", 3),
        (1, "function_call", 4),
        (1, "response.completed", 5),
    ],
)
async def test_what_is_counted_can_be_chosen(after: int, of: str, passed: int) -> None:
    count, dropped = await seen(Drop(after, of=of))
    assert (count, type(dropped)) == (passed, Dropped)


async def test_gone_takes_the_server_along() -> None:
    count, dropped = await seen(Gone(1))
    assert count == 1
    assert isinstance(dropped, Dropped)
    assert dropped.gone


async def test_a_black_hole_and_a_late_failure() -> None:
    count, end = await seen(BlackHole(2))
    assert (count, type(end)) == (2, Vanished)
    count, end = await seen(Fail(500, after=2))
    assert (count, type(end)) == (2, Misshapen)


async def test_injected_events_come_where_they_are_told_to() -> None:
    events = [event async for event in disturb(told(), Inject(events=({"type": "x"},), after=2))]
    assert [event["type"] for event in events[:4]] == [
        "response.created",
        "response.output_text.delta",
        "x",
        "response.output_text.delta",
    ]


@pytest.mark.parametrize(
    ("fault", "frame"),
    [
        (
            Fail(429, "slow_down", "No.", headers={"Retry-After": "1"}),
            {
                "type": "error",
                "sequence_number": 7,
                "status": 429,
                "error": {"type": "rate_limit_error", "code": "slow_down", "message": "No.", "param": None},
                "headers": {"Retry-After": "1"},
            },
        ),
        (
            Fail(400, "x", "No.", param="p", flat=True, without=("status",)),
            {"type": "error", "sequence_number": 7, "code": "x", "message": "No.", "param": "p"},
        ),
        (
            Fail(500, "x", "No.", headers={"a": "b"}, headers_inside=True, without=("sequence_number", "code")),
            {
                "type": "error",
                "status": 500,
                "error": {"type": "server_error", "message": "No.", "param": None, "headers": {"a": "b"}},
            },
        ),
        (
            Fail(500, message="No.", status_as="status_code", without=("param", "code", "type")),
            {"type": "error", "sequence_number": 7, "error": {"message": "No."}, "status_code": 500},
        ),
    ],
)
def test_error_frames_come_in_many_shapes(fault: Fail, frame: Item) -> None:
    assert Misshapen(fault).frame(7) == frame
