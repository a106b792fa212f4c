"""Ours: the real `Session` with everything that belongs to it (copy of the tree, budget, progress, journal)."""

import asyncio
import os
import sys
from pathlib import Path

from benchmarks.turns.play import CALLS, PROMPT, Spec, report

from patchwire.session import Session
from patchwire.settings import read
from patchwire.task import Budget, Snapshot, Task


async def main(spec: Spec) -> None:
    """Play to the end."""
    root = Path(spec.root)
    settings = read({"model": spec.model}, {**os.environ, "OPENAI_BASE_URL": spec.base_url, "OPENAI_API_KEY": spec.key})
    async with Session(settings, os.environ) as session:
        await session.run(Task(PROMPT, root), Snapshot(root), Budget(steps=2 * CALLS), lambda _: None)


if __name__ == "__main__":
    asyncio.run(main(Spec.load(sys.argv[1])))
    report()
