"""`patchwire apply`: applies a patch that a model wrote to a directory, all files or none.

The only place where a patch meets the disk without an agent between: it reads the files, `patch` does the work, and
`adapters.tree` writes. Follows no symbolic link, stays below the root and out of `.git`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from patchwire.adapters.tree import accept
from patchwire.cli import report
from patchwire.cli.streams import deliver, say
from patchwire.errors import PatchRefused, WorkspaceError
from patchwire.patch.apply import Applied, apply
from patchwire.patch.diff import diff
from patchwire.patch.model import FileChange, Kind, Sign
from patchwire.patch.parse import parse
from patchwire.patch.sensitive import why_sensitive
from patchwire.patch.spelling import reaches_git

HELP = "apply a patch that a model wrote"
DESCRIPTION = """\
Apply a patch as models write them to the files of a directory, all or nothing: a unified diff (with wrong line numbers
or counts, in prose, in a code fence), a V4A patch (`*** Begin Patch`), search/replace blocks or whole files.

exit codes:
  0  the patch is applied, or was there already
  1  the patch does not fit, or could not be written; nothing is changed
  2  the command line is wrong, or the patch cannot be read
  3  it is as with 0, but standard output could not be written"""

_LETTERS = {Kind.ADD: "A", Kind.DELETE: "D", Kind.MODIFY: "M", Kind.RENAME: "R"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the patch; - or nothing: standard input")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="the directory that paths begin in")
    parser.add_argument("--check", action="store_true", help="tell whether the patch fits; write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        raw = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        return _usage(f"{options.file} cannot be read: {error.strerror}")
    if not options.root.is_dir():
        return _usage(f"no such directory: {options.root}")
    root = options.root.resolve()
    try:
        result = apply(parse(raw.decode("utf-8", "surrogateescape")), Tree(root))
        if not options.check:
            accept(root, result.changes)
    except (PatchRefused, WorkspaceError) as refused:
        if options.json:
            reasons = list(refused.reasons) if isinstance(refused, PatchRefused) else [str(refused)]
            _json(applied=False, check=options.check, changes=[], already=[], reasons=reasons)
        else:
            say(f"refused, nothing is changed:\n{refused}")
        return 1
    if options.json:
        changes = [_described(change) for change in result.changes]
        told = _json(
            applied=not options.check, check=options.check, changes=changes, already=list(result.already), reasons=[]
        )
    else:
        told = _plain(result, check=options.check)
    return 0 if told else report.EXIT_FAILED


class Tree(Mapping[str, str]):
    """The text files below a directory, each read when it is asked for; a path that must not be touched is refused."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}

    def __getitem__(self, path: str) -> str:
        """The file's text, bytes that are no UTF-8 kept. Raises KeyError: no such file; PatchRefused: no text file."""
        if path not in self._texts:
            file = guarded(self._root, path)
            if not file.exists():
                raise KeyError(path)
            if not file.is_file():
                raise PatchRefused(f"{path}: is no regular file.")
            try:
                raw = file.read_bytes()
            except OSError as error:
                raise PatchRefused(f"{path}: cannot be read: {error.strerror}.") from error
            if b"\0" in raw:
                raise PatchRefused(f"{path}: is a binary file: only text files can be patched.")
            self._texts[path] = raw.decode("utf-8", "surrogateescape")
        return self._texts[path]

    def __iter__(self) -> Iterator[str]:
        """The paths read so far."""
        return iter(self._texts)

    def __len__(self) -> int:
        """How many files were read so far."""
        return len(self._texts)


def guarded(root: Path, path: str) -> Path:
    """The file at a path below the root. Raises PatchRefused where a symbolic link or `.git` is on the way."""
    parts = PurePosixPath(path).parts
    if reaches_git(path):
        raise PatchRefused(f"{path}: git's own files are not patched.")
    file = root
    for part in parts:
        file = file / part
        if file.is_symlink():
            raise PatchRefused(f"{path}: leads through a symbolic link, {file.relative_to(root)}.")
    return file


def _described(change: FileChange) -> dict[str, object]:
    lines = [line.sign for hunk in diff(change.before, change.after, change.path).hunks for line in hunk.lines]
    return {
        "kind": _LETTERS[change.kind],
        "path": change.path,
        "old_path": change.old_path,
        "sensitive": why_sensitive(change.path),
        "added": lines.count(Sign.ADDED),
        "removed": lines.count(Sign.REMOVED),
    }


def _plain(result: Applied, *, check: bool) -> bool:
    lines = []
    for change in map(_described, result.changes):
        moved = f"{change['old_path']} -> " if change["old_path"] else ""
        lines.append(f"{change['kind']} {moved}{change['path']} (+{change['added']} -{change['removed']})")
        if change["sensitive"]:
            lines.append(f"! look at {change['path']}: {change['sensitive']}")
    lines += [f"= {path} (there already)" for path in result.already]
    if check:
        lines.append("fits; nothing is written")
    return deliver("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def _json(**fields: object) -> bool:
    return deliver(json.dumps(fields).encode("ascii") + b"\n")


def _usage(message: str) -> int:
    say(message)
    return report.EXIT_USAGE
