"""What every Transport must do: a scripted fake, and the socket and HTTP against a real server, run the same cases.

A stage is a far end that answers each create as it was told to: with a whole answer, with an answer that is cut, with
nothing at all. What has to do with handshakes, close codes and memory concerns the fake and the socket alone.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum

import pytest
from tests.fakes import transport as fake

from patchwire.adapters.socket import WebSocketTransport
from patchwire.adapters.sse import HttpTransport
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.loopback.faults import Drop, Faults, Refuse, RequestFault, Silence
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback
from patchwire.ports import Transport

CREATE = json.dumps({"type": "response.create", "model": "gpt-6.2-sol", "store": False, "input": "Grüße"})
WITHOUT_ESCAPES = json.dumps(json.loads(CREATE), ensure_ascii=False)


class Far(Enum):
    """How the far end answers one create."""

    ANSWERS = "a whole answer"
    CUTS = "two frames, then the connection is cut"
    CUTS_AT_ONCE = "the connection is cut before the first frame"
    POLICY = "closed with 1008"
    SILENT = "nothing"
    REFUSES = "the handshake is refused: wrong key"
    UNAVAILABLE = "the handshake is refused: come back in 7 seconds"


Stage = Callable[..., AbstractAsyncContextManager[Transport]]


@asynccontextmanager
async def fake_stage(*acts: Far) -> AsyncIterator[Transport]:
    created, completed = '{"type":"response.created"}', '{"type":"response.completed","text":"Ü"}'
    scripts: dict[Far, list[fake.Step]] = {
        Far.ANSWERS: [fake.expect(), created, completed],
        Far.CUTS: [fake.expect(), created, '{"type":"response.in_progress"}', fake.lose()],
        Far.CUTS_AT_ONCE: [fake.expect(), fake.lose()],
        Far.POLICY: [fake.expect(), created, fake.lose(permanent=True)],
        Far.SILENT: [fake.expect(), fake.Silent()],
        Far.REFUSES: [fake.Refuse(ProviderError("no", code="invalid_api_key"))],
        Far.UNAVAILABLE: [fake.Refuse(ConnectionLost("busy", retry_after=7.0))],
    }
    transport = fake.FakeTransport(*(step for act in acts for step in scripts[act]))
    yield transport
    await transport.aclose()
    transport.finish()


def real_stage(*acts: Far) -> AbstractAsyncContextManager[Transport]:
    return loopback_stage(WebSocketTransport, *acts)


def http_stage(*acts: Far) -> AbstractAsyncContextManager[Transport]:
    return loopback_stage(HttpTransport, *acts)


@asynccontextmanager
async def loopback_stage(kind: Callable[[str, str], Transport], *acts: Far) -> AsyncIterator[Transport]:
    faults: dict[Far, RequestFault] = {
        Far.CUTS: Drop(after=2),
        Far.CUTS_AT_ONCE: Drop(),
        Far.POLICY: Drop(after=1, code=1008),
        Far.SILENT: Silence(),
    }
    refusals = {
        Far.REFUSES: Refuse(401, code="invalid_api_key"),
        Far.UNAVAILABLE: Refuse(503, headers={"retry-after": "7"}),
    }
    creates = [act for act in acts if act not in refusals]
    plays = [act for act in creates if act in (Far.ANSWERS, Far.CUTS, Far.POLICY)]
    play = Play(*(say("Ü") for _ in plays))
    wrong = Faults(
        requests={number: faults[act] for number, act in enumerate(creates, 1) if act in faults},
        connections={number: refusals[act] for number, act in enumerate(acts, 1) if act in refusals},
    )
    async with Loopback(play, faults=wrong) as server:
        transport = kind(server.base_url, server.token)
        yield transport
        await transport.aclose()
        assert len(server.exchanges) == len(creates), "the script was not played to its end"


@pytest.fixture(params=[fake_stage, real_stage], ids=["fake", "socket"])
def stage(request: pytest.FixtureRequest) -> Stage:
    chosen: Stage = request.param
    return chosen


@pytest.fixture(params=[fake_stage, real_stage, http_stage], ids=["fake", "socket", "http"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    chosen: Stage = request.param
    return chosen


async def answer(transport: Transport) -> list[str]:
    frames = [await transport.receive()]
    while json.loads(frames[-1])["type"] != "response.completed":
        frames.append(await transport.receive())
    return frames


async def test_a_create_is_answered_frame_by_frame(any_stage: Stage) -> None:
    async with any_stage(Far.ANSWERS) as transport:
        await transport.send(CREATE)
        frames = await answer(transport)
    assert json.loads(frames[0])["type"] == "response.created"


async def test_many_creates_share_one_connection(any_stage: Stage) -> None:
    async with any_stage(Far.ANSWERS, Far.ANSWERS, Far.ANSWERS) as transport:
        for _ in range(3):
            await transport.send(CREATE)
            assert len(await answer(transport)) >= 2


async def test_bytes_are_utf_8_bytes_of_all_frames_over_all_connections(stage: Stage) -> None:
    async with stage(Far.ANSWERS, Far.ANSWERS) as transport:
        assert (transport.bytes_up, transport.bytes_down) == (0, 0)
        received = 0
        for _ in range(2):
            await transport.send(WITHOUT_ESCAPES)
            received += sum(len(frame.encode()) for frame in await answer(transport))
            await transport.reconnect()
        assert transport.bytes_up == 2 * len(WITHOUT_ESCAPES.encode()) > 2 * len(WITHOUT_ESCAPES)
        assert transport.bytes_down == received


async def test_it_says_that_the_far_end_remembers(stage: Stage) -> None:
    async with stage() as transport:
        assert transport.capabilities.incremental


@pytest.mark.parametrize("how", [Far.CUTS, Far.CUTS_AT_ONCE])
async def test_a_cut_loses_a_request_that_may_have_started(any_stage: Stage, how: Far) -> None:
    async with any_stage(how) as transport:
        await transport.send(CREATE)
        with pytest.raises(ConnectionLost) as lost:
            await answer(transport)
        assert lost.value.started
        assert not lost.value.permanent


async def test_after_a_loss_only_reconnect_helps(any_stage: Stage) -> None:
    async with any_stage(Far.CUTS, Far.ANSWERS) as transport:
        await transport.send(CREATE)
        with pytest.raises(ConnectionLost):
            await answer(transport)
        with pytest.raises(ConnectionLost) as lost:
            await transport.send(CREATE)
        assert not lost.value.started
        with pytest.raises(ConnectionLost):
            await transport.receive()
        await transport.reconnect()
        await transport.send(CREATE)
        assert await answer(transport)


async def test_a_policy_close_is_permanent(stage: Stage) -> None:
    async with stage(Far.POLICY) as transport:
        await transport.send(CREATE)
        with pytest.raises(ConnectionLost) as lost:
            await answer(transport)
        assert lost.value.permanent


async def test_nothing_can_be_received_before_the_first_send(any_stage: Stage) -> None:
    async with any_stage() as transport:
        with pytest.raises(ConnectionLost) as lost:
            await transport.receive()
        assert not lost.value.started


async def test_cancelling_a_receive_leaves_it_closed_until_reconnect(any_stage: Stage) -> None:
    async with any_stage(Far.SILENT, Far.ANSWERS) as transport:
        await transport.send(CREATE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await transport.receive()
        with pytest.raises(ConnectionLost):
            await transport.receive()
        with pytest.raises(ConnectionLost):
            await transport.send(CREATE)
        await transport.reconnect()
        await transport.send(CREATE)
        assert await answer(transport)


async def test_closing_is_idempotent_and_reconnect_revives(any_stage: Stage) -> None:
    async with any_stage(Far.ANSWERS, Far.ANSWERS) as transport:
        await transport.send(CREATE)
        await answer(transport)
        await transport.aclose()
        await transport.aclose()
        with pytest.raises(ConnectionLost):
            await transport.send(CREATE)
        await transport.reconnect()
        await transport.send(CREATE)
        assert await answer(transport)


async def test_closing_before_the_first_send_is_harmless(any_stage: Stage) -> None:
    async with any_stage() as transport:
        await transport.aclose()


async def test_a_refused_key_is_the_users_to_mend(stage: Stage) -> None:
    async with stage(Far.REFUSES) as transport:
        with pytest.raises(ProviderError) as refused:
            await transport.send(CREATE)
        assert refused.value.code == "invalid_api_key"


async def test_a_busy_service_says_how_long_to_wait(stage: Stage) -> None:
    async with stage(Far.UNAVAILABLE, Far.ANSWERS) as transport:
        with pytest.raises(ConnectionLost) as lost:
            await transport.send(CREATE)
        assert lost.value.retry_after == 7.0
        assert not lost.value.started
        await transport.reconnect()
        await transport.send(CREATE)
        assert await answer(transport)
