"""Tool definitions, and the rules of `strict: true`."""

from typing import Any

import pytest

from patchwire.loopback.refusal import Refusal
from patchwire.loopback.schemas import TOOL, check_strict


def schema(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        inner = schema({"x": inner})
    return inner


@pytest.mark.parametrize(
    "parameters",
    [
        schema({}),
        {"type": "object", "additionalProperties": False},
        schema({"path": {"type": "string"}, "line": {"type": ["integer", "null"]}}),
        schema({"names": {"type": ["array", "null"], "items": {"type": "string"}}, "kind": {"enum": ["a"]}}),
        schema({"x": {"anyOf": [{"type": "string"}, schema({"y": {"const": 1}})]}}),
        schema({"x": {"$ref": "#/$defs/x"}}, **{"$defs": {"x": {"type": "string"}}}),
        nested(9),
    ],
)
def test_schemas_that_are_strict(parameters: Any) -> None:
    check_strict("f", parameters, "tools[0].parameters")


RULE = "'required' is required to be supplied and to be an array including every key in properties."


@pytest.mark.parametrize(
    ("parameters", "where", "why"),
    [
        (None, "()", "schema must be a JSON Schema"),
        ({"type": "string"}, "()", "schema must be a JSON Schema"),
        (schema({}, anyOf=[]), "()", "schema must be a JSON Schema"),
        (
            {"type": "object", "properties": {}},
            "()",
            "'additionalProperties' is required to be supplied and to be false",
        ),
        (schema({}, additionalProperties=True), "()", "'additionalProperties'"),
        ({**schema({"a": {"type": "string"}}), "required": []}, "()", f"{RULE} Missing 'a'."),
        ({**schema({"a": {"type": "string"}}), "required": None}, "()", RULE),
        (schema({}, required=["b"]), "()", f"{RULE} Extra required key 'b' supplied."),
        (schema({"a": {}}), "('properties', 'a')", "schema must have a 'type' key."),
        (schema({"a": True}), "('properties', 'a')", "schema must be an object."),
        (schema({"a": {"type": "array"}}), "('properties', 'a')", "array schema missing items."),
        (schema({"a": {"type": "object"}}), "('properties', 'a')", "'additionalProperties'"),
        (schema({"a": {"oneOf": []}}), "('properties', 'a')", "'oneOf' is not permitted."),
        (schema({"a": {"type": "array", "items": {}}}), "('properties', 'a', 'items')", "'type' key"),
        (schema({"a": {"anyOf": [{}]}}), "('properties', 'a', 'anyOf', '0')", "'type' key"),
        (schema({}, **{"$defs": {"d": {}}}), "('$defs', 'd')", "'type' key"),
        (nested(11), "(", "schema exceeds the maximum nesting depth of 10."),
        (schema({str(n): {"type": "null"} for n in range(5001)}), "()", "maximum of 5000 properties"),
    ],
)
def test_schemas_that_are_not(parameters: Any, where: str, why: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_strict("read_file", parameters, "tools[3].parameters")
    assert str(refusal.value).startswith(f"Invalid schema for function 'read_file': In context={where}")
    assert why in str(refusal.value)
    assert refusal.value.code == "invalid_function_parameters"
    assert refusal.value.param == "tools[3].parameters"


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "name": "f", "parameters": schema({}), "strict": True, "description": "d"},
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False},
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"type": "function", "name": "f", "parameters": None, "strict": None},
        {"type": "custom", "name": "f"},
        {"type": "custom", "name": "f", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /a/"}},
        {"type": "apply_patch"},
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "web_search", "filters": {}},
    ],
)
def test_tools_that_are_taken(tool: Any) -> None:
    TOOL(tool, "tools[0]")


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"type": "telepathy"}, "tools[0].type"),
        ({"name": "f", "parameters": {}}, "tools[0].type"),
        ({"type": "function", "function": {"name": "f"}}, "tools[0].function"),
        ({"type": "function", "name": "f"}, "tools[0].parameters"),
        ({"type": "function", "name": "f f", "parameters": None}, "tools[0].name"),
        ({"type": "function", "name": "f", "parameters": {}, "strict": True}, "tools[0].parameters"),
        ({"type": "custom", "name": "f", "format": {"type": "json"}}, "tools[0].format.type"),
    ],
)
def test_tools_that_are_refused(tool: Any, param: str) -> None:
    with pytest.raises(Refusal) as refusal:
        TOOL(tool, "tools[0]")
    assert refusal.value.param == param
