"""Faults, limits and habits as a JSON text: read by name, and every mistake told with its place. Values only.

`{"requests": {"2": {"drop": {"after": 5, "code": 1012}}}, "every_connection": {"refuse": {"status": 426}},
"limits": {"lifetime_seconds": 60}, "habits": {"lanes": false}}`
"""

import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from patchwire.loopback.faults import ConnectionFault, Faults, RequestFault
from patchwire.loopback.limits import Habits, Limits

T = TypeVar("T")

_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}


def _named(faults: Any) -> dict[str, type]:
    """The faults of a union by their names in a file."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", fault.__name__).lower(): fault for fault in typing.get_args(faults)}


REQUEST_FAULTS = _named(RequestFault)
CONNECTION_FAULTS = _named(ConnectionFault)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a file says."""

    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    habits: Habits = field(default_factory=Habits)


def load(text: str) -> Scenario:
    """Read a scenario. Raises ValueError, naming the place."""
    whole = _object(json.loads(text), "the file")
    known = {"requests", "connections", "every_request", "every_connection", "limits", "habits"}
    _check_names(whole, known, "")
    return Scenario(
        Faults(
            requests=_numbered(whole, "requests", REQUEST_FAULTS),
            connections=_numbered(whole, "connections", CONNECTION_FAULTS),
            every_request=_every(whole, "every_request", REQUEST_FAULTS),
            every_connection=_every(whole, "every_connection", CONNECTION_FAULTS),
        ),
        _read(Limits, whole.get("limits", {}), "limits"),
        _read(Habits, whole.get("habits", {}), "habits"),
    )


def _numbered(whole: Mapping[str, Any], name: str, known: Mapping[str, type]) -> dict[int, Any]:
    given = _object(whole.get(name, {}), name)
    for key in given:
        if not re.fullmatch("[1-9][0-9]*", key):
            raise ValueError(f"{name}.{key}: a number from 1 is expected")
    return {int(key): _fault(value, f"{name}.{key}", known) for key, value in given.items()}


def _every(whole: Mapping[str, Any], name: str, known: Mapping[str, type]) -> Any:
    given = whole.get(name)
    return None if given is None else _fault(given, name, known)


def _fault(given: Any, place: str, known: Mapping[str, type]) -> Any:
    """`"forget"`, or `{"drop": {"after": 3}}`."""
    if isinstance(given, str):
        given = {given: {}}
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError(f"{place}: the name of one fault is expected, or an object with that name as its only key")
    [(name, settings)] = given.items()
    if name not in known:
        raise ValueError(f"{place}: there is no fault '{name}' here; there is {', '.join(sorted(known))}")
    return _read(known[name], settings, f"{place}.{name}")


def _read(kind: type[T], given: Any, place: str) -> T:
    """A dataclass from an object with some of its fields."""
    settings = _object(given, place)
    hints = typing.get_type_hints(kind)
    _check_names(settings, set(hints), place)
    declared: Any = kind
    for each in fields(declared):
        if each.name not in settings and each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"{place}: '{each.name}' is missing")
    return kind(**{name: _value(hints[name], value, f"{place}.{name}") for name, value in settings.items()})


def _object(given: Any, place: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{place}: an object is expected")  # noqa: TRY004 - the text is wrong, not a type of ours
    return given


def _check_names(given: Mapping[str, Any], known: set[str], place: str) -> None:
    for name in given:
        if name not in known:
            prefix = f"{place}: " if place else ""
            raise ValueError(f"{prefix}there is no '{name}' here; there is {', '.join(sorted(known))}")


def _value(hint: Any, given: Any, place: str) -> Any:
    """A value that fits a field's type. Raises ValueError."""
    choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for choice in choices:
        origin = typing.get_origin(choice)
        if origin is tuple and isinstance(given, list):
            element = typing.get_args(choice)[0]
            return tuple(_value(element, value, f"{place}[{number}]") for number, value in enumerate(given))
        if origin in (Mapping, dict) and isinstance(given, dict):
            element = typing.get_args(choice)[1]
            return {name: _value(element, value, f"{place}.{name}") for name, value in given.items()}
        if choice is Any or type(given) is choice or (choice is float and type(given) is int):
            return given
    expected = " or ".join(
        _WORDS.get(choice, "a list" if typing.get_origin(choice) is tuple else "an object") for choice in choices
    )
    raise ValueError(f"{place}: {expected} is expected")
