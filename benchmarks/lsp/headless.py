"""One turn without an editor, to hold against the same turn with one: `python -m benchmarks.lsp.headless ROOT`."""

import asyncio
import os
import sys
from pathlib import Path

from patchwire.session import Session
from patchwire.settings import read
from patchwire.task import Budget, Snapshot, Task


async def main() -> None:
    root = Path(sys.argv[1])
    async with Session(read({}, os.environ), dict(os.environ)) as session:
        await session.run(Task("Look around.", root), Snapshot(root), Budget(), lambda progress: None)


if __name__ == "__main__":
    asyncio.run(main())
