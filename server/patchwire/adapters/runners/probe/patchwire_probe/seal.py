"""Seals what the plugin writes: a line that was added, changed or left out by anybody else is seen by who reads it.

The key comes in a file that is gone once it was read, before any code of the tree has run. It does not hold against
code that searches this very process for it; that is for those who judge the patch to see.
"""

# ruff: noqa: PTH108, PTH123
# pathlib would slow down every start.

from __future__ import annotations

import hashlib
import os


def taken(path: str) -> bytes:
    """The key in the file, which is removed; empty where there is none (any more): nothing is written then."""
    if not path:
        return b""
    try:
        with open(path, "rb") as file:
            key = file.read()
        os.unlink(path)
    except OSError:
        return b""
    return key


class Sealed:
    """Writes lines `SEAL PID NUMBER TEXT` to the descriptor `out`; the seal covers all that stands behind it."""

    __slots__ = ("_number", "_pid", "key", "out")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.out = -1
        self._pid = self._number = 0

    def write(self, text: str) -> None:
        """Write one line at once."""
        if self.out < 0 or not self.key:
            return
        if self._pid != os.getpid():  # a fork counts for itself
            self._pid, self._number = os.getpid(), 0
        line = b"%d %d %s" % (self._pid, self._number, text.encode("ascii"))
        self._number += 1
        os.write(
            self.out, hashlib.blake2b(line, key=self.key, digest_size=16).hexdigest().encode() + b" " + line + b"\n"
        )
