"""One turn: a task, asked and answered step by step within a budget, to its `Outcome`.

The loop is small: an exchange with the model, the outputs of the calls that it made, and again, until a response calls
nothing. Around it stand three rules. The suite as it was before the first write is the measure. A model that stops too
early is told so once. What ends the turn is judged by `agent.verdict` from facts, not by what the model says of itself.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from patchwire.agent import prompt, tools, verdict
from patchwire.agent.compaction import Compaction
from patchwire.agent.early import EarlyReads
from patchwire.agent.exchange import Exchange
from patchwire.agent.inbox import Inbox
from patchwire.agent.meter import Meter
from patchwire.agent.reports import counts
from patchwire.agent.suite import Suite
from patchwire.agent.suspicion import suspicions
from patchwire.agent.tool import Answer, Toolbox
from patchwire.errors import ProviderError, ToolError, TurnError
from patchwire.models import Price
from patchwire.patch.measure import among_tests
from patchwire.ports import Clock, Service, Workspace
from patchwire.task import (
    Budget,
    Outcome,
    Progress,
    Status,
    StepDone,
    Task,
    TestReport,
    ToolFinished,
    ToolStarted,
    Verdict,
)
from patchwire.wire.conversation import Conversation
from patchwire.wire.items import Item, ToolCall, ToolOutput, final_text_of
from patchwire.wire.state import State

REPEATS_TOLD = 3
REPEATS_ENDED = 6
MAX_GUIDANCE = 32 * 1024
"""Characters of an AGENTS.md that go into the prompt."""


_ENDLESS = 2**63
_Made = tuple[Answer, float]


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why the loop ended: `why` is empty if the model finished by itself."""

    why: str = ""
    failed: bool = False
    filtered: bool = False


@dataclass(slots=True)
class Turn:
    """A machine for one task. `run` may be cancelled; `cancelled` then says what had been reached.

    `window` is what the model can take, in tokens; None never compacts by itself.
    """

    task: Task
    budget: Budget
    conversation: Conversation
    transport: Service
    workspace: Workspace
    clock: Clock
    emit: Callable[[Progress], None]
    price: Price | None = None
    window: int | None = None
    inbox: Inbox = field(default_factory=Inbox)

    _meter: Meter = field(init=False)
    _exchange: Exchange = field(init=False)
    _reads: EarlyReads[_Made] = field(init=False)
    _compaction: Compaction = field(init=False)
    _suite: Suite = field(init=False)
    _nudges: set[str] = field(default_factory=set, init=False)
    _repeats: tuple[tuple[str, str, str], int] = field(default=(("", "", ""), 0), init=False)

    def __post_init__(self) -> None:
        self._meter = Meter(self.budget, self.clock, self.transport, self.conversation, self.price)
        self._suite = Suite(self.workspace, self._meter, self.emit)
        self._reads = EarlyReads(_reads_only, self._make)
        self._compaction = Compaction(
            self.conversation, self.transport, self.window if self.window is not None else _ENDLESS, self._reminder
        )
        self._exchange = Exchange(
            self.conversation,
            self.transport,
            self.clock,
            self.emit,
            heard=self._reads.heard,
            lost=self._reads.discard,
            compact=self._compaction.now,
        )

    async def run(self) -> Outcome:
        """Work to the end. Raises TurnError for what only the user can mend."""
        opening = prompt.opening(self.task, await self._guidance())
        await self._compaction.if_due()
        self.conversation.ask(opening, *self._taken())
        try:
            ending = await self._in_time(self._work())
        except ProviderError as error:
            ending = _Ending(str(error), failed=True)
        finally:
            self.inbox.close()
            self._reads.discard()
            if self.conversation.state is not State.READY:
                self.conversation.abandon("The turn ended before this call was made.")
        return await self._outcome(ending)

    async def cancelled(self) -> Outcome:
        """The outcome of a turn whose `run` was cancelled. The next one shall not have to wait for a connection."""
        self.transport.prepare()
        return await self._result(Status.CANCELLED, "Cancelled.", None)

    # ---- the loop

    async def _work(self) -> _Ending:
        while True:
            if ended := self._meter.exhausted():
                return _Ending(ended)
            self._reads.discard()
            with self._meter.timing("model"):
                await self._exchange.run()
            self._meter.count_exchange()
            self.emit(StepDone(self._meter.steps, self._meter.usage))
            response = self.conversation.response
            if response is not None and response.incomplete == "content_filter":
                return _Ending(filtered=True)
            if self.conversation.open_calls:
                with self._meter.timing("tool"):
                    await self._answer()
                if self._repeats[1] >= REPEATS_ENDED:
                    return _Ending(f"the model made the same call {REPEATS_ENDED} times with the same result")
                continue
            more = self._taken() or await self._nudge() or self._taken()
            if not more:
                self.inbox.close()
                return _Ending()
            await self._compaction.if_due()
            self.conversation.ask(*more)

    async def _answer(self) -> None:
        outputs: list[ToolOutput] = []
        for reads_only, run in groupby(self.conversation.open_calls, key=_reads_only):
            calls = list(run)
            outputs += await (self._side_by_side(calls) if reads_only else self._in_order(calls))
        await self._compaction.if_due(sum(len(output.text) for output in outputs))
        self.conversation.answer(outputs, *self._taken())

    def _taken(self) -> list[Item]:
        return [prompt.added(text) for text in self.inbox.take()]

    async def _reminder(self) -> Item:
        return prompt.reminder(self.task.prompt, (await self.workspace.patch()).decode("utf-8", "replace"))

    async def _side_by_side(self, calls: Sequence[ToolCall]) -> list[ToolOutput]:
        if len(calls) == 1:
            return await self._in_order(calls)
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._call(call)) for call in calls]
        except* TurnError as failed:
            raise failed.exceptions[0] from None
        return [task.result() for task in running]

    async def _in_order(self, calls: Sequence[ToolCall]) -> list[ToolOutput]:
        return [await self._call(call) for call in calls]

    async def _call(self, call: ToolCall) -> ToolOutput:
        if self._suite.before is None and _compares(call):
            await self._suite.measure()
        self.emit(ToolStarted(call.call_id, call.name, tools.title(call.name, call.arguments), call.arguments))
        answer, seconds = await self._reads.take(call)
        self._meter.count_call()
        if answer.changed:
            self._suite.written()
        if answer.report is not None:
            self._suite.learn(answer.report)
        output = answer.text + self._repeated(call, answer.text)
        self.emit(ToolFinished(call.call_id, call.name, answer.ok, answer.summary, seconds, output))
        return ToolOutput(call, output, answer.ok)

    async def _make(self, call: ToolCall) -> _Made:
        """The answer to a call, and the seconds that it took."""
        started = self.clock.now()
        box = Toolbox(self.workspace, self.clock, lambda: self._meter.run_seconds, self._suite.whole)
        answer = await tools.call(box, call.name, call.arguments)
        return answer, self.clock.now() - started

    def _repeated(self, call: ToolCall, text: str) -> str:
        """What to add to the output of a call that is made again and again."""
        this = (call.name, call.arguments, text)
        self._repeats = (this, self._repeats[1] + 1 if this == self._repeats[0] else 1)
        times = self._repeats[1]
        return prompt.repeated(times) if times >= REPEATS_TOLD else ""

    async def _nudge(self) -> list[Item]:
        """What to say to a model that stopped too early; nothing if it may stop. Each thing is said once."""
        said = self._said()
        if not self._suite.changed and verdict.holds_patch(said) and self._first("patch"):
            return [prompt.unapplied_patch()]
        if self._suite.changed or self.task.prompt == prompt.DEFAULT_TASK:
            if self._suite.current is None:
                with self._meter.timing("tool"):
                    near = await self._suite.fails_nearby() if "tests" not in self._nudges else None
                    if near is not None and self._first("tests"):
                        return [prompt.unfinished(counts(near))]
                    await self._suite.measure()
            if (
                self._suite.current is not None
                and self._suite.current.verdict is Verdict.FAILED
                and self._first("tests")
            ):
                return [prompt.unfinished(counts(self._suite.current))]
        elif verdict.asks(said) and self._first("question"):
            return [prompt.unfinished("nothing was changed")]
        return []

    def _first(self, nudge: str) -> bool:
        is_first = nudge not in self._nudges
        self._nudges.add(nudge)
        return is_first

    async def _in_time(self, work: Coroutine[None, None, _Ending]) -> _Ending:
        """Do `work` while the budget's time lasts, and cancel it then. One task a turn: one a step would be felt."""
        alarm = asyncio.ensure_future(self.clock.sleep(self._meter.seconds_left))
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait({working, alarm}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else _Ending(self._meter.out_of_time())
        finally:
            alarm.cancel()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    # ---- the end

    async def _guidance(self) -> list[tuple[str, str]]:
        """The repository's AGENTS.md: the root's, and the nearest above the focus."""
        directories = [""]
        if self.task.focus is not None:
            parents = self.task.focus.path.split("/")[:-1]
            directories += ["/".join(parents[: n + 1]) + "/" for n in range(len(parents))]
        found: list[tuple[str, str]] = []
        for directory in directories:
            try:
                file = await self.workspace.read(f"{directory}AGENTS.md")
            except ToolError:
                continue  # none there, or none that can be read as text
            found.append((file.path, file.text[:MAX_GUIDANCE]))
        return found[:1] + found[1:][-1:]

    def _said(self) -> str:
        response = self.conversation.response
        return "" if response is None else final_text_of(response.output)

    async def _outcome(self, ending: _Ending) -> Outcome:
        changes = await self.workspace.changes()
        own_tests = among_tests(changes)
        after, own_after = self._suite.current, None
        if changes and (own_tests or after is None) and not (ending.why and after is None):
            own_after = after if own_tests else None
            after = await self._suite.verify(own_tests)
        if not changes and self._suite.before is None and self.task.prompt == prompt.DEFAULT_TASK and not ending.why:
            with self._meter.timing("tool"):
                await self._suite.measure()
        facts = verdict.Facts(
            prompt=self.task.prompt,
            said=self._said(),
            changed=bool(changes),
            before=self._suite.before,
            after=after,
            own_tests=own_tests,
            own_after=own_after,
            suspicions=suspicions([change for change in changes if change.path not in own_tests]),
            ended=ending.why,
            failed=ending.failed,
            filtered=ending.filtered,
        )
        status, message = verdict.judge(facts)
        return await self._result(status, message, after if changes else self._suite.before)

    async def _result(self, status: Status, message: str, after: TestReport | None) -> Outcome:
        return Outcome(
            status=status,
            message=message,
            patch=await self.workspace.patch(),
            changes=await self.workspace.changes(),
            before=self._suite.before,
            after=after,
            usage=self._meter.total(self._exchange.reconnects),
            isolation=self.workspace.isolation,
            drifted=await self.workspace.drifted(),
            steps=self._meter.steps,
            seconds=self._meter.seconds,
        )


def _reads_only(call: ToolCall) -> bool:
    tool = tools.BY_NAME.get(call.name)
    return tool is None or tool.reads_only


def _compares(call: ToolCall) -> bool:
    tool = tools.BY_NAME.get(call.name)
    return tool is not None and tool.compares
