"""The stage for whole turns: a small repository, a scripted model behind the real local server, and a session between.

Everything is real but the model: sockets, the copy, git, pytest. `perform` also holds the server's record of every
request against the client's transcript, so that no play can pass with a difference between the two.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.loopback.faults import NO_FAULTS, Faults
from patchwire.loopback.play import Act, Play
from patchwire.loopback.record import Exchange
from patchwire.loopback.server import Loopback
from patchwire.models import find
from patchwire.session import Session
from patchwire.settings import Settings
from patchwire.task import Budget, Outcome, Progress, Snapshot, Task

BUGGY = {
    "cart.py": (
        "def total(prices):\n    result = 0\n    for price in prices[1:]:\n        result += price\n    return result\n"
    ),
    "test_cart.py": (
        "from cart import total\n\n\n"
        "def test_total():\n    assert total([2, 3]) == 5\n\n\n"
        "def test_empty():\n    assert total([]) == 0\n"
    ),
}
FIX = """\
--- a/cart.py
+++ b/cart.py
@@ -1,5 +1,5 @@
 def total(prices):
     result = 0
-    for price in prices[1:]:
+    for price in prices:
         result += price
     return result
"""
PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"


def git(root: Path, *arguments: str) -> str:
    """Run git as a user would, with none of the machine's configuration."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, env=environment, capture_output=True, check=True, text=True
    )
    return done.stdout


def repository(root: Path, files: Mapping[str, str | bytes] = BUGGY, *, commit: bool = True) -> Path:
    """A git repository with these files."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(root, "init", "-q")
    if commit:
        git(root, "add", "-A")
        git(root, "commit", "-qm", "start")
    return root


def fingerprint(root: Path) -> dict[str, str]:
    """A hash of every file, git's own included: equal before and after means untouched."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@dataclass
class Performance:
    """What a play came to."""

    outcome: Outcome
    exchanges: tuple[Exchange, ...]
    progress: list[Progress] = field(default_factory=list)

    def outputs(self) -> list[str]:
        """The outputs of all tool calls, in order."""
        context = self.exchanges[-1].context
        return [item["output"] for item in context if item["type"].endswith("_call_output")]


async def perform(
    root: Path,
    *acts: Act,
    prompt: str = DEFAULT_TASK,
    budget: Budget | None = None,
    test: str | None = PYTEST,
    faults: Faults = NO_FAULTS,
    during: Callable[[Session, Progress], None] = lambda session, progress: None,
    finished: bool = True,
) -> Performance:
    """Do one turn on `root` with a model that plays `acts`; the repository must be untouched afterwards.

    `during` sees every piece of progress. `finished` says that every act must have been played.
    """
    play = Play(*acts)
    before = fingerprint(root)
    progress: list[Progress] = []
    async with Loopback(play, faults=faults, models=["a-play"]) as server:
        settings = Settings(find("a-play"), effort=None, base_url=server.base_url, api_key=server.token)
        async with Session(settings, os.environ, test) as session:

            def emit(piece: Progress) -> None:
                progress.append(piece)
                during(session, piece)

            outcome = await session.run(Task(prompt, root), Snapshot(root), budget or Budget(), emit)
            transcript = session.transcript
    accepted = [exchange for exchange in server.exchanges if exchange.status != "refused"]
    for exchange in accepted:
        assert exchange.context == transcript[: len(exchange.context)]
    assert fingerprint(root) == before
    if finished:
        assert (play.unfinished, play.overrun) == (0, 0)
    return Performance(outcome, server.exchanges, progress)
