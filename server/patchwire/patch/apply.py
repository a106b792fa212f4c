"""A patch and texts → new texts: all files or none, and nothing but what the patch changes.

Knows no disk: `files` is any mapping from paths to texts. Context lines stay as the file has them, every line keeps its
own end, and the last line keeps or lacks its line end as before unless the patch says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from patchwire.errors import PatchRefused
from patchwire.patch.document import Document, joined
from patchwire.patch.effort import Effort
from patchwire.patch.locate import locate
from patchwire.patch.model import FileChange, FilePatch, Hunk, Kind, Patch, Sign
from patchwire.patch.parse import parse
from patchwire.patch.place import Place

_MOST_REASONS = 8


@dataclass(frozen=True, slots=True)
class Applied:
    """What a patch came to. `files` are the new texts of the files that change, None where one is deleted.

    `changes` are the same with their kinds; `already` are paths that hold the patch's whole change already.
    """

    files: dict[str, str | None]
    changes: tuple[FileChange, ...] = ()
    already: tuple[str, ...] = ()


def apply_text(text: str, files: Mapping[str, str]) -> dict[str, str | None]:
    """Apply a patch in any format: path → new text, None if deleted; only the files that change.

    Raises PatchRefused with a reason for each hunk that does not fit; then nothing is applied.
    """
    return apply(parse(text), files).files


def apply(patch: Patch, files: Mapping[str, str]) -> Applied:
    """Apply a patch to the texts in `files`, which may be a mapping that holds no more than `paths_in` names.

    Raises PatchRefused with every reason of every file; then nothing is applied.
    """
    tree = _Tree(files)
    reasons: list[str] = []
    for file in patch.files:
        try:
            _apply_file(file, tree)
        except PatchRefused as refused:
            reasons += refused.reasons
    if len(reasons) > _MOST_REASONS:
        reasons[_MOST_REASONS:] = [f"… and {len(reasons) - _MOST_REASONS} more parts of the patch do not fit."]
    if reasons:
        raise PatchRefused(*reasons)
    return tree.result()


@dataclass(slots=True)
class _Tree:
    """The files as the patch leaves them so far, over the files as they are."""

    files: Mapping[str, str]
    effort: Effort = field(default_factory=Effort)
    new: dict[str, str | None] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    already: dict[str, None] = field(default_factory=dict)

    def read(self, path: str) -> str | None:
        return self.new[path] if path in self.new else self.files.get(path)

    def write(self, path: str, text: str | None) -> None:
        self.new[path] = text

    def result(self) -> Applied:
        files: dict[str, str | None] = {}
        changes = []
        for path, text in self.new.items():
            before, mode = self.files.get(path), self.modes.get(path)
            source = self.moved.get(path)
            if before != text:
                files[path] = text
            if source is not None and self.new.get(source) is None and text is not None:
                changes.append(FileChange(path, Kind.RENAME, self.files.get(source), text, source, mode))
            elif before is None and text is not None:
                changes.append(FileChange(path, Kind.ADD, None, text, None, mode))
            elif text is None and before is not None and path not in self.moved.values():
                changes.append(FileChange(path, Kind.DELETE, before, None))
            elif text is not None and (before != text or mode is not None):
                changes.append(FileChange(path, Kind.MODIFY, before, text, None, mode))
        return Applied(files, tuple(changes), tuple(path for path in self.already if path not in files))


def _apply_file(file: FilePatch, tree: _Tree) -> None:
    path = file.path
    if file.kind is not Kind.ADD and file.old_path is None and tree.read(path) is None:
        path = next((alias for alias in file.aliases if tree.read(alias) is not None), path)
    text = tree.read(path)
    if file.mode is not None:
        tree.modes[path] = file.mode
    if file.kind is Kind.DELETE:
        _delete(file, path, text, tree)
    elif file.kind is Kind.ADD and file.old_path is None:
        _add(file, path, text, tree)
    elif file.old_path is not None:
        _move(file, text, tree)
    elif file.content is not None:
        _write(path, text, file.content, tree)
    elif text is None:
        raise PatchRefused(f"{path}: there is no such file. To make a new file, give it as an added file.")
    else:
        _write(path, text, patched(text, file.hunks, path, tree.effort), tree)


def _write(path: str, before: str | None, after: str, tree: _Tree) -> None:
    tree.write(path, after)
    if before == after:
        tree.already[path] = None


def _add(file: FilePatch, path: str, text: str | None, tree: _Tree) -> None:
    if file.content is None:
        raise PatchRefused(f"{path}: an added file can not have removed lines.")
    if text and text != file.content:
        raise PatchRefused(
            f"{path}: is there already, with other text. To change it, patch it as an update; to replace it whole, "
            "delete it and add it in one patch."
        )
    _write(path, text, file.content, tree)


def _delete(file: FilePatch, path: str, text: str | None, tree: _Tree) -> None:
    if text is None:
        tree.already[path] = None
        return
    if file.hunks:
        patched(text, file.hunks, path, tree.effort)
    tree.write(path, None)


def _move(file: FilePatch, text: str | None, tree: _Tree) -> None:
    source = tree.read(file.old_path or "")
    if source is None:
        if text is not None and (not file.hunks or patched(text, file.hunks, file.path, tree.effort) == text):
            tree.already[file.path] = None
            return
        raise PatchRefused(f"{file.old_path}: there is no such file to rename.")
    if text is not None and file.old_path != file.path:
        raise PatchRefused(f"{file.path}: is there already, so {file.old_path} can not be renamed to it.")
    after = patched(source, file.hunks, file.old_path or "", tree.effort) if file.hunks else source
    tree.write(file.path, after)
    if file.kind is Kind.RENAME and file.old_path and file.old_path != file.path:
        tree.write(file.old_path, None)
        tree.moved[file.path] = file.old_path


def patched(text: str, hunks: Sequence[Hunk], path: str, effort: Effort | None = None) -> str:
    """The text with these hunks applied. Raises PatchRefused with a reason for each that does not fit."""
    old_mac = "\r" in text and "\n" not in text and not any("\r" in x.text for h in hunks for x in h.lines)
    document = Document(text, "\r" if old_mac else "\n", effort)
    places = locate(document, hunks, path)
    edits: list[tuple[int, int, list[str]]] = []
    ended = document.ended
    for hunk, place in zip(hunks, places, strict=True):
        if not place.already:
            edits += _edits(document, place.rest or hunk, place)
        if hunk.old_newline is not hunk.new_newline and place.end == len(document.lines):
            ended = bool(hunk.new_newline)
    edits.sort(key=lambda edit: edit[:2])
    out: list[str] = []
    at = 0
    for start, end, new in edits:
        if start < at:
            raise PatchRefused(f"{path}: two hunks change the same lines, near line {start + 1}.")
        out += document.lines[at:start]
        out += new
        at = end
    out += document.lines[at:]
    return joined(out, document.separator, ended=ended)


def _edits(document: Document, hunk: Hunk, place: Place) -> list[tuple[int, int, list[str]]]:
    """What a placed hunk does: which lines (from 0, end not included) become which."""
    ends = [
        document.lines[row].endswith("\r") == text.endswith("\r")
        for row, text in zip(place.rows, hunk.before, strict=True)
        if row >= 0
    ]
    adapt = not all(ends) or not ends
    edits: list[tuple[int, int, list[str]]] = []
    rows = iter(place.rows)
    spots = iter(place.spots)
    at = place.start
    open_edit = False
    for line in hunk.lines:
        if line.sign is Sign.CONTEXT:
            row = next(rows)
            at = row + 1 if row >= 0 else at
            open_edit = False
            continue
        if not open_edit:
            at = next(spots, at)
            edits.append((at, at, []))
            open_edit = True
        start, end, new = edits[-1]
        if line.sign is Sign.REMOVED:
            at = end = next(rows) + 1
            edits[-1] = (start, end, new)
        else:
            text = place.reindent(line.text)
            if text is None:
                text = line.text.lstrip()
            new.append(_with_end(document, text, at) if adapt else text)
    return edits


def _with_end(document: Document, text: str, at: int) -> str:
    """The line with the `\\r` that the file's lines around it have or lack."""
    neighbour = document.lines[at - 1] if at else (document.lines[0] if document.lines else text)
    text = text.removesuffix("\r")
    return text + "\r" if neighbour.endswith("\r") else text
