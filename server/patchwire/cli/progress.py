"""A turn's progress on standard error: steps and a spinner on a terminal, plain lines elsewhere.

Knows the `Progress` values and a stream; nothing is ever written to standard output from here. What models and tests
said is made harmless first: it may come from somebody who wants to speak to the terminal.
"""

import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from patchwire.adapters.plain_text import plain_line, plain_text
from patchwire.agent.reports import counts
from patchwire.task import Progress, Retracted, Said, TestsRan, ToolFinished, ToolStarted, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.status import Status

Emit = Callable[[Progress], None]


def showing(stream: TextIO | None = None) -> AbstractContextManager[Emit]:
    """A context that shows progress on `stream` (standard error): gives the function to emit with."""
    stream = stream if stream is not None else sys.stderr
    return _live(stream) if stream.isatty() else _plain(stream)


class Lines:
    """Turns progress into whole lines; what the model says is held back until its line is complete or is retracted."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._show = write
        self._titles: dict[str, str] = {}
        self._said = ""

    def emit(self, progress: Progress) -> None:
        """Show one piece of progress."""
        match progress:
            case Said(text=text):
                self._said += text
                *lines, self._said = self._said.split("\n")
                for line in lines:
                    self._write(f"  {line}" if plain_text(line) else "")
            case Retracted(why=why):
                self._said = ""
                self._write(f"  (lost, asking again: {why})")
            case ToolStarted():
                self.flush()
                self._titles[progress.call_id] = progress.title
            case ToolFinished():
                title = self._titles.pop(progress.call_id, progress.name)
                mark = "✓" if progress.ok else "·"
                self._write(f"{mark} {title}: {progress.summary} ({progress.seconds:.1f} s)")
            case TestsRan(phase="before" | "after", report=report):
                self._write(f"  tests {progress.phase}: {counts(report)}")
            case Waiting():
                self._write(f"  waiting {progress.seconds:.1f} s: {progress.why}")
            case _:
                pass

    def _write(self, line: str) -> None:
        self._show(plain_line(line))

    def flush(self) -> None:
        """Show the incomplete last line."""
        if self._said:
            self._write(f"  {self._said}")
            self._said = ""


class _Lossy:
    """A stream that loses what it cannot write: a full disk, a reader or a terminal that has gone stops no work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def _plain(stream: TextIO) -> "Iterator[Emit]":
    lossy = cast("TextIO", _Lossy(stream))
    lines = Lines(lambda line: print(line, file=lossy, flush=True))
    try:
        yield lines.emit
    finally:
        lines.flush()


@contextmanager
def _live(stream: TextIO) -> "Iterator[Emit]":
    from rich.console import Console  # only a terminal pays for it

    console = Console(file=cast("TextIO", _Lossy(stream)), highlight=False)
    with console.status("thinking") as status:
        lines = Lines(lambda line: console.print(line, markup=False, soft_wrap=True))

        def emit(progress: Progress) -> None:
            lines.emit(progress)
            _spin(status, progress)

        try:
            yield emit
        finally:
            lines.flush()


def _spin(status: "Status", progress: Progress) -> None:
    from rich.markup import escape

    match progress:
        case ToolStarted(title=title):
            status.update(escape(plain_line(title)))
        case Waiting(why=why):
            status.update(escape(plain_line(f"waiting: {why}")))
        case ToolFinished():
            status.update("thinking")
        case _:
            pass
