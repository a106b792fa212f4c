"""The warm-up: what it spares the first request, and how little it matters when it fails."""

import asyncio

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.service import Frames, Lost, PlayedService, error

from patchwire.agent.exchange import Exchange
from patchwire.agent.warm_up import warming
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.loopback.play import say
from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.items import user_message
from patchwire.wire.state import State


async def first_request(service: PlayedService, conversation: Conversation | None = None) -> dict:
    """Warm up, then ask; the body of the first request that asks."""
    conversation = conversation or Conversation(RequestSettings("m", "Mend."))
    async with warming(conversation, service, FakeClock()):
        await asyncio.sleep(0)
    assert conversation.state is State.READY
    assert conversation.history == ()
    conversation.ask(user_message("hello"))
    await Exchange(conversation, service, FakeClock(), lambda piece: None).run()
    service.close()
    return next(body for body in service.requests if "generate" not in body)


async def test_the_first_request_chains_from_it() -> None:
    service = PlayedService(say("hi"))
    body = await first_request(service)
    assert service.requests[0]["generate"] is False
    assert service.requests[0]["input"] == []
    assert body["previous_response_id"] == "resp_1"
    assert service.contexts[-1] == [user_message("hello")]


@pytest.mark.parametrize(
    "warm_up",
    [
        error("unknown_parameter", "Unknown parameter: 'generate'.", status=400, param="generate"),
        error("rate_limit_exceeded", status=429),
        Frames({"type": "response.failed", "response": {"id": "r", "error": {"code": "server_error"}}}),
        Lost(error=ConnectionLost("gone")),
        [say("I was not to speak.")],
    ],
)
async def test_where_it_fails_the_first_request_says_everything(warm_up: object) -> None:
    service = PlayedService(say("hi"), warm_ups=[warm_up])
    body = await first_request(service)
    assert "previous_response_id" not in body
    assert service.contexts[-1] == [user_message("hello")]


async def test_a_service_that_refuses_it_is_not_asked_again() -> None:
    refusal = error("unknown_parameter", "No.", status=400, param="generate")
    service = PlayedService(say("one"), say("two"), warm_ups=[refusal])
    conversation = Conversation(RequestSettings("m"))
    async with warming(conversation, service, FakeClock()):
        pass
    assert service.unwelcome == {"generate"}
    async with warming(conversation, service, FakeClock()):
        pass
    assert len(service.requests) == 1


async def test_http_is_not_warmed_up() -> None:
    service = PlayedService(say("hi"), incremental=False)
    await first_request(service)
    assert len(service.requests) == 1


@pytest.mark.parametrize("failure", [ConnectionLost("down"), ProviderError("bad key")])
async def test_a_connection_that_cannot_be_made_is_left_to_the_first_request(failure: Exception) -> None:
    service = PlayedService(say("hi"), reconnects=[failure])
    await first_request(service)


async def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    class Silent(PlayedService):
        async def receive(self) -> str:
            return await asyncio.Event().wait() or ""

    service = Silent()
    conversation = Conversation(RequestSettings("m"))
    async with warming(conversation, service, FakeClock()):
        await asyncio.sleep(0)
    assert conversation.state is State.READY


async def test_what_fails_inside_ends_it() -> None:
    service = PlayedService()
    conversation = Conversation(RequestSettings("m"))

    async def fail() -> None:
        async with warming(conversation, service, FakeClock()):
            raise ProviderError("the workspace could not be made")

    with pytest.raises(ProviderError, match="workspace"):
        await fail()
    assert conversation.state is State.READY
