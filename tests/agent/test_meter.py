"""What a turn used, and which limit it reached."""

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.service import PlayedService

from patchwire.agent.exchange import Exchange
from patchwire.agent.meter import Meter
from patchwire.loopback.play import say
from patchwire.models import Price
from patchwire.task import Budget
from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.items import user_message


async def metered(budget: Budget, price: Price | None = None, exchanges: int = 2) -> tuple[Meter, FakeClock]:
    """A meter after some exchanges of 1,000 tokens in (400 of them cached) and 100 out."""
    service = PlayedService(*[say("hi") for _ in range(exchanges + 1)])
    conversation, clock = Conversation(RequestSettings("m")), FakeClock()
    exchange = Exchange(conversation, service, clock, lambda _: None)
    conversation.ask(user_message("an earlier turn"))
    await exchange.run()
    meter = Meter(budget, clock, service, conversation, price)
    for _ in range(exchanges):
        conversation.ask(user_message("go on"))
        await exchange.run()
        meter.count_exchange()
    service.close()
    return meter, clock


async def test_only_this_turn_is_counted() -> None:
    meter, _ = await metered(Budget(), Price(2.0, 10.0, "today", cached=1.0))
    meter.count_call()
    usage = meter.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (2_000, 800, 200)
    assert (usage.exchanges, usage.tool_calls, usage.resends) == (2, 1, 0)
    assert usage.cost == pytest.approx(2 * (600 * 2 + 400 * 1 + 100 * 10) / 1e6)
    assert 0 < usage.bytes_up < 400
    assert usage.bytes_down > 0
    assert meter.steps == 2


async def test_a_cost_that_is_not_known_stays_unknown() -> None:
    meter, _ = await metered(Budget(cost=0.000001))
    assert meter.usage.cost is None
    assert meter.exhausted() == ""


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (Budget(steps=2), "the budget of 2 steps is used up"),
        (Budget(tokens=2_200), "the budget of 2,200 tokens is used up"),
        (Budget(cost=0.001), "the budget of $0.00 is used up"),
        (Budget(steps=3, tokens=2_201, cost=1.0), ""),
    ],
)
async def test_the_limit_that_is_reached_is_named(budget: Budget, says: str) -> None:
    meter, _ = await metered(budget, Price(2.0, 10.0, "today"))
    assert meter.exhausted() == says


async def test_time_runs() -> None:
    meter, clock = await metered(Budget(seconds=10), exchanges=0)
    clock.time += 4
    assert meter.seconds_left == pytest.approx(6)
    assert meter.run_seconds == pytest.approx(2)
    assert meter.exhausted() == ""
    clock.time += 7
    assert meter.seconds_left == 0
    assert meter.exhausted() == meter.out_of_time() == "the time limit of 10 s is reached"


async def test_an_exchange_without_a_response_counts_as_a_step() -> None:
    service, conversation = PlayedService(), Conversation(RequestSettings("m"))
    meter = Meter(Budget(), FakeClock(), service, conversation)
    meter.count_exchange()
    assert meter.steps == 1
