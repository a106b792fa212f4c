"""The door: a conversation comes in, the model's next output items go out. Pure, deterministic, without any state.

The procedure is a generator; it is played from the start against the calls that the conversation has answered already,
and what it asks next is the answer. A call that the transcript does not know in its place is asked (again).
"""

import hashlib
import re
from collections.abc import Sequence

from patchwire.repair import words
from patchwire.repair.context import Answered, Call, Item, read, tool_names
from patchwire.repair.procedure import repair

NEEDED = frozenset({"run_tests", "read_file", "list_files", "write_patch", "try_patches"})

_REPAIR = re.compile(
    r"\b(?:fail\w*|fix\w*|bugs?|errors?|broken|repair\w*|pass(?:es|ing)?|crash\w*|traceback|exceptions?|red|green)\b",
    re.IGNORECASE,
)


def next_items(context: Sequence[Item], tools: Sequence[Item]) -> list[Item]:
    """The next output items: tool calls side by side, or one message that ends the turn.

    `context` is the whole conversation so far in the items of the Responses API; `tools` are the tools that may be
    called. Never raises for what stands in them.
    """
    conversation = read(context)
    if not _REPAIR.search(conversation.task):
        return [_message(words.CANNOT)]
    if absent := NEEDED - tool_names(tools):
        return [_message(words.tools_missing(sorted(absent)))]
    return _play(conversation.answered)


def _play(answered: Sequence[Answered]) -> list[Item]:
    steps = repair()
    position = 0
    try:
        calls = next(steps)
        while True:
            outputs: list[str] = []
            for call in calls:
                place = next((i for i in range(position, len(answered)) if answered[i].call == call), None)
                if place is None:
                    return [_call(item, len(answered) + n) for n, item in enumerate(calls[len(outputs) :])]
                outputs.append(answered[place].output)
                position = place + 1
            calls = steps.send(outputs)
    except StopIteration as end:
        return [_message(str(end.value))]


def _call(call: Call, number: int) -> Item:
    digest = hashlib.sha256(f"{number} {call.name} {call.arguments}".encode()).hexdigest()
    return {"type": "function_call", "call_id": f"call_{digest[:24]}", "name": call.name, "arguments": call.arguments}


def _message(text: str) -> Item:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
