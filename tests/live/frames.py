"""Frames as they may be shown to others, and how what came differs from what was assumed. Values in, values out.

What is assumed is what our own local server says in the same job. An event differs in its type, in its fields and their
JSON types, or in what it follows; texts and numbers are nobody's promise and are not compared.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Frame = Mapping[str, Any]

_ID = re.compile(r"\b([a-z]+(?:_[a-z]+)?)_[A-Za-z0-9]{12,}\b")
_SEALED = frozenset({"encrypted_content", "obfuscation"})
_PERSONAL = frozenset({"headers", "metadata", "safety_identifier", "user", "prompt_cache_key", "organization"})


class Redaction:
    """Takes out of frames what is somebody's: `secrets`, what is sealed, who is asking; ids become numbers."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)
        self._ids: dict[str, str] = {}

    def __call__(self, value: Any, name: str = "") -> Any:
        """A frame, or any part of one, without it."""
        if isinstance(value, Mapping):
            return {self._text(key): self(part, key) for key, part in value.items()}
        if name in _PERSONAL and value is not None:
            return "…"
        if isinstance(value, list):
            return [self(part) for part in value]
        if not isinstance(value, str):
            return value
        return f"<{len(value)} characters>" if name in _SEALED else self._text(value)

    def _text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return _ID.sub(lambda found: self._ids.setdefault(found[0], f"{found[1]}_{len(self._ids) + 1}"), text)


def differences(seen: Sequence[Frame], assumed: Sequence[Frame]) -> list[str]:
    """Sentences, the weightiest first: events, then fields, then order."""
    ours, theirs = _shapes(assumed), _shapes(seen)
    told = [f"event `{kind}` came and is not assumed" for kind in sorted(theirs.keys() - ours.keys())]
    told += [f"event `{kind}` is assumed and did not come" for kind in sorted(ours.keys() - theirs.keys())]
    for kind in sorted(theirs.keys() & ours.keys()):
        for path in sorted(theirs[kind].keys() | ours[kind].keys()):
            is_, was = theirs[kind].get(path), ours[kind].get(path)
            if was is None:
                told.append(f"`{kind}`: `{path}` ({_or(is_)}) came and is not assumed")
            elif is_ is None:
                told.append(f"`{kind}`: `{path}` ({_or(was)}) is assumed and did not come")
            elif not is_ <= was:
                told.append(f"`{kind}`: `{path}` is {_or(is_)}, and is assumed to be {_or(was)}")
    followed = _order(assumed)
    known = ours.keys() & theirs.keys()
    for before, after in sorted(_order(seen) - followed):
        if {before, after} <= known:
            told.append(f"`{after}` came right after `{before}`, which is not assumed")
    return told


def _or(kinds: Iterable[str] | None) -> str:
    return " or ".join(sorted(kinds or ()))


def _order(frames: Sequence[Frame]) -> set[tuple[str, str]]:
    return {(str(one["type"]), str(two["type"])) for one, two in pairwise(frames)}


def _shapes(frames: Iterable[Frame]) -> dict[str, dict[str, set[str]]]:
    """By event type: every path in it, and the JSON types that were found there."""
    shapes: dict[str, dict[str, set[str]]] = {}
    for frame in frames:
        shape = shapes.setdefault(str(frame["type"]), {})
        for path, kind in _paths(frame):
            shape.setdefault(path, set()).add(kind)
    return shapes


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Lists count as one, and an object that says what it is (`type`) is another than one that says something else."""
    match value:
        case Mapping():
            for key, part in value.items():
                yield from _paths(part, f"{path}.{key}" if path else key)
        case list():
            yield path, "list"
            for part in value:
                kind = part.get("type") if isinstance(part, Mapping) else None
                yield from _paths(part, f"{path}[{kind or ''}]")
        case bool():
            yield path, "boolean"
        case int() | float():
            yield path, "number"
        case None:
            yield path, "null"
        case _:
            yield path, "text"
