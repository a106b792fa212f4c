"""Tool definitions, checked as the real API checks them: above all the rules of a `strict` function schema.

Knows JSON Schema's words, not what any tool does.
"""

from typing import Any

from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal, bad_request
from patchwire.loopback.shapes import Shape, anything, array, choice, flag, nullable, record, tagged, text

_STRING = text()
_NAME = text(longest=128, pattern=r"[a-zA-Z0-9_-]+")
_COMMON: dict[str, Shape] = {
    "description": nullable(_STRING),
    "defer_loading": flag,
    "allowed_callers": nullable(array(choice("direct", "programmatic"))),
    "async": flag,
}
_FORBIDDEN = (
    "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "propertyNames", "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains",
    "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
_DEEPEST = 10
_MOST_PROPERTIES = 5000


def _hosted(value: object, path: str) -> None:
    """Tools that run at the service: accepted as they are, no model here ever calls one."""


def _function(value: Item, path: str) -> None:
    _FUNCTION(value, path)
    if value.get("strict"):
        check_strict(value["name"], value["parameters"], f"{path}.parameters")


_FUNCTION = record(
    {"type": _STRING, "name": _NAME, "parameters": nullable(anything)},
    {"strict": nullable(flag), "output_schema": nullable(anything), **_COMMON},
)
_FORMAT = tagged(
    {
        "text": record({"type": _STRING}),
        "grammar": record({"type": _STRING, "syntax": choice("lark", "regex"), "definition": _STRING}),
    }
)

TOOL = tagged(
    {
        "function": _function,
        "custom": record({"type": _STRING, "name": _NAME}, {"format": _FORMAT, **_COMMON}),
        "apply_patch": record({"type": _STRING}, _COMMON),
        "shell": record({"type": _STRING}, {"environment": nullable(anything), **_COMMON}),
        **dict.fromkeys(
            (
                "code_interpreter", "computer", "computer_use_preview", "file_search", "image_generation",
                "local_shell", "mcp", "namespace", "programmatic_tool_calling", "tool_search", "web_search",
                "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11",
            ),
            _hosted,
        ),
    }
)  # fmt: skip
"""One element of `tools`."""


def check_strict(name: str, schema: Any, path: str) -> None:
    """The rules of `strict: true`. Raises Refusal (400, `invalid_function_parameters`).

    Every object says `additionalProperties: false` and lists all its properties as required; the root is an object;
    every schema has a type; words that constrained decoding cannot keep are refused, as are more than ten levels.
    """
    strict = _Strict(name, path)
    if not isinstance(schema, dict) or _types(schema) != ["object"] or "anyOf" in schema:
        raise strict.wrong((), "schema must be a JSON Schema of 'type: \"object\"'.")
    strict.visit(schema, (), 1)


class _Strict:
    """A walk through one function's schema; `where` is the way from its root."""

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._path = path
        self._properties = 0

    def wrong(self, where: tuple[str, ...], why: str) -> Refusal:
        return bad_request(
            f"Invalid schema for function '{self._name}': In context={where!r}, {why}",
            code="invalid_function_parameters",
            param=self._path,
        )

    def visit(self, node: Any, where: tuple[str, ...], depth: int) -> None:
        if not isinstance(node, dict):
            raise self.wrong(where, "schema must be an object.")
        if depth > _DEEPEST:
            raise self.wrong(where, f"schema exceeds the maximum nesting depth of {_DEEPEST}.")
        for word in _FORBIDDEN:
            if word in node:
                raise self.wrong(where, f"'{word}' is not permitted.")
        if not {"$ref", "anyOf", "type", "enum", "const"} & node.keys():
            raise self.wrong(where, "schema must have a 'type' key.")
        if "properties" in node or "object" in _types(node):
            self._visit_object(node, where, depth)
        if "array" in _types(node):
            if "items" not in node:
                raise self.wrong(where, "array schema missing items.")
            self.visit(node["items"], (*where, "items"), depth)
        for index, option in enumerate(node.get("anyOf", ())):
            self.visit(option, (*where, "anyOf", str(index)), depth)
        for word, definition in {**node.get("$defs", {}), **node.get("definitions", {})}.items():
            self.visit(definition, (*where, "$defs", word), depth)

    def _visit_object(self, node: Item, where: tuple[str, ...], depth: int) -> None:
        if node.get("additionalProperties") is not False:
            raise self.wrong(where, "'additionalProperties' is required to be supplied and to be false.")
        properties = node.get("properties", {})
        required = node.get("required", None if properties else [])
        self._properties += len(properties)
        if self._properties > _MOST_PROPERTIES:
            raise self.wrong(where, f"schema exceeds the maximum of {_MOST_PROPERTIES} properties.")
        rule = "'required' is required to be supplied and to be an array including every key in properties."
        if not isinstance(required, list):
            raise self.wrong(where, rule)
        for word in properties:
            if word not in required:
                raise self.wrong(where, f"{rule} Missing '{word}'.")
        for word in required:
            if word not in properties:
                raise self.wrong(where, f"{rule} Extra required key '{word}' supplied.")
        for word, child in properties.items():
            self.visit(child, (*where, "properties", word), depth + 1)


def _types(node: Item) -> list[str]:
    kind = node.get("type", [])
    return kind if isinstance(kind, list) else [kind]
