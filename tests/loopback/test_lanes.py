"""The laws of the lanes, whatever the order in which requests come and end."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.loopback.lanes import Lanes, lane_of
from patchwire.loopback.refusal import Refusal


@pytest.mark.parametrize("name", ["a", "chat-7", "A_b.c", "x" * 256])
def test_names_that_are_taken(name: str) -> None:
    assert lane_of(name, given=True) == name


def test_no_name_is_the_default_lane() -> None:
    assert lane_of(None, given=False) is None


@pytest.mark.parametrize("name", ["", "x" * 257, "a b", "ä", "a\n", 7, None, []])
def test_names_that_are_refused(name: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        lane_of(name, given=True)
    assert (refusal.value.code, refusal.value.param) == ("invalid_stream_id", "stream_id")


def test_the_names_of_a_connection_are_counted_for_life() -> None:
    lanes: Lanes[int] = Lanes(names=2)
    for name in ("a", "b"):
        lanes.submit(name, 0)
        lanes.finish(name)
    with pytest.raises(Refusal) as refusal:
        lanes.submit("c", 0)
    assert refusal.value.code == "websocket_stream_limit_reached"
    assert lanes.submit("a", 1) == [("a", 1)]
    assert lanes.submit(None, 2) == [(None, 2)]


@given(
    st.lists(st.one_of(st.tuples(st.just("submit"), st.sampled_from([None, "a", "b", "c"])), st.just("finish"))),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_each_lane_runs_in_order_and_never_overlaps_itself(steps: list[Any], active: int, chance: Any) -> None:
    lanes: Lanes[int] = Lanes(active=active)
    submitted: dict[str | None, list[int]] = defaultdict(list)
    started: dict[str | None, list[int]] = defaultdict(list)
    running: list[str | None] = []

    def start(ready: list[tuple[str | None, int]]) -> None:
        for lane, work in ready:
            assert lane not in running
            running.append(lane)
            started[lane].append(work)
        assert len(running) <= active
        waiting = {lane for lane in submitted if len(started[lane]) < len(submitted[lane])}
        assert len(running) == active or waiting <= set(running), "a request waits that could run"

    def finish() -> None:
        lane = running.pop(chance.randrange(len(running)))
        start(lanes.finish(lane))

    for number, step in enumerate(steps):
        if step != "finish":
            submitted[step[1]].append(number)
            start(lanes.submit(step[1], number))
        elif running:
            finish()
    assert lanes.idle == (not running)
    while running:
        finish()
    assert lanes.idle
    assert started == submitted


def test_how_many_wait_before_one() -> None:
    lanes: Lanes[str] = Lanes(active=2)
    assert lanes.waiting_behind(None) is None
    lanes.submit(None, "one")
    assert lanes.waiting_behind(None) == 0
    assert lanes.waiting_behind("a") is None
    lanes.submit(None, "two")
    lanes.submit("a", "three")
    assert lanes.waiting_behind("b") == 1  # no lane of its own is busy, and there is no room
