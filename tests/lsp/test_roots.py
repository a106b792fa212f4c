"""Roots and what is done in them: it can always be ended, and what ended it does not matter."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from patchwire.lsp.progress import Bar
from patchwire.lsp.roots import Cancelled, Roots, Work
from patchwire.task import Budget


class Screen:
    def progress(self, token: int | str, value: Any) -> None:
        raise AssertionError("there is no token")


@pytest.fixture
def roots() -> Roots:
    return Roots(lambda path: None)


def work(roots: Roots) -> Work:
    return Work(roots.next_id(), roots.get(Path("/w")), "x", Bar(Screen(), None, Budget()))


def test_a_root_is_made_once(roots: Roots) -> None:
    assert roots.get(Path("/w")) is roots.get(Path("/w"))
    assert [root.uri for root in roots] == ["file:///w"]
    assert (roots.next_id(), roots.next_id()) == ("1", "2")


async def test_work_gives_what_it_comes_to(roots: Roots) -> None:
    async def do() -> int:
        return 7

    assert await work(roots).do(do()) == 7


async def test_work_is_ended_where_it_waits(roots: Roots) -> None:
    one = work(roots)
    doing = asyncio.ensure_future(one.do(asyncio.sleep(60)))
    await asyncio.sleep(0)
    one.cancel()
    with pytest.raises(Cancelled):
        await doing
    assert one.ended


async def test_the_end_of_the_request_is_the_end_of_the_work(roots: Roots) -> None:
    one = work(roots)
    doing = asyncio.ensure_future(one.do(asyncio.sleep(60)))
    await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(Cancelled):
        await doing


async def test_what_can_end_gently_does(roots: Roots) -> None:
    one, stopped = work(roots), asyncio.Event()
    one.stop = stopped.set

    async def do() -> str:
        await stopped.wait()
        return "what was reached"

    doing = asyncio.ensure_future(one.do(do()))
    await asyncio.sleep(0)
    doing.cancel()
    assert await doing == "what was reached"
    assert one.ended


async def test_folders_that_are_gone_are_closed(roots: Roots) -> None:
    roots.get(Path("/w"))
    roots.get(Path("/v"))
    await roots.keep([Path("/v")])
    assert [root.path for root in roots] == [Path("/v")]
    await roots.aclose()
