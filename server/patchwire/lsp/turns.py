"""One turn, or one run of the tests, from the editor's side: queued, shown while it runs, and what it left behind.

Hands a task and a snapshot to the session and takes the outcome into the root: the change that now waits, the test
report, the diagnostics. Knows no command's name; never applies anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patchwire.errors import SettingsError, TurnError
from patchwire.lsp import events
from patchwire.lsp.client import Client
from patchwire.lsp.consent import Consent, Refused
from patchwire.lsp.progress import Bar
from patchwire.lsp.roots import Cancelled, Root, Roots, Work
from patchwire.lsp.settings import Wishes
from patchwire.ports import TestRun
from patchwire.settings import Settings, read
from patchwire.task import Budget, Outcome, Progress, Snapshot, Status, Task, TestReport, TestsRan

Json = dict[str, Any]
_BROKEN: Json = {"status": "failed", "reason": "turn", "message": "Patchwire broke here; the editor's log says how."}
_CANCELLED: Json = {"status": "cancelled", "message": "Cancelled before the work began."}


@dataclass(slots=True)
class Turns:
    """Does turns. `snapshot` is a root as the editor shows it; `changed` is told that a root has news to show."""

    client: Client
    wishes: Wishes
    roots: Roots
    consent: Consent
    snapshot: Callable[[Root], Snapshot]
    changed: Callable[[Root], None]
    environment: Mapping[str, str]

    async def turn(
        self,
        root: Root,
        task: Task,
        *,
        goes_on: bool = False,
        test: str | None = None,
        token: int | str | None = None,
        history: tuple[str, Sequence[Json]] | None = None,
    ) -> Json:
        """Do one turn; its outcome as JSON. `goes_on`: in the conversation that there is.

        `history` is a session's id and items, for one that is taken up again.
        """

        async def do(work: Work, budget: Budget) -> Json:
            return await self._turn(work, task, budget, goes_on=goes_on, test=test, history=history)

        return await self._work(root, task.prompt, token, do)

    async def tests(
        self, root: Root, targets: Iterable[str], *, test: str | None = None, token: int | str | None = None
    ) -> Json:
        """Run the tests on what the editor shows."""

        async def do(work: Work, budget: Budget) -> Json:
            work.inbox.close()
            return await self._tests(work, TestRun(tuple(targets), seconds=budget.seconds), test)

        return await self._work(root, "Run the tests", token, do)

    async def _work(
        self,
        root: Root,
        prompt: str,
        token: int | str | None,
        do: Callable[[Work, Budget], Awaitable[Json]],
    ) -> Json:
        """What turns and test runs share: trust, settings, the queue, the bar, and every way to end early."""
        number = self.roots.next_id()
        head = {"root": root.uri, "turn": number}
        try:
            self.consent.check_trust()
            budget = self.wishes.budget()
        except (SettingsError, Refused) as error:
            self._say(root, "failed", str(error))
            return head | _failed(error)
        # From here to the queue nothing is waited for, so that whoever asks first is first.
        work = Work(number, root, prompt, Bar(self.client, token, budget))
        waits = bool(root.works)
        work.bar.begin(prompt, "waiting for the turn before it" if waits else "starting")
        if waits:
            self._tell(work, {"kind": "turnQueued", "prompt": prompt})
        root.works.append(work)
        showing = asyncio.ensure_future(self._show_bar(work)) if token is None else None
        ended: Json = _BROKEN  # what it stays if an error of our own goes through here
        try:
            ended = await work.do(self._in_turn(work, budget, do))
        except Cancelled:
            ended = _CANCELLED
        except (SettingsError, Refused, TurnError) as error:
            ended = _failed(error)
        finally:
            sentence = str(ended["message"]).partition("\n\n")[0]
            work.bar.end(sentence)
            root.works.remove(work)
            if showing is not None:
                showing.cancel()
            self._tell(work, {"kind": "turnEnded", "status": ended["status"], "message": ended["message"]})
        self._say(root, ended["status"], sentence)
        return head | ended

    async def _in_turn(self, work: Work, budget: Budget, do: Callable[[Work, Budget], Awaitable[Json]]) -> Json:
        async with work.root.queue:
            work.bar.start()
            self._tell(work, {"kind": "turnStarted", "prompt": work.prompt})
            return await do(work, budget)

    async def _show_bar(self, work: Work) -> None:
        name = f"patchwire-{work.id}"
        if await self.client.new_progress(name):
            work.bar.show_on(name)

    # ---- a turn

    async def _turn(
        self,
        work: Work,
        task: Task,
        budget: Budget,
        *,
        goes_on: bool,
        test: str | None,
        history: tuple[str, Sequence[Json]] | None,
    ) -> Json:
        root = work.root
        settings = self.wishes.settings()
        command = test or self.wishes.test_command
        if command is None:
            await self.consent.to_command(root)
        session = await root.open_session(
            settings, self.environment, command, self.consent.to_isolation, goes_on=goes_on
        )
        if history is not None:
            journal_id, items = history
            await session.begin(journal_id if settings.journal else None, items)
        if goes_on:
            task = Task(task.prompt, task.root, task.focus, await self._since(root))
        root.pending.sync()
        snapshot = self._look(root)
        work.stop = session.cancel
        outcome = await session.run(
            task, snapshot, budget, lambda progress: self._hear(work, progress), root.pending.texts(), work.inbox
        )
        work.stop = None
        self._take(root, outcome)
        return events.outcome(outcome) | {
            "session": session.journal_id,
            "change": root.pending.as_json(),
        }

    def _take(self, root: Root, outcome: Outcome) -> None:
        """What the outcome leaves in the root. One that ended before its work began leaves what was there."""
        if outcome.isolation is not None:
            root.isolation = outcome.isolation
            root.pending.replace(outcome.changes)
            if outcome.before is not None:
                root.report = outcome.before
            root.after = outcome.after if outcome.status is Status.DONE else None
        self.changed(root)

    async def _since(self, root: Root) -> str:
        """What has become of the files since the last turn, for the model."""
        root.pending.sync()
        changed = set(await root.session.drifted()) if root.session is not None else set()
        for path, text in root.seen.items():
            now = root.read(path)
            (changed.add if now != text else changed.discard)(path)
        return root.pending.since(changed)

    def _look(self, root: Root) -> Snapshot:
        """The root as the editor shows it now, remembered for the next turn's sake."""
        snapshot = self.snapshot(root)
        root.seen = {buffer.path: buffer.text for buffer in snapshot.buffers}
        return snapshot

    def _hear(self, work: Work, progress: Progress) -> None:
        work.bar.hear(progress)
        self._tell(work, events.event(progress))
        if isinstance(progress, TestsRan) and progress.phase == "before":
            self._learn(work.root, progress.report)

    def _learn(self, root: Root, report: TestReport) -> None:
        """A run of the whole suite on what the user has."""
        root.report = report
        self.changed(root)

    # ---- a run of the tests

    async def _tests(self, work: Work, run: TestRun, test: str | None) -> Json:
        root = work.root
        command = test or self.wishes.test_command
        if command is None:
            await self.consent.to_command(root)
        session = await root.open_session(
            self._settings(), self.environment, command, self.consent.to_isolation, goes_on=True
        )
        report = await session.run_tests(self._look(root), run)
        self._tell(work, events.event(TestsRan("before", report)))
        self._learn(root, report)
        failing = report.failed + report.errors
        message = report.note or f"{failing} failing, {report.passed} passed."
        return {"status": report.verdict.value, "message": message, "tests": events.report(report)}

    def _settings(self) -> Settings:
        """Running tests needs no model, so it does not matter here whether there is one to be had."""
        try:
            return self.wishes.settings()
        except SettingsError:
            return read({"offline": "1"}, {})

    # ---- telling

    def _tell(self, work: Work, event: Json) -> None:
        self.client.event({"root": work.root.uri, "turn": work.id} | event)

    def _say(self, root: Root, status: str, sentence: str) -> None:
        """A client that takes events shows the end itself; in others the user gets one line."""
        if self.client.can.events or status == "cancelled":
            return
        change = root.pending.as_json()
        if change is not None:
            files = "1 file" if len(change["files"]) == 1 else f"{len(change['files'])} files"
            size = f"{files}, +{change['added']} -{change['removed']}"
            sentence = f"{sentence} A change waits ({size}): apply, show or discard it by code action or code lens."
        self.client.show(sentence)


def _failed(error: Exception) -> Json:
    reason = {SettingsError: "settings", TurnError: "turn"}
    for kind, name in reason.items():
        if isinstance(error, kind):
            return {"status": "failed", "reason": name, "message": str(error)}
    return {"status": "failed", "reason": getattr(error, "reason", "turn"), "message": str(error)}
