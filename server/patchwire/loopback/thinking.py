"""Asking the model: in threads, several at once, and every way in which it can answer made into one `Answer`."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from patchwire.loopback import tokens
from patchwire.loopback.compaction import expand
from patchwire.loopback.events import finish, output_events
from patchwire.loopback.model import Failed, Incomplete, Item, Model, Request
from patchwire.loopback.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model came to: a response's status, its finished items, and why it is not completed.

    `told` are the events of each item.
    """

    status: str = "completed"
    output: tuple[Item, ...] = ()
    told: tuple[tuple[Item, ...], ...] = ()
    error: Item | None = None
    details: Item | None = None


class Thinking:
    """A model and the threads that it thinks in, `most` at once."""

    def __init__(self, model: Model, most: int, new_id: Callable[[str], str]) -> None:
        self._model = model
        self._new_id = new_id
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="loopback-model")
        self._busy: set[Future[Sequence[Item]]] = set()

    async def answer(self, request: Request, *, extra: Sequence[Item] = (), first: int = 0) -> Answer:
        """Ask the model, which sees a compacted context whole. `extra` items end what it says; `first` is the index of
        the first item.

        Raises Refusal if the model does; any other mistake of a brain's is a failed response.
        """
        status, details = "completed", None
        try:
            try:
                items = await self._respond(replace(request, context=expand(request.context)))
            except Incomplete as cut:
                status, items, details = "incomplete", cut.items, {"reason": cut.reason}
            output = finish([*items, *extra], request.body, self._new_id)
            most = request.body.get("max_output_tokens")
            if most is not None and sum(map(tokens.weight, output)) > most:
                status, output, details = "incomplete", _cut(output, most), {"reason": "max_output_tokens"}
            told = tuple(tuple(output_events(index, item)) for index, item in enumerate(output, first))
        except Refusal:
            raise
        except Failed as failure:
            return Answer("failed", error={"code": failure.code, "message": str(failure)})
        except Exception as mistake:  # noqa: BLE001 - whatever a brain does wrong is an answer, not the end of a server
            message = f"The model behind this server made a mistake: {mistake!r}."
            return Answer("failed", error={"code": "server_error", "message": message})
        return Answer(status, output, told, details=details)

    async def _respond(self, request: Request) -> Sequence[Item]:
        thinking = self._threads.submit(self._model.respond, request)
        self._busy.add(thinking)
        thinking.add_done_callback(self._busy.discard)
        return await asyncio.wrap_future(thinking)

    async def aclose(self, *, seconds: float = 0.5) -> None:
        """Let the threads end, waiting so long for those that still think; a thread cannot be ended."""
        if self._busy:
            thinking = asyncio.gather(*map(asyncio.wrap_future, self._busy), return_exceptions=True)
            await asyncio.wait([thinking], timeout=seconds)
            thinking.cancel()
        self._threads.shutdown(wait=not self._busy, cancel_futures=True)


def _cut(output: Sequence[Item], most: int) -> tuple[Item, ...]:
    """What fits into so many tokens; the text of the item in which they end is cut short, as a model's would be."""
    kept: list[Item] = []
    for item in output:
        excess = tokens.weight(item) - most
        if excess > 0:
            if item["type"] not in ("reasoning", "compaction"):
                kept.append({**_shortened(item, excess * tokens.BYTES), "status": "incomplete"})
            break
        kept.append(item)
        most -= tokens.weight(item)
    return tuple(kept)


def _shortened(item: Item, excess: int) -> Item:
    """An item without so many of the characters at its end."""
    for name in ("arguments", "input", "text", "refusal"):
        if name in item:
            return {**item, name: item[name][: max(0, len(item[name]) - excess)]}
    if item["type"] == "message":
        *before, last = item["content"]
        return {**item, "content": [*before, _shortened(last, excess)]}
    return item
