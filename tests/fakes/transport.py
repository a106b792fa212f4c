"""A scripted Transport: it expects frames, yields frames and loses the connection, in the order of its script.

    transport = FakeTransport(expect(), "frame 1", "frame 2", expect(is_create), lose())

`finish()` fails if the script was not played to its end. The same contract holds for it as for the real one
(`tests/contracts/test_transport.py`).
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Capabilities


@dataclass(frozen=True, slots=True)
class Expect:
    """The client must send a frame now; `check` may look at it."""

    check: Callable[[str], object] | None = None


@dataclass(frozen=True, slots=True)
class Lose:
    """The connection ends here."""

    permanent: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The next attempt to connect is refused with this error."""

    error: ConnectionLost | ProviderError


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing comes any more; only `reconnect` helps."""


Step = str | Expect | Lose | Refuse | Silent


def expect(check: Callable[[str], object] | None = None) -> Expect:
    """A frame of the client's. A `check` that returns False, or raises, fails the test."""
    return Expect(check)


def lose(*, permanent: bool = False, retry_after: float | None = None) -> Lose:
    """The connection ends."""
    return Lose(permanent, retry_after)


class FakeTransport:
    """Fulfils `ports.Transport` from a script. `sent` is every frame that came, `connects` how often it connected."""

    def __init__(self, *script: Step, incremental: bool = True) -> None:
        self._script = list(script)
        self._incremental = incremental
        self._fresh = True
        self._connected = False
        self._started = False
        self.sent: list[str] = []
        self.connects = 0
        self.bytes_up = 0
        self.bytes_down = 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(incremental=self._incremental)

    async def send(self, frame: str) -> None:
        if self._fresh:
            await self.reconnect()
        self._check_connected()
        if isinstance(self._next(), Lose):
            self._lose(started=False)
        step = self._script.pop(0) if self._script else None
        if not isinstance(step, Expect):
            pytest.fail(f"the client sent a frame where the script has {step!r}: {frame[:200]}")
        self.sent.append(frame)
        self.bytes_up += len(frame.encode())
        self._started = True
        if step.check is not None:
            assert step.check(frame) is not False, f"the script did not expect this frame: {frame[:200]}"

    async def receive(self) -> str:
        self._check_connected()
        step = self._next()
        if isinstance(step, Silent):
            try:
                await asyncio.Event().wait()
            finally:
                self._connected = False
        if isinstance(step, Lose):
            self._lose(started=self._started)
        if not isinstance(step, str):
            pytest.fail(f"the client waits for a frame where the script has {step!r}")
        self._script.pop(0)
        self.bytes_down += len(step.encode())
        return step

    async def reconnect(self) -> None:
        self._fresh = self._connected = self._started = False
        while isinstance(self._next(), str | Silent):  # what the old connection had still to say is never heard
            self._script.pop(0)
        if isinstance(step := self._next(), Refuse):
            self._script.pop(0)
            raise step.error
        self._connected = True
        self.connects += 1

    async def aclose(self) -> None:
        self._fresh = self._connected = False

    def finish(self) -> None:
        """Fail if something was not played."""
        left = [step for step in self._script if not isinstance(step, Silent)]
        assert not left, f"the transport's script was not played to its end: {left!r}"

    def _next(self) -> Step | None:
        return self._script[0] if self._script else None

    def _check_connected(self) -> None:
        if not self._connected:
            raise ConnectionLost("There is no connection.")

    def _lose(self, *, started: bool) -> None:
        step = self._script.pop(0)
        assert isinstance(step, Lose)
        self._connected = False
        raise ConnectionLost(
            "The connection was cut.", started=started, permanent=step.permanent, retry_after=step.retry_after
        )


def playing(*script: Step) -> Iterator[FakeTransport]:
    """For a fixture: a transport that is checked at teardown."""
    transport = FakeTransport(*script)
    yield transport
    transport.finish()
