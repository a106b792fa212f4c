"""The service's memory in a few lines: what a connection remembers, and what it refuses.

It keeps only the latest response of its one connection, evicts on every error, and checks that every call is answered,
that no output lacks its call, and that a chain keeps its settings (there the service itself would only bill more).
Written from the documents alone; imports nothing of `patchwire`.
"""

import json
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Accepted:
    """A create that runs: its response's id, and the whole context that the model sees, or that is only prepared."""

    id: str
    context: list[dict[str, Any]]
    settings: dict[str, Any]
    warm_up: bool = False


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
        self._latest: Accepted | None = None
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
        parent = request.pop("previous_response_id", None)
        new_items = request.pop("input")
        warm_up = request.pop("generate", True) is False
        if parent is not None:
            if self._latest is None or self._latest.id != parent:
                self.forget()
                return Rejected("previous_response_not_found", f"Previous response with id '{parent}' not found.")
            assert request == self._latest.settings
            context = self._latest.context
        context = context + new_items
        if problem := _unpaired(context):
            self.forget()
            return Rejected(None, problem)
        return Accepted(self.next_id(), context, request, warm_up)

    def finish(self, accepted: Accepted, output: list[dict[str, Any]]) -> None:
        self._latest = replace(accepted, context=accepted.context + output)


def _unpaired(context: list[dict[str, Any]]) -> str | None:
    waiting: dict[str, str] = {}
    for item in context:
        kind, call_id = item["type"], item.get("call_id")
        if kind in ("function_call", "custom_tool_call", "apply_patch_call", "shell_call"):
            waiting[call_id] = f"{kind}_output"
        elif kind.endswith("_call_output") and waiting.pop(call_id, None) != kind:
            return f"No tool call found for {kind} with call_id {call_id}."
    return f"No tool output found for {', '.join(waiting)}." if waiting else None
