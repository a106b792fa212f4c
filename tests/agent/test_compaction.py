"""Keeping a conversation within its window: when, with whom, and what is said again."""

import json

from tests.fakes.clock import FakeClock
from tests.fakes.service import PlayedService

from patchwire.agent.compaction import Compaction
from patchwire.agent.exchange import Exchange
from patchwire.loopback.play import call, say
from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.items import ToolOutput, user_message

REMINDER = user_message("The task is still: mend it.")
WINDOW = json.dumps({"output": [user_message("hello"), {"type": "compaction", "encrypted_content": "x"}]})


class Stage:
    """A conversation that has had one answer."""

    def __init__(self, *acts, window: int = 1_000, **options) -> None:
        self.service = PlayedService(*acts, **options)
        self.conversation = Conversation(RequestSettings("m", "Mend."))
        self.exchange = Exchange(self.conversation, self.service, FakeClock(), lambda piece: None)
        self.compaction = Compaction(self.conversation, self.service, window, self.remind)

    async def remind(self) -> dict[str, object]:
        return REMINDER

    async def ask(self, text: str) -> None:
        self.conversation.ask(user_message(text))
        await self.exchange.run()


async def test_a_window_takes_the_place_of_what_is_settled_and_the_task_is_said_again() -> None:
    stage = Stage(say("one"), say("two"), windows=[WINDOW])
    await stage.ask("hello")
    await stage.compaction.if_due()
    assert stage.service.compacted[0]["model"] == "m"
    assert len(stage.service.compacted[0]["input"]) == 2
    assert stage.conversation.history == (*json.loads(WINDOW)["output"], REMINDER)
    await stage.ask("more")
    assert "previous_response_id" not in stage.service.requests[-1]


async def test_open_calls_stay_out_of_it() -> None:
    stage = Stage(say("one"), [call("read_file", path="a")], say("two"), windows=[WINDOW])
    await stage.ask("hello")
    await stage.ask("more")
    await stage.compaction.if_due()
    made = stage.conversation.open_calls
    assert len(made) == 1
    stage.conversation.answer([ToolOutput(made[0], "text")])
    await stage.exchange.run()
    kinds = [item["type"] for item in stage.service.contexts[-1]]
    assert kinds == ["message", "compaction", "message", "function_call", "function_call_output"]


async def test_it_is_not_done_before_it_is_due() -> None:
    stage = Stage(say("one"), window=10_000)
    await stage.compaction.if_due()
    await stage.ask("hello")
    await stage.compaction.if_due()
    assert not stage.service.compacted


async def test_what_is_about_to_be_sent_counts_too() -> None:
    stage = Stage(say("one"), window=10_000, windows=[WINDOW])
    await stage.ask("hello")
    await stage.compaction.if_due(4 * 7_300)
    assert not stage.service.compacted
    await stage.compaction.if_due(4 * 7_500)
    assert len(stage.service.compacted) == 1


async def test_what_helped_nothing_is_not_tried_again_at_once() -> None:
    stage = Stage(say("one"), say("two"), say("three"), windows=[WINDOW])
    await stage.ask("hello")
    await stage.compaction.if_due()
    await stage.ask("more")
    await stage.compaction.if_due()
    assert len(stage.service.compacted) == 1


async def test_where_the_service_cannot_old_outputs_are_cut() -> None:
    stage = Stage([call("read_file", path="a")], say("two"))
    await stage.ask("hello")
    stage.conversation.answer([ToolOutput(stage.conversation.open_calls[0], "x" * 5_000)])
    await stage.exchange.run()
    assert await stage.compaction.now()
    outputs = [item["output"] for item in stage.conversation.history if "output" in item]
    assert len(outputs[0]) < 600
    assert stage.conversation.history[-1] == REMINDER


async def test_where_nothing_can_be_made_smaller_it_says_so() -> None:
    stage = Stage(say("one"))
    assert not await stage.compaction.now()
    await stage.ask("hello")
    assert not await stage.compaction.now()
    assert REMINDER not in stage.conversation.history
