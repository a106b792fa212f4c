"""The documents that are open in the editor: their texts, kept up to date edit by edit, and whoever waits for a change.

Ours and not pygls', whose lines end at form feeds and other characters that are no line ends to the protocol: an edit
behind one would land elsewhere. Knows positions as lines and columns in the units that were agreed upon; no files.
"""

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Position = tuple[int, int]


def split(text: str) -> list[str]:
    """The lines of a text with their ends: `\\n`, `\\r\\n` or `\\r`, as the protocol counts them."""
    return io.StringIO(text, newline="").readlines()


def index(line: str, column: int, encoding: str) -> int:
    """Where in a line (without its end) the column is; a column behind the end means the end."""
    bare = line.rstrip("\r\n")
    if encoding == "utf-32" or bare.isascii():
        return min(column, len(bare))
    width = _WIDTHS[encoding]
    for at, character in enumerate(bare):
        if column < width(character):
            return at  # inside a character is before it
        column -= width(character)
    return len(bare)


def units(text: str, encoding: str) -> int:
    """How many columns a piece of a line takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    return sum(map(_WIDTHS[encoding], text))


def _utf_16(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _utf_8(character: str) -> int:
    return len(character.encode("utf-8", "surrogatepass"))


_WIDTHS: dict[str, Callable[[str], int]] = {"utf-8": _utf_8, "utf-16": _utf_16}


class Document:
    """One open document. A machine: `change` edits it."""

    __slots__ = ("_lines", "_text", "language", "uri", "version")

    def __init__(self, uri: str, text: str, version: int, language: str = "") -> None:
        self.uri = uri
        self.version = version
        self.language = language
        self._text: str | None = text
        self._lines: list[str] | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(self.lines)
        return self._text

    @property
    def lines(self) -> list[str]:
        """The lines with their ends; not to be changed by others."""
        if self._lines is None:
            self._lines = split(self._text or "")
        return self._lines

    def replace(self, text: str) -> None:
        """The whole text is another."""
        self._text, self._lines = text, None

    def change(self, start: Position, end: Position, text: str, encoding: str) -> None:
        """Replace what is between two positions. Only the lines concerned are touched, however long the text is."""
        lines = self.lines
        first, last = min(start[0], len(lines)), end[0]
        head = tail = ""
        if first < len(lines):
            head = lines[first][: index(lines[first], start[1], encoding)]
        if last < len(lines):
            tail = lines[last][index(lines[last], end[1], encoding) :]
        elif first >= len(lines) and lines and not lines[-1].endswith(("\n", "\r")):
            first = len(lines) - 1  # a position behind an unended last line is its end
            head = lines[first]
        middle = head + text + tail
        if middle.startswith("\n") and first > 0 and lines[first - 1].endswith("\r"):
            first -= 1  # what were two line ends is one now
            middle = lines[first] + middle
        stop = last + 1
        if middle.endswith("\r") and stop < len(lines) and lines[stop].startswith("\n"):
            middle += lines[stop]
            stop += 1
        lines[first:stop] = split(middle)
        self._text = None


@dataclass(slots=True)
class Documents:
    """All that are open, by URI (normal form: as `key` makes it). `changed` tells whoever wants to hear."""

    key: Callable[[str], str]
    encoding: str = "utf-16"
    changed: Callable[[str], None] = lambda uri: None
    _open: dict[str, Document] = field(default_factory=dict, init=False)
    _waiters: set[asyncio.Future[None]] = field(default_factory=set, init=False)

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """The document, if it is open."""
        return self._open.get(self.key(uri))

    def opened(self, uri: str, text: str, version: int, language: str) -> None:
        """The client opened a document."""
        self._open[self.key(uri)] = Document(uri, text, version, language)
        self._tell(uri)

    def closed(self, uri: str) -> None:
        """The client closed a document."""
        self._open.pop(self.key(uri), None)
        self._tell(uri)

    def edited(self, uri: str, version: int | None, changes: list[Any]) -> None:
        """The client changed a document: LSP content changes, in order."""
        document = self.get(uri)
        if document is None:
            return
        for change in changes:
            span = getattr(change, "range", None)
            if span is None:
                document.replace(change.text)
            else:
                start, end = (span.start.line, span.start.character), (span.end.line, span.end.character)
                document.change(start, end, change.text, self.encoding)
        if version is not None:
            document.version = version
        self._tell(uri)

    def touched(self, uri: str) -> None:
        """Something else about a document may be new: it was saved, or its file changed."""
        self._tell(uri)

    async def wait(self, seconds: float) -> bool:
        """Wait until any document changes; False if none does in time."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True

    def _tell(self, uri: str) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.changed(uri)
