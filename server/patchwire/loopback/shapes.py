"""A few words to describe a JSON value by, and to refuse it in the way the real API does: code, message, `param`.

A shape is a function that returns for a value that fits and raises `Refusal` for one that does not. Knows no field
of any request.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from patchwire.loopback.refusal import Refusal, bad_request

Shape = Callable[[Any, str], None]

_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def wrong_type(value: Any, path: str, expected: str) -> Refusal:
    """The refusal for a value of another type."""
    got = _NAMES.get(type(value), "something else")
    return bad_request(
        f"Invalid type for '{path}': expected {expected}, but got {got} instead.", code="invalid_type", param=path
    )


def missing(path: str) -> Refusal:
    """The refusal for a value that is not there."""
    return bad_request(f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path)


def anything(value: Any, path: str) -> None:
    """Any JSON value."""


def flag(value: Any, path: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, path, "a boolean")


def number(value: Any, path: str) -> None:
    """A number that is no boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(value, path, "a decimal")


def integer(least: int) -> Shape:
    """A whole number, `least` or more."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, path, "an integer")
        if value < least:
            raise bad_request(
                f"Invalid '{path}': integer below minimum value. Expected a value >= {least}, but got {value} instead.",
                code="integer_below_min_value",
                param=path,
            )

    return check


def text(*, longest: int | None = None, pattern: str | None = None) -> Shape:
    """A string, no longer than `longest` characters, matching `pattern` as a whole."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if longest is not None and len(value) > longest:
            raise bad_request(
                f"Invalid '{path}': string too long. Expected a string with maximum length {longest}, "
                f"but got a string with length {len(value)} instead.",
                code="string_above_max_length",
                param=path,
            )
        if pattern is not None and not re.fullmatch(pattern, value):
            raise bad_request(
                f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
                f"'^{pattern}$'.",
                code="invalid_value",
                param=path,
            )

    return check


def choice(*values: str) -> Shape:
    """One of these strings."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if value not in values:
            supported = ", ".join(f"'{v}'" for v in values)
            raise bad_request(
                f"Invalid value: '{value}'. Supported values are: {supported}.", code="invalid_value", param=path
            )

    return check


def nullable(shape: Shape) -> Shape:
    """null, or what fits the shape."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            shape(value, path)

    return check


def either(*, when: type, then: Shape, other: Shape) -> Shape:
    """One shape for values of a type, another for all the rest."""

    def check(value: Any, path: str) -> None:
        (then if isinstance(value, when) else other)(value, path)

    return check


def array(shape: Shape) -> Shape:
    """A list whose every element fits the shape."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(value, path, "an array")
        for index, element in enumerate(value):
            shape(element, f"{path}[{index}]")

    return check


def mapping(shape: Shape, *, most: int, longest_key: int) -> Shape:
    """An object with free keys, `most` of them at most."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if len(value) > most:
            raise bad_request(
                f"Invalid '{path}': too many properties. Expected an object with at most {most} properties, "
                f"but got an object with {len(value)} properties instead.",
                code="object_above_max_properties",
                param=path,
            )
        for key, element in value.items():
            text(longest=longest_key)(key, path)
            shape(element, f"{path}.{key}")

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        prefix = f"{path}." if path else ""
        for name in value:
            if name not in known:
                raise bad_request(
                    f"Unknown parameter: '{prefix}{name}'.", code="unknown_parameter", param=f"{prefix}{name}"
                )
        for name in required:
            if name not in value:
                raise missing(f"{prefix}{name}")
        for name, element in value.items():
            known[name](element, f"{prefix}{name}")

    return check


def tagged(shapes: Mapping[str, Shape], *, default: str | None = None) -> Shape:
    """An object whose `type` says which shape it has; `default` stands in where there is no `type`."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if "type" not in value and default is None:
            raise missing(f"{path}.type")
        kind: Any = value.get("type", default)
        choice(*shapes)(kind, f"{path}.type")
        shapes[kind](value, path)

    return check
