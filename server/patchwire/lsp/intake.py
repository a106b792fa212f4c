"""From a command's argument and the open documents to a `Task` and a `Snapshot`: the last lines that know a URI.

Knows no session and no result.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.errors import SettingsError
from patchwire.task import Buffer, Focus, Snapshot, Task


class Document(Protocol):
    """What is read of an open document."""

    @property
    def path(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def version(self) -> int | None: ...


def task(argument: Mapping[str, Any], roots: Iterable[Path], path_of: Any) -> Task:
    """The task that a command's argument asks for: `instruction`, `uri` and `range` (LSP, from 0) are all optional.

    The root is the workspace folder that holds `uri`, else the only one. `path_of` turns a URI into a path, or None.
    Raises SettingsError, naming what is missing.
    """
    folders = list(roots)
    uri = argument.get("uri")
    path = Path(path_of(uri)) if isinstance(uri, str) and path_of(uri) else None
    holding = [root for root in folders if path is not None and path.is_relative_to(root)]
    if not holding and (path is not None or len(folders) != 1):
        raise SettingsError("uri", "name a document of one of the workspace folders in `uri`")
    root = max(holding, key=lambda folder: len(folder.parts)) if holding else folders[0]
    instruction = argument.get("instruction")
    prompt = instruction.strip() if isinstance(instruction, str) and instruction.strip() else DEFAULT_TASK
    return Task(prompt, root, _focus(path, root, argument.get("range")))


def _focus(path: Path | None, root: Path, span: Any) -> Focus | None:
    if path is None or path == root:
        return None
    relative = path.relative_to(root).as_posix()
    try:
        return Focus(relative, int(span["start"]["line"]) + 1, int(span["end"]["line"]) + 1)
    except (KeyError, TypeError, ValueError):
        return Focus(relative)


def snapshot(root: Path, documents: Iterable[Document]) -> Snapshot:
    """The tree with the documents that are open in it, as the editor shows them."""
    buffers = []
    for document in documents:
        path = Path(document.path)
        if path.is_relative_to(root):
            buffers.append(Buffer(path.relative_to(root).as_posix(), document.source, document.version or 0))
    return Snapshot(root, tuple(buffers))
