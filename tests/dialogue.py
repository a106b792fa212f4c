"""A conversation with the real local server over real sockets, without tools and without waiting: for what goes wrong.

After every answer the server's own record of what the model saw must equal our transcript.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes.clock import FakeClock

from patchwire.adapters.connections import Known, Patience, ServiceConnection
from patchwire.adapters.credentials import FixedKey
from patchwire.agent.compaction import Compaction
from patchwire.agent.exchange import Exchange
from patchwire.loopback.play import Act, Play
from patchwire.loopback.server import Loopback
from patchwire.ports import Credentials
from patchwire.task import Progress, Retracted, Waiting
from patchwire.wire.conversation import Conversation
from patchwire.wire.items import ToolOutput, last_compaction, user_message
from patchwire.wire.request import RequestSettings
from patchwire.wire.state import State

OPTIONS = {"store": False, "include": ["reasoning.encrypted_content"]}
PATIENCE = Patience(connect=2.0, send=2.0, first_event=5.0, silence=5.0)


class Now:
    """A monotonic clock that a test turns by hand."""

    def __init__(self) -> None:
        self.time = 10_000.0

    def __call__(self) -> float:
        return self.time


class Dialogue:
    """One conversation; `say` asks and returns what the model said, answering every call with its name."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        known: Known | None = None,
        mode: str = "auto",
        patience: Patience = PATIENCE,
        options: dict[str, Any] | None = None,
        exchanges: Any = None,
    ) -> None:
        self.now = Now()
        self.clock = FakeClock()
        self.progress: list[Progress] = []
        self.known = known or Known()
        self.service = ServiceConnection(
            base_url, "m", credentials, self.known, mode=mode, patience=patience, now=self.now
        )
        self.conversation = Conversation(RequestSettings("m", "Be brief.", options=options or OPTIONS))
        self.compaction = Compaction(self.conversation, self.service, 100_000, self._reminder)
        self.exchange = Exchange(
            self.conversation, self.service, self.clock, self.progress.append, compact=self.compaction.now
        )
        self._exchanges = exchanges

    async def say(self, text: str) -> str:
        """Ask, and answer calls until the model is done."""
        self.conversation.ask(user_message(text))
        return await self.go_on()

    async def go_on(self) -> str:
        """Carry the request that is made to its end."""
        while self.conversation.state is not State.READY:
            await self.exchange.run()
            self.check()
            if self.conversation.open_calls:
                self.conversation.answer([ToolOutput(call, call.name) for call in self.conversation.open_calls])
        response = self.conversation.response
        return "" if response is None else response.text

    def check(self) -> None:
        """What the server's model saw and said last is what our transcript says."""
        last = [exchange for exchange in self._exchanges() if exchange.status not in ("refused", "lost")][-1]
        place = last_compaction(last.output)
        seen = last.output[place:] if place is not None else (*last.context, *last.output)
        assert seen == self.conversation.history

    def of(self, kind: type) -> list[Any]:
        """The progress of one kind."""
        return [piece for piece in self.progress if isinstance(piece, kind)]

    @property
    def retracted(self) -> list[Retracted]:
        """Every time something that was said became void."""
        return self.of(Retracted)

    @property
    def waited(self) -> list[float]:
        """How long it waited, in seconds that nobody really waited."""
        return [piece.seconds for piece in self.of(Waiting)]

    async def _reminder(self) -> dict[str, Any]:
        return user_message("Remember.")


@asynccontextmanager
async def dialogue(
    *acts: Act, server: dict[str, Any] | None = None, finished: bool = True, **options: Any
) -> AsyncIterator[tuple[Dialogue, Loopback]]:
    """A dialogue with a server that plays `acts`; `server` holds options of the server's."""
    play = Play(*acts)
    async with Loopback(play, models=["m"], **(server or {})) as running:
        credentials = options.pop("credentials", None) or FixedKey(running.token)
        talk = Dialogue(running.base_url, credentials, exchanges=lambda: running.exchanges, **options)
        try:
            yield talk, running
        finally:
            await talk.service.aclose()
    if finished:
        assert (play.unfinished, play.overrun) == (0, 0)


def connections(server: Loopback) -> list[int]:
    """The connection of every create, in order; 0 is HTTP."""
    return [exchange.connection for exchange in server.exchanges]


def sent(server: Loopback) -> Sequence[dict[str, Any]]:
    """The body of every create, in order."""
    return [exchange.body for exchange in server.exchanges]
