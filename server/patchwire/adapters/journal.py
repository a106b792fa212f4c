"""The journal: one file of JSON lines for each session, in the user's state directory, readable by nobody else.

Lines are made and written by a thread of its own, so that nobody waits for the disk. It never holds a key, never grows
past a limit, and goes when it is old. What a line means is not its business, but for the few fields of a list.
"""

import contextlib
import json
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchwire.adapters.credentials import without
from patchwire.errors import SettingsError, WorkspaceError

SCHEMA_VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
"""Of one session; then it ends with a line that says so."""
MAX_AGE_SECONDS = 30 * 24 * 3600.0
"""A journal that nobody wrote to for so long is removed."""

_LOGGER = logging.getLogger(__name__)
_ID_CHARACTERS = frozenset("0123456789abcdef-")


def directory() -> Path:
    """Where the journals of this user are."""
    import platformdirs

    return Path(platformdirs.user_state_dir("patchwire", appauthor=False)) / "sessions"


def new_id() -> str:
    """An id for a session, in the order of time."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"


class NoJournal:
    """Fulfils `ports.Journal` by forgetting."""

    def note(self, kind: str, **fields: object) -> None:
        """Nothing is written."""


class JournalFile:
    """Fulfils `ports.Journal`. Nothing is made before the first `note`. `secret` gives the key that must not be in it.

    `where` names the directory; the thread asks for it, because the answer costs an import. A disk that takes nothing
    ends the journal with a warning, and nothing else.
    """

    def __init__(
        self,
        session_id: str,
        *,
        where: Callable[[], Path] = directory,
        secret: Callable[[], str] = str,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._id = session_id
        self._where = where
        self._secret = secret
        self._max_bytes = max_bytes
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def note(self, kind: str, **fields: object) -> None:
        """Write one line, soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
            self._thread.start()
        version = {"schema": SCHEMA_VERSION} if kind == "session" else {}
        self._lines.put({"at": round(time.time(), 3), "kind": kind, **version, **fields})

    def close(self, seconds: float = 2.0) -> None:
        """Write what is left, for so long at most. Never raises."""
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join(seconds)
            self._thread = None

    def _write(self) -> None:
        from patchwire.adapters.state import private  # in this thread: nobody waits for it

        try:
            path = _file(self._where(), self._id)
            private(path.parent)
            _expire(path.parent, path)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                self._write_to(handle, _mended(path))
            finally:
                os.close(handle)
        except (OSError, WorkspaceError) as error:
            _LOGGER.warning("the session is not written down: %s", error)
        while self._lines.get() is not None:  # whoever closes must not wait for nothing, nor the queue grow
            pass

    def _write_to(self, descriptor: int, size: int) -> None:
        while (line := self._lines.get()) is not None:
            text = json.dumps(line, separators=(",", ":"), default=str)
            raw = f"{without(self._secret(), text)}\n".encode()
            if size + len(raw) > self._max_bytes:
                os.write(descriptor, b'{"kind":"full"}\n')
                return
            size += os.write(descriptor, raw)
        self._lines.put(None)


def _mended(path: Path) -> int:
    """The size of a file whose last line is whole; a crash may have left half a line, which is cut off."""
    raw = path.read_bytes()
    whole = raw.rfind(b"\n") + 1
    if whole < len(raw):
        os.truncate(path, whole)
    return whole


def _expire(where: Path, but: Path) -> None:
    for path in where.glob("*.jsonl"):
        with contextlib.suppress(FileNotFoundError):  # another process does the same
            if path != but and time.time() - path.stat().st_mtime > MAX_AGE_SECONDS:
                path.unlink()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A session as it was written down: `status` is that of its last turn, "" if that never ended.

    `patch` is what that turn left and the user has not decided on.
    """

    id: str
    root: str
    model: str
    started: float
    prompt: str
    status: str
    items: tuple[dict[str, Any], ...]
    patch: str = ""


def sessions(where: Path) -> list[Recorded]:
    """All that can be read, the latest first."""
    found = []
    for path in sorted(where.glob("*.jsonl"), reverse=True):
        try:
            found.append(load(where, path.stem))
        except SettingsError:
            continue
    return found


def load(where: Path, session_id: str) -> Recorded:
    """One session, up to its last whole line. Raises SettingsError where there is none."""
    try:
        lines = list(_lines(_file(where, session_id)))
    except OSError:
        lines = []
    if not lines or lines[0].get("kind") != "session" or lines[0].get("schema") != SCHEMA_VERSION:
        raise SettingsError("ID", f"there is no session {session_id}: `patchwire sessions` lists those there are")
    items: list[dict[str, Any]] = []
    prompt = status = patch = ""
    for line in lines[1:]:
        match line:
            case {"kind": "item", "item": dict() as item}:
                items.append(item)
            case {"kind": "window", "items": list() as window}:
                items = window
            case {"kind": "turn", "prompt": str() as asked}:
                prompt, status = asked, ""
            case {"kind": "outcome", "status": str() as ended}:
                status, patch = ended, str(line.get("patch", ""))
            case {"kind": "decided"}:
                patch = ""
            case _:
                pass
    head = lines[0]
    return Recorded(
        session_id,
        str(head.get("root")),
        str(head.get("model")),
        float(head.get("at", 0)),
        prompt,
        status,
        tuple(items),
        patch,
    )


def _file(where: Path, session_id: str) -> Path:
    if not session_id or not _ID_CHARACTERS.issuperset(session_id):
        raise SettingsError("ID", f"{session_id!r} is no session's id: `patchwire sessions` lists those there are")
    return where / f"{session_id}.jsonl"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines up to the first that is not whole."""
    with path.open("rb") as file:
        for raw in file:
            try:
                line = json.loads(raw)
            except ValueError:
                return
            if not raw.endswith(b"\n") or not isinstance(line, dict):
                return
            yield line
