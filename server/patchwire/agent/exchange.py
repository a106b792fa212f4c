"""One exchange: a request that is waiting in the conversation, sent and carried to its completed response.

Rides out what can be ridden out: lost connections, a lost chain, rate limits and overload, each with a bound. What the
model said in an attempt that was lost is retracted. Knows the conversation and a transport; neither tools nor tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Clock, Transport
from patchwire.task import Progress, Retracted, Said, Thinking, Waiting
from patchwire.wire.conversation import Conversation
from patchwire.wire.events import Failed, ReasoningDelta, Refused, ServiceError, TextDelta
from patchwire.wire.state import State

MAX_ATTEMPTS = 6
FIRST_WAIT = 0.2
LONGEST_WAIT = 60.0


@dataclass(slots=True)
class Exchange:
    """Carries the requests of one conversation over one transport, one after another."""

    conversation: Conversation
    transport: Transport
    clock: Clock
    emit: Callable[[Progress], None]
    _said: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Return once the conversation is no longer waiting for the service. Raises ProviderError."""
        attempts = 0
        chain_losses = 0
        while True:
            self._said = False
            try:
                error = await self._attempt()
            except ConnectionLost as loss:
                attempts += 1
                self._retract(str(loss))
                await self._wait(attempts, str(loss), loss.retry_after, permanent=loss.permanent)
                await self._reconnect()
                self.conversation.restart_chain()
                continue
            if error is None:
                return
            self._retract(error.message)
            if error.chain_lost and chain_losses == 0:
                # The service proved that nothing ran: one silent full resend, and no wait (protocol.md F5).
                chain_losses += 1
            elif error.rotation:
                attempts += 1
                await self._wait(attempts, error.message, 0.0)
                await self._reconnect()
            elif error.transient:
                attempts += 1
                await self._wait(attempts, error.message, error.retry_after)
            else:
                raise ProviderError(_sentence(error), code=error.code)
            self.conversation.restart_chain()

    async def _attempt(self) -> ServiceError | None:
        """Send what is queued and receive to the end of the response: the error if one came. Raises ConnectionLost."""
        for frame in self.conversation.frames_to_send():
            await self.transport.send(frame)
        while self.conversation.state is State.WAITING:
            match self.conversation.receive(await self.transport.receive()):
                case TextDelta(text=text):
                    self._said = True
                    self.emit(Said(text))
                case ReasoningDelta(text=text):
                    self.emit(Thinking(text))
                case Refused(error=error) | Failed(error=error):
                    return error
                case _:
                    pass
        return None

    def _retract(self, why: str) -> None:
        if self._said:
            self.emit(Retracted(why))

    async def _wait(self, attempts: int, why: str, seconds: float | None, *, permanent: bool = False) -> None:
        if permanent or attempts >= MAX_ATTEMPTS:
            tries = "" if permanent else f" (after {attempts} attempts)"
            raise ProviderError(f"{why}{tries}")
        pause = FIRST_WAIT * 2 ** (attempts - 1) if seconds is None else seconds
        if pause > LONGEST_WAIT:
            raise ProviderError(f"{why}; the service asks to wait {pause:.0f} s: try again later")
        if pause:
            self.emit(Waiting(why, pause))
            await self.clock.sleep(pause)

    async def _reconnect(self) -> None:
        """A connection that cannot be made counts as the next attempt's loss: `send` will say so."""
        try:
            await self.transport.reconnect()
        except ConnectionLost as loss:
            if loss.permanent:
                raise ProviderError(str(loss)) from loss


def _sentence(error: ServiceError) -> str:
    code = f" ({error.code})" if error.code else ""
    return f"the model's service refused the request: {error.message}{code}"
