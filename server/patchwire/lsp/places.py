"""What a command's argument is about: which root, and where in it. Raises SettingsError where that cannot be told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from patchwire.errors import SettingsError
from patchwire.lsp import intake
from patchwire.lsp.intake import Argument
from patchwire.lsp.roots import Root, Roots
from patchwire.task import Focus


@dataclass(slots=True)
class Places:
    """`path_of` turns a URI into a path, or None; `folders` are the workspace's, as they are now."""

    roots: Roots
    path_of: Callable[[str], str | None]
    folders: Callable[[], list[Path]]

    def root(self, given: Argument) -> Root:
        """The root that is meant."""
        return self.roots.get(intake.root_of(given.uri, self.folders(), self.path_of))

    def root_of(self, uri: str) -> Root | None:
        """The root that a document belongs to; None if it is in none of the folders."""
        try:
            return self.root(Argument(uri=uri))
        except SettingsError:
            return None

    def path(self, uri: str, root: Root) -> str | None:
        """A document's path in a root; None if it is not in there."""
        path = self.path_of(uri)
        return Path(path).relative_to(root.path).as_posix() if path and Path(path).is_relative_to(root.path) else None

    def focus(self, given: Argument, root: Root) -> Focus | None:
        """Where the user was, if it says so."""
        path = self.path(given.uri, root) if given.uri is not None else None
        if path in (None, "."):
            return None
        first, last = (None, None) if given.lines is None else (given.lines[0] + 1, given.lines[1] + 1)
        return Focus(str(path), first, last)

    def place(self, given: Argument) -> tuple[Root, Focus]:
        """Where the user was, for what is about a place."""
        root = self.root(given)
        at = self.focus(given, root)
        if at is None:
            raise SettingsError("uri", "This is about a place in a document: name it by `uri` and `range`.")
        return root, at

    def only(self, given: Argument, fits: Callable[[Root], bool]) -> Root | None:
        """The root that is meant, if it fits; without a `uri` that one which does, if it is but one."""
        if given.uri is not None or len(self.folders()) == 1:
            root = self.root(given)
            return root if fits(root) else None
        found = [root for root in self.roots if fits(root)]
        if len(found) > 1:
            return self.root(given)  # which says that one has to be named
        return found[0] if found else None
