"""Starts programs, bounds them in time and output, and leaves nothing behind. The only place that starts a command.

Every command runs under `supervise`, which kills all that it started when it ends, when we ask, or when we die. Knows
nothing of tests: it returns an exit code and what was printed.
"""

import asyncio
import contextlib
import os
import re
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters import supervise
from patchwire.adapters.plain_text import plain_text
from patchwire.errors import WorkspaceError

HEAD, TAIL = 64 * 1024, 192 * 1024
_DRAIN_SECONDS = 1.0
Heard = Callable[[bytes], object]
_WRAPPERS_COMPLAINT = re.compile(r"bwrap: [^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended. `exit_code` is negative for a signal; `output` is stdout and stderr, bounded."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False


class Bounded:
    """Keeps the first `head` and the last `tail` bytes of a stream of any length."""

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self._head_size, self._tail_size = head, tail
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_kept = 0
        self._left_out = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        room = self._head_size - len(self._head)
        if room > 0:
            self._head += piece[:room]
            piece = piece[room:]
        if not piece:
            return
        self._tail.append(piece)
        self._tail_kept += len(piece)
        while self._tail_kept - len(self._tail[0]) >= self._tail_size:
            lost = len(self._tail.popleft())
            self._tail_kept -= lost
            self._left_out += lost

    def text(self) -> str:
        """What was kept, made harmless, with a line where something is missing."""
        tail = b"".join(self._tail)
        left_out = self._left_out + max(0, len(tail) - self._tail_size)
        if not left_out:
            return plain_text(bytes(self._head) + tail)
        tail = tail[-self._tail_size :]
        return f"{plain_text(bytes(self._head))}\n… {left_out:,} bytes left out …\n{plain_text(tail)}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """Directories laid over each other: `lower` (the first on top) below `upper`, which takes the writes, at `at`."""

    lower: tuple[str, ...]
    upper: str
    work: str
    at: str


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is done to a command: it runs as an argument of `wrapper`, under `limits`, with an overlay in its place.

    `limits` are resource limits by their names without `RLIMIT_`.
    """

    wrapper: tuple[str, ...] = ()
    overlay: Overlay | None = None
    limits: tuple[tuple[str, int], ...] = ()

    def wishes(self) -> list[str]:
        """What the supervisor is to do, in its words."""
        words = [f"limit={name}={value}" for name, value in self.limits]
        if self.overlay is not None:
            words += [f"lower={directory}" for directory in self.overlay.lower]
            words += [f"upper={self.overlay.upper}", f"work={self.overlay.work}", f"at={self.overlay.at}"]
        return words


FREE = Confinement()


class Program:
    """A started command. `wait` blocks (call it in a thread); `kill` may be called from any thread, more than once.

    `pass_fds` are file descriptors that the command inherits under their own numbers.
    Raises WorkspaceError where not even the supervisor can be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        confinement: Confinement = FREE,
    ) -> None:
        self._argv = tuple(argv)
        self._wrapper = confinement.wrapper
        self._started = time.monotonic()
        self._line, theirs = socket.socketpair()
        with theirs:
            try:
                self._popen = subprocess.Popen(
                    [
                        sys.executable,
                        "-I",
                        "-S",
                        supervise.__file__,
                        *confinement.wishes(),
                        "--",
                        *self._wrapper,
                        *argv,
                    ],
                    cwd=cwd,
                    env=dict(environment),
                    stdin=theirs.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=tuple(pass_fds),
                )
            except (OSError, ValueError) as error:
                self._line.close()
                raise WorkspaceError(f"cannot start {argv[0]}: {error}") from error

    def kill(self) -> None:
        """Let everything that the command started be killed at once."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float | None, heard: Heard = lambda _: None) -> Finished:
        """Wait for the end, at most about `seconds` and the grace. Raises WorkspaceError if it could not be started.

        `heard` is given every piece of the output as it comes.
        """
        output, result, timed_out = Bounded(), bytearray(), False
        # However it is left: closing the line has everything killed, and leaving the process waits for its end.
        with self._popen as supervisor, selectors.DefaultSelector() as selector, self._line:
            assert supervisor.stdout is not None  # noqa: S101  # it was asked for as a pipe
            selector.register(supervisor.stdout, selectors.EVENT_READ, _both(output.add, heard))
            selector.register(self._line, selectors.EVENT_READ, result.extend)
            deadline = None if seconds is None else self._started + seconds
            while selector.get_map():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    if not self._is_open(selector) or timed_out:
                        break  # a daemon that escaped its group holds the pipe: what it prints is not wanted
                    timed_out, deadline = True, time.monotonic() + supervise.GRACE + 3
                    with contextlib.suppress(OSError):
                        self._line.send(b"i")
                    continue
                for key, _ in selector.select(left):
                    piece = self._read(key.fd)
                    if piece:
                        key.data(piece)
                        continue
                    selector.unregister(key.fileobj)
                    if key.fileobj is self._line:
                        deadline = time.monotonic() + _DRAIN_SECONDS
        return self._finished(bytes(result), output, timed_out)

    def _is_open(self, selector: selectors.BaseSelector) -> bool:
        return self._line in {key.fileobj for key in selector.get_map().values()}

    @staticmethod
    def _read(descriptor: int) -> bytes:
        try:
            return os.read(descriptor, 65536)
        except OSError:
            return b""

    def _finished(self, result: bytes, output: Bounded, timed_out: bool) -> Finished:
        told = result.decode() if result.endswith(b"\n") else "exit -9\n"
        what, _, detail = told.strip().partition(" ")
        if what == "failed":
            raise WorkspaceError(f"cannot start {self._argv[0]}: {detail}")
        exit_code, text = int(detail), output.text()
        if self._wrapper and exit_code == 1 and _WRAPPERS_COMPLAINT.fullmatch(text):
            raise WorkspaceError(f"cannot start {self._argv[0]}: {text.strip()}")
        return Finished(exit_code, text, time.monotonic() - self._started, timed_out)


def _both(first: Heard, second: Heard) -> Heard:
    def hear(piece: bytes) -> None:
        first(piece)
        second(piece)

    return hear


async def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float | None,
    heard: Heard = lambda _: None,
    confinement: Confinement = FREE,
) -> Finished:
    """Run a command (no shell, no input) to its end. Cancelling kills it and all that it started before returning.

    `environment` is the child's whole environment; `heard` gets its output as it comes, in another thread. Raises
    WorkspaceError if the command cannot be started.
    """
    program = Program(argv, cwd=cwd, environment=environment, confinement=confinement)
    return await wait_for(program, seconds, heard)


async def wait_for(program: Program, seconds: float | None, heard: Heard = lambda _: None) -> Finished:
    """Wait for a started program without holding up the loop; cancelling kills it."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Finished] = loop.create_future()

    def settle(result: Finished | None, error: BaseException | None) -> None:
        if finished.done():
            return
        if error is not None:
            finished.set_exception(error)
        elif result is not None:
            finished.set_result(result)

    def watch() -> None:
        result: Finished | None = None
        failure: BaseException | None = None
        try:
            result = program.wait(seconds, heard)
        except BaseException as error:  # noqa: BLE001  # whoever waits for the future hears it; here is nobody
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    watcher = threading.Thread(target=watch, name="patchwire-watch", daemon=True)
    watcher.start()
    try:
        return await asyncio.shield(finished)
    except asyncio.CancelledError:
        program.kill()
        with contextlib.suppress(WorkspaceError):
            await finished
        raise
