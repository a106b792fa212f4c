"""Strict schemas, and reading what models write as arguments."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.agent.schema import MAX_ARGUMENTS, Parameter, function_tool, read_arguments
from patchwire.errors import ToolError

PARAMETERS = {
    "path": Parameter("string", "A path."),
    "line": Parameter("integer", "A line.", optional=True),
    "deep": Parameter("boolean", "Whether."),
    "names": Parameter("strings", "Names.", optional=True),
}
GOOD = {"path": "a.py", "line": 3, "deep": True, "names": ["x"]}


def test_a_definition_is_strict() -> None:
    tool = function_tool("look", "Looks.", PARAMETERS)
    schema = tool["parameters"]
    assert tool["strict"] is True
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["line"]["type"] == ["integer", "null"]
    assert schema["properties"]["names"]["items"] == {"type": "string"}
    assert schema["properties"]["path"]["type"] == "string"


def test_good_arguments_come_through() -> None:
    assert read_arguments(json.dumps(GOOD), PARAMETERS) == GOOD


def test_missing_optional_arguments_are_null() -> None:
    read = read_arguments('{"path": "a", "deep": false}', PARAMETERS)
    assert read == {"path": "a", "line": None, "deep": False, "names": None}


def test_no_arguments_at_all_for_a_tool_that_needs_none() -> None:
    assert read_arguments("", {"path": Parameter("string", "", optional=True)}) == {"path": None}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"path": 1}, "`path` is not of type string"),
        ({"path": None}, "`path` is not of type string"),
        ({"line": "3"}, "`line` is not of type integer or null"),
        ({"line": True}, "`line` is not of type integer or null"),
        ({"deep": 1}, "`deep` is not of type boolean"),
        ({"names": "x"}, "`names` is not a list of strings or null"),
        ({"names": [1]}, "`names` is not a list of strings or null"),
        ({"colour": "red"}, "no argument `colour`; the arguments are: path, line, deep, names"),
    ],
)
def test_what_is_wrong_is_named(change: dict, says: str) -> None:
    with pytest.raises(ToolError) as caught:
        read_arguments(json.dumps(GOOD | change), PARAMETERS)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "`path` is missing"),
        ("[" * 200_000, "nested too deeply"),
        ('{"path": "' + "x" * MAX_ARGUMENTS + '"}', "the limit is 1,000,000"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, says: str) -> None:
    with pytest.raises(ToolError, match=says):
        read_arguments(text, PARAMETERS)


@given(st.text())
def test_no_text_does_worse_than_a_tool_error(text: str) -> None:
    with contextlib.suppress(ToolError):
        assert set(read_arguments(text, PARAMETERS)) == set(PARAMETERS)
