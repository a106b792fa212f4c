"""Several conversations with one service at the same time: forks, their connections, and what a cancel leaves behind.

Whole sessions against the local server, whose record says what the model of each really saw.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.stage import repository
from tests.test_session import PYTEST, one_turn, settings_for

from patchwire.adapters.connections import SOCKETS, Connections
from patchwire.loopback.model import Item, Request
from patchwire.loopback.play import call, say
from patchwire.loopback.record import Exchange
from patchwire.loopback.server import Loopback
from patchwire.session import Session
from patchwire.task import Said, Status
from patchwire.wire.items import user_message

READ = call("read_file", path="cart.py", start_line=None, end_line=None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


class Reader:
    """Reads one file and says how much it has seen."""

    def respond(self, request: Request) -> list[Item]:
        last = request.context[-1]
        return [READ] if last.get("role") == "user" else [say(f"I have seen {len(request.context)} items.")]


@asynccontextmanager
async def session_with(model: object, **more: object) -> AsyncIterator[tuple[Session, Loopback]]:
    """A session with a server that has this model behind it."""
    async with (
        Loopback(model, models=["m"]) as server,
        Session(settings_for(server), os.environ, PYTEST, **more) as session,
    ):
        yield session, server


def asked(server: Loopback, connection: int) -> list[Exchange]:
    """The creates of one connection that wanted an answer."""
    return [
        exchange
        for exchange in server.exchanges
        if exchange.connection == connection and exchange.body.get("generate") is not False
    ]


async def test_a_fork_goes_on_by_itself_from_the_same_history(root: Path) -> None:
    async with session_with(Reader()) as (session, server):
        await one_turn(session, root)
        before = session.transcript
        async with session.fork() as twin:
            await asyncio.gather(one_turn(session, root), one_turn(twin, root))
            assert session.transcript[: len(before)] == twin.transcript[: len(before)] == before
            ours, theirs = asked(server, 1)[-1], asked(server, 2)[-1]
            assert (*ours.context, *ours.output) == session.transcript
            assert (*theirs.context, *theirs.output) == twin.transcript
            assert session.transcript != twin.transcript
        first = next(exchange for exchange in server.exchanges if exchange.connection == 2)
        assert "previous_response_id" not in first.body
        assert tuple(first.body["input"][: len(before)]) == before
        keys = {exchange.body["prompt_cache_key"] for exchange in server.exchanges}
        assert len(keys) == 1


async def test_a_fork_in_the_middle_of_a_turn_leaves_out_what_is_not_settled(root: Path) -> None:
    async with session_with(Reader()) as (session, _):
        await one_turn(session, root)
        before, twins = session.transcript, list[Session]()

        def fork(piece: object) -> None:
            if not twins:
                twins.append(session.fork())

        await one_turn(session, root, fork)
        async with twins[0] as twin:
            assert twin.transcript == (*before, user_message("Say it."))
            assert (await one_turn(twin, root)).status is Status.NO_CHANGE
            assert twin.transcript[: len(before)] == before


async def test_a_fork_before_the_first_turn_is_a_session_like_any_other(root: Path) -> None:
    async with session_with(Reader(), history=[user_message("Earlier.")]) as (session, server), session.fork() as twin:
        assert (await one_turn(twin, root)).status is Status.NO_CHANGE
        assert "Earlier." in str(asked(server, 1)[0].context[0])


async def test_so_many_sessions_at_once_and_no_more_sockets_than_there_may_be(root: Path) -> None:
    many = SOCKETS + 2
    async with Loopback(Reader(), models=["m"]) as server:
        connections = Connections()
        sessions = [Session(settings_for(server), os.environ, PYTEST, connections=connections) for _ in range(many)]
        outcomes = await asyncio.gather(*(one_turn(session, root) for session in sessions))
        assert {outcome.status for outcome in outcomes} == {Status.NO_CHANGE}
        used = {exchange.connection for exchange in server.exchanges}
        assert len(used - {0}) == SOCKETS
        assert 0 in used
        seen = [(*exchange.context, *exchange.output) for exchange in server.exchanges]
        assert all(session.transcript in seen for session in sessions)
        await asyncio.gather(*(session.aclose() for session in sessions))
        assert connections.known(server.base_url).sockets == 0


class Talker:
    """Says a long text, word by word."""

    def respond(self, request: Request) -> list[Item]:
        return [say("word " * 2_000)]


async def test_after_a_cancel_the_next_turn_finds_a_connection_made(root: Path) -> None:
    async with session_with(Talker()) as (session, server):

        def cancel(piece: object) -> None:
            if isinstance(piece, Said):
                session.cancel()

        assert (await one_turn(session, root, cancel)).status is Status.CANCELLED
        while not server.control.connections:  # noqa: ASYNC110 - what is awaited is the server's to see
            await asyncio.sleep(0.01)
        assert len(asked(server, 2)) == 0
        await one_turn(session, root)
        assert len(asked(server, 2)) == 1
        assert "previous_response_id" not in asked(server, 2)[0].body
