"""From a command's argument and the open documents to a `Task` and a `Snapshot`: the last lines that know a URI.

Reads the argument strictly: a key of the wrong type is the caller's mistake and said as such. Knows no session and no
result.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.errors import SettingsError
from patchwire.task import Buffer, Focus, Snapshot, Task

_COMMENT = re.compile(
    r"(?P<alone>^\s*)?(?P<mark>#+|//+|--|;+|%+|/?\*|<!--)\s*[Pp]atchwire:\s*(?P<wish>\S.*?)\s*(?:\*/|-->)?\s*$"
)
_MORE = re.compile(r"^\s*(?P<mark>#+|//+|--|;+|%+|\*)(?!/)\s*(?P<text>\S.*?)\s*(?:\*/)?\s*$")


class Document(Protocol):
    """What is read of an open document."""

    @property
    def uri(self) -> str:
        """Its URI."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def version(self) -> int:
        """Its version."""


class ArgumentError(ValueError):
    """The argument is not what the command takes; the text says how."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A command's argument. `lines` are those of `range`, from 0, the last one included."""

    uri: str | None = None
    lines: tuple[int, int] | None = None
    instruction: str | None = None
    test: str | None = None
    files: tuple[str, ...] | None = None
    hunks: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ()
    confirm: bool = False
    open: bool = True
    diagnostic: Mapping[str, Any] | None = None
    model: str | None = None
    effort: str | None = None
    trusted: bool | None = None
    session: str | None = None


_TEXTS = ("uri", "instruction", "test", "model", "effort", "session")
_LISTS = ("files", "hunks", "targets")
_FLAGS = ("confirm", "open", "trusted")


def argument(command: str, given: Any) -> Argument:
    """Read `ExecuteCommandParams.arguments`. Raises ArgumentError; a key that is not ours is passed over."""
    if given is None or given in ([], [None]):
        return Argument()
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise ArgumentError(f"{command} takes one object")
    values = given[0]
    read: dict[str, Any] = {}
    for names, kind, word in (
        (_TEXTS, str, "a text"),
        (_FLAGS, bool, "true or false"),
        (("diagnostic",), dict, "an object"),
    ):
        for name in names:
            if (value := values.get(name)) is not None:
                if not isinstance(value, kind):
                    raise ArgumentError(f"{command}: `{name}` is {word}")
                read[name] = value.strip() or None if isinstance(value, str) else value
    for name in _LISTS:
        if (value := values.get(name)) is not None:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ArgumentError(f"{command}: `{name}` is a list of texts")
            read[name] = tuple(value)
    if (span := values.get("range")) is not None:
        read["lines"] = _lines(command, span)
    return Argument(**read)


def _lines(command: str, span: Any) -> tuple[int, int]:
    """The lines that a range touches; one that ends at the beginning of a line does not touch that line."""
    try:
        start, end = span["start"], span["end"]
        first, last = start["line"], end["line"]
        ends_before = end["character"] == 0 and last > first
    except (KeyError, TypeError):
        first = last = None
        ends_before = False
    if type(first) is not int or type(last) is not int or not 0 <= first <= last:
        raise ArgumentError(f"{command}: `range` is an LSP range")
    return first, last - ends_before


def root_of(uri: str | None, roots: Iterable[Path], path_of: Callable[[str], str | None]) -> Path:
    """The workspace folder that is meant: the innermost that holds `uri`, else the only one. Raises SettingsError."""
    folders = list(roots)
    if not folders:
        raise SettingsError("root", "No folder is open: open the project's folder in the editor first.")
    path = _path(uri, path_of)
    holding = [root for root in folders if path is not None and path.is_relative_to(root)]
    if holding:
        return max(holding, key=lambda folder: len(folder.parts))
    if path is not None:
        raise SettingsError("root", f"{path.name} is in none of the open folders: open the folder that it belongs to.")
    if len(folders) > 1:
        raise SettingsError("root", "Several folders are open: name a document of the one that is meant in `uri`.")
    return folders[0]


def _path(uri: str | None, path_of: Callable[[str], str | None]) -> Path | None:
    path = path_of(uri) if uri is not None else None
    return Path(path) if path else None


def snapshot(root: Path, documents: Iterable[Document], path_of: Callable[[str], str | None]) -> Snapshot:
    """The tree with the documents that are open in it, as the editor shows them."""
    buffers = []
    for document in documents:
        path = _path(document.uri, path_of)
        if path is not None and path.is_relative_to(root) and ".git" not in path.relative_to(root).parts:
            buffers.append(Buffer(path.relative_to(root).as_posix(), document.text, document.version))
    return Snapshot(root, tuple(buffers))


# ---- what the turn is asked, by command


def fix_tests(given: Argument, root: Path, at: Focus | None) -> Task:
    """Make the failing tests pass, or do what the instruction says."""
    return Task(given.instruction or DEFAULT_TASK, root, at)


def fix_diagnostic(found: Sequence[Mapping[str, Any]], root: Path, at: Focus) -> Task:
    """Mend what diagnostics say. They are data that some other program wrote, so they are quoted."""
    said = []
    for one in found:
        source = " ".join(str(part) for part in (one.get("source"), one.get("code")) if part)
        said.append(f"{source}: {one.get('message')}" if source else str(one.get("message")))
    quoted = "\n".join(said)
    where = at.path if at.start_line is None else f"{at.path}, line {at.start_line}"
    return Task(f"Fix the cause of what is reported at {where}:\n<diagnostic>\n{quoted}\n</diagnostic>", root, at)


def edit_selection(instruction: str, root: Path, at: Focus) -> Task:
    """Do something to the lines that are selected."""
    return Task(f"{instruction}\n\nThis is about the lines in focus; change others only where these need it.", root, at)


def do_comment(wish: str, root: Path, at: Focus) -> Task:
    """Do what a comment says."""
    return Task(
        f"{wish}\n\nThe user wrote this as the comment `patchwire: …` in focus: remove that comment, too.", root, at
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A comment `patchwire: …`: its lines from 0, the last one included, and what it says."""

    first: int
    last: int
    text: str


def wishes(text: str, lines: Sequence[str]) -> list[Wish]:
    """The comments of a text that ask us for something; comment lines of the same kind right below belong to them."""
    if "atchwire:" not in text:
        return []
    found: list[Wish] = []
    mark = ""
    for number, line in enumerate(lines):
        if "atchwire:" in line and (match := _COMMENT.search(line)):
            found.append(Wish(number, number, match["wish"]))
            mark = match["mark"].lstrip("/") or match["mark"] if match["alone"] is not None else ""
        elif mark and found[-1].last == number - 1 and (more := _MORE.match(line)) and more["mark"] == mark:
            found[-1] = Wish(found[-1].first, number, f"{found[-1].text} {more['text']}")
    return found
