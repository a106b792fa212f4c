"""`response.steer`: what a user says while a response is running, from its acceptance to the response that it leads to.

Sans-I/O: frames in, events out. The service asks a job whether it was steered, the connection starts the successor.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from patchwire.loopback import catalogue
from patchwire.loopback.context import as_items
from patchwire.loopback.items import ANSWERS, INPUT_ITEM
from patchwire.loopback.job import Job, Steer, new_id
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.store import Memory

_MOST_PENDING = 8
_OUTPUTS = {call: output for output, call in ANSWERS.items()}


class Steering:
    """The steering of one connection. `allowed` is whether this server steers at all."""

    def __init__(self, memory: Memory, *, allowed: bool) -> None:
        self._memory = memory
        self._allowed = allowed
        self._running: dict[str, Job] = {}
        self._numbers = count()  # their own: they belong to no response's stream

    def begin(self, job: Job) -> None:
        """This response is running now."""
        self._running[job.response_id] = job

    def accept(self, frame: Item) -> tuple[str | None, Item]:
        """A `response.steer` frame came: the lane that it concerns, and the event that answers it."""
        parent = frame.get("previous_response_id")
        job = self._running.get(parent) if isinstance(parent, str) else None
        wrong = self._wrong(frame, job)
        if job is None or wrong is not None:
            code, message = wrong or ("response_not_found", "No such response is running on this connection.")
            return job.lane if job else None, self._failed(code, message, parent, frame.get("input"))
        steer = Steer(new_id("steer"), job.response_id, tuple(as_items(frame["input"])), frame["input"])
        job.steers.append(steer)
        return job.lane, self._event("accepted", steer)

    def _wrong(self, frame: Item, job: Job | None) -> tuple[str, str] | None:
        """Code and message of what is wrong with a frame, None where nothing is."""
        if set(frame) - {"type", "previous_response_id", "input"} or not _are_users_messages(frame.get("input")):
            return "invalid_input", "Steering takes a string, or messages of the user's, and nothing else."
        if job is None:
            parent = frame.get("previous_response_id")
            if isinstance(parent, str) and self._memory.find(parent):
                return "response_already_completed", f"Response '{parent}' is already completed."
            return "response_not_found", f"Response '{parent}' not found on this connection."
        served = catalogue.served(job.request.model).steering
        if not (self._allowed and served) or job.request.body.get("context_management"):
            return "steering_not_supported", "Steering is not supported by this model or with these settings."
        if len(job.steers) >= _MOST_PENDING:
            return "too_many_pending_steers", "Too much steering input is pending for this response."
        return None

    def end(self, job: Job, response: Item | None) -> tuple[list[Item], Item | None]:
        """A response has ended (None: without one): the events to send, and the create of the successor, if any."""
        self._running.pop(job.response_id, None)
        if not job.steers:
            return [], None
        if response is None or not _can_go_on(response):
            message = "The response ended in a way that cannot be continued."
            return [self._lost(steer, message) for steer in job.steers], None
        items = [item for steer in job.steers for item in steer.items]
        open_calls = [item for item in response["output"] if item["type"] in _OUTPUTS]
        if not open_calls:
            settings = {name: value for name, value in job.request.body.items() if name not in ("generate", "metadata")}
            return [], {**settings, "input": items, "previous_response_id": job.response_id}
        self._memory.steered[job.response_id] = tuple(items)
        waiting = {"reason": "waiting_for_required_input", "required_input": [_stub(call) for call in open_calls]}
        return [self._event("pending", steer) | waiting for steer in job.steers], None

    def abandon(self, steers: Sequence[Steer], refusal: Refusal) -> list[Item]:
        """The successor could not be created."""
        return [self._lost(steer, str(refusal)) for steer in steers]

    def _lost(self, steer: Steer, message: str) -> Item:
        code = "successor_creation_failed"
        return self._failed(code, message, steer.previous_response_id, steer.given, id=steer.id)

    def _event(self, kind: str, steer: Steer) -> Item:
        about = {"id": steer.id, "previous_response_id": steer.previous_response_id}
        return {"type": f"response.steer.{kind}", "sequence_number": next(self._numbers), "steer": about}

    def _failed(self, code: str, message: str, parent: Any, given: Any, **more: str) -> Item:
        return {
            "type": "response.steer.failed",
            "sequence_number": next(self._numbers),
            "error": {"type": "invalid_request_error", "code": code, "message": message},
            "steer": {**more, "previous_response_id": parent, "input": given},
        }


def _stub(call: Item) -> Item:
    """What is still to be answered, as an output without its output."""
    named = {"name": call["name"]} if call["type"] == "function_call" else {}
    return {"type": _OUTPUTS[call["type"]], "call_id": call["call_id"], **named}


def _can_go_on(response: Item) -> bool:
    steered = (response.get("incomplete_details") or {}).get("reason") == "steered"
    return response["status"] == "completed" or steered


def _are_users_messages(given: Any) -> bool:
    """A string, or one user's message or more."""
    if isinstance(given, str):
        return bool(given)
    try:
        return bool(given) and all(_is_users_message(item) for item in given)
    except (Refusal, TypeError):
        return False


def _is_users_message(item: Any) -> bool:
    INPUT_ITEM(item, "input")
    return isinstance(item, dict) and item.get("role") == "user"
