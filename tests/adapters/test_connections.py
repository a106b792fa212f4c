"""Which connection a conversation gets, against the real local server: falling back, staying there, coming back."""

import asyncio

import pytest
from tests.dialogue import Dialogue, Now, connections, dialogue, sent

from patchwire.adapters.connections import FALLBACK_SECONDS, SOCKETS, Connections, Known, Patience, ServiceConnection
from patchwire.adapters.credentials import FixedKey
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.loopback.faults import Drop, Faults, Refuse, Slam, Stall
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback

OK = say("Ok.")


def refusing(status: int, **more: object) -> dict[str, Faults]:
    return {"faults": Faults(connections={1: Refuse(status, **more)})}


async def test_a_socket_where_there_can_be_one() -> None:
    async with dialogue(OK, OK) as (talk, server):
        assert talk.service.capabilities.incremental
        assert not talk.service.worn
        await talk.say("one")
        await talk.say("two")
        assert connections(server) == [1, 1]
        assert sent(server)[1]["previous_response_id"]
        assert talk.service.bytes_up > 0 < talk.service.bytes_down
        assert talk.known.sockets == 1
    assert talk.known.sockets == 0


async def test_nothing_is_connected_before_the_first_request() -> None:
    async with dialogue(finished=True) as (talk, server):
        with pytest.raises(ConnectionLost, match="no connection"):
            await talk.service.receive()
        assert not server.exchanges


async def test_http_where_it_is_asked_for() -> None:
    async with dialogue(OK, OK, mode="http") as (talk, server):
        assert not talk.service.capabilities.incremental
        await talk.say("one")
        await talk.say("two")
        assert not talk.service.worn
        assert connections(server) == [0, 0]
        assert "previous_response_id" not in sent(server)[1]
        assert len(sent(server)[1]["input"]) == 3


async def test_http_continues_what_was_stored() -> None:
    async with dialogue(OK, OK, mode="http", options={"store": True}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert len(sent(server)[1]["input"]) == 1
        assert sent(server)[1]["previous_response_id"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 426, 501])
async def test_a_server_without_the_mode_gets_http_at_once_and_for_a_while(status: int) -> None:
    async with dialogue(OK, OK, OK, server=refusing(status)) as (talk, server):
        await talk.say("one")
        assert connections(server) == [0]
        assert not talk.waited
        talk.now.time += FALLBACK_SECONDS - 1
        await talk.say("two")
        assert connections(server) == [0, 0]
        talk.now.time += 2
        assert talk.service.worn
        await talk.say("three")
        assert connections(server) == [0, 0, 2]
        assert talk.conversation.resends == 0


async def test_the_verdict_is_shared_by_conversations_with_the_same_base_url() -> None:
    async with dialogue(OK, OK, server=refusing(426)) as (talk, server):
        await talk.say("one")
        other = Dialogue(server.base_url, FixedKey(server.token), known=talk.known, exchanges=lambda: server.exchanges)
        await other.say("else")
        await other.service.aclose()
        assert connections(server) == [0, 0]


async def test_the_verdict_needs_an_answer_over_http() -> None:
    """Where nothing listens at all, it was not the socket's fault."""
    known = Known()
    async with Loopback(Play(), models=["m"]) as server:
        pass
    service = ServiceConnection(server.base_url, "m", FixedKey("k"), known)
    with pytest.raises(ConnectionLost, match="Could not connect to http:"):
        await service.send("{}")
    assert known.http_until == float("-inf")
    assert service.worn
    await service.reconnect()
    with pytest.raises(ConnectionLost, match="Could not connect to http:"):
        await service.send("{}")
    await service.aclose()


async def test_without_a_choice_there_is_no_fallback() -> None:
    async with dialogue(server=refusing(426), mode="websocket") as (talk, _):
        with pytest.raises(ProviderError, match="no WebSocket mode"):
            await talk.say("one")
    async with Loopback(Play(), models=["m"]) as server:
        pass
    service = ServiceConnection(server.base_url, "m", FixedKey("k"), Known(), mode="websocket")
    with pytest.raises(ConnectionLost, match="Could not connect to ws:"):
        await service.send("{}")


async def test_a_busy_server_is_waited_for_and_not_left() -> None:
    async with dialogue(OK, server=refusing(503, headers={"retry-after": "3"})) as (talk, server):
        await talk.say("one")
        assert talk.waited == [3.0]
        assert connections(server) == [2]


@pytest.mark.parametrize("code", [1008, 1009])
async def test_a_close_for_good_is_http_at_once(code: int) -> None:
    async with dialogue(OK, OK, server={"faults": Faults(requests={2: Drop(code=code)})}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert connections(server) == [1, 1, 0]
        assert not talk.waited


async def test_a_door_that_is_slammed_is_http_at_once() -> None:
    async with dialogue(OK, server={"faults": Faults(every_connection=Slam(1008))}) as (talk, server):
        await talk.say("one")
        assert connections(server) == [0]
        assert not talk.waited


async def test_one_blip_is_no_verdict() -> None:
    drops = Faults(requests={1: Drop(after=2), 2: Drop(after=2), 4: Drop(after=2), 5: Drop(after=2)})
    async with dialogue(OK, OK, OK, server={"faults": drops}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        await talk.say("three")
        assert 0 not in connections(server)


async def test_loss_after_loss_is_http() -> None:
    drops = Faults(requests={number: Drop(after=2) for number in (1, 2, 3)})
    async with dialogue(OK, OK, server={"faults": drops}) as (talk, server):
        await talk.say("one")
        assert connections(server) == [1, 2, 3, 0]
        assert len(talk.waited) == 2
        await talk.say("two")
        assert connections(server)[-1] == 0


async def test_a_loss_over_http_lets_the_socket_try_again() -> None:
    faults = Faults(requests={1: Drop()}, connections={1: Refuse(426)})
    async with dialogue(OK, server={"faults": faults}) as (talk, server):
        await talk.say("one")
        assert connections(server) == [0, 2]


async def test_the_limit_of_sockets_sends_whoever_is_late_to_http() -> None:
    async with dialogue(OK, known=Known(sockets=SOCKETS)) as (talk, server):
        await talk.say("one")
        assert connections(server) == [0]


async def test_a_place_is_taken_before_the_connection_is_made_and_given_back_where_it_is_not() -> None:
    known = Known(sockets=SOCKETS - 1)
    stall = {"faults": Faults(connections={1: Stall()})}
    async with dialogue(OK, known=known, server=stall, patience=Patience(connect=0.3)) as (talk, server):
        other = Dialogue(server.base_url, FixedKey(server.token), known=known)
        waiting = asyncio.create_task(talk.service.reconnect())
        await asyncio.sleep(0)
        await other.service.reconnect()
        assert known.sockets == SOCKETS
        assert not other.service.capabilities.incremental
        await waiting
        assert known.sockets == SOCKETS - 1
        await other.service.aclose()
        await talk.say("one")
        assert connections(server) == [0]


async def test_a_connection_is_made_in_the_background_and_waited_for() -> None:
    async with dialogue(OK, OK) as (talk, server):
        talk.service.prepare()
        await talk.say("one")
        talk.service.prepare()  # all is well: nothing is made
        server.control.drop()
        while not talk.service.worn:  # noqa: ASYNC110  # it has no event to wait for - what is awaited is the server's close
            await asyncio.sleep(0)
        talk.service.prepare()
        talk.service.prepare()
        assert await talk.say("two") == "Ok."
        assert connections(server) == [1, 2]
        assert server.control.connections == 1


async def test_what_was_made_in_the_background_is_thrown_away_only_once_it_was_used() -> None:
    async with dialogue(OK, OK) as (talk, server):
        talk.service.prepare()
        while not server.control.connections:  # noqa: ASYNC110  # it has no event to wait for - what is awaited is the server's to see
            await asyncio.sleep(0)
        await talk.service.reconnect()
        await talk.service.reconnect()
        await talk.say("one")
        await talk.service.reconnect()
        talk.conversation.restart_chain()
        await talk.say("two")
        assert connections(server) == [1, 2]


async def test_a_busy_door_is_waited_for_though_it_was_knocked_at_in_the_background() -> None:
    async with dialogue(OK, server=refusing(429, headers={"Retry-After": "4"})) as (talk, server):
        talk.service.prepare()
        await talk.say("one")
        assert (talk.waited, connections(server)) == ([4.0], [2])


async def test_what_goes_wrong_in_the_background_is_left_to_the_next_request() -> None:
    async with dialogue(OK, OK, mode="websocket", patience=Patience(connect=0.3)) as (talk, server):
        await talk.say("one")
        server.control.provoke(Faults(connections={1: Refuse(503)}))
        server.control.drop()
        while not talk.service.worn:  # noqa: ASYNC110  # it has no event to wait for
            await asyncio.sleep(0)
        talk.service.prepare()
        assert await talk.say("two") == "Ok."
        assert talk.known.sockets == 1
        server.control.provoke(Faults(connections={1: Stall()}))
        server.control.drop()
        while not talk.service.worn:  # noqa: ASYNC110  # it has no event to wait for
            await asyncio.sleep(0)
        talk.service.prepare()
        await asyncio.sleep(0)
        await talk.service.aclose()  # and who closes does not wait for it
    assert talk.known.sockets == 0


async def test_a_connection_is_replaced_before_its_time_is_over() -> None:
    async with dialogue(OK) as (talk, _):
        await talk.say("one")
        talk.service.expires_after(0.0)
        assert talk.service.worn


async def test_compaction_goes_over_http_beside_the_socket_and_over_the_same_http() -> None:
    body = '{"model":"m","input":[{"type":"message","role":"user","content":"hello"}]}'
    async with dialogue(OK) as (talk, _):
        await talk.say("one")
        before = talk.service.bytes_up
        assert '"compaction"' in await talk.service.compact(body)
        assert talk.service.bytes_up == before + len(body)
        await talk.service.reconnect()
        assert talk.service.bytes_up == before + len(body)
    async with dialogue(OK, mode="http") as (talk, _):
        await talk.say("one")
        assert '"compaction"' in await talk.service.compact(body)


def test_what_is_known_is_kept_by_base_url() -> None:
    memory = Connections()
    memory.known("https://a/v1").unwelcome.setdefault("m", set()).add("reasoning")
    one = ServiceConnection("https://a/v1", "m", FixedKey(""), memory.known("https://a/v1"), now=Now())
    other = ServiceConnection("https://b/v1", "m", FixedKey(""), memory.known("https://b/v1"), now=Now())
    assert (one.unwelcome, other.unwelcome) == ({"reasoning"}, set())
