"""What is written down of a session, and the way back to a history."""

from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.fakes.service import PlayedService

from patchwire.agent.exchange import Exchange
from patchwire.agent.record import INTERRUPTED, Record, taken_up
from patchwire.loopback.play import call, say
from patchwire.task import (
    Outcome,
    Retracted,
    Said,
    Status,
    StepDone,
    Task,
    TestReport,
    TestsRan,
    ToolFinished,
    Usage,
    Verdict,
    Waiting,
)
from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.items import open_calls, user_message
from patchwire.wire.state import State

TASK = Task("Fix it.", Path("/work"))


class Lines:
    """A journal in memory."""

    def __init__(self) -> None:
        self.lines: list[dict] = []

    def note(self, kind: str, **fields: object) -> None:
        self.lines.append({"kind": kind, **fields})

    @property
    def kinds(self) -> list[str]:
        return [line["kind"] for line in self.lines]


async def asked(conversation: Conversation, text: str, service: PlayedService) -> None:
    conversation.ask(user_message(text))
    await Exchange(conversation, service, FakeClock(), lambda piece: None).run()


async def test_every_item_is_written_once_in_order() -> None:
    conversation, journal = Conversation(RequestSettings("m")), Lines()
    record = Record(conversation, journal)
    record.begin(TASK)
    service = PlayedService(say("One."), say("Two."))
    await asked(conversation, "one", service)
    record.hear(StepDone(1, Usage()))
    record.hear(StepDone(1, Usage()))
    await asked(conversation, "two", service)
    record.end(Outcome(Status.DONE, "Done.", patch=b"--- a\xff\n"))
    record.begin(TASK)
    assert journal.kinds == ["session", "turn", "item", "item", "item", "item", "outcome", "turn"]
    assert journal.lines[6]["patch"] == "--- a\udcff\n"
    assert journal.lines[0] == {"kind": "session", "root": "/work", "model": "m"}
    assert tuple(line["item"] for line in journal.lines[2:6]) == conversation.history
    assert journal.lines[6]["status"] == "done"


async def test_a_shortened_history_is_written_whole() -> None:
    conversation, journal = Conversation(RequestSettings("m")), Lines()
    record = Record(conversation, journal)
    await asked(conversation, "one", PlayedService(say("One.")))
    record.hear(StepDone(1, Usage()))
    for window in ([user_message("window")], [user_message("a"), user_message("b"), user_message("c")]):
        conversation.rebase(window)
        record.hear(StepDone(2, Usage()))
        assert journal.lines[-1] == {"kind": "window", "items": window}


def test_what_matters_is_written_and_what_the_model_babbles_is_not() -> None:
    journal = Lines()
    record = Record(Conversation(RequestSettings("m")), journal)
    report = TestReport(Verdict.PASSED, ("pytest",), passed=2)
    for piece in (
        Said("hm"),
        ToolFinished("c", "search", ok=True, summary="3 matches", seconds=0.12345),
        TestsRan("before", report),
        Retracted("lost"),
        Waiting("busy", 2.0),
    ):
        record.hear(piece)
    assert journal.lines == [
        {"kind": "tool", "name": "search", "ok": True, "seconds": 0.123},
        {"kind": "tests", "phase": "before", "counts": "2 passed"},
        {"kind": "retracted", "why": "lost"},
        {"kind": "waiting", "why": "busy", "seconds": 2.0},
    ]


async def test_a_session_is_taken_up_with_every_call_answered() -> None:
    before = Conversation(RequestSettings("m"))
    await asked(before, "one", PlayedService([call("a"), call("b")]))
    history = taken_up(before.history)
    assert not open_calls(history)
    assert [item["output"] for item in history if "output" in item] == [INTERRUPTED, INTERRUPTED]
    assert "a new one" in str(history[-1])
    conversation, journal = Conversation(RequestSettings("m"), history), Lines()
    assert conversation.state is State.READY
    record = Record(conversation, journal)
    record.begin(TASK)
    assert journal.lines[:2] == [
        {"kind": "session", "root": "/work", "model": "m"},
        {"kind": "window", "items": history},
    ]
    await asked(conversation, "go on", PlayedService(say("Done.")))
    record.end(Outcome(Status.DONE, ""))
    assert journal.kinds == ["session", "window", "turn", "item", "item", "outcome"]
