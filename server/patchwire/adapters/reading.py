"""Hands text of a tree's files to the model, and nothing that is hidden from it (`adapters.hidden`).

Follows links inside the tree and none that leads out (`adapters.paths`); opens regular files only, and none that is
larger than `READ_LIMIT`. Knows nothing of where the tree came from.
"""

import asyncio
import contextlib
import errno
import functools
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from patchwire.adapters import beneath
from patchwire.adapters.hidden import Hidden
from patchwire.adapters.paths import Roots
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.secret import why_secret_text
from patchwire.ports import FileText, Hit

READ_LIMIT = 2 * 1024 * 1024
READ_AT_ONCE = 64 * 1024


async def read_text(roots: Roots, hidden: Hidden, path: str) -> FileText:
    """The text of one file. Raises NoSuchFile, or ToolError in words for the model."""
    relative = roots.relative(path)
    located = roots.locate(relative)
    hidden.check(relative, located)
    with _told(relative):
        size = _size(roots.root, relative, located)
        load = functools.partial(beneath.read, roots.root, located, READ_LIMIT)
        # Handing a small file to a thread takes longer than reading it, and the model waits.
        found = load() if size <= READ_AT_ONCE else await asyncio.to_thread(load)
    data = b"" if found is None else found[0]
    if b"\0" in data[:8192]:
        raise ToolError(f"{relative} is a binary file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolError(f"{relative} is not UTF-8 text (byte {error.start})") from error
    hidden.check_text(relative, text)
    return FileText(relative, text)


def without_secrets(root: Path, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits that do not stand in a file whose text is a secret. Files are known by name already to be shown."""
    secret = {path for path in {hit.path for hit in hits} if _is_secret(root, path)}
    return tuple(hit for hit in hits if hit.path not in secret)


def _is_secret(root: Path, path: str) -> bool:
    try:
        found = beneath.read(root, path, READ_LIMIT)
    except OSError as error:  # what cannot be looked at is not shown; no key is as large as that
        return error.errno != errno.EFBIG
    return found is not None and why_secret_text(path, found[0].decode("utf-8", "replace")) is not None


def _size(root: Path, relative: str, located: str) -> int:
    """The size of the file that is there to be read. Raises ToolError for what is none."""
    found = beneath.status(root, located) if located else root.stat()
    if found is None:
        raise NoSuchFile(f"{relative}: no such file")
    if stat.S_ISDIR(found.st_mode):
        raise ToolError(f"{relative or '.'} is a directory: list_files shows what is in it")
    if not stat.S_ISREG(found.st_mode):
        raise ToolError(f"{relative} is not a regular file")
    if found.st_size > READ_LIMIT:
        raise ToolError(f"{relative} is too large to read ({found.st_size:,} bytes; the limit is 2 MiB)")
    return found.st_size


@contextlib.contextmanager
def _told(relative: str) -> Iterator[None]:
    """What the system says against reading a file, as the model's to mend."""
    try:
        yield
    except OSError as error:
        raise ToolError(f"{relative[:200]}: {(error.strerror or str(error)).lower()}") from error
