"""Standard output and standard error as they may really be: closed, full, or a pipe whose reader has gone.

What is said for people is dropped where nobody can hear it; what is delivered for programs is never lost unnoticed.
Knows nothing of what is written.
"""

import contextlib
import os
import sys


def complete() -> None:
    """Put the null device in place of standard streams that are closed, before a socket takes their number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  # as its neighbours are
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def say(text: str) -> None:
    """Tell people, on standard error; names of files and words of models cannot speak to the terminal."""
    from patchwire.adapters.plain_text import plain_text

    with contextlib.suppress(OSError):
        print(f"patchwire: {plain_text(text)}", file=sys.stderr, flush=True)


def deliver(data: bytes) -> bool:
    """Write to standard output, to the last byte; False (and it is said why) where that cannot be.

    Only where it is a terminal are control characters shown instead.
    """
    if sys.stdout.isatty():
        from patchwire.adapters.plain_text import visible

        data = visible(data)
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        say(f"standard output cannot be written: {error.strerror}")
        # What is left in the buffer must not fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return False
    return True
