"""What the user is asked before anything of a workspace runs: once for each of them, and only where there is a choice.

In a workspace that is not trusted nothing runs at all, and nobody is asked. Knows the questions; what is done with the
answers is the caller's business.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from patchwire.adapters.approvals import Approvals
from patchwire.lsp.roots import Root
from patchwire.task import Isolation

UNTRUSTED = "This workspace is not trusted, so nothing in it is run: trust it in the editor, or by patchwire.setTrust."
NOT_APPROVED = (
    "Nothing was run, because you did not agree to it: answer the question, or name the command in the setting "
    "patchwire.testCommand."
)
T = TypeVar("T")
_YES, _NO = "Go on", "Not now"


class Refused(Exception):
    """The work may not be done; `reason` is one of docs/lsp.md."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Asks(Protocol):
    """Who puts a question to the user."""

    async def choose(self, question: str, *answers: str, warning: bool = False) -> str | None:
        """Ask the user to choose; None if they do not."""

    def event(self, event: dict[str, Any]) -> None:
        """Tell what happens."""


@dataclass(slots=True)
class Consent:
    """`trusted` tells whether the workspace is trusted now, `chosen` which isolation the user has set.

    `approvals` remembers what was agreed to, over starts of the server.
    """

    client: Asks
    trusted: Callable[[], bool]
    chosen: Callable[[], str]
    environment: Mapping[str, str]
    approvals: Approvals = field(default_factory=Approvals)

    def check_trust(self) -> None:
        """Raises Refused in a workspace that is not trusted."""
        if not self.trusted():
            raise Refused("untrusted", UNTRUSTED)

    async def to_command(self, root: Root) -> None:
        """Nobody has named a test command: the one that would be found must have been approved. Raises Refused."""
        found = await asyncio.to_thread(self.approvals.wanted, root.path, self.environment)
        if found is None or found.digest in root.approved:
            return
        where = f", which {found.source} tells of" if found.source else ""
        await self._ask(root, found.digest, f"{root.path.name}: run the tests with `{found.command}`{where}?")
        await _kept(self.approvals.approve, root.path, found)

    async def to_isolation(self, root: Root, isolation: Isolation) -> None:
        """Where the isolation is not the best there could be, and nobody chose it, ask once. Raises Refused."""
        if isolation.best or isolation.level == self.chosen() or str(isolation) in root.approved:
            return
        if await asyncio.to_thread(self.approvals.accepted, root.path, isolation):
            return
        question = f"{root.path.name}: the tests would run in {isolation.sentence}. Run them like this?"
        await self._ask(root, str(isolation), question)
        await _kept(self.approvals.accept, root.path, isolation)

    async def _ask(self, root: Root, what: str, question: str) -> None:
        self._tell(root, question)
        try:
            answer = await self.client.choose(question, _YES, _NO, warning=True)
        finally:
            self._tell(root, None)
        if answer != _YES:
            raise Refused("not_approved", NOT_APPROVED)
        root.approved.add(what)

    def _tell(self, root: Root, question: str | None) -> None:
        """A question is easily overlooked, and what runs waits for its answer."""
        if (work := root.running) is not None:
            work.bar.asks(question is not None)
            self.client.event({"root": root.uri, "turn": work.id, "kind": "asking", "question": question})


async def _kept(remember: Callable[[Path, T], None], root: Path, what: T) -> None:
    with contextlib.suppress(OSError):  # then it is asked again next time
        await asyncio.to_thread(remember, root, what)
