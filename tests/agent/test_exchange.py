"""One exchange against a service that loses, refuses and overloads."""

from dataclasses import replace

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.service import Frames, Lost, PlayedService, error

from patchwire.agent.exchange import MAX_ATTEMPTS, Exchange
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.loopback.play import reasoning, say
from patchwire.task import Retracted, Said, Thinking, Waiting
from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.items import user_message
from patchwire.wire.state import State

OPTIONS = {"store": False, "reasoning": {"effort": "low", "summary": "auto"}, "include": ["a"]}
TOO_LONG = error("context_length_exceeded", "Too long.", status=400)


class Stage:
    """A conversation with one question asked, and a service to answer it."""

    def __init__(self, *acts, **options) -> None:
        self.compacted: list[bool] = list(options.pop("compacted", ()))
        self.compactions = 0
        self.service = PlayedService(*acts, **options)
        self.conversation = Conversation(RequestSettings("m", options=OPTIONS))
        self.conversation.ask(user_message("hello"))
        self.clock = FakeClock()
        self.progress: list[object] = []
        self.items: list[object] = []
        self.exchange = Exchange(
            self.conversation,
            self.service,
            self.clock,
            self.progress.append,
            heard=self.items.append,
            lost=self.items.clear,
            compact=self.compact,
        )

    async def compact(self) -> bool:
        self.compactions += 1
        return self.compacted.pop(0)

    async def run(self) -> None:
        await self.exchange.run()
        self.service.close()
        assert self.conversation.state is State.READY
        assert self.service.contexts[-1] == list(self.conversation.history[: len(self.service.contexts[-1])])

    def of(self, kind: type) -> list:
        return [piece for piece in self.progress if isinstance(piece, kind)]


async def test_text_and_reasoning_come_through_as_they_stream() -> None:
    stage = Stage([reasoning("hm"), say("hi")])
    await stage.run()
    assert stage.progress == [Thinking("hm"), Said("hi")]


async def test_a_lost_connection_is_made_again_and_what_was_said_is_retracted() -> None:
    stage = Stage(Lost("hal"), say("hello"))
    await stage.run()
    assert stage.progress == [
        Said("hal"),
        Retracted("the connection was lost"),
        Waiting("the connection was lost", 0.2),
        Said("hello"),
    ]
    assert stage.service.reconnected == 1
    assert stage.conversation.resends == 1


async def test_nothing_is_retracted_where_nothing_was_said() -> None:
    stage = Stage(Lost(), say("hello"))
    await stage.run()
    assert not stage.of(Retracted)


async def test_waits_grow_and_end() -> None:
    stage = Stage(*[Lost() for _ in range(MAX_ATTEMPTS)])
    with pytest.raises(ProviderError, match=r"the connection was lost \(after 6 attempts\)"):
        await stage.run()
    assert stage.clock.slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2])


async def test_a_permanent_loss_is_not_tried_again() -> None:
    stage = Stage(Lost(error=ConnectionLost("policy", permanent=True)))
    with pytest.raises(ProviderError, match=r"^policy$"):
        await stage.run()
    assert not stage.service.reconnected


async def test_a_reconnect_that_fails_for_now_is_left_to_the_next_send() -> None:
    stage = Stage(Lost(), say("hello"), reconnects=[ConnectionLost("still down")])
    await stage.run()


async def test_a_reconnect_that_fails_for_good_ends_it() -> None:
    stage = Stage(Lost(), reconnects=[ConnectionLost("gone for good", permanent=True)])
    with pytest.raises(ProviderError, match="gone for good"):
        await stage.run()


async def test_a_lost_chain_is_resent_once_without_waiting() -> None:
    stage = Stage(error("previous_response_not_found", status=400), say("hello"))
    await stage.run()
    assert stage.progress == [Said("hello")]


async def test_a_chain_that_is_lost_again_and_again_is_the_service_s_fault() -> None:
    lost = error("previous_response_not_found", "not found", status=400)
    stage = Stage(lost, lost)
    with pytest.raises(ProviderError, match=r"not found \(previous_response_not_found\)") as caught:
        await stage.run()
    assert caught.value.code == "previous_response_not_found"


async def test_the_lifetime_limit_is_a_new_connection_without_a_wait() -> None:
    stage = Stage(error("websocket_connection_limit_reached", status=400), say("hello"))
    await stage.run()
    assert stage.service.reconnected == 1
    assert not stage.of(Waiting)


@pytest.mark.parametrize(
    ("refusal", "waited"),
    [
        (error("rate_limit_exceeded", status=429), 0.2),
        (error(None, status=503), 0.2),
        (
            Frames({"type": "error", "status": 429, "headers": {"retry-after": "7"}, "error": {"code": "slow_down"}}),
            7.0,
        ),
    ],
)
async def test_what_passes_is_waited_for(refusal: Frames, waited: float) -> None:
    stage = Stage(refusal, say("hello"))
    await stage.run()
    assert stage.clock.slept == [waited]


async def test_a_wait_that_is_too_long_is_the_user_s_to_decide() -> None:
    headers = {"type": "error", "status": 429, "headers": {"retry-after": "900"}, "error": {"code": "slow_down"}}
    stage = Stage(Frames(headers))
    with pytest.raises(ProviderError, match="asks to wait 900 s: try again later"):
        await stage.run()


async def test_what_does_not_pass_is_told_with_its_code() -> None:
    stage = Stage(error("insufficient_quota", "You are out of money.", status=429))
    with pytest.raises(ProviderError, match=r"You are out of money\. \(insufficient_quota\)") as caught:
        await stage.run()
    assert caught.value.code == "insufficient_quota"


async def test_a_refusal_without_a_code() -> None:
    stage = Stage(error(None, "Bad.", status=400))
    with pytest.raises(ProviderError, match=r"refused the request: Bad\.$"):
        await stage.run()


@pytest.mark.parametrize("status", [400, 500])
async def test_a_refusal_without_words_is_still_a_sentence(status: int) -> None:
    stage = Stage(*[error("no_words", "", status=status)] * MAX_ATTEMPTS)
    with pytest.raises(ProviderError, match=r"the service gave no reason \(no_words\)"):
        await stage.run()


async def test_a_failed_response_is_retracted_and_made_again() -> None:
    failed = Frames(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_text.delta", "item_id": "m", "delta": "hal"},
        {"type": "response.failed", "response": {"id": "r", "error": {"code": "server_error", "message": "oops"}}},
    )
    stage = Stage(failed, say("hello"))
    await stage.run()
    assert stage.of(Retracted) == [Retracted("oops (server_error)")]
    assert stage.of(Said) == [Said("hal"), Said("hello")]


async def test_a_worn_connection_is_replaced_before_anything_is_sent() -> None:
    stage = Stage(say("hello"))
    stage.service.worn = True
    await stage.run()
    assert (stage.service.reconnected, stage.exchange.reconnects) == (1, 1)
    assert stage.conversation.resends == 0
    assert not stage.of(Waiting)


async def test_a_service_without_memory_gets_everything_every_time() -> None:
    stage = Stage(say("one"), say("two"), incremental=False)
    await stage.exchange.run()
    stage.conversation.ask(user_message("more"))
    await stage.run()
    assert [len(request["input"]) for request in stage.service.requests] == [1, 3]


async def test_waits_that_the_service_did_not_name_differ_from_client_to_client() -> None:
    class Unlucky(FakeClock):
        def chance(self) -> float:
            return 1.0

    stage = Stage(Lost(), say("hello"))
    stage.exchange.clock = clock = Unlucky()
    await stage.run()
    assert clock.slept == [0.25]


async def test_how_long_connections_live_is_learnt_from_the_error() -> None:
    limit = "Responses websocket connection limit reached (25 minutes)."
    stage = Stage(error("websocket_connection_limit_reached", limit, status=400), say("hello"))
    await stage.run()
    assert stage.service.lifetime == 1500.0


async def test_items_are_heard_as_they_are_whole_and_void_when_the_attempt_is() -> None:
    half = Frames(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "id": "m"}},
        {"type": "error", "error": {"code": "server_error"}},
    )
    stage = Stage(half, say("hello"))
    await stage.run()
    assert [item["content"][0]["text"] for item in stage.items] == ["hello"]


EXPIRED = error("invalid_api_key", "The key expired.", status=401)


async def test_another_key_is_asked_for_once() -> None:
    stage = Stage(EXPIRED, say("hello"), keys=[True])
    await stage.run()
    assert stage.service.reconnected == 1
    assert not stage.of(Waiting)


@pytest.mark.parametrize(("refusals", "keys"), [(1, []), (1, [False]), (2, [True, True])])
async def test_a_key_that_nothing_can_mend_ends_it(refusals: int, keys: list[bool]) -> None:
    stage = Stage(*[EXPIRED] * refusals, keys=keys)
    with pytest.raises(ProviderError, match="The key expired") as refused:
        await stage.run()
    assert refused.value.code == "invalid_api_key"
    stage.service.close()


async def test_a_connection_that_cannot_be_made_with_the_new_key_is_waited_for() -> None:
    stage = Stage(EXPIRED, say("hello"), keys=[True], reconnects=[ConnectionLost("busy", retry_after=2.0)])
    await stage.run()
    assert stage.clock.slept == [2.0]


async def test_what_is_not_welcome_is_left_out_and_remembered(caplog: pytest.LogCaptureFixture) -> None:
    one = error("unsupported_parameter", "No summary.", status=400, param="reasoning.summary")
    two = error(None, "Unknown parameter: 'include'.", status=400)
    stage = Stage(one, two, say("hello"))
    await stage.run()
    assert stage.service.unwelcome == {"reasoning.summary", "include"}
    assert stage.service.requests[-1]["reasoning"] == {"effort": "low"}
    assert "include" not in stage.service.requests[-1]
    assert "the service refuses reasoning.summary for m" in caplog.text
    assert not stage.of(Waiting)


@pytest.mark.parametrize("parameter", ["store", "input[0]", "temperature"])
async def test_what_cannot_be_left_out_is_told(parameter: str) -> None:
    stage = Stage(error("invalid_value", "No.", status=400, param=parameter))
    with pytest.raises(ProviderError, match="No"):
        await stage.run()


async def test_a_request_that_is_too_long_is_compacted_once() -> None:
    stage = Stage(TOO_LONG, say("hello"), compacted=[True])
    await stage.run()


@pytest.mark.parametrize(("refusals", "compacted"), [(1, [False]), (2, [True])])
async def test_a_request_that_stays_too_long_names_the_limit(refusals: int, compacted: list[bool]) -> None:
    stage = Stage(*[TOO_LONG] * refusals, compacted=compacted)
    with pytest.raises(ProviderError, match="Too long"):
        await stage.run()
    stage.service.close()


@pytest.mark.parametrize(("most", "compacted"), [(80, 1), (1_000, 0), (None, 0)])
async def test_a_frame_that_is_too_large_for_the_connection_is_compacted_before_it_is_sent(
    most: int | None, compacted: int
) -> None:
    stage = Stage(say("hello"), compacted=[True] * compacted)
    stage.service.capabilities = replace(stage.service.capabilities, frame_bytes=most)
    await stage.run()
    assert len(stage.service.requests) == stage.conversation.requests == 1
    assert stage.conversation.resends == 0
    assert stage.compactions == compacted


async def test_a_frame_that_stays_too_large_is_sent_as_it_is() -> None:
    stage = Stage(say("hello"), compacted=[False])
    stage.service.capabilities = replace(stage.service.capabilities, frame_bytes=80)
    await stage.run()
    assert stage.of(Said) == [Said("hello")]


async def test_bytes_are_counted_not_characters() -> None:
    stage = Stage(say("hello"), compacted=[])
    stage.service.capabilities = replace(stage.service.capabilities, frame_bytes=400)
    await stage.run()
    assert stage.compactions == 0


async def test_without_a_compactor_too_long_is_too_long() -> None:
    stage = Stage(TOO_LONG)
    exchange = Exchange(stage.conversation, stage.service, stage.clock, stage.progress.append)
    with pytest.raises(ProviderError, match="Too long"):
        await exchange.run()


async def test_a_connection_that_speaks_another_language_is_left() -> None:
    class Babbling(PlayedService):
        async def receive(self) -> str:
            return await super().receive() if self.reconnected else "220 smtp.example ESMTP"

    stage = Stage()
    stage.service = stage.exchange.transport = Babbling(say("never heard"), say("hello"))
    await stage.exchange.run()
    assert stage.service.reconnected == 1
    assert stage.of(Said) == [Said("hello")]
