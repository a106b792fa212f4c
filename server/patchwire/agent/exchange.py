"""One exchange: a request that is waiting in the conversation, sent and carried to its completed response.

Rides out what can be ridden out: lost connections, a lost chain, rate limits and overload, a key that ran out, a
parameter that is not welcome, a history that is too long, each with a bound. What the model said in an attempt that was
lost is retracted. Knows the conversation and the service; neither tools nor tests.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Clock, Service
from patchwire.task import Progress, Retracted, Said, Thinking, Waiting
from patchwire.wire.conversation import Conversation
from patchwire.wire.events import Failed, ItemDone, ReasoningDelta, Refused, ServiceError, TextDelta
from patchwire.wire.items import Item
from patchwire.wire.state import State

MAX_ATTEMPTS = 6
FIRST_WAIT = 0.2
LONGEST_WAIT = 60.0
JITTER = 0.25
"""The share by which a wait that the service did not name may be longer."""

_LOGGER = logging.getLogger(__name__)


async def _nothing_to_compact() -> bool:
    return False


@dataclass(slots=True)
class _Tries:
    """What was tried already for one request: each cure but waiting is good for one time."""

    attempts: int = 0
    cures: set[str] = field(default_factory=set)

    def first(self, cure: str) -> bool:
        is_first = cure not in self.cures
        self.cures.add(cure)
        return is_first


@dataclass(slots=True)
class Exchange:
    """Carries the requests of one conversation to one service, one after another.

    `heard` is told of every item of a response as soon as it is whole, `lost` that they are void after all. `compact`
    makes the history smaller, and says whether it could.
    """

    conversation: Conversation
    transport: Service
    clock: Clock
    emit: Callable[[Progress], None]
    heard: Callable[[Item], None] = lambda item: None
    lost: Callable[[], None] = lambda: None
    compact: Callable[[], Awaitable[bool]] = _nothing_to_compact
    reconnects: int = field(default=0, init=False)
    _said: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Return once the conversation is no longer waiting for the service. Raises ProviderError."""
        tries = _Tries()
        lost = False
        while True:
            self._said = False
            try:
                if lost or self.transport.worn:
                    await self._reconnect()
                    lost = False
                error = await self._attempt(tries)
            except ConnectionLost as loss:
                lost = True
                self._retract(str(loss))
                await self._wait(tries, str(loss), loss.retry_after, permanent=loss.permanent)
                self.conversation.restart_chain(id_still_good=True)
                continue
            if error is None:
                return
            self._retract(str(error))
            try:
                await self._mend(error, tries)
            except ConnectionLost as loss:
                lost = True
                await self._wait(tries, str(loss), loss.retry_after, permanent=loss.permanent)
            self.conversation.restart_chain(id_still_good=error.rotation)

    async def _attempt(self, tries: _Tries) -> ServiceError | None:
        """Send what is queued and receive to the end of the response: the error if one came. Raises ConnectionLost."""
        frames = self._frames()
        if self._too_large(frames) and tries.first("size"):
            self.conversation.withhold()
            await self.compact()
            self.conversation.restart_chain()
            frames = self._frames()
        for frame in frames:
            await self.transport.send(frame)
        while self.conversation.state is State.WAITING:
            match self.conversation.receive(await self.transport.receive()):
                case TextDelta(text=text):
                    self._said = True
                    self.emit(Said(text))
                case ReasoningDelta(text=text):
                    self.emit(Thinking(text))
                case ItemDone(item=item):
                    self.heard(item)
                case Refused(error=error) | Failed(error=error):
                    return error
                case _:
                    pass
        return None

    def _frames(self) -> tuple[str, ...]:
        return self.conversation.frames_to_send(incremental=self.transport.capabilities.incremental)

    def _too_large(self, frames: tuple[str, ...]) -> bool:
        """Whether a frame is larger than the connection takes. Its bytes are only counted where it matters."""
        most = self.transport.capabilities.frame_bytes
        if most is None:
            return False
        large = (frame for frame in frames if 4 * len(frame) > most)
        return any(len(frame.encode("utf-8", "surrogatepass")) > most for frame in large)

    async def _mend(self, error: ServiceError, tries: _Tries) -> None:
        """Do what helps against `error`. Raises ProviderError where nothing does, ConnectionLost from a reconnect."""
        if error.chain_lost and tries.first("chain"):
            return  # the service proved that nothing ran: one silent full resend, and no wait (protocol.md F5)
        if error.rotation:
            if error.lifetime_seconds is not None:
                self.transport.expires_after(error.lifetime_seconds)
            await self._wait(tries, str(error), 0.0)
            await self._reconnect()
        elif error.transient:
            await self._wait(tries, str(error), error.retry_after)
        elif error.unauthorized and tries.first("key") and await self.transport.renew_key():
            await self._reconnect()
        elif not (
            (error.too_long and tries.first("size") and await self.compact())
            or (error.unwelcome is not None and self._do_without(error.unwelcome))
        ):
            raise ProviderError(f"the model's service refused the request: {error}", code=error.code)

    def _do_without(self, parameter: str) -> bool:
        """Leave an optional parameter out from now on; False where it is none of ours, or must not be left out."""
        settings = self.conversation.settings.without(parameter)
        if settings is None:
            return False
        _LOGGER.warning("the service refuses %s for %s: it is left out from now on", parameter, settings.model)
        self.conversation.settings = settings
        self.transport.unwelcome.add(parameter)
        return True

    def _retract(self, why: str) -> None:
        self.lost()
        if self._said:
            self.emit(Retracted(why))

    async def _wait(self, tries: _Tries, why: str, seconds: float | None, *, permanent: bool = False) -> None:
        tries.attempts += 1
        if permanent or tries.attempts >= MAX_ATTEMPTS:
            count = "" if permanent else f" (after {tries.attempts} attempts)"
            raise ProviderError(f"{why}{count}")
        pause = seconds
        if pause is None:
            pause = FIRST_WAIT * 2 ** (tries.attempts - 1) * (1 + JITTER * self.clock.chance())
        if pause > LONGEST_WAIT:
            raise ProviderError(f"{why}; the service asks to wait {pause:.0f} s: try again later")
        if pause:
            self.emit(Waiting(why, pause))
            await self.clock.sleep(pause)

    async def _reconnect(self) -> None:
        await self.transport.reconnect()
        self.reconnects += 1
        self.conversation.restart_chain(id_still_good=True)
