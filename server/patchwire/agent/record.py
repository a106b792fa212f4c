"""What of a session is written down: every item of the conversation, and the events that matter.

Listens to the progress of turns, so that nobody who works has to think of it. Where the history was shortened, it is
written whole. And the way back: from what was written down to a history that can be gone on from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from patchwire.agent import prompt
from patchwire.agent.reports import counts
from patchwire.ports import Journal
from patchwire.task import Outcome, Progress, Retracted, StepDone, Task, TestsRan, ToolFinished, Waiting
from patchwire.wire.conversation import Conversation
from patchwire.wire.items import Item, ToolOutput, open_calls

INTERRUPTED = "The session was interrupted before this call was answered."


@dataclass(slots=True)
class Record:
    """Writes one conversation down, over as many turns as it has."""

    conversation: Conversation
    journal: Journal
    _written: list[Item] = field(default_factory=list, init=False)
    _begun: bool = field(default=False, init=False)

    def begin(self, task: Task) -> None:
        """A turn begins. Before the first: what session this is, and what it goes on from."""
        if not self._begun:
            self.journal.note("session", root=str(task.root), model=self.conversation.settings.model)
            if self.conversation.history:
                self._whole()
        self._begun = True
        self.journal.note("turn", prompt=task.prompt)

    def hear(self, progress: Progress) -> None:
        """Something happened in the turn."""
        match progress:
            case StepDone():
                self._items()
            case ToolFinished():
                self.journal.note("tool", name=progress.name, ok=progress.ok, seconds=round(progress.seconds, 3))
            case TestsRan():
                self.journal.note("tests", phase=progress.phase, counts=counts(progress.report))
            case Retracted(why=why):
                self.journal.note("retracted", why=why)
            case Waiting():
                self.journal.note("waiting", why=progress.why, seconds=progress.seconds)
            case _:
                pass

    def end(self, outcome: Outcome) -> None:
        """The turn is over."""
        self._items()
        usage = outcome.usage
        self.journal.note(
            "outcome",
            status=outcome.status.value,
            message=outcome.message,
            exchanges=usage.exchanges,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            patch=outcome.patch.decode("utf-8", "surrogateescape"),
        )

    def _items(self) -> None:
        """The items that are new; all of them, where the old ones are no longer what was written."""
        history, known = self.conversation.history, len(self._written)
        if len(history) >= known and all(map(_same, self._written, history)):
            for item in history[known:]:
                self.journal.note("item", item=item)
            self._written = list(history)
        else:
            self._whole()

    def _whole(self) -> None:
        self._written = list(self.conversation.history)
        self.journal.note("window", items=self._written)


def taken_up(items: Sequence[Item]) -> list[Item]:
    """A history to go on from: open calls are answered, and the model is told what has changed."""
    answers = [ToolOutput(call, INTERRUPTED, ok=False).item() for call in open_calls(items)]
    return [*items, *answers, prompt.resumed()]


def _same(one: Item, other: Item) -> bool:
    return one is other
