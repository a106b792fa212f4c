"""Strict JSON schemas for tools, and reading a model's arguments against them.

A schema is written in the strict form that the Responses API asks for (every property required, no others; what is
optional takes null). Reading is kinder than writing: a missing optional argument counts as null. Whatever else is
wrong becomes a `ToolError` which names the argument, so that the model can mend its call.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patchwire.errors import ToolError

MAX_ARGUMENTS = 1_000_000
"""Characters of arguments that one call may have."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: a JSON type (`string`, `integer`, `boolean` or `strings`, a list of them) and its description."""

    type: str
    description: str
    optional: bool = False

    def schema(self) -> dict[str, Any]:
        """The JSON schema of this argument."""
        name = "array" if self.type == "strings" else self.type
        schema: dict[str, Any] = {"type": [name, "null"] if self.optional else name, "description": self.description}
        if self.type == "strings":
            schema["items"] = {"type": "string"}
        return schema

    def accepts(self, value: object) -> bool:
        """Whether a JSON value has this argument's type."""
        if value is None:
            return self.optional
        match self.type:
            case "string":
                return isinstance(value, str)
            case "integer":
                return isinstance(value, int) and not isinstance(value, bool)
            case "boolean":
                return isinstance(value, bool)
            case _:
                return isinstance(value, list) and all(isinstance(part, str) for part in value)


def function_tool(name: str, description: str, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """A tool definition for the request."""
    return {
        "type": "function",
        "name": name,
        "description": description,
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {key: parameter.schema() for key, parameter in parameters.items()},
            "required": list(parameters),
            "additionalProperties": False,
        },
    }


def read_arguments(text: str, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The arguments of a call; every parameter is in the result. Raises ToolError."""
    if len(text) > MAX_ARGUMENTS:
        raise ToolError(f"the arguments are {len(text):,} characters long; the limit is {MAX_ARGUMENTS:,}: send less")
    try:
        value = json.loads(text or "{}")
    except ValueError as error:
        raise ToolError(f"the arguments are not valid JSON ({error}); send one JSON object") from error
    except RecursionError as error:
        raise ToolError("the arguments are nested too deeply; send one flat JSON object") from error
    if not isinstance(value, dict):
        raise ToolError("the arguments are not a JSON object")
    expected = ", ".join(parameters)
    if unknown := [key for key in value if key not in parameters]:
        raise ToolError(f"there is no argument `{unknown[0]}`; the arguments are: {expected}")
    for key, parameter in parameters.items():
        if key not in value and not parameter.optional:
            raise ToolError(f"the argument `{key}` is missing; the arguments are: {expected}")
        if not parameter.accepts(value.get(key)):
            wanted = "a list of strings" if parameter.type == "strings" else f"of type {parameter.type}"
            raise ToolError(f"the argument `{key}` is not {wanted}{' or null' if parameter.optional else ''}")
    return {key: value.get(key) for key in parameters}
