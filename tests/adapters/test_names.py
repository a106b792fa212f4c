"""The names of the tree's files are found once, when somebody asks or in the first pause."""

import asyncio
import gc

import pytest

from patchwire.adapters.names import Names
from patchwire.errors import WorkspaceError


class Tree:
    """Counts how often it is looked through."""

    def __init__(self) -> None:
        self.looked, self.seen, self.loop = 0, asyncio.Event(), asyncio.get_running_loop()

    def __call__(self) -> tuple[str, ...]:
        self.looked += 1
        self.loop.call_soon_threadsafe(self.seen.set)
        return ("a.py",)


async def test_whoever_asks_has_them_found_once() -> None:
    names = Names(tree := Tree())
    assert await asyncio.gather(names.all(), names.all()) == [("a.py",), ("a.py",)]
    names.soon()
    assert await names.all() == ("a.py",)
    assert tree.looked == 1


async def test_in_a_pause_they_are_found_unasked() -> None:
    names = Names(tree := Tree())
    names.soon()
    names.soon()
    assert tree.looked == 0
    await asyncio.wait_for(tree.seen.wait(), 20)
    assert await names.all() == ("a.py",)
    assert tree.looked == 1


async def test_what_is_forgotten_is_not_looked_for_and_found_anew_when_asked_for() -> None:
    names, other = Names(tree := Tree()), Names(later := Tree())
    names.soon()
    await names.forget()
    other.soon()
    await asyncio.wait_for(later.seen.wait(), 20)
    assert tree.looked == 0
    await names.all()
    await names.forget()
    await names.all()
    assert tree.looked == 2


async def test_who_stops_waiting_stops_nobody_else() -> None:
    names = Names(tree := Tree())
    waiting = asyncio.create_task(names.all())
    await asyncio.sleep(0)
    waiting.cancel()
    assert await names.all() == ("a.py",)
    assert tree.looked == 1


async def test_a_tree_that_cannot_be_read_is_told_to_who_asks() -> None:
    def broken() -> tuple[str, ...]:
        raise WorkspaceError("no such tree")

    names = Names(broken)
    with pytest.raises(WorkspaceError, match="no such tree"):
        await names.all()
    await names.forget()


async def test_a_failure_that_nobody_asks_for_is_not_complained_about() -> None:
    loop, complaints, over = asyncio.get_running_loop(), [], asyncio.Event()
    loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))

    def broken() -> tuple[str, ...]:
        loop.call_soon_threadsafe(loop.call_later, 0.01, over.set)
        raise WorkspaceError("no such tree")

    names = Names(broken)
    names.soon()
    await asyncio.wait_for(over.wait(), 20)
    del names
    gc.collect()
    assert complaints == []
