"""Faults, limits and habits from JSON: every one by its name, every mistake by its place."""

import json
from typing import Any

import pytest

from patchwire.loopback.faults import (
    BlackHole,
    Delay,
    Drop,
    ExpireKey,
    Fail,
    Faults,
    Forget,
    Inject,
    Refuse,
    Silence,
    Stall,
)
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.scenario import CONNECTION_FAULTS, REQUEST_FAULTS, Scenario, load


def test_nothing_said_is_nothing_wrong() -> None:
    assert load("{}") == Scenario()


def test_everything_can_be_said() -> None:
    text = json.dumps(
        {
            "requests": {
                "1": "forget",
                "2": {"drop": {"after": 5000, "of": "characters", "code": 1012}},
                "3": {"fail": {"status": 429, "headers": {"Retry-After": "1"}, "without": ["code"], "flat": True}},
                "4": {"inject": {"events": [{"type": "x", "y": [1]}], "items": []}},
                "5": {"delay": {"seconds": 1}},
                "6": "expire_key",
            },
            "every_request": {"silence": {"seconds": 0.5}},
            "connections": {"2": {"refuse": {"status": 503}}, "3": "stall"},
            "every_connection": "black_hole",
            "limits": {"lifetime_seconds": 60, "forbidden": ["reasoning.summary"]},
            "habits": {"most_waiting": 2, "ping_seconds": None, "upgrade_headers": {"a": "b"}},
        }
    )
    requests = {
        1: Forget(),
        2: Drop(5000, 1012, of="characters"),
        3: Fail(429, headers={"Retry-After": "1"}, without=("code",), flat=True),
        4: Inject(events=({"type": "x", "y": [1]},), items=()),
        5: Delay(1),
        6: ExpireKey(),
    }
    faults = Faults(requests, {2: Refuse(503), 3: Stall()}, Silence(seconds=0.5), BlackHole())
    limits = Limits(lifetime_seconds=60, forbidden=("reasoning.summary",))
    assert load(text) == Scenario(faults, limits, Habits(most_waiting=2, ping_seconds=None, upgrade_headers={"a": "b"}))


def test_the_names_are_those_of_the_classes() -> None:
    assert set(REQUEST_FAULTS) == {
        "black_hole", "delay", "drop", "expire", "expire_key", "fail", "forget", "gone", "inject", "leftover",
        "silence", "successor",
    }  # fmt: skip
    assert set(CONNECTION_FAULTS) == {
        "black_hole", "ignore_close", "lifetime", "refuse", "slam", "slow_pongs", "stall",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        ([], "the file: an object"),
        ({"request": {}}, "there is no 'request' here; there is connections, every_connection"),
        ({"requests": []}, "requests: an object"),
        ({"requests": {"0": "forget"}}, "requests.0: a number from 1"),
        ({"requests": {"one": "forget"}}, "requests.one: a number from 1"),
        ({"requests": {"1": "forgte"}}, "requests.1: there is no fault 'forgte' here; there is black_hole"),
        ({"requests": {"1": "slam"}}, "requests.1: there is no fault 'slam'"),
        ({"requests": {"1": {"drop": {}, "fail": {}}}}, "requests.1: the name of one fault"),
        ({"requests": {"1": 7}}, "requests.1: the name of one fault"),
        ({"requests": {"1": {"drop": 7}}}, "requests.1.drop: an object"),
        ({"requests": {"1": {"drop": {"at": 7}}}}, "requests.1.drop: there is no 'at' here; there is after"),
        ({"requests": {"1": {"drop": {"after": "7"}}}}, "requests.1.drop.after: a whole number is expected"),
        ({"requests": {"1": {"drop": {"after": True}}}}, "requests.1.drop.after: a whole number is expected"),
        ({"requests": {"1": {"drop": {"code": 1.5}}}}, "requests.1.drop.code: a whole number or null is expected"),
        ({"every_request": "fail"}, "every_request.fail: 'status' is missing"),
        ({"every_request": {"fail": {"status": 400, "headers": {"a": 1}}}}, "every_request.fail.headers.a: a text"),
        ({"every_request": {"fail": {"status": 400, "without": "code"}}}, "every_request.fail.without: a list"),
        ({"every_request": {"inject": {"events": [7]}}}, r"every_request.inject.events\[0\]: an object"),
        ({"limits": {"lanes": 7}}, "limits: there is no 'lanes'"),
        ({"habits": {"lanes": 1}}, "habits.lanes: true or false"),
    ],
)
def test_a_mistake_is_told_with_its_place(whole: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(json.dumps(whole))


def test_a_text_that_is_no_json() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        load("{")
