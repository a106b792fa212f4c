"""Which fault strikes when. What it looks like to a client stands in `test_connection`, `test_rest`, `test_server`."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from patchwire.loopback.faults import Drop, Dropped, Faults, Forget, Gone, Refuse, RequestFault, Silence, Slam, disturb
from patchwire.loopback.model import Item


async def five() -> AsyncIterator[Item]:
    for number in range(5):
        yield {"n": number}


async def seen(fault: RequestFault | None) -> tuple[int, Dropped | None]:
    count = 0
    try:
        async with aclosing(disturb(five(), fault)) as events:
            async for _ in events:
                count += 1
    except Dropped as dropped:
        return count, dropped
    return count, None


@pytest.mark.parametrize("fault", [None, Forget(), Silence(2, seconds=0), Drop(6)])
async def test_all_events_pass_where_nothing_strikes(fault: RequestFault | None) -> None:
    assert await seen(fault) == (5, None)


@pytest.mark.parametrize("after", [0, 1, 4, 5])
async def test_a_drop_strikes_after_so_many(after: int) -> None:
    count, dropped = await seen(Drop(after, 1012))
    assert count == after
    assert dropped is not None
    assert (dropped.code, dropped.gone) == (1012, False)


async def test_gone_takes_the_server_along() -> None:
    count, dropped = await seen(Gone(1))
    assert count == 1
    assert dropped is not None
    assert dropped.gone


def test_a_number_goes_before_every_time() -> None:
    faults = Faults(requests={2: Drop()}, connections={1: Slam()}, every_request=Forget(), every_connection=Refuse(503))
    assert [faults.of_request(number) for number in (1, 2)] == [Forget(), Drop()]
    assert [faults.of_connection(number) for number in (1, 2)] == [Slam(), Refuse(503)]
    assert Faults().of_request(1) is None
    assert Faults().of_connection(1) is None
