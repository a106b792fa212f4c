"""One turn over fakes: the loop, the rules around it, the budget and the end. Real parts: `tests/test_session.py`."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.service import Incomplete, Lost, PlayedService, error
from tests.fakes.workspace import FakeWorkspace

from patchwire.agent import prompt
from patchwire.agent.tools import TOOLS
from patchwire.agent.turn import Turn
from patchwire.errors import ConnectionLost, NoSuchFile, WorkspaceError
from patchwire.loopback.play import call, say
from patchwire.models import Price, find
from patchwire.ports import FileText, TestRun
from patchwire.task import (
    Budget,
    Focus,
    Outcome,
    Said,
    Status,
    StepDone,
    Task,
    TestReport,
    TestResult,
    TestsRan,
    TestStatus,
    ToolFinished,
    ToolStarted,
    Verdict,
)
from patchwire.wire.conversation import Conversation
from patchwire.wire.state import State

FILES = {"a.py": "one\ntwo\nthree\n", "test_a.py": "assert 2\n"}
PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
READ = call("read_file", path="a.py", start_line=None, end_line=None)
WRITE = call("write_patch", patch=PATCH)
TEST = call("run_tests", targets=None, trace=False)


def play(files: Mapping[str, str], run: TestRun) -> TestReport:
    """Test `t` passes where a.py holds what test_a.py asserts."""
    passed = files["test_a.py"].split()[1] in files["a.py"]
    result = TestResult("t", TestStatus.PASSED if passed else TestStatus.FAILED)
    verdict = Verdict.PASSED if passed else Verdict.FAILED
    return TestReport(verdict, ("pytest",), passed=int(passed), failed=int(not passed), results=(result,))


async def until(reached) -> None:
    """Let the loop run until `reached()`; the test's own time limit is the bound."""
    while not reached():  # noqa: ASYNC110 - nothing sets an event: what is awaited is seen in what the turn left behind
        await asyncio.sleep(0)


class Stage:
    """A turn over a played service and a workspace in memory."""

    def __init__(self, *acts, files=FILES, play=play, task=prompt.DEFAULT_TASK, focus=None, budget=None, price=None,
                 window=None, windows=()):  # fmt: skip
        self.service = PlayedService(*acts, windows=windows)
        self.workspace = FakeWorkspace(files, play)
        self.clock = FakeClock()
        self.progress: list[object] = []
        definitions = [tool.definition() for tool in TOOLS]
        self.conversation = Conversation(prompt.request(find("m"), None, definitions, "key"))
        self.turn = Turn(
            task=Task(task, Path("/work"), focus),
            budget=budget or Budget(),
            conversation=self.conversation,
            transport=self.service,
            workspace=self.workspace,
            clock=self.clock,
            emit=self.progress.append,
            price=price,
            window=window,
        )

    async def run(self) -> Outcome:
        outcome = await self.turn.run()
        self.service.close()
        assert self.conversation.state is State.READY
        assert not self.conversation.open_calls
        return outcome

    def of(self, kind: type) -> list:
        return [piece for piece in self.progress if isinstance(piece, kind)]

    def last_input(self) -> str:
        return str(self.service.requests[-1]["input"])


async def test_read_write_test_done() -> None:
    stage = Stage([READ, TEST], WRITE, TEST, say("Done."), price=Price(2.0, 10.0, "today"))
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert outcome.message == "1 failing test now passes, 0 broke; 1 passed.\n\nDone."
    assert outcome.patch.startswith(b"diff --git a/a.py b/a.py")
    assert [change.path for change in outcome.changes] == ["a.py"]
    assert (outcome.before.verdict, outcome.after.verdict) == (Verdict.FAILED, Verdict.PASSED)
    assert (outcome.steps, outcome.usage.tool_calls) == (4, 4)
    assert outcome.usage.cost == pytest.approx(4 * 0.003)
    assert (outcome.isolation, outcome.drifted) == (stage.workspace.isolation, ())
    assert [piece.phase for piece in stage.of(TestsRan)] == ["before", "during"]
    assert [piece.step for piece in stage.of(StepDone)] == [1, 2, 3, 4]
    assert [piece.title for piece in stage.of(ToolStarted)][2] == "write a patch of 7 lines"
    assert stage.of(Said) == [Said("Done.")]


async def test_what_a_tool_was_asked_and_what_it_answered_can_be_watched() -> None:
    stage = Stage(READ, say("It says one, two, three."), task="what does a.py say?")
    await stage.run()
    (started,), (finished,) = stage.of(ToolStarted), stage.of(ToolFinished)
    assert json.loads(started.arguments)["path"] == "a.py"
    (told,) = (item for item in stage.service.requests[-1]["input"] if item["type"] == "function_call_output")
    assert finished.output == told["output"]


async def test_the_suite_is_measured_before_the_first_write_and_after_the_last() -> None:
    stage = Stage(WRITE, say("Done."))
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert [piece.phase for piece in stage.of(TestsRan)] == ["before", "during"]
    assert len(stage.workspace.runs) == 2


async def test_an_unknown_tool_does_not_stop_the_turn() -> None:
    stage = Stage([call("shell", command="ls"), WRITE], say("Done."))
    assert (await stage.run()).status is Status.DONE


async def test_a_refused_write_does_not_count_as_a_change() -> None:
    stage = Stage(call("write_patch", patch=PATCH.replace("two", "zwei")), say("No."), say("Really."))
    outcome = await stage.run()
    assert outcome.status is Status.NO_CHANGE
    assert [piece.ok for piece in stage.of(ToolFinished)] == [False]


async def test_tests_that_pass_already_need_nothing() -> None:
    stage = Stage(say("All is well."), files=FILES | {"a.py": "2\n"})
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert "pass already" in outcome.message
    assert outcome.after is outcome.before


async def test_a_question_of_the_user_s_is_answered_without_running_anything() -> None:
    stage = Stage(READ, say("It counts."), task="What does a.py do?")
    outcome = await stage.run()
    assert outcome.status is Status.NO_CHANGE
    assert not stage.workspace.runs


async def test_each_thing_is_said_once_to_a_model_that_stops_early() -> None:
    stage = Stage(say(f"```diff\n{PATCH}```"), say(f"```diff\n{PATCH}```"), say("I give up."))
    outcome = await stage.run()
    roles = [request["input"][-1]["role"] for request in stage.service.requests]
    assert roles == ["user", "developer", "developer"]
    assert "only write_patch" in str(stage.service.requests[1]["input"])
    assert "do not pass yet (1 failed)" in stage.last_input()
    assert outcome.status is Status.NO_CHANGE


async def test_a_question_at_the_end_is_told_that_nobody_answers() -> None:
    stage = Stage(say("Which file?"), say("Which one?"), task="Rename it.")
    assert (await stage.run()).status is Status.NO_CHANGE
    assert "Nobody can answer" in stage.last_input()


async def test_changed_tests_are_put_back_for_the_verdict() -> None:
    cheat = "--- a/test_a.py\n+++ b/test_a.py\n@@ -1 +1 @@\n-assert 2\n+assert one\n"
    stage = Stage(call("write_patch", patch=cheat), TEST, say("Green."))
    outcome = await stage.run()
    assert outcome.status is Status.TESTS_FAILING
    assert "(test_a.py)" in outcome.message
    assert stage.workspace.runs[-1].originals == ("test_a.py",)
    assert [piece.phase for piece in stage.of(TestsRan)] == ["before", "during", "after"]


async def test_the_same_call_again_and_again_is_told_and_then_ended() -> None:
    missing = call("read_file", path="none.py", start_line=None, end_line=None)
    stage = Stage(*[missing] * 6)
    outcome = await stage.run()
    assert outcome.status is Status.OUT_OF_BUDGET
    assert "same call 6 times" in outcome.message
    outputs = [item["output"] for item in stage.conversation.history if item["type"] == "function_call_output"]
    assert ["times" in output for output in outputs] == [False, False, True, True, True, True]


async def test_steps_run_out_between_exchanges() -> None:
    stage = Stage(WRITE, TEST, budget=Budget(steps=2))
    outcome = await stage.run()
    assert outcome.status is Status.DONE, "the patch was verified by the model's own last run"
    stage = Stage(READ, budget=Budget(steps=1))
    outcome = await stage.run()
    assert outcome.status is Status.OUT_OF_BUDGET
    stage = Stage(WRITE, budget=Budget(steps=1))
    outcome = await stage.run()
    assert (outcome.status, outcome.after) == (Status.OUT_OF_BUDGET, None)
    assert outcome.patch


async def test_a_budget_of_nothing_asks_nobody() -> None:
    stage = Stage(budget=Budget(steps=0))
    assert (await stage.run()).status is Status.OUT_OF_BUDGET
    assert not stage.service.requests


async def test_time_runs_out_while_the_model_is_silent() -> None:
    stage = Stage(READ, budget=Budget(seconds=50.0))

    async def silent() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    stage.service.receive = silent
    outcome = await stage.turn.run()
    assert outcome.status is Status.OUT_OF_BUDGET
    assert outcome.message == "Stopped: the time limit of 50 s is reached."
    assert stage.conversation.state is State.READY


async def test_time_runs_out_while_a_tool_works() -> None:
    stage, alarm = Stage(READ), asyncio.Event()

    async def stuck(path: str) -> None:
        alarm.set()
        await asyncio.Event().wait()

    stage.clock.sleep = lambda seconds: alarm.wait()
    run = asyncio.ensure_future(stage.turn.run())
    await until(lambda: stage.service.requests)
    stage.workspace.read = stuck
    outcome = await run
    assert outcome.status is Status.OUT_OF_BUDGET
    assert not stage.conversation.open_calls


async def test_a_service_that_gives_up_leaves_what_was_reached() -> None:
    stage = Stage(WRITE, error("insufficient_quota", "No money.", status=429))
    outcome = await stage.run()
    assert outcome.status is Status.FAILED
    assert "No money." in outcome.message
    assert outcome.patch


async def test_a_withheld_answer_is_a_refusal() -> None:
    outcome = await Stage(Incomplete("content_filter")).run()
    assert outcome.status is Status.REFUSED


async def test_an_answer_that_was_cut_short_is_asked_to_go_on() -> None:
    stage = Stage(Incomplete("max_output_tokens", say("I was about")), WRITE, say("Done."))
    assert (await stage.run()).status is Status.DONE


async def test_several_reads_are_answered_in_their_order() -> None:
    stage = Stage([READ, call("list_files", path=None)], WRITE, say("Done."))
    assert (await stage.run()).status is Status.DONE
    outputs = [item["output"] for item in stage.conversation.history if item["type"] == "function_call_output"]
    assert outputs[0].startswith("a.py: lines 1-3 of 3")
    assert outputs[1] == "a.py\ntest_a.py"


async def test_a_workspace_that_gives_out_ends_the_turn() -> None:
    stage = Stage([READ, READ])

    async def broken(path: str) -> None:
        raise WorkspaceError("the disk is full") if path == "a.py" else NoSuchFile(path)

    stage.workspace.read = broken
    with pytest.raises(WorkspaceError, match="the disk is full"):
        await stage.turn.run()
    assert stage.conversation.state is State.READY


async def test_a_cancelled_turn_still_has_an_outcome() -> None:
    stage = Stage(WRITE, TEST)
    running = asyncio.ensure_future(stage.turn.run())
    await until(lambda: stage.of(ToolFinished))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    outcome = await stage.turn.cancelled()
    assert outcome.status is Status.CANCELLED
    assert outcome.patch
    assert stage.service.prepared == 1
    assert stage.conversation.state is State.READY


async def test_a_lost_connection_loses_no_tool_s_work() -> None:
    stage = Stage(WRITE, Lost("Do"), say("Done."))
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert outcome.usage.resends == 1
    assert outcome.usage.tool_calls == 1


async def test_guidance_of_the_root_and_the_nearest_go_in() -> None:
    guides = {"AGENTS.md": "root", "x/AGENTS.md": "x", "x/y/AGENTS.md": "y", "x/y/z/a.py": ""}
    stage = Stage(say("Ok."), files=FILES | guides, task="Look.", focus=Focus("x/y/z/a.py"))
    await stage.run()
    texts = [part["text"] for part in stage.service.requests[0]["input"][0]["content"]]
    assert texts[:2] == [
        '<guidance path="AGENTS.md">\nroot\n</guidance>',
        '<guidance path="x/y/AGENTS.md">\ny\n</guidance>',
    ]


async def test_tests_that_cannot_run_leave_a_patch_unverified() -> None:
    def none(files: Mapping[str, str], run: TestRun) -> TestReport:
        return TestReport(Verdict.NO_TESTS, ("pytest",), note="there are none")

    outcome = await Stage(WRITE, say("Done."), play=none).run()
    assert outcome.status is Status.UNVERIFIED
    assert "there are none" in outcome.message


# ---- adding, reading early, compacting


async def test_a_message_during_a_turn_joins_the_next_request() -> None:
    stage = Stage(READ, lambda request: (stage.turn.inbox.add("Also mind b.py."), WRITE)[1], say("Done."))
    await stage.run()
    kinds = [item["type"] for item in stage.service.requests[-1]["input"]]
    assert kinds == ["function_call_output", "message"]
    assert "Also mind b.py." in stage.last_input()


async def test_a_message_that_comes_with_the_last_words_is_answered_too() -> None:
    stage = Stage(WRITE, lambda request: (stage.turn.inbox.add("And why?"), say("Done."))[1], say("Because."))
    outcome = await stage.run()
    assert outcome.message.endswith("Because.")
    assert not stage.turn.inbox.add("Too late.")


async def test_reads_begin_while_the_model_speaks_and_are_made_again_with_the_attempt() -> None:
    class Half(PlayedService):
        reads = 0

        async def receive(self) -> str:
            frame = await super().receive()
            await asyncio.sleep(0)
            if self.reconnected == 0 and '"response.completed"' in frame:
                self._out.clear()
                self._contexts.clear()
                self.worn = True
                Half.reads = stage.workspace.reads
                raise ConnectionLost("cut before the end", started=True)
            return frame

    class Counting(FakeWorkspace):
        reads = 0

        async def read(self, path: str) -> FileText:
            self.reads += path == "a.py"
            return await super().read(path)

    stage = Stage()
    stage.service = Half(READ, READ, say("One."), say("Two."))
    stage.workspace = Counting(FILES, play)
    stage.turn = Turn(
        Task(prompt.DEFAULT_TASK, Path("/work")), Budget(), stage.conversation, stage.service, stage.workspace,
        stage.clock, stage.progress.append,
    )  # fmt: skip
    await stage.run()
    assert Half.reads == 1
    assert stage.workspace.reads == 2
    assert len(stage.of(ToolStarted)) == 1


async def test_a_conversation_near_the_end_of_its_window_is_compacted_with_the_task_and_the_patch() -> None:
    answer = json.dumps({"output": [{"type": "compaction", "encrypted_content": "x"}]})
    stage = Stage(WRITE, READ, say("Done."), window=1_000, windows=[answer])
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert "previous_response_id" not in stage.service.requests[1]
    first, *_ = stage.service.compacted
    assert [item["type"] for item in first["input"]] == ["message"]
    kinds = [item["type"] for item in stage.service.contexts[1]]
    assert kinds == ["compaction", "message", "function_call", "function_call_output"]
    reminder = str(stage.service.contexts[1][1])
    assert prompt.DEFAULT_TASK in reminder
    assert "+2" in reminder


async def test_time_is_told_apart() -> None:
    class Slow(FakeWorkspace):
        async def run_tests(self, run: TestRun) -> TestReport:
            stage.clock.time += 3.0
            return await super().run_tests(run)

    stage = Stage()
    stage.service = PlayedService(Lost(), TEST, say("No."), say("No."))
    stage.workspace = Slow(FILES, play)
    stage.turn = Turn(
        Task(prompt.DEFAULT_TASK, Path("/work")), Budget(), stage.conversation, stage.service, stage.workspace,
        stage.clock, stage.progress.append,
    )  # fmt: skip
    usage = (await stage.run()).usage
    assert (usage.model_seconds, usage.tool_seconds, usage.own_seconds) == pytest.approx((0.2, 3.0, 0.0))
    assert usage.reconnects == 1


async def test_a_failure_nearby_is_told_before_a_long_suite_is_run() -> None:
    files = {"cart.py": "one\n", "test_cart.py": "", "test_other.py": ""}

    def slow(files: Mapping[str, str], run: TestRun) -> TestReport:
        result = TestResult("test_cart.py::t", TestStatus.FAILED)
        return TestReport(Verdict.FAILED, ("pytest",), failed=1, results=(result,), seconds=60.0)

    write = call("write_patch", patch="--- a/cart.py\n+++ b/cart.py\n@@ -1 +1 @@\n-one\n+two\n")
    stage = Stage(write, say("Done."), say("I give up."), files=files, play=slow)
    outcome = await stage.run()
    assert outcome.status is Status.TESTS_FAILING
    assert [run.targets for run in stage.workspace.runs] == [(), ("test_cart.py",), ()]
    assert "do not pass yet (1 failed)" in stage.last_input()


async def test_a_flaky_test_is_not_broken_by_the_patch() -> None:
    runs: list[TestRun] = []

    def flaky(files: Mapping[str, str], run: TestRun) -> TestReport:
        runs.append(run)
        mended = "2" in files["a.py"]
        # The first whole run after the write, and no other.
        other = mended and not run.targets and sum(not each.targets for each in runs) == 2
        results = (
            TestResult("t", TestStatus.PASSED if mended else TestStatus.FAILED),
            TestResult("other", TestStatus.FAILED if other else TestStatus.PASSED),
        )
        failed = sum(result.status is TestStatus.FAILED for result in results)
        verdict = Verdict.FAILED if failed else Verdict.PASSED
        return TestReport(verdict, ("pytest",), passed=2 - failed, failed=failed, results=results)

    stage = Stage(TEST, WRITE, TEST, say("Done."), play=flaky)
    outcome = await stage.run()
    assert outcome.status is Status.DONE
    assert "1 failing test now passes, 0 broke; 2 passed. Flaky, failed once and passed when run again: other." in (
        outcome.message
    )
    assert [run.targets for run in runs] == [(), (), ("other",), ()]
