"""Every failure that was seen in the wild (protocol.md §6.3, F1-F34), through real sockets, and what we make of it.

Each is one conversation with the local server; whatever happens, what the server's model saw equals our transcript.
"""

import asyncio
import logging
import re
from pathlib import Path

import pytest
from tests.adapters.certificates import self_signed
from tests.dialogue import Dialogue, connections, dialogue, sent

from patchwire.adapters.connections import Known, Patience
from patchwire.adapters.credentials import FixedKey
from patchwire.agent.warm_up import warming
from patchwire.errors import ProviderError
from patchwire.loopback.faults import (
    BlackHole,
    Delay,
    Drop,
    Expire,
    ExpireKey,
    Fail,
    Faults,
    Forget,
    Gone,
    IgnoreClose,
    Inject,
    Leftover,
    Lifetime,
    Refuse,
    RequestFault,
    Silence,
    Slam,
    SlowPongs,
    Stall,
    Successor,
)
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.play import call, reasoning, say
from patchwire.session import SystemClock
from patchwire.task import Said
from patchwire.wire.items import ToolOutput, user_message
from patchwire.wire.request import RequestSettings
from patchwire.wire.state import State

OK = say("Ok.")
LONG = say("word " * 200)


def on(number: int, fault: RequestFault, **more: object) -> dict[str, object]:
    return {"faults": Faults(requests={number: fault}), **more}


async def two_answers(fault: RequestFault, *acts: object, **options: object) -> tuple[Dialogue, list[int]]:
    """One good answer, then a request that meets `fault`, and its answer."""
    async with dialogue(OK, *(acts or (OK,)), server=on(2, fault), **options) as (talk, server):
        await talk.say("one")
        assert await talk.say("two") == "Ok."
        return talk, connections(server)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 1012, 1013])
async def test_f1_closed_in_mid_response(code: int | None) -> None:
    if code == 1006:  # a code that is never on the wire: what it means is a cut
        code = None
    talk, used = await two_answers(Drop(after=5, code=code), say("Lost."), OK)
    assert used == [1, 1, 2]
    assert talk.conversation.resends == 1
    assert talk.waited == [0.2]
    assert talk.exchange.reconnects == 1


async def test_f1_again_and_again_is_http_in_the_end() -> None:
    drops = Faults(requests={number: Drop(after=5, code=1011) for number in (1, 2, 3)})
    async with dialogue(*[say("Lost.")] * 3, OK, server={"faults": drops}) as (talk, server):
        assert await talk.say("one") == "Ok."
        assert connections(server) == [1, 2, 3, 0]


async def test_f1_for_ever_ends_with_a_sentence() -> None:
    async with dialogue(server={"faults": Faults(every_request=Drop(after=1))}) as (talk, _):
        with pytest.raises(ProviderError, match="after 6 attempts"):
            await talk.say("one")


async def test_f2_dropped_after_the_create_it_is_simply_asked_again() -> None:
    talk, used = await two_answers(Drop())
    assert used == [1, 1, 2]
    assert not talk.retracted


async def test_f3_text_of_a_lost_attempt_is_taken_back() -> None:
    talk, _ = await two_answers(Drop(after=500, of="characters"), LONG, OK)
    assert len(talk.retracted) == 1
    after = talk.progress[talk.progress.index(talk.retracted[0]) :]
    assert "".join(piece.text for piece in after if isinstance(piece, Said)) == "Ok."


async def test_f4_a_call_whose_response_never_ended_is_never_answered() -> None:
    async with dialogue(
        [reasoning("hm"), call("write")], [call("write")], OK, server=on(1, Drop(1, of="function_call"))
    ) as (talk, server):
        assert await talk.say("one") == "Ok."
        outputs = [item for item in server.exchanges[-1].context if item["type"] == "function_call_output"]
        assert len(outputs) == 1


async def test_f5_a_forgotten_response_is_not_even_noticed() -> None:
    talk, used = await two_answers(Forget())
    assert used == [1, 1, 1]
    assert not talk.waited
    assert not talk.retracted
    assert talk.conversation.resends == 1


async def test_f6_the_lifetime_ends_while_nothing_runs() -> None:
    async with dialogue(OK, OK, server={"faults": Faults(connections={1: Lifetime(0.05)})}) as (talk, server):
        await talk.say("one")
        while not talk.service.worn:  # noqa: ASYNC110 - what is awaited is the server's close
            await asyncio.sleep(0.01)
        await talk.say("two")
        assert connections(server) == [1, 2]
        assert talk.conversation.resends == 0


async def test_f6_the_lifetime_ends_as_the_create_goes_out() -> None:
    talk, used = await two_answers(Expire())
    assert used[-1] == 2
    assert not talk.waited
    assert talk.known.lifetime_seconds == 3600.0


async def test_f6_stored_responses_are_continued_on_the_new_connection() -> None:
    async with dialogue(OK, OK, server=on(2, Drop()), options={"store": True}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert len(sent(server)[-1]["input"]) == 1
        assert sent(server)[-1]["previous_response_id"]


async def test_f6_a_connection_is_replaced_before_its_limit_between_requests() -> None:
    async with dialogue(OK, OK) as (talk, server):
        await talk.say("one")
        talk.known.lifetime_seconds = 0.0
        await talk.say("two")
        assert connections(server) == [1, 2]
        assert not talk.waited


async def test_f7_an_upgrade_that_is_never_answered_is_http_at_once() -> None:
    stall = {"faults": Faults(every_connection=Stall())}
    async with dialogue(OK, OK, server=stall, patience=Patience(connect=0.2)) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert connections(server) == [0, 0]
        assert not talk.waited


class ConnectProxy:
    """An HTTP proxy that knows CONNECT and leads every name to this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        self.asked.append(target)
        there, back = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        except OSError:
            pass
        finally:
            writer.transport.abort()
            back.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
        target.transport.abort()

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.mark.parametrize("mode", ["websocket", "http"])
async def test_f8_one_proxy_and_one_private_authority_for_both(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = self_signed(tmp_path)
    proxy = ConnectProxy()
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as listening:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        async with dialogue(OK, server={"tls": context}, mode=mode) as (talk, server):
            talk.service.base_url = f"https://service.test:{server.port}/v1"
            assert await talk.say("one") == "Ok."
        await proxy.aclose()
        assert proxy.asked == [f"service.test:{server.port}"]


async def test_f9_accepted_and_closed_with_1008_is_http() -> None:
    async with dialogue(OK, OK, server={"faults": Faults(every_connection=Slam())}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert connections(server) == [0, 0]


@pytest.mark.parametrize("status", [403, 404, 405, 426])
async def test_f10_no_websockets_here_is_http(status: int) -> None:
    async with dialogue(OK, server={"faults": Faults(every_connection=Refuse(status))}) as (talk, server):
        await talk.say("one")
        assert connections(server) == [0]
        assert not talk.waited


@pytest.mark.parametrize("status", [429, 503])
async def test_f10_a_busy_door_is_waited_for_as_it_asks(status: int) -> None:
    refuse = Faults(connections={1: Refuse(status, headers={"Retry-After": "4"})})
    async with dialogue(OK, server={"faults": refuse}) as (talk, server):
        await talk.say("one")
        assert (talk.waited, connections(server)) == ([4.0], [2])


async def test_f10_a_wrong_key_stops_at_once() -> None:
    async with dialogue(credentials=FixedKey("sk-wrong")) as (talk, server):
        with pytest.raises(ProviderError, match="did not accept the API key"):
            await talk.say("one")
        assert not server.exchanges
        assert not talk.waited


async def test_f11_a_half_open_socket_is_found_by_its_missing_pongs() -> None:
    patience = Patience(ping=0.05, pong=0.05, silence=60.0)
    talk, used = await two_answers(BlackHole(), patience=patience)
    assert used[-1] == 2
    assert talk.conversation.resends == 1


async def test_f11_a_socket_that_died_while_idle_is_replaced() -> None:
    patience = Patience(ping=0.05, pong=0.05, silence=60.0)
    async with dialogue(OK, OK, patience=patience) as (talk, server):
        await talk.say("one")
        server.control.vanish()
        assert await talk.say("two") == "Ok."
        assert connections(server)[-1] == 2


async def test_f12_a_long_silence_is_no_death_as_long_as_pings_are_answered() -> None:
    patience = Patience(ping=0.02, pong=0.1, silence=60.0)
    talk, used = await two_answers(Silence(after=2, seconds=0.3), patience=patience)
    assert used == [1, 1]
    assert talk.conversation.resends == 0


async def test_f12_a_silence_for_ever_has_its_own_clock() -> None:
    patience = Patience(ping=0.02, pong=1.0, silence=0.2)
    talk, used = await two_answers(Silence(after=1), patience=patience)
    assert used == [1, 1, 2]
    assert "said nothing for 0.2 seconds" in str(talk.progress)


async def test_f13_slow_pongs_are_answers_too() -> None:
    slow = {"faults": Faults(every_connection=SlowPongs(0.1), requests={1: Silence(1, seconds=0.3)})}
    async with dialogue(OK, server=slow, patience=Patience(ping=0.05, pong=2.0)) as (talk, server):
        await talk.say("one")
        assert connections(server) == [1]


async def test_f14_a_message_that_is_too_big_is_http_once_then_compacted_and_never_a_loop() -> None:
    async with dialogue(OK, server={"limits": Limits(message_bytes=2_000)}, finished=False) as (talk, server):
        with pytest.raises(ProviderError, match="larger than 2000 bytes"):
            await talk.say("x" * 3_000)
        assert not [exchange for exchange in server.exchanges if exchange.status == "completed"]


async def test_f14_what_a_connection_would_not_take_is_compacted_before_it_is_sent() -> None:
    async with dialogue(say("y" * 3_000), OK, known=Known(frame_bytes=2_000)) as (talk, server):
        await talk.say("one")
        talk.conversation.restart_chain()
        assert await talk.say("two") == "Ok."
        assert connections(server) == [1, 1]
        assert "compaction" in [item["type"] for item in sent(server)[-1]["input"]]
        assert (talk.conversation.resends, talk.waited) == (0, [])


@pytest.mark.parametrize(
    "fault",
    [
        Fail(500, "server_error", flat=True),
        Fail(500, None, without=("status", "code", "sequence_number"), after=2),
        Fail(503, "server_is_overloaded", status_as="status_code"),
        Fail(500, None, flat=True, without=("code", "sequence_number")),
    ],
)
async def test_f15_errors_in_every_shape_are_understood(fault: Fail) -> None:
    talk, used = await two_answers(fault)
    assert used == [1, 1, 1]
    assert talk.waited == [0.2]


async def test_f15_the_real_message_is_shown() -> None:
    odd = Fail(400, None, "Your prompt smells.", flat=True, status_as="status_code", without=("code",))
    async with dialogue(server=on(1, odd)) as (talk, _):
        with pytest.raises(ProviderError, match="Your prompt smells"):
            await talk.say("one")


async def test_f16_an_interrupted_tool_bricks_nothing() -> None:
    async with dialogue([call("slow")], OK) as (talk, server):
        talk.conversation.ask(user_message("one"))
        await talk.exchange.run()
        talk.conversation.abandon("Cancelled by the user.")
        assert await talk.say("two") == "Ok."
        outputs = [item["output"] for item in server.exchanges[-1].context if "output" in item]
        assert outputs == ["Cancelled by the user."]


async def test_f17_outputs_never_go_without_their_calls() -> None:
    async with dialogue([call("a"), call("b")], OK, server=on(2, Drop())) as (talk, server):
        assert await talk.say("one") == "Ok."
        kinds = [item["type"] for item in sent(server)[-1]["input"]]
        assert kinds == ["message", "function_call", "function_call", "function_call_output", "function_call_output"]


async def test_f18_f21_forks_have_chains_and_sockets_of_their_own() -> None:
    async with dialogue(OK, say("Left."), say("Right."), say("Left again."), server=on(2, Delay(0.05))) as (
        one,
        server,
    ):
        await one.say("one")
        other = Dialogue(server.base_url, FixedKey(server.token), known=one.known, exchanges=lambda: server.exchanges)
        other.conversation = other.exchange.conversation = one.conversation.fork()
        assert await one.say("left") == "Left."
        assert await other.say("right") == "Right."
        assert await one.say("left again") == "Left again."
        await other.service.aclose()
        assert connections(server) == [1, 1, 2, 1]
        assert one.conversation.resends == other.conversation.resends == 0


async def test_f19_other_settings_are_a_request_in_full() -> None:
    async with dialogue(OK, OK, OK) as (talk, server):
        await talk.say("one")
        talk.conversation.settings = RequestSettings("m", "Be long.", options=talk.conversation.settings.options)
        await talk.say("two")
        await talk.say("three")
        assert ["previous_response_id" in body for body in sent(server)] == [False, False, True]


async def test_f20_two_conversations_at_once_do_not_share_a_socket() -> None:
    async with dialogue(OK, OK, server={"habits": Habits(most_waiting=0, lanes=False)}) as (one, server):
        other = Dialogue(server.base_url, FixedKey(server.token), known=one.known, exchanges=lambda: server.exchanges)
        one.check = other.check = lambda: None
        assert await asyncio.gather(one.say("one"), other.say("other")) == ["Ok.", "Ok."]
        assert sorted(connections(server)) == [1, 2]
        await other.service.aclose()


async def test_f22_cancelling_closes_the_socket_at_once_and_nothing_leaks_into_the_next_turn() -> None:
    async with dialogue(OK, LONG, OK, server=on(2, Silence(after=6))) as (talk, server):
        await talk.say("one")
        talk.conversation.ask(user_message("two"))
        running = asyncio.create_task(talk.exchange.run())
        while not talk.progress or "word" not in str(talk.progress[-1]):  # noqa: ASYNC110 - seen in what it left behind
            await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert asyncio.get_running_loop().time() - began < 1.0
        talk.conversation.abandon("")
        assert await talk.say("three") == "Ok."
        assert connections(server) == [1, 1, 2]


async def test_f22_leftovers_of_a_former_response_are_nobodys_business() -> None:
    talk, used = await two_answers(Leftover(5))
    assert used == [1, 1]
    assert talk.conversation.resends == 0


@pytest.mark.parametrize("steps", [0, 1, 3, 6, 10, 20])
async def test_f23_who_gives_up_at_any_moment_leaves_nothing_stuck(steps: int) -> None:
    async with dialogue(*[LONG] * 3, finished=False) as (talk, _):
        talk.conversation.ask(user_message("one"))
        running = asyncio.create_task(talk.exchange.run())
        for _ in range(steps):
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if talk.conversation.state is not State.READY:
            talk.conversation.abandon("")
        assert await talk.say("two") == "word " * 200
        closing = asyncio.create_task(talk.service.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        began = asyncio.get_running_loop().time()
        await asyncio.gather(closing, return_exceptions=True)
        assert asyncio.get_running_loop().time() - began < 1.5


async def test_f24_a_close_that_is_never_answered_holds_nobody_up() -> None:
    async with dialogue(OK, server={"faults": Faults(every_connection=IgnoreClose())}) as (talk, _):
        await talk.say("one")
        began = asyncio.get_running_loop().time()
        await talk.service.aclose()
        assert asyncio.get_running_loop().time() - began < 1.5


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("status", "code"), [(429, "slow_down"), (503, "server_is_overloaded")])
async def test_f25_overload_is_waited_for_as_it_asks(inside: bool, status: int, code: str) -> None:
    talk, used = await two_answers(Fail(status, code, headers={"Retry-After": "6"}, headers_inside=inside))
    assert talk.waited == [6.0]
    assert used == [1, 1, 1]


async def test_f25_over_http_too() -> None:
    talk, used = await two_answers(Fail(503, headers={"Retry-After": "6"}), mode="http")
    assert talk.waited == [6.0]
    assert used == [0, 0, 0]


async def test_f26_http_that_says_200_and_nothing_more_is_not_waited_for_long() -> None:
    patience = Patience(first_event=0.2, silence=60.0)
    talk, used = await two_answers(Silence(), mode="http", patience=patience)
    assert used == [0, 0, 0]
    assert "the request may be too long" in str(talk.progress)


async def test_f27_one_blip_does_not_lose_the_socket_for_the_session() -> None:
    drops = Faults(requests={1: Drop(after=1), 3: Drop(after=1), 5: Drop(after=1), 7: Drop(after=1)})
    async with dialogue(*[OK] * 8, server={"faults": drops}, finished=False) as (talk, server):
        for number in range(4):
            await talk.say(str(number))
        assert 0 not in connections(server)


async def test_f28_a_dead_service_is_named_by_its_url() -> None:
    async with dialogue(OK, server=on(2, Gone())) as (talk, server):
        await talk.say("one")
        with pytest.raises(ProviderError, match=f"127.0.0.1:{server.port}/v1/responses"):
            await talk.say("two")


async def test_f29_what_nobody_knows_is_kept_and_said_again() -> None:
    async with dialogue(OK, OK, OK, server={"faults": Faults(requests={1: Inject(), 3: Drop()})}) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        await talk.say("three")
        assert "tool_search_call" in [item["type"] for item in sent(server)[-1]["input"]]


async def test_f30_a_successor_that_nobody_asked_for_is_tolerated() -> None:
    async with dialogue(OK, say("Unasked."), OK, server=on(1, Successor()), finished=False) as (talk, _):
        talk.check = lambda: None  # what the server's model saw last may be the successor's
        assert await talk.say("one") == "Ok."
        assert await talk.say("two") in ("Ok.", "Unasked.")
        assert talk.conversation.state is State.READY


async def test_f31_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with dialogue(OK, OK, OK, server=on(2, Fail(401, "invalid_api_key"))) as (talk, server):
        await talk.say("one")
        with pytest.raises(ProviderError):
            await talk.say("a secret sentence")
        ours = [r.getMessage() for r in caplog.records if r.name.startswith(("patchwire.adapters", "patchwire.agent"))]
        assert not [text for text in ours if server.token in text or "secret sentence" in text]
        talk.conversation.abandon("")
        await talk.say("two")
        await talk.say("three")


async def test_f32_an_optional_parameter_that_is_refused_is_left_out_and_remembered() -> None:
    options = {"store": False, "reasoning": {"effort": "low", "summary": "auto"}}
    limits = {"limits": Limits(forbidden=("reasoning.summary",))}
    known = Known()
    async with dialogue(OK, OK, server=limits, options=options, known=known) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert [exchange.status for exchange in server.exchanges] == ["refused", "completed", "completed"]
        assert sent(server)[-1]["reasoning"] == {"effort": "low"}
    assert known.unwelcome == {"m": {"reasoning.summary"}}


async def test_f33_a_request_above_the_rate_limit_is_compacted_once() -> None:
    async with dialogue([call("x" * 60)], OK, OK, server={"limits": Limits(tokens_per_minute=1_500)}) as (talk, server):
        talk.conversation.ask(user_message("one"))
        await talk.exchange.run()
        talk.conversation.answer([ToolOutput(talk.conversation.open_calls[0], "short")])
        await talk.go_on()
        filler = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "y" * 6_000}]}
        talk.conversation.rebase([*talk.conversation.history, filler])
        assert await talk.say("two") == "Ok."
        assert "refused" in [exchange.status for exchange in server.exchanges]
        assert not talk.waited


async def test_f33_a_request_that_stays_too_large_names_the_limit_and_stops() -> None:
    async with dialogue(OK, server={"limits": Limits(tokens_per_minute=1_000)}) as (talk, server):
        await talk.say("one")
        with pytest.raises(ProviderError, match=r"Limit 1000, Requested \d+"):
            await talk.say("z" * 9_000)
        assert len(server.exchanges) == 3
        assert not talk.waited


class Renewing:
    """A source that has another key when it is asked again."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    @property
    def last(self) -> str:
        return self.keys[0]

    async def key(self) -> str:
        return self.keys[0]

    async def renew(self, refused: str) -> bool:
        self.keys.pop(0)
        return bool(self.keys)


@pytest.mark.parametrize("mode", ["auto", "http"])
async def test_f34_an_expired_key_is_asked_for_again(mode: str) -> None:
    server = on(2, ExpireKey(then="sk-two"), token="sk-one")
    async with dialogue(OK, OK, server=server, credentials=Renewing("sk-one", "sk-two"), mode=mode) as (talk, _):
        await talk.say("one")
        assert await talk.say("two") == "Ok."
        assert not talk.waited


async def test_f34_a_new_key_where_there_are_no_sockets_goes_over_http() -> None:
    server = {"faults": Faults(connections={1: Refuse(401), 2: Refuse(426)}), "token": "sk-two"}
    async with dialogue(OK, server=server, credentials=Renewing("sk-one", "sk-two")) as (talk, running):
        assert await talk.say("one") == "Ok."
        assert connections(running) == [0]
        assert not talk.waited


async def test_f34_with_a_plain_key_it_ends_at_once() -> None:
    server = on(2, ExpireKey(then="sk-two"), token="sk-one")
    async with dialogue(OK, server=server, credentials=FixedKey("sk-one")) as (talk, _):
        await talk.say("one")
        with pytest.raises(ProviderError):
            await talk.say("two")
        assert not talk.waited


def test_the_page_names_a_test_for_every_failure() -> None:
    root = Path(__file__).parent.parent
    rows = re.findall(r"^\| F(\d+) \| .* \| (.*) \|$", (root / "docs/connection.md").read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 35))
    for number, tests in rows:
        named = re.findall(r"`(test_\w+)`(?: in `([^`]+)`)?", tests)
        assert named, f"F{number}"
        for name, page in named:
            assert f"def {name}" in (root / (page or "tests/test_recovery.py")).read_text("utf-8"), name


# ---- long conversations


async def test_the_service_s_own_compaction_is_the_beginning_of_the_history() -> None:
    options = {"store": False, "context_management": [{"type": "compaction", "compact_threshold": 1_000}]}
    async with dialogue(say("y" * 6_000), OK, OK, OK, options=options, server=on(4, Drop())) as (talk, server):
        await talk.say("one")
        await talk.say("two")
        assert talk.conversation.history[0]["type"] == "compaction"
        await talk.say("three")
        await talk.say("four")
        assert sent(server)[-1]["input"][0]["type"] == "compaction"


async def test_a_context_that_is_too_long_is_compacted_and_goes_on() -> None:
    limits = Limits(context_tokens=1_500)
    async with dialogue(say("y" * 4_000), OK, OK, server={"limits": limits}) as (talk, server):
        await talk.say("one")
        talk.now.time += 1
        assert await talk.say("x" * 2_400) == "Ok."
        statuses = [exchange.status for exchange in server.exchanges]
        assert statuses == ["completed", "refused", "completed"]
        assert await talk.say("three") == "Ok."


# ---- what the documents leave open


@pytest.mark.parametrize(
    "habits",
    [
        Habits(queued=True),
        Habits(warm_up_events=()),
        Habits(warm_up_events=("response.queued", "response.created", "response.in_progress")),
        Habits(warm_up=False),
        Habits(warm_up_usage=False),
        Habits(keeps_parent=True, keeps_incomplete=True),
        Habits(finishes_abandoned=True),
        Habits(done_mark=True),
        Habits(compression=False, lanes=False, steering=False, most_waiting=0),
        Habits(ping_seconds=None, goodbye_code=None),
        Habits(ping_seconds=0.05, goodbye_code=1001, upgrade_headers={"openai-model": "m"}),
    ],
    ids=str,
)
async def test_no_habit_of_a_service_is_depended_on(habits: Habits) -> None:
    faults = Faults(requests={3: Fail(500, after=3), 5: Drop(after=4), 7: Expire()})
    acts = [OK, OK, OK, OK, OK, OK, OK, OK]
    async with dialogue(*acts, server={"habits": habits, "faults": faults}, finished=False) as (talk, _):
        async with warming(talk.conversation, talk.service, SystemClock()):
            pass
        for number in range(4):
            assert await talk.say(str(number)) == "Ok."
