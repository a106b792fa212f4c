"""The main job against the real service: `make live`. Needs a key, costs money (a few cents), and is never run by CI.

Mends a red test suite as `patchwire run` does and writes down, redacted, every frame that went over the wire; then what
came otherwise than our local server would have said it. That list is where the server, and the client, have to learn.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.live.frames import Redaction, differences
from tests.stage import FIX, PYTEST, repository

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.errors import SettingsError, TurnError
from patchwire.loopback.play import Play, call, reasoning, say
from patchwire.loopback.server import Loopback
from patchwire.models import find
from patchwire.session import Session
from patchwire.settings import Settings, read
from patchwire.task import Budget, Outcome, Snapshot, Status, Task

BUDGET = Budget(steps=20, seconds=600.0, cost=1.0)
ACTS = (
    [reasoning("The tests first."), call("run_tests", targets=None, trace=False)],
    [say("Let me look.", phase="commentary"), call("read_file", path="cart.py", start_line=None, end_line=None)],
    call("write_patch", patch=FIX),
    call("run_tests", targets=None, trace=False),
    say("The slice left out the first price.", phase="final_answer"),
)
Talk = list[tuple[str, dict[str, Any]]]


async def job(settings: Settings, root: Path) -> tuple[Outcome, Talk]:
    """Do it; the outcome, and every frame."""
    talk: Talk = []

    def tap(way: str, frame: str) -> None:
        talk.append((way, json.loads(frame) if frame.startswith("{") else {"type": frame}))

    async with Session(settings, os.environ, PYTEST, tap=tap) as session:
        outcome = await session.run(Task(DEFAULT_TASK, root), Snapshot(root), BUDGET, lambda _: None)
    return outcome, talk


async def assumed(root: Path) -> Talk:
    """The same job with our own server and a model that plays."""
    async with Loopback(Play(*ACTS), models=["m"]) as server:
        _, talk = await job(Settings(find("m"), None, server.base_url, server.token, warm_up=True), root)
    return talk


def down(talk: Talk) -> list[dict[str, Any]]:
    """What the service said."""
    return [frame for way, frame in talk if way == "down"]


def report(settings: Settings, outcome: Outcome, found: Sequence[str], frames: int) -> str:
    """What came of it, as Markdown."""
    usage = outcome.usage
    facts = [
        f"- {settings.model.name} at {settings.base_url}: {outcome.status.value}. {outcome.message.splitlines()[0]}",
        f"- {usage.exchanges} exchanges, {usage.resends} resent, {usage.reconnects} reconnects, {frames} frames down",
        f"- {usage.input_tokens:,} tokens in, {usage.cached_tokens:,} of them cached, {usage.output_tokens:,} out",
    ]
    told = [f"- {sentence}" for sentence in found] or ["None."]
    return "\n".join(["# Live", "", *facts, "", "## Differences to what is assumed", "", *told, ""])


async def live(settings: Settings, output: Path) -> int:
    """Do the job twice, compare, write it down; the exit code."""
    with tempfile.TemporaryDirectory(prefix="patchwire-live-") as directory:
        outcome, talk = await job(settings, repository(Path(directory) / "shop"))
        expected = await assumed(repository(Path(directory) / "again"))
    redact = Redaction([settings.api_key, settings.organization or "", settings.project or "", directory])
    text = redact(report(settings, outcome, differences(down(talk), down(expected)), len(down(talk))))
    write(output, [{"way": way, **redact(frame)} for way, frame in talk], text)
    print(text)
    print(f"Frames and differences are in {output}.")
    return 0 if outcome.status is Status.DONE else 1


def write(output: Path, frames: Sequence[dict[str, Any]], text: str) -> None:
    """Put both files there."""
    output.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(frame, ensure_ascii=False)}\n" for frame in frames]
    (output / "frames.jsonl").write_text("".join(lines), "utf-8", "surrogatepass")
    (output / "differences.md").write_text(text, "utf-8", "surrogatepass")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if the tests pass with the patch, 2 where it must not or cannot run."""
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/live"), help="default: build/live")
    options = parser.parse_args(arguments)
    try:
        if os.environ.get("CI"):
            raise SettingsError("CI", "make live speaks to the real service and costs money: it does not run in CI")
        return asyncio.run(live(read({}, {**os.environ, "PATCHWIRE_OFFLINE": "0"}), options.output))
    except (SettingsError, TurnError) as error:
        print(f"make live: {str(error).partition(', or add --offline')[0]}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
