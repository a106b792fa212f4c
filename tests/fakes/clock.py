"""A clock that moves only when somebody sleeps on it or pushes it."""

import asyncio


class FakeClock:
    """`sleep` takes no time. `long` is from how many seconds on a sleep never ends (a budget's alarm, say)."""

    def __init__(self, long: float = 100.0) -> None:
        self.time = 1_000.0
        self.slept: list[float] = []
        self._long = long

    def now(self) -> float:
        return self.time

    def chance(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        if seconds >= self._long:
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.time += seconds
