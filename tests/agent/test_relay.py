"""Progress is told in order, to everybody, and not before the loop is free."""

import asyncio

from patchwire.agent.relay import Relay
from patchwire.task import Progress, Said

ONE, TWO, THREE = Said("one"), Said("two"), Said("three")


async def test_it_is_told_in_order_when_the_loop_is_free() -> None:
    heard: list[tuple[str, Progress]] = []
    relay = Relay((lambda progress: heard.append(("a", progress)), lambda progress: heard.append(("b", progress))))
    relay.tell(ONE)
    relay.tell(TWO)
    assert not heard
    await asyncio.sleep(0)
    assert heard == [("a", ONE), ("b", ONE), ("a", TWO), ("b", TWO)]
    relay.tell(THREE)
    await asyncio.sleep(0)
    assert heard[-1] == ("b", THREE)


async def test_at_the_end_nothing_is_left_and_nothing_is_told_twice() -> None:
    heard: list[Progress] = []
    relay = Relay((heard.append,))
    relay.tell(ONE)
    relay.flush()
    assert heard == [ONE]
    await asyncio.sleep(0)
    assert heard == [ONE]


async def test_what_a_listener_says_itself_is_told_after_it() -> None:
    heard: list[Progress] = []

    def answering(progress: Progress) -> None:
        heard.append(progress)
        if progress is ONE:
            relay.tell(TWO)

    relay = Relay((answering,))
    relay.tell(ONE)
    relay.flush()
    assert heard == [ONE, TWO]


async def test_a_listener_that_fails_holds_up_nothing_that_comes_after() -> None:
    heard: list[Progress] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)

    def failing(progress: Progress) -> None:
        heard.append(progress)
        if progress is ONE:
            raise OSError("hung up")

    relay = Relay((failing,))
    relay.tell(ONE)
    relay.tell(TWO)
    await asyncio.sleep(0)
    relay.tell(THREE)
    await asyncio.sleep(0)
    assert heard == [ONE, TWO, THREE]
