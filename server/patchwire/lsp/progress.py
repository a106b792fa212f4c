"""A turn's progress in the editor's own bar: what it does now, which step it is at, how much of the budget is used.

Hears `Progress` values and knows the budget; never cancels anything itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lsprotocol import types

from patchwire.task import (
    Budget,
    Progress,
    Said,
    StepDone,
    TestsRan,
    Thinking,
    ToolFinished,
    ToolStarted,
    Usage,
    Waiting,
)

MAX_TITLE = 60


class Shows(Protocol):
    """Where it is shown."""

    def progress(self, token: int | str, value: Any) -> None:
        """A piece of progress on a token."""


@dataclass(slots=True)
class Bar:
    """One bar. Until it has a token it only keeps count. `doing` is what goes on now, in a few words."""

    client: Shows
    token: int | str | None
    budget: Budget
    now: Callable[[], float] = time.monotonic
    doing: str = field(default="", init=False)
    step: int = field(default=0, init=False)
    """How many requests have their answer; what is called belongs to the last one."""
    _speaks: bool = field(default=False, init=False)
    """Whether the next answer has begun: what is said belongs to it."""
    _usage: Usage = field(default_factory=Usage, init=False)
    _percentage: int = field(default=0, init=False)
    _started: float = field(init=False)
    _title: str = field(default="", init=False)
    _ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._started = self.now()

    def begin(self, title: str, doing: str) -> None:
        """Show the bar, as soon as there is a token to show it on."""
        self._title, self.doing = title, doing
        if self.token is not None:
            self.show_on(self.token)

    def show_on(self, token: int | str) -> None:
        """There is a token now."""
        if self._ended:
            return
        self.token = token
        title, doing = self._title, self.doing
        line = " ".join(title.split())
        line = line.removesuffix(".")  # more is said behind it
        short = line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"
        self._send(
            types.WorkDoneProgressBegin(title=f"Patchwire: {short}", cancellable=True, message=doing, percentage=0)
        )

    def start(self) -> None:
        """The work itself begins: what was spent waiting does not count."""
        self._started = self.now()
        self._show("starting")

    def asks(self, waits: bool) -> None:
        """The user is asked something, or has answered."""
        self._show("waits for your answer" if waits else "starting")

    def hear(self, progress: Progress) -> None:
        """Show what a piece of progress says, if it says anything here."""
        match progress:
            case ToolStarted(title=title):
                self._show(title)
            case ToolFinished():
                self._show("thinking")
            case TestsRan(report=report):
                failing = report.failed + report.errors
                self._show(f"tests: {failing} failing, {report.passed} passed")
            case StepDone(step=step, usage=usage):
                self.step, self._usage, self._speaks = step, usage, False
                self._show("thinking")
            case Said() | Thinking():
                self._speaks = True
            case Waiting(why=why):
                self._speaks = True
                self._show(f"waiting: {why}")
            case _:
                pass

    def end(self, message: str) -> None:
        """Take the bar away, with a last word."""
        self._ended = True
        self._send(types.WorkDoneProgressEnd(message=message))

    def _show(self, doing: str) -> None:
        self.doing = doing
        used = self._usage.input_tokens + self._usage.output_tokens
        parts = [f"step {max(1, self.step + self._speaks)}", doing]
        if used:
            parts.append(f"{used:,} tokens")
        self._percentage = max(self._percentage, self._used())
        self._send(types.WorkDoneProgressReport(message=" · ".join(parts), percentage=self._percentage))

    def _used(self) -> int:
        """How much of the budget is used, in per cent: of that limit which is nearest."""
        budget, usage = self.budget, self._usage
        shares = [self.step / budget.steps, (self.now() - self._started) / budget.seconds]
        if budget.tokens is not None:
            shares.append((usage.input_tokens + usage.output_tokens) / budget.tokens)
        if budget.cost is not None and usage.cost is not None:
            shares.append(usage.cost / budget.cost)
        return min(100, int(100 * max(shares)))

    def _send(self, value: Any) -> None:
        if self.token is not None:
            self.client.progress(self.token, value)
