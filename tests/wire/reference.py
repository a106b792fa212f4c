"""The service's memory in a few lines: what a connection remembers, and what it refuses.

It keeps only the latest response of its one connection, evicts on every error, and checks that every call is answered
and that no output lacks its call. Written from the documents alone; imports nothing of `patchwire`.
"""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Accepted:
    """A create that runs: its response's id, and the whole context that the model sees."""

    id: str
    context: list[dict[str, Any]]


@dataclass(frozen=True)
class Rejected:
    """A create that does not: the code of its error, None where the input itself is wrong."""

    code: str | None
    message: str

    @property
    def frame(self) -> str:
        error = {"type": "invalid_request_error", "code": self.code, "message": self.message}
        return json.dumps({"type": "error", "status": 400, "error": error})


class ReferenceServer:
    def __init__(self) -> None:
        self._latest: tuple[str, list[dict[str, Any]]] | None = None
        self._created = 0

    def forget(self) -> None:
        """The connection is a new one, or the memory was needed for something else."""
        self._latest = None

    def next_id(self) -> str:
        self._created += 1
        return f"resp_{self._created}"

    def create(self, frame: str) -> Accepted | Rejected:
        request = json.loads(frame)
        assert request["type"] == "response.create"
        context: list[dict[str, Any]] = []
        parent = request.get("previous_response_id")
        if parent is not None:
            if self._latest is None or self._latest[0] != parent:
                self.forget()
                return Rejected("previous_response_not_found", f"Previous response with id '{parent}' not found.")
            context = self._latest[1]
        context = context + request["input"]
        if problem := _unpaired(context):
            self.forget()
            return Rejected(None, problem)
        return Accepted(self.next_id(), context)

    def finish(self, accepted: Accepted, output: list[dict[str, Any]]) -> None:
        self._latest = (accepted.id, accepted.context + output)


def _unpaired(context: list[dict[str, Any]]) -> str | None:
    waiting: dict[str, str] = {}
    for item in context:
        kind, call_id = item["type"], item.get("call_id")
        if kind in ("function_call", "custom_tool_call", "apply_patch_call", "shell_call"):
            waiting[call_id] = f"{kind}_output"
        elif kind.endswith("_call_output") and waiting.pop(call_id, None) != kind:
            return f"No tool call found for {kind} with call_id {call_id}."
    return f"No tool output found for {', '.join(waiting)}." if waiting else None
