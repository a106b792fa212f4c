"""The warm-up: the service reads instructions and tools while the workspace is being made; the first turn chains on.

It may fail in every way without anybody noticing: the first request then says everything itself. The first turn waits
for its connection, which it needs anyway, and for its answer no longer than a moment.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Clock, Service
from patchwire.wire.conversation import Conversation
from patchwire.wire.events import Failed, Refused
from patchwire.wire.state import State

GRACE_SECONDS = 0.25
"""What the first turn waits for a warm-up that has not ended."""
_FIELD = "generate"


@asynccontextmanager
async def warming(conversation: Conversation, service: Service, clock: Clock) -> AsyncIterator[None]:
    """What is done inside is done meanwhile; afterwards the conversation is ready, warm or not."""
    connected = asyncio.Event()
    warming_up = asyncio.ensure_future(_warm_up(conversation, service, connected))
    grace: asyncio.Future[None] | None = None
    try:
        yield
        await connected.wait()
        grace = asyncio.ensure_future(clock.sleep(GRACE_SECONDS))
        await asyncio.wait({warming_up, grace}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        running = [task for task in (warming_up, grace) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if conversation.state is not State.READY:
            conversation.abandon("")


async def _warm_up(conversation: Conversation, service: Service, connected: asyncio.Event) -> None:
    try:
        await service.reconnect()
        connected.set()
        if not service.capabilities.warm_up or _FIELD in service.unwelcome:
            return
        conversation.warm_up()
        for frame in conversation.frames_to_send():
            await service.send(frame)
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
        connected.set()
