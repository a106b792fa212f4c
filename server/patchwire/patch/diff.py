"""Texts → the patch between them → its text, and the edits that turn one text into another in an editor.

Knows no disk and no editor: columns are counted in the units that the caller names. Diffs split lines at `\\n`, as
git does; edits split them where the Language Server Protocol does, at `\\n`, `\\r\\n` and `\\r`.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from patchwire.patch.document import whole_lines
from patchwire.patch.formats.names import NULL, quote
from patchwire.patch.model import FilePatch, Hunk, Kind, Line, Patch, Sign
from patchwire.patch.sequences import Change, changes

Encoding = Literal["utf-8", "utf-16", "utf-32"]


def diff(
    before: str | None, after: str | None, path: str, *, old_path: str | None = None, context: int = 3
) -> FilePatch:
    """The patch that turns one text into the other; None is no file. `context` is the lines shown around a change."""
    old, new = whole_lines(before or ""), whole_lines(after or "")
    hunks = tuple(_hunk(old, new, group, context) for group in _groups(changes(old, new), context))
    if old_path is not None and old_path != path:
        return FilePatch(path, Kind.RENAME, hunks, old_path=old_path)
    if before is None:
        return FilePatch(path, Kind.ADD, hunks, content=after or "")
    return FilePatch(path, Kind.MODIFY if after is not None else Kind.DELETE, hunks)


def unified(before: str | None, after: str | None, path: str, *, old_path: str | None = None, context: int = 3) -> str:
    """The unified diff between two texts, as git would write it; empty if they are equal and no file moves."""
    if before == after and old_path in (None, path):
        return ""
    return render(Patch((diff(before, after, path, old_path=old_path, context=context),)))


def render(patch: Patch) -> str:
    """The patch as a unified diff in git's format."""
    return "".join(line + "\n" for file in patch.files for line in _rendered(file))


def _rendered(file: FilePatch) -> list[str]:
    old, new = quote("a/" + (file.old_path or file.path)), quote("b/" + file.path)
    out = [f"diff --git {old} {new}"]
    if file.kind is Kind.ADD and file.old_path is None:
        out.append(f"new file mode {file.mode or 0o100644:o}")
        old = NULL
    elif file.kind is Kind.DELETE:
        out.append("deleted file mode 100644")
        new = NULL
    elif file.mode is not None:
        out += [f"old mode {file.mode ^ 0o111:o}", f"new mode {file.mode:o}"]
    if file.old_path is not None:
        verb = "copy" if file.kind is Kind.ADD else "rename"
        out += [f"{verb} from {quote(file.old_path)}", f"{verb} to {quote(file.path)}"]
    if file.hunks:
        out += [f"--- {old}", f"+++ {new}"]
    shift = 0
    for hunk in file.hunks:
        olds, news = len(hunk.before), len(hunk.after)
        start = hunk.old_start or 0
        new_start = hunk.new_start if hunk.new_start is not None else start + shift + (not olds) - (not news)
        shift += news - olds
        heading = "".join(f" {heading}" for heading in hunk.headings[-1:])
        out.append(f"@@ -{start},{olds} +{new_start},{news} @@{heading}")
        out += _body(hunk)
    return out


def _body(hunk: Hunk) -> list[str]:
    out = [line.sign.value + line.text for line in hunk.lines]
    marked = set()
    for newline, other in ((hunk.old_newline, Sign.ADDED), (hunk.new_newline, Sign.REMOVED)):
        if newline is False:
            marked.update([i for i, line in enumerate(hunk.lines) if line.sign is not other][-1:])
    for i in sorted(marked, reverse=True):
        out.insert(i + 1, "\\ No newline at end of file")
    return out


def _groups(found: Sequence[Change], context: int) -> list[list[Change]]:
    """The changes that share a hunk because their context would touch or overlap."""
    groups: list[list[Change]] = []
    for change in found:
        if groups and change.start - groups[-1][-1].end <= 2 * context:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(old: Sequence[str], new: Sequence[str], group: Sequence[Change], context: int) -> Hunk:
    start = max(0, group[0].start - context)
    new_start = group[0].new_start - (group[0].start - start)
    end = min(len(old), group[-1].end + context)
    new_end = group[-1].new_end + end - group[-1].end
    lines: list[Line] = []
    at = start
    for change in group:
        lines += [Line(Sign.CONTEXT, _bare(line)) for line in old[at : change.start]]
        lines += [Line(Sign.REMOVED, _bare(line)) for line in old[change.start : change.end]]
        lines += [Line(Sign.ADDED, _bare(line)) for line in new[change.new_start : change.new_end]]
        at = change.end
    lines += [Line(Sign.CONTEXT, _bare(line)) for line in old[at:end]]
    old_ends = not old[start:end] or old[end - 1].endswith("\n")
    new_ends = not new[new_start:new_end] or new[new_end - 1].endswith("\n")
    known = not (old_ends and new_ends)
    return Hunk(
        tuple(lines),
        old_start=start + (end > start),
        new_start=new_start + (new_end > new_start),
        counted=True,
        old_newline=old_ends if known else None,
        new_newline=new_ends if known else None,
    )


def _bare(line: str) -> str:
    return line.removesuffix("\n")


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace a range by a text. Lines and columns count from 0, as editors' protocols do; the end is not included."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int
    text: str


_UNITS: dict[Encoding, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


def text_edits(before: str, after: str, encoding: Encoding = "utf-16") -> list[TextEdit]:
    """The fewest whole-line edits that turn `before` into `after`, in order, all in terms of `before`.

    Columns are in the units of `encoding`. No edit begins or ends between the `\\r` and the `\\n` of one line end.
    """
    old, new = io.StringIO(before, newline="").readlines(), io.StringIO(after, newline="").readlines()
    units = _UNITS[encoding]
    open_end = bool(old) and not old[-1].endswith(("\n", "\r"))
    last = (len(old) - 1, units(old[-1])) if open_end else (len(old), 0)
    edits = []
    for change in changes(old, new):
        start = (change.start, 0) if change.start < len(old) else last
        end = (change.end, 0) if change.end < len(old) else last
        text = "".join(new[change.new_start : change.new_end])
        if change.end == len(old) and change.start < change.end:
            gone = "".join(old[change.start : change.end])
            start, text = _kept(gone, text, change.start, units)
        edits.append(TextEdit(*start, *end, text))
    return edits


def _kept(gone: str, text: str, line: int, units: Callable[[str], int]) -> tuple[tuple[int, int], str]:
    """The edit at the end of a text without what both sides begin with: where it starts, and what it puts there."""
    size = 0
    for a, b in zip(gone, text, strict=False):
        if a != b:
            break
        size += 1
    if gone[size - 1 : size] == "\r":  # a line end is never cut in two
        size -= 1
    kept = io.StringIO(gone[:size], newline="").readlines()
    if kept and not kept[-1].endswith(("\n", "\r")):
        return (line + len(kept) - 1, units(kept[-1])), text[size:]
    return (line + len(kept), 0), text[size:]
