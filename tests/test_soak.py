"""Whatever happens to a conversation, and in whatever order: what the server's model saw is what our transcript says.

Drops, errors, lost memories, rotations, expired keys, fallbacks to HTTP, forks, compactions, cancels, warm-ups and
changed settings by Hypothesis, over real sockets. `make test` plays a few dozen, `make soak` thousands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st
from tests.dialogue import OPTIONS, Dialogue

from patchwire.adapters.connections import FALLBACK_SECONDS, Known
from patchwire.agent.warm_up import warming
from patchwire.loopback.faults import Delay, Drop, Expire, Fail, Faults, Forget, Inject, Leftover, Refuse
from patchwire.loopback.model import Item, Request
from patchwire.loopback.play import call, reasoning, say
from patchwire.loopback.server import Loopback
from patchwire.wire.items import ToolOutput, user_message
from patchwire.wire.state import State

FIRST_KEY = "sk-0"


class Brain:
    """Calls as many tools as the user's last word asks for, then says a few words."""

    def respond(self, request: Request) -> Sequence[Item]:
        last = request.context[-1]
        if last.get("role") == "user":
            calls = int(last["content"][-1]["text"].split()[0])
            if calls:
                return [reasoning("hm"), *(call("read", number=number) for number in range(calls))]
        return [reasoning("so"), say("word " * 40, phase="final_answer")]


class Keys:
    """The key that the server takes now, if it is asked for again."""

    def __init__(self) -> None:
        self.last = FIRST_KEY
        self.good = FIRST_KEY

    async def key(self) -> str:
        return self.last

    async def renew(self, refused: str) -> bool:
        self.last = self.good
        return self.last != refused


class Stage:
    """One server, and the conversations with it: one at first, more where it forks."""

    def __init__(self, server: Loopback, mode: str, *, stored: bool) -> None:
        self.server = server
        self.keys = Keys()
        self.known = Known()
        self.mode = mode
        self.stored = stored
        self.talks = [self._dialogue()]

    def _dialogue(self) -> Dialogue:
        return Dialogue(
            self.server.base_url,
            self.keys,
            known=self.known,
            mode=self.mode,
            options=OPTIONS | {"store": self.stored},
            exchanges=lambda: self.server.exchanges,
        )

    def at(self, which: int) -> Dialogue:
        return self.talks[which % len(self.talks)]

    def fork(self, which: int) -> None:
        if len(self.talks) < 3:
            twin = self._dialogue()
            twin.conversation = self.at(which).conversation.fork()
            twin.exchange.conversation = twin.compaction.conversation = twin.conversation
            self.talks.append(twin)

    async def aclose(self) -> None:
        for talk in self.talks:
            await talk.service.aclose()


@dataclass(frozen=True)
class Step:
    """Something that is done to one of the conversations, or to the server."""

    name: str
    do: Callable[[Stage], Awaitable[None]]

    def __repr__(self) -> str:
        return self.name


def ask(which: int, calls: int) -> Step:
    async def do(stage: Stage) -> None:
        talk = stage.at(which)
        await talk.say(f"{calls} please")

    return Step(f"ask({which}, {calls})", do)


def warm_up(which: int) -> Step:
    """As before a first turn, but at any time; a server that is busy, gone or forgetful may spoil it."""

    async def do(stage: Stage) -> None:
        talk = stage.at(which)
        async with warming(talk.conversation, talk.service, talk.clock):
            await asyncio.sleep(0)

    return Step(f"warm_up({which})", do)


def cancel(which: int, calls: int, after: int) -> Step:
    """Ask, and cancel after so many pieces of progress; with 0 calls also in the middle of the text."""

    async def do(stage: Stage) -> None:
        talk = stage.at(which)
        talk.conversation.ask(user_message(f"{calls} please"))
        running = asyncio.create_task(talk.exchange.run())
        pieces = iter(range(after))

        def emit(piece: object) -> None:
            if next(pieces, None) is None:
                running.cancel()

        talk.exchange.emit = emit
        await asyncio.gather(running, return_exceptions=True)
        talk.exchange.emit = talk.progress.append
        talk.service.prepare()
        if talk.conversation.state is not State.READY:
            talk.conversation.abandon("cancelled")

    return Step(f"cancel({which}, {calls}, {after})", do)


def compact(which: int, *, owing: bool) -> Step:
    """Compact between requests; where calls are owed, a fork is made of what is settled, too."""

    async def do(stage: Stage) -> None:
        talk = stage.at(which)
        if owing:
            talk.conversation.ask(user_message("2 please"))
            await talk.exchange.run()
            stage.fork(which)
        if talk.conversation.history:
            try:
                await talk.compaction.now()
            finally:
                calls = talk.conversation.open_calls
                if calls:
                    talk.conversation.answer([ToolOutput(made, "x") for made in calls])
                    talk.conversation.abandon("given up")

    return Step(f"compact({which}, {owing})", do)


def provoke(first: object, second: object) -> Step:
    async def do(stage: Stage) -> None:
        requests = {number: fault for number, fault in ((1, first), (2, second)) if fault is not None}
        stage.server.control.provoke(Faults(requests=requests))

    return Step(f"provoke({first}, {second})", do)


def expire_key() -> Step:
    async def do(stage: Stage) -> None:
        stage.keys.good += "0"
        stage.server.control.expire_key(stage.keys.good)

    return Step("expire_key", do)


def refuse_upgrade(status: int) -> Step:
    async def do(stage: Stage) -> None:
        stage.server.control.provoke(Faults(connections={1: Refuse(status)}))
        stage.server.control.drop()

    return Step(f"refuse_upgrade({status})", do)


def on_server(name: str) -> Step:
    async def do(stage: Stage) -> None:
        getattr(stage.server.control, name)()
        await asyncio.sleep(0)

    return Step(name, do)


def on_client(name: str, change: Callable[[Dialogue], None], which: int) -> Step:
    async def do(stage: Stage) -> None:
        change(stage.at(which))

    return Step(f"{name}({which})", do)


def forget_chain(talk: Dialogue) -> None:
    talk.conversation.restart_chain()


def change_settings(talk: Dialogue) -> None:
    before = talk.conversation.settings
    talk.conversation.settings = replace(before, instructions=before.instructions + "!")


def age(talk: Dialogue) -> None:
    talk.known.lifetime_seconds = 0.0


def wait(talk: Dialogue) -> None:
    talk.now.time += FALLBACK_SECONDS + 1


def fork(which: int) -> Step:
    async def do(stage: Stage) -> None:
        stage.fork(which)

    return Step(f"fork({which})", do)


WHICH = st.integers(0, 2)
FAULTS = st.one_of(
    st.builds(Drop, st.integers(0, 12), st.sampled_from([None, 1000, 1001, 1009, 1011, 1012])),
    st.builds(Drop, st.just(1), of=st.just("function_call")),
    st.builds(Fail, st.sampled_from([429, 500, 503]), after=st.integers(0, 4)),
    st.sampled_from([Forget(), Expire(), Inject(), Leftover(), Delay(0.0), Fail(503, headers={"Retry-After": "2"})]),
)
STEPS = st.one_of(
    st.builds(ask, WHICH, st.integers(0, 3)),
    st.builds(ask, WHICH, st.integers(0, 3)),
    st.builds(warm_up, WHICH),
    st.builds(cancel, WHICH, st.integers(0, 2), st.integers(0, 6)),
    st.builds(compact, WHICH, owing=st.booleans()),
    st.builds(fork, WHICH),
    st.builds(provoke, FAULTS, st.none() | FAULTS),
    st.builds(expire_key),
    st.builds(refuse_upgrade, st.sampled_from([403, 426, 503])),
    st.sampled_from(["forget", "drop", "expire"]).map(on_server),
    st.builds(on_client, st.just("forget_chain"), st.just(forget_chain), WHICH),
    st.builds(on_client, st.just("change_settings"), st.just(change_settings), WHICH),
    st.builds(on_client, st.just("age"), st.just(age), WHICH),
    st.builds(on_client, st.just("wait"), st.just(wait), WHICH),
)


async def play(steps: list[Step], mode: str, *, stored: bool) -> None:
    async with Loopback(Brain(), models=["m"], token=FIRST_KEY) as server:
        stage = Stage(server, mode, stored=stored)
        try:
            for step in steps:
                await step.do(stage)
            server.control.provoke(Faults())
            for talk in stage.talks:
                await talk.say("1 please")
        finally:
            await stage.aclose()
        assert not [exchange.difference for exchange in server.exchanges if exchange.difference]


@given(
    steps=st.lists(STEPS, min_size=1, max_size=10),
    mode=st.sampled_from(["auto", "auto", "auto", "http"]),
    stored=st.booleans(),
)
def test_the_server_and_the_transcript_never_differ(steps: list[Step], mode: str, stored: bool) -> None:
    asyncio.run(play(steps, mode, stored=stored))
