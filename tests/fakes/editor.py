"""An editor in memory: buffers over files, edits applied as the protocol says, and the ways in which real ones differ.

Written from the specification alone, with no code of the server's. `sync` is told every notification that an editor
sends about its documents, so that it can drive the server in the same process or over a pipe.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lsprotocol import types

_ENDS = re.compile(r"\r\n|\n|\r")


def path_of(uri: str) -> Path:
    """The path of a file URI."""
    return Path(unquote(urlsplit(uri).path))


def offset(text: str, position: types.Position, encoding: str) -> int:
    """Where in a text a position is. One behind the end of its line is its end; one behind the text is the text's."""
    starts = [0, *(match.end() for match in _ENDS.finditer(text))]
    if position.line >= len(starts):
        return len(text)
    start = starts[position.line]
    end = next((match.start() for match in _ENDS.finditer(text, start)), len(text))
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    raw = text[start:end].encode(codec, "surrogatepass")[: position.character * width]
    return start + len(raw.decode(codec, "ignore"))


def edited(text: str, edits: list[Any], encoding: str) -> str:
    """A text after edits that all speak of the text as it was."""
    spans = sorted(
        (
            (offset(text, edit.range.start, encoding), offset(text, edit.range.end, encoding), number, edit.new_text)
            for number, edit in enumerate(edits)
        ),
        reverse=True,
    )
    low = len(text) + 1
    for start, end, _, new in spans:
        assert start <= end, "an edit ends before it begins"
        assert end <= low, "edits overlap"
        text, low = text[:start] + new + text[end:], start
    return text


@dataclass
class Buffer:
    """An open document."""

    text: str
    version: int = 1
    saved: str | None = None


@dataclass
class FakeEditor:
    """`stale` is what it does with an edit for another version: `refuse` it, or `skip` it and say that all went well.

    `unticked`: the user confirms nothing that wants to be confirmed.
    """

    encoding: str = "utf-16"
    stale: str = "refuse"
    unticked: bool = False
    sync: Callable[[str, Any], None] = lambda method, params: None
    buffers: dict[str, Buffer] = field(default_factory=dict)
    edits: list[types.WorkspaceEdit] = field(default_factory=list)
    undo: list[str] = field(default_factory=list)
    """The URIs of buffers that were changed by an edit, one entry for each step that the user could undo."""

    # ---- what the user does

    def open(self, uri: str, language: str = "python") -> None:
        """Open a file."""
        text = path_of(uri).read_bytes().decode()
        self.buffers[uri] = Buffer(text, saved=text)
        document = types.TextDocumentItem(uri, language, 1, text)
        self.sync(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(document))

    def type(self, uri: str, start: int, end: int, text: str) -> None:
        """Replace the characters from `start` to `end` of a buffer."""
        buffer = self.buffers[uri]
        span = types.Range(self._position(buffer.text, start), self._position(buffer.text, end))
        buffer.text = buffer.text[:start] + text + buffer.text[end:]
        buffer.version += 1
        self._changed(uri, types.TextDocumentContentChangePartial(span, text))

    def write(self, uri: str, text: str) -> None:
        """Replace the whole text of a buffer."""
        self._replace(uri, text)

    def save(self, uri: str) -> None:
        """Save a buffer."""
        buffer = self.buffers[uri]
        path_of(uri).write_bytes(buffer.text.encode())
        buffer.saved = buffer.text
        identifier = types.TextDocumentIdentifier(uri)
        self.sync(types.TEXT_DOCUMENT_DID_SAVE, types.DidSaveTextDocumentParams(identifier))

    def close(self, uri: str) -> None:
        """Close a buffer."""
        del self.buffers[uri]
        self.sync(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    # ---- what it does with an edit

    def apply(self, edit: types.WorkspaceEdit) -> bool:
        """Apply an edit; what an editor would answer."""
        self.edits.append(edit)
        if edit.changes is not None:
            for uri, changes in edit.changes.items():
                self._edit(uri, list(changes))
            return True
        annotations = edit.change_annotations or {}
        left_out = {name for name, annotation in annotations.items() if annotation.needs_confirmation and self.unticked}
        changes = list(edit.document_changes or ())
        if self.stale == "refuse" and any(self._is_stale(change) for change in changes):
            return False
        done = [self._change(change, left_out) for change in changes if not self._is_stale(change)]
        return any(done) or not changes or self.stale == "skip"

    def _is_stale(self, change: Any) -> bool:
        if not isinstance(change, types.TextDocumentEdit) or change.text_document.version is None:
            return False
        buffer = self.buffers.get(change.text_document.uri)
        return buffer is None or buffer.version != change.text_document.version

    def _change(self, change: Any, left_out: set[str]) -> bool:
        if isinstance(change, types.TextDocumentEdit):
            edits = [one for one in change.edits if getattr(one, "annotation_id", None) not in left_out]
            if edits:
                self._edit(change.text_document.uri, edits)
            return bool(edits)
        if change.annotation_id in left_out:
            return False
        if isinstance(change, types.CreateFile):
            assert not path_of(change.uri).exists()
            path_of(change.uri).parent.mkdir(parents=True, exist_ok=True)
            path_of(change.uri).write_bytes(b"")
        elif isinstance(change, types.DeleteFile):
            path_of(change.uri).unlink()
            if change.uri in self.buffers:
                self.close(change.uri)
        else:
            self._rename(change.old_uri, change.new_uri)
        return True

    def _rename(self, old: str, new: str) -> None:
        path_of(new).parent.mkdir(parents=True, exist_ok=True)
        path_of(old).rename(path_of(new))
        if old in self.buffers:
            text = self.buffers[old].text
            self.close(old)
            self.open(new)
            if text != self.buffers[new].text:
                self._replace(new, text)

    def _edit(self, uri: str, edits: list[Any]) -> None:
        if uri not in self.buffers:
            self.open(uri)
        self.undo.append(uri)
        self._replace(uri, edited(self.buffers[uri].text, edits, self.encoding))

    def _replace(self, uri: str, text: str) -> None:
        buffer = self.buffers[uri]
        buffer.text = text
        buffer.version += 1
        self._changed(uri, types.TextDocumentContentChangeWholeDocument(text))

    def _changed(self, uri: str, change: Any) -> None:
        document = types.VersionedTextDocumentIdentifier(self.buffers[uri].version, uri)
        self.sync(types.TEXT_DOCUMENT_DID_CHANGE, types.DidChangeTextDocumentParams(document, [change]))

    def _position(self, text: str, at: int) -> types.Position:
        starts = [0, *(match.end() for match in _ENDS.finditer(text))]
        line = max(number for number, start in enumerate(starts) if start <= at)
        codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[self.encoding]
        width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[self.encoding]
        return types.Position(line, len(text[starts[line] : at].encode(codec, "surrogatepass")) // width)
