"""Hands text of a tree's files to the model, and nothing that is hidden from it (`adapters.hidden`).

Follows links inside the tree and none that leads out (`adapters.paths`); opens regular files only, and none that is
larger than `READ_LIMIT`. Knows nothing of where the tree came from.
"""

import asyncio
import contextlib
import stat
from collections.abc import Iterator, Sequence

from patchwire.adapters.hidden import Hidden
from patchwire.adapters.paths import Roots
from patchwire.adapters.written import Files
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.secret import why_secret_text
from patchwire.ports import FileText, Hit

READ_LIMIT = 2 * 1024 * 1024
READ_AT_ONCE = 64 * 1024


async def read_text(roots: Roots, files: Files, hidden: Hidden, path: str) -> FileText:
    """The text of one file. Raises NoSuchFile, or ToolError in words for the model."""
    relative = roots.relative(path)
    located = roots.locate(relative)
    hidden.check(relative, located)
    with _told(relative):
        size = _size(files, relative, located)
        # Handing a small file to a thread takes longer than reading it, and the model waits.
        found = files.load(located) if size <= READ_AT_ONCE else await asyncio.to_thread(files.load, located)
    if found is None:  # gone since it was looked at
        raise NoSuchFile(f"{relative}: no such file")
    data = found.data
    if b"\0" in data[:8192]:
        raise ToolError(f"{relative} is a binary file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolError(f"{relative} is not UTF-8 text (byte {error.start})") from error
    hidden.check_text(relative, text)
    return FileText(relative, text)


def without_secrets(files: Files, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits that do not stand in a file whose text is a secret. Files are known by name already to be shown."""
    secret = {path for path in {hit.path for hit in hits} if _is_secret(files, path)}
    return tuple(hit for hit in hits if hit.path not in secret)


def _is_secret(files: Files, path: str) -> bool:
    try:
        status = files.status(path)
        if status is None or status.st_size > READ_LIMIT:
            return False  # no key is as large as that
        found = files.load(path)
    except (OSError, ToolError):
        return True  # what cannot be looked at is not shown
    return found is not None and why_secret_text(path, found.data.decode("utf-8", "replace")) is not None


def _size(files: Files, relative: str, located: str) -> int:
    """The size of the file that is there to be read. Raises ToolError for what is none."""
    found = files.status(located) if located else None
    if found is None and located:
        raise NoSuchFile(f"{relative}: no such file")
    if found is None or stat.S_ISDIR(found.st_mode):
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
