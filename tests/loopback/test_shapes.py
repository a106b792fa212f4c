"""Each word of the shape language: what fits, and how what does not is refused."""

from typing import Any

import pytest

from patchwire.loopback.refusal import Refusal
from patchwire.loopback.shapes import (
    Shape,
    anything,
    array,
    choice,
    either,
    flag,
    integer,
    mapping,
    nullable,
    number,
    record,
    tagged,
    text,
)

POINT = record({"x": number}, {"name": text(longest=3)})
THING = tagged({"point": record({"type": text(), "x": number}), "line": anything}, default="point")


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (anything, object()),
        (flag, True),
        (number, 1),
        (number, 1.5),
        (integer(0), 0),
        (text(), ""),
        (text(longest=2, pattern="a+"), "aa"),
        (choice("a", "b"), "b"),
        (nullable(flag), None),
        (nullable(flag), False),
        (either(when=str, then=text(), other=array(flag)), "x"),
        (either(when=str, then=text(), other=array(flag)), [True]),
        (array(number), []),
        (mapping(text(), most=1, longest_key=1), {"a": "b"}),
        (POINT, {"x": 1}),
        (POINT, {"x": 1, "name": "abc"}),
        (THING, {"type": "line", "more": 1}),
        (tagged({"point": POINT}, default="point"), {"x": 2}),
    ],
)
def test_what_fits(shape: Shape, value: Any) -> None:
    shape(value, "here")


@pytest.mark.parametrize(
    ("shape", "value", "param", "code", "message"),
    [
        (flag, 1, "here", "invalid_type", "Invalid type for 'here': expected a boolean, but got an integer instead."),
        (number, True, "here", "invalid_type", "expected a decimal, but got a boolean"),
        (number, "1", "here", "invalid_type", "expected a decimal, but got a string"),
        (integer(1), 1.0, "here", "invalid_type", "expected an integer, but got a decimal"),
        (integer(1), True, "here", "invalid_type", "expected an integer, but got a boolean"),
        (integer(16), 1, "here", "integer_below_min_value", "Expected a value >= 16, but got 1 instead."),
        (text(), None, "here", "invalid_type", "expected a string, but got null"),
        (text(longest=2), "abc", "here", "string_above_max_length", "maximum length 2"),
        (text(pattern="a+"), "ab", "here", "invalid_value", "matches the pattern '^a+$'"),
        (choice("a", "b"), "c", "here", "invalid_value", "Invalid value: 'c'. Supported values are: 'a', 'b'."),
        (choice("a"), [], "here", "invalid_type", "expected a string, but got an array"),
        (nullable(flag), {}, "here", "invalid_type", "got an object"),
        (array(flag), {}, "here", "invalid_type", "expected an array"),
        (array(flag), [True, 0], "here[1]", "invalid_type", "Invalid type for 'here[1]'"),
        (mapping(flag, most=1, longest_key=1), [], "here", "invalid_type", "expected an object"),
        (mapping(flag, most=1, longest_key=1), {"a": True, "b": True}, "here", "object_above_max_properties", "2"),
        (mapping(flag, most=1, longest_key=1), {"ab": True}, "here", "string_above_max_length", "too long"),
        (mapping(flag, most=1, longest_key=1), {"a": 1}, "here.a", "invalid_type", "here.a"),
        (POINT, [], "here", "invalid_type", "expected an object"),
        (POINT, {"x": 1, "y": 2}, "here.y", "unknown_parameter", "Unknown parameter: 'here.y'."),
        (POINT, {"name": "a"}, "here.x", "missing_required_parameter", "Missing required parameter: 'here.x'."),
        (array(array(POINT)), [[{"x": "a"}]], "here[0][0].x", "invalid_type", "here[0][0].x"),
        (THING, "point", "here", "invalid_type", "expected an object"),
        (THING, {"type": "circle"}, "here.type", "invalid_value", "'point', 'line'"),
        (tagged({"a": anything}), {}, "here.type", "missing_required_parameter", "here.type"),
        (text(), object(), "here", "invalid_type", "something else"),
    ],
)
def test_what_does_not_fit(shape: Shape, value: Any, param: str, code: str, message: str) -> None:
    with pytest.raises(Refusal) as refusal:
        shape(value, "here")
    assert (refusal.value.status, refusal.value.param, refusal.value.code) == (400, param, code)
    assert message in str(refusal.value)


def test_at_the_top_a_field_has_no_prefix() -> None:
    with pytest.raises(Refusal) as refusal:
        POINT({"y": 1}, "")
    assert refusal.value.param == "y"
