"""A scripted model: what it says, act by act, and builders that make a test's script read like a play.

Play(
    [reasoning("Look first."), call("read_file", path="cart.py", start_line=None, end_line=None)],
    call("write_patch", patch=PATCH),
    say("Fixed."),
)
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from patchwire.loopback.model import Failed, Incomplete, Item, Request
from patchwire.loopback.refusal import Refusal

Act = Item | Sequence[Item] | Exception | Callable[[Request], Item | Sequence[Item]]
"""One answer: an item, several, an error to raise, or a function of the request."""


def say(text: str, *, phase: str | None = None) -> Item:
    """The model speaks. `phase` is `commentary` or `final_answer`."""
    phased = {} if phase is None else {"phase": phase}
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}], **phased}


def decline(text: str) -> Item:
    """The model refuses, in a refusal part."""
    return {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": text}]}


def call(name: str, /, **arguments: Any) -> Item:
    """The model calls a function."""
    return raw_call(name, json.dumps(arguments, ensure_ascii=False))


def raw_call(name: str, arguments: str) -> Item:
    """The model calls a function with this very text as arguments, be it JSON or not."""
    return {"type": "function_call", "name": name, "arguments": arguments}


def custom_call(name: str, text: str) -> Item:
    """The model calls a custom (free-form) tool."""
    return {"type": "custom_tool_call", "name": name, "input": text}


def reasoning(*summary: str) -> Item:
    """The model thinks; each text is a part of the summary."""
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text} for text in summary]}


class Play:
    """A model that plays its acts in order, one for each request. `requests` is what it was asked, in that order.

    Asked for more than it has, it fails the response; `unfinished` tells how many acts were not played, `overrun` how
    many requests came after the last one. A test is only over when both are 0.
    """

    def __init__(self, *acts: Act) -> None:
        self._acts = acts
        self._lock = threading.Lock()
        self.requests: list[Request] = []

    @classmethod
    def load(cls, script: str) -> "Play":
        """From a JSON text: a list of acts, each an entry or a list of entries.

        An entry is an output item, or short: `{"say": text}`, `{"reasoning": text}`, `{"call": name, "arguments":
        object or text}`, or alone in its act `{"failed": message, "code": …}`, `{"refused": status, "message": …,
        "code": …, "headers": …}`, `{"incomplete": reason}`. Raises ValueError, naming the act.
        """
        acts = json.loads(script)
        if not isinstance(acts, list):
            raise ValueError("a play is a list of acts")  # noqa: TRY004 - what is wrong is the text that was given, not a type of ours
        return cls(*(_act(number, act) for number, act in enumerate(acts, 1)))

    @property
    def unfinished(self) -> int:
        """How many acts are still to play."""
        return max(0, len(self._acts) - len(self.requests))

    @property
    def overrun(self) -> int:
        """How many requests came when the play was over."""
        return max(0, len(self.requests) - len(self._acts))

    def respond(self, request: Request) -> Sequence[Item]:
        """The next act."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        if number > len(self._acts):
            raise Failed(f"The play is over: it has {len(self._acts)} acts, and this is request {number}.")
        act = self._acts[number - 1]
        if isinstance(act, Exception):
            raise act
        answer = act(request) if callable(act) else act
        return [answer] if isinstance(answer, dict) else answer


def _act(number: int, act: Any) -> Act:
    entries = act if isinstance(act, list) else [act]
    try:
        if len(entries) == 1 and (error := _error(entries[0])) is not None:
            return error
        return [_item(entry) for entry in entries]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"act {number} of the play cannot be read: {error!r}") from error


def _error(entry: Item) -> Exception | None:
    if "failed" in entry:
        return Failed(entry["failed"], code=entry.get("code", "server_error"))
    if "incomplete" in entry:
        return Incomplete(reason=entry["incomplete"])
    if "refused" in entry:
        return Refusal(
            entry["refused"], entry.get("message", "Refused."), code=entry.get("code"), headers=entry.get("headers")
        )
    return None


def _item(entry: Item) -> Item:
    if "type" in entry:
        return entry
    if "say" in entry:
        return say(entry["say"], phase=entry.get("phase"))
    if "reasoning" in entry:
        return reasoning(*_texts(entry["reasoning"]))
    arguments = entry.get("arguments", {})
    return raw_call(entry["call"], arguments if isinstance(arguments, str) else json.dumps(arguments))


def _texts(value: str | Iterable[str]) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value
