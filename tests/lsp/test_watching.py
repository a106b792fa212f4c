"""Which files are watched: those that a change waits for, whatever comes while the client is being told."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.lsp.stage import QUICK, WRITE, scripted

from patchwire.loopback.play import say
from patchwire.lsp.watching import File, Watching

ROOT = Path("/shop")


class Editor:
    """Takes its time: every request waits for `go`."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[str]]] = []
        self.go = asyncio.Semaphore(0)

    async def watch(self, name: str, files: Iterable[File]) -> None:
        await self.go.acquire()
        self.told.append((name, [path for _, path in files]))

    async def unwatch(self, name: str) -> None:
        await self.go.acquire()
        self.told.append((name, []))

    async def lets(self, requests: int) -> None:
        for _ in range(requests):
            self.go.release()
        for _ in range(20):
            await asyncio.sleep(0)


async def test_what_is_wanted_last_is_what_is_watched() -> None:
    editor = Editor()
    watching = Watching(editor)
    watching.these([])
    watching.these([(ROOT, "b"), (ROOT, "a")])
    await editor.lets(0)
    watching.these([(ROOT, "c")])
    watching.these([(ROOT, "d")])
    await editor.lets(3)
    assert editor.told == [("patchwire-1", ["a", "b"]), ("patchwire-2", ["d"]), ("patchwire-1", [])]
    watching.these([(ROOT, "d")])
    watching.these([])
    await editor.lets(1)
    assert editor.told[3:] == [("patchwire-2", [])]
    watching.these([(ROOT, "e")])
    await editor.lets(0)
    watching.close()
    await editor.lets(1)
    assert editor.told[4:] == []


async def test_a_file_that_is_changed_on_the_disk_while_a_change_waits_is_noticed(root: Path) -> None:
    async with scripted(root, WRITE, say("Done."), environment=QUICK) as desk:
        await desk.execute("fixTests", instruction="Mend it.")
        await desk.until(lambda: desk.watched)
        assert list(desk.watched.values()) == [[(root / "cart.py").as_posix()]]
        (root / "cart.py").write_text("# Somebody wrote all of it anew.\n")
        desk.changed_on_disk("cart.py")
        await desk.until(lambda: [mark for mark in desk.marks("cart.py") if mark.code == "conflict"])
        await desk.execute("discardChange")
        await desk.until(lambda: not desk.watched)
