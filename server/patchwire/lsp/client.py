"""The client at the other end: what it can do, and every request and notification that we send it.

One place that knows which capability allows what. A request that is given up is let run on and its answer dropped: the
client may still send it. Decides nothing and knows no turn.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

_OPERATIONS = types.ResourceOperationKind


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the client said it can do. `asks`, `saves` and `events` are our own, from its options."""

    document_changes: bool = False
    annotations: bool = False
    metadata: bool = False
    creates: bool = False
    renames: bool = False
    deletes: bool = False
    lens_refresh: bool = False
    shows_documents: bool = False
    progress: bool = False
    configuration: bool = False
    watches: bool = False
    asks: bool = False
    saves: bool = False
    events: bool = False


def abilities(capabilities: types.ClientCapabilities, options: Any) -> Abilities:
    """Read what a client can do. One that takes resource operations takes them in documentChanges, as Neovim does."""

    def can(path: str) -> Any:
        return get_capability(capabilities, path, None)

    def may(name: str) -> bool:
        return isinstance(options, dict) and options.get(name) is True

    operations = can("workspace.workspace_edit.resource_operations") or ()
    return Abilities(
        document_changes=bool(can("workspace.workspace_edit.document_changes") or operations),
        annotations=can("workspace.workspace_edit.change_annotation_support") is not None,
        metadata=bool(can("workspace.workspace_edit.metadata_support")),
        creates=_OPERATIONS.Create in operations,
        renames=_OPERATIONS.Rename in operations,
        deletes=_OPERATIONS.Delete in operations,
        lens_refresh=bool(can("workspace.code_lens.refresh_support")),
        shows_documents=bool(can("window.show_document.support")),
        progress=bool(can("window.work_done_progress")),
        configuration=bool(can("workspace.configuration")),
        watches=bool(can("workspace.did_change_watched_files.dynamic_registration")),
        asks=may("canAsk"),
        saves=may("canSave"),
        events=may("events"),
    )


class Wire(Protocol):
    """What is used of pygls' protocol."""

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""

    def send_request_async(self, method: str, params: Any) -> "asyncio.Future[Any]":
        """Send a request."""


class Client:
    """Speaks to the client. Nothing here raises because of what it answers."""

    def __init__(self, wire: Wire, can: Abilities) -> None:
        self._wire = wire
        self.can = can

    # ---- notifications

    def event(self, value: dict[str, Any]) -> None:
        """A `patchwire/event`, if the client wants them."""
        if self.can.events:
            self.notify("patchwire/event", value)

    def show(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """A message that the user sees."""
        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, text))

    def log(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """A line of the client's log."""
        self.notify(types.WINDOW_LOG_MESSAGE, types.LogMessageParams(kind, text))

    def publish(self, uri: str, diagnostics: Sequence[types.Diagnostic], version: int | None) -> None:
        """The diagnostics of a document, instead of those before."""
        params = types.PublishDiagnosticsParams(uri, list(diagnostics), version)
        self.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

    def progress(self, token: int | str, value: Any) -> None:
        """A piece of progress on a token."""
        self.notify(types.PROGRESS, types.ProgressParams(token, value))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification; one to a client that has gone is dropped."""
        with contextlib.suppress(OSError):
            self._wire.notify(method, params)

    # ---- requests

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> tuple[bool, str]:
        """Ask for an edit: whether the client says that it was applied (not to be believed), and why not."""
        # Eglot refuses a request with a key that it does not know.
        metadata = types.WorkspaceEditMetadata(is_refactoring=True) if self.can.metadata else None
        params = types.ApplyWorkspaceEditParams(edit, label, metadata)
        answer = await self._request(types.WORKSPACE_APPLY_EDIT, params)
        if answer is None:
            return False, "the editor refused the edit"
        return bool(answer.applied), answer.failure_reason or ""

    async def choose(self, question: str, *answers: str, warning: bool = False) -> str | None:
        """Ask the user to choose; None if they do not."""
        kind = types.MessageType.Warning if warning else types.MessageType.Info
        actions = [types.MessageActionItem(answer) for answer in answers]
        params = types.ShowMessageRequestParams(kind, question, actions)
        chosen = await self._request(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        return chosen.title if chosen is not None else None

    async def ask(self, prompt: str) -> str | None:
        """Ask the user for a text; None if they give none, or the client cannot ask."""
        if not self.can.asks:
            return None
        text = _field(await self._request("patchwire/ask", {"prompt": prompt}), "text")
        return text.strip() or None if isinstance(text, str) else None

    async def save(self, uris: Sequence[str]) -> None:
        """Have documents saved, if the client can do that for us."""
        if self.can.saves and uris:
            await self._request("patchwire/save", {"uris": list(uris)})

    async def open(self, uri: str) -> bool:
        """Have a document shown; False if it is not."""
        if not self.can.shows_documents:
            return False
        answer = await self._request(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri, take_focus=True))
        return answer is not None and bool(answer.success)

    async def configuration(self, section: str) -> Any:
        """What the client has configured; None if it cannot say."""
        if not self.can.configuration:
            return None
        params = types.ConfigurationParams([types.ConfigurationItem(section=section)])
        answer = await self._request(types.WORKSPACE_CONFIGURATION, params)
        return answer[0] if answer else None

    async def new_progress(self, token: str) -> bool:
        """Have the client make a progress of this name; False if it has none to offer."""
        if not self.can.progress:
            return False
        params = types.WorkDoneProgressCreateParams(token)
        return await self._request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params, fails=False) is not False

    async def refresh_lenses(self) -> None:
        """Have the code lenses asked for again."""
        if self.can.lens_refresh:
            await self._request(types.WORKSPACE_CODE_LENS_REFRESH, None)

    async def watch(self, name: str, files: Iterable[tuple[Path, str]]) -> None:
        """Have changes to these files told, under a name, if the client can watch."""
        if self.can.watches:
            watchers = [types.FileSystemWatcher(_glob(root, path)) for root, path in files]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            one = types.Registration(name, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            await self._request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([one]))

    async def unwatch(self, name: str) -> None:
        """Have them told no longer."""
        if self.can.watches:
            one = types.Unregistration(name, types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
            await self._request(types.CLIENT_UNREGISTER_CAPABILITY, types.UnregistrationParams([one]))

    async def _request(self, method: str, params: Any, fails: Any = None) -> Any:
        """The answer; `fails` where the client says that it cannot, or is gone."""
        try:
            answer = self._wire.send_request_async(method, params)
        except OSError:
            return fails
        answer.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(answer)
        except JsonRpcException as error:
            self.log(f"{method}: {error}", types.MessageType.Warning)
            return fails


def _looked_at(answer: "asyncio.Future[Any]") -> None:
    """Take note of an error that nobody waits for any more."""
    if not answer.cancelled():
        answer.exception()


def _glob(root: Path, path: str) -> str:
    """A pattern that means one file. There is no way to quote a character, but one that stands for any of them."""
    return "".join("?" if character in "*?{}[]!,\\" else character for character in (root / path).as_posix())


def _field(answer: Any, name: str) -> Any:
    """A field of an object that pygls knows no type for."""
    return answer.get(name) if isinstance(answer, dict) else getattr(answer, name, None)
