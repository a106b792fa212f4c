"""The warm-up: the service reads instructions and tools while the workspace is being made; the first turn chains on.

It may fail in every way without anybody noticing: the first request then says everything itself. The first turn waits
for its connection, which it needs anyway, and for its answer no longer than a moment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Clock, Service
from patchwire.wire.conversation import Conversation
from patchwire.wire.events import Failed, Refused
from patchwire.wire.state import State

HEAD_START_SECONDS = 0.1
"""What the warm-up has to itself: a connection nearby is made within that, and sooner where nothing else runs."""
GRACE_SECONDS = 0.25
"""What the first turn waits for a warm-up that has not ended."""
_FIELD = "generate"


@asynccontextmanager
async def warming(conversation: Conversation, service: Service, clock: Clock) -> AsyncIterator[None]:
    """What is done inside is done meanwhile; afterwards the conversation is ready, warm or not."""
    sent = asyncio.Event()
    warming_up = asyncio.ensure_future(_warm_up(conversation, service, sent))
    try:
        await _bounded(sent.wait(), clock, HEAD_START_SECONDS)
        yield
        await sent.wait()
        await _bounded(warming_up, clock, GRACE_SECONDS)
    finally:
        warming_up.cancel()
        await asyncio.gather(warming_up, return_exceptions=True)
        if conversation.state is not State.READY:
            conversation.abandon("")


async def _bounded(work: Awaitable[object], clock: Clock, seconds: float) -> None:
    """Wait for some work, but not for ever; what is not done by then is cancelled."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(clock.sleep(seconds))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _warm_up(conversation: Conversation, service: Service, sent: asyncio.Event) -> None:
    try:
        await service.reconnect()
        if not service.capabilities.warm_up or _FIELD in service.unwelcome:
            return
        conversation.warm_up()
        for frame in conversation.frames_to_send():
            await service.send(frame)
        sent.set()
        while conversation.state is State.WAITING:
            match conversation.receive(await service.receive()):
                case Refused(error=error) | Failed(error=error):
                    if error.unwelcome == _FIELD:
                        service.unwelcome.add(_FIELD)
                case _:
                    pass
    except (ConnectionLost, ProviderError):
        pass  # the first request will meet the same, and say so
    finally:
        sent.set()
