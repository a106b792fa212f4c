"""Habits: what OpenAI leaves open, each in both ways. Those that only take something away are in `test_failures`."""

import asyncio
from typing import Any

import pytest
from tests.loopback.client import Client, Item, connected, user

from patchwire.loopback.faults import Drop, Faults, Silence
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.server import Loopback


def kinds(client: Client) -> list[str]:
    return [event["type"] for event in client.events]


async def test_a_create_that_waits_is_told_so_where_that_is_the_habit() -> None:
    async with (
        Loopback(Play(say("one"), say("two")), habits=Habits(queued=True)) as server,
        connected(server) as client,
    ):
        await client.create("one")
        await client.create("two")
        for _ in range(2):
            await client.until("response.completed")
        queued = next(event for event in client.events if event["type"] == "response.queued")
        assert queued["response"]["status"] == "queued"
        second = client.events[-1]["response"]
        assert queued["response"]["id"] == second["id"]
        of_second = [event["sequence_number"] for event in client.events[-9:]]
        assert of_second == list(range(1, 10))
        assert kinds(client).count("response.queued") == 1


async def test_a_create_that_will_be_refused_is_not_told_that_it_waits() -> None:
    async with Loopback(Play(say("one")), habits=Habits(queued=True)) as server, connected(server) as client:
        await client.create("one")
        await client.create("two", wild=True)
        await client.until("error")
        assert "response.queued" not in kinds(client)


@pytest.mark.parametrize("events", [(), ("response.queued", "response.created", "response.in_progress")])
async def test_a_warm_up_is_told_with_as_many_events_as_one_likes(events: tuple[str, ...]) -> None:
    habits = Habits(warm_up_events=events)
    async with Loopback(Play(say("one")), habits=habits) as server, connected(server) as client:
        warm = await client.response([], generate=False)
        assert kinds(client) == [*events, "response.completed"]
        assert [event["sequence_number"] for event in client.events] == list(range(len(events) + 1))
        await client.response("one", previous_response_id=warm["id"])


@pytest.mark.parametrize("keeps", [True, False])
async def test_an_incomplete_response_can_be_continued_or_not(keeps: bool) -> None:
    play = Play(say("one " * 50), say("two"))
    async with Loopback(play, habits=Habits(keeps_incomplete=keeps)) as server, connected(server) as client:
        cut = (await client.turn("one", max_output_tokens=16))["response"]
        assert cut["status"] == "incomplete"
        again = await client.turn("go on", previous_response_id=cut["id"])
        assert again["type"] == ("response.completed" if keeps else "error")


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_parent_outlives_a_response_that_failed_or_not(keeps: bool) -> None:
    def broken(request: object) -> Item:
        raise RuntimeError("broken")

    play = Play(say("one"), broken, say("two"))
    async with Loopback(play, habits=Habits(keeps_parent=keeps)) as server, connected(server) as client:
        parent = await client.response("one")
        assert (await client.turn("go on", previous_response_id=parent["id"]))["type"] == "response.failed"
        again = await client.turn("go on", previous_response_id=parent["id"])
        assert again["type"] == ("response.completed" if keeps else "error")


@pytest.mark.parametrize("finishes", [True, False])
async def test_a_response_whose_client_has_gone_is_finished_and_stored_or_not(finishes: bool) -> None:
    faults = Faults(requests={1: Silence(after=3, seconds=0.2)})
    habits = Habits(finishes_abandoned=finishes)
    async with Loopback(Play(say("one")), faults=faults, habits=habits) as server:
        async with connected(server) as client:
            await client.create("one", store=True)
            started = await client.until("response.created")
            await client.until("response.output_item.added")
        while server.exchanges[0].status == "in_progress":  # noqa: ASYNC110 - the server's to see
            await asyncio.sleep(0.01)
        assert server.exchanges[0].status == ("completed" if finishes else "lost")
        async with connected(server) as client:
            again = await client.turn("and?", previous_response_id=started["response"]["id"])
            assert ("code" in again.get("error", {})) is not finishes


async def test_nobody_waits_for_an_abandoned_response_at_the_end() -> None:
    faults = Faults(requests={1: Silence(after=3)})
    habits = Habits(finishes_abandoned=True)
    async with Loopback(Play(say("one")), faults=faults, habits=habits) as server, connected(server) as client:
        await client.create("one")
        await client.until("response.output_item.added")
        await client.socket.close()
    assert [exchange.status for exchange in server.exchanges] == ["lost"]


async def test_what_waited_behind_an_abandoned_response_is_not_begun() -> None:
    faults = Faults(requests={1: Silence(after=3, seconds=0.1)})
    async with Loopback(Play(say("one")), faults=faults, habits=Habits(finishes_abandoned=True)) as server:
        async with connected(server) as client:
            await client.create("one")
            await client.create("two")
            await client.until("response.output_item.added")
        while server.exchanges[0].status == "in_progress":  # noqa: ASYNC110 - the server's to see
            await asyncio.sleep(0.01)
        assert [exchange.status for exchange in server.exchanges] == ["completed"]


async def test_a_mark_follows_the_end_where_that_is_the_habit() -> None:
    async with Loopback(Play(say("one")), habits=Habits(done_mark=True)) as server, connected(server) as client:
        await client.response("one")
        assert await client.socket.recv() == "[DONE]"


def offer(*names: str) -> dict[str, Any]:
    return {"headers": {}, "subprotocols": list(names)}


async def test_a_browser_may_offer_its_key_where_that_is_the_habit() -> None:
    async with Loopback(Play(say("one"), say("two")), habits=Habits(key_in_subprotocol=True)) as server:
        key = f"openai-insecure-api-key.{server.token}"
        async with connected(server, **offer("responses", key)) as client:
            assert client.socket.subprotocol == "responses"
            await client.response("one")
        async with connected(server, **offer(key)) as client:
            await client.response("two")
        async with connected(server) as client:
            assert client.socket.subprotocol is None
        with pytest.raises(Exception, match="401"):
            async with connected(server, **offer("openai-insecure-api-key.wrong")):
                pass


async def test_a_key_in_a_subprotocol_is_no_key_otherwise() -> None:
    async with Loopback(Play()) as server:
        with pytest.raises(Exception, match="401"):
            async with connected(server, **offer(f"openai-insecure-api-key.{server.token}")):
                pass


async def test_a_threshold_can_be_too_small() -> None:
    limits = Limits(least_threshold=1_000)
    async with Loopback(Play(say("one")), limits=limits) as server, connected(server) as client:
        small = await client.refused("one", context_management=[{"type": "compaction", "compact_threshold": 999}])
        assert small["error"]["code"] == "integer_below_min_value"
        await client.response("one", context_management=[{"type": "compaction", "compact_threshold": 1_000}])


async def test_a_dropped_response_is_not_finished() -> None:
    faults = Faults(requests={1: Drop(after=3)})
    async with (
        Loopback(Play(call("f")), faults=faults, habits=Habits(finishes_abandoned=True)) as server,
        connected(server) as client,
    ):
        await client.create([user("one")])
        with pytest.raises(Exception, match="close frame"):
            await client.until("response.completed")
        assert server.exchanges[0].status == "lost"
