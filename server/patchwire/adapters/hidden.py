"""What a model does not get to see of a tree: secrets, and what the user's `.patchwireignore` names.

`.patchwireignore` stands at the root and is written like a `.gitignore`. It can hide files and cannot show a secret,
for it belongs to the repository. Everything that hands text of files to the model asks here, with the path as it was
asked for and with the path that it leads to. Does not keep anything from the tests: they run with the whole tree.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patchwire.adapters import beneath
from patchwire.adapters.listing import Listing
from patchwire.errors import ToolError, WorkspaceError
from patchwire.patch.secret import may_hold_secret, secret_values, why_secret, why_secret_text
from patchwire.patch.spelling import fold

NAME = ".patchwireignore"
_LIMIT = 1024 * 1024


def _nothing(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Hidden:
    """`ignored` says whether the user's list names a path."""

    ignored: Callable[[str], bool] = _nothing
    _judged: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> "Hidden":
        """The rules of the tree at `root`. Raises WorkspaceError if its list cannot be read: then nothing is shown."""
        try:
            found = beneath.read(root.resolve(), NAME, _LIMIT)
        except OSError as error:
            raise WorkspaceError(f"{NAME} cannot be read: {error.strerror}; mend or remove it") from error
        if found is None:
            return cls()
        lines = found[0].decode("utf-8", "replace").splitlines()
        return cls(functools.cache(_matcher(lines)))

    def why(self, path: str) -> str | None:
        """Why a file is not shown, judged by its name; None if it may be."""
        return f"it is named in {NAME}" if self.ignored(path) else why_secret(path)

    def shown(self, path: str) -> bool:
        """Whether a file may be shown, judged by its name; remembered, because searches ask for every file there is."""
        if path not in self._judged:
            self._judged[path] = self.why(path) is None
        return self._judged[path]

    def check(self, *paths: str) -> None:
        """Raise ToolError if any of the names of one file says that it is not shown."""
        for path in paths:
            if (why := self.why(path)) is not None:
                raise _refusal(paths[0], why)

    def check_text(self, path: str, text: str) -> None:
        """Raise ToolError if what a file holds is a secret."""
        if (why := why_secret_text(path, text)) is not None:
            raise _refusal(path, why)


def hidden_files(root: Path, hidden: Hidden) -> frozenset[str]:
    """All files of the tree at `root` that are hidden, ignored ones too, by name or by what they hold."""
    root = root.resolve()
    paths = (path for path, _ in Listing(root).everything())
    return frozenset(path for path in paths if not hidden.shown(path) or _holds_secret(root, path))


def without_values(root: Path, hidden: Hidden) -> Callable[[str], str]:
    """A function that takes the values of the tree's secret files out of a text, such as what a test has printed.

    A net for accidents: what a program encodes before it prints it goes through.
    """
    values: set[str] = set()
    for path in hidden_files(root, hidden):
        with contextlib.suppress(OSError):
            if (found := beneath.read(root.resolve(), path, _LIMIT)) is not None:
                values |= secret_values(found[0].decode("utf-8", "replace"))
    if not values:
        return str
    pattern = re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)))
    return lambda text: pattern.sub("[secret]", text)


def _holds_secret(root: Path, path: str) -> bool:
    if not may_hold_secret(path):
        return False
    try:
        found = beneath.read(root, path, _LIMIT)
    except OSError:  # a link leads to a file that is judged by itself
        return False
    return found is not None and why_secret_text(path, found[0].decode("utf-8", "replace")) is not None


def _refusal(path: str, why: str) -> ToolError:
    return ToolError(f"{path} is kept from you: {why}. Go on without it; its users can read it, tests too.")


def _matcher(lines: Iterable[str]) -> Callable[[str], bool]:
    """As git reads the lines, and once more with all names folded, so that no other spelling leads around them."""
    import pathspec  # only where there is such a list

    def compiled(patterns: Iterable[str]) -> Any:
        try:
            return pathspec.GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:
            raise WorkspaceError(f"{NAME} cannot be read: {error}; mend it") from error

    exact, folded = compiled(lines), compiled(line.casefold() for line in lines)
    return lambda path: bool(exact.match_file(path) or folded.match_file(fold(path)))
