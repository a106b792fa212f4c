"""An adversary who exchanges a directory and a link to the outside, as fast as a disk can."""

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextlib.contextmanager
def swapping(directory: Path, outside: Path) -> Iterator[None]:
    """Meanwhile `directory` is now itself and now a link to `outside`; each exchange is one step (`renameat2`)."""
    libc = ctypes.CDLL(None, use_errno=True)
    link = directory.with_name("a-link")
    link.symlink_to(outside)
    over = threading.Event()
    failed: list[int] = []
    names = os.fsencode(directory), os.fsencode(link)

    def swap() -> None:
        while not over.is_set() and not failed:
            if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
                failed.append(ctypes.get_errno())

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if directory.is_symlink():
            swap_back = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
            assert swap_back == 0
        link.unlink()
    assert not failed, os.strerror(failed[0])
