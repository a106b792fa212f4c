"""The stage for the language server: the real process on two pipes, and an editor in memory at the other end.

The editor has the capabilities of a real one (pytest-lsp's sets). Whatever the server says to the user or asks of the
editor lands in the inbox, and a test that leaves something unread there fails.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features
from tests.fakes.editor import FakeEditor
from tests.stage import BUGGY, FIX, PYTEST

from patchwire.loopback.play import Act, Play, call
from patchwire.loopback.server import Loopback

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PATCHWIRE_"))}
# The same on every machine, and chosen, so that nobody is asked about it.
CLEAN["PATCHWIRE_ISOLATION"] = "copy"
FIXED = BUGGY["cart.py"].replace("prices[1:]", "prices")
HANG = {"test_hang.py": "import time\n\n\ndef test():\n    time.sleep(600)\n"}
TEST = call("run_tests", targets=None, trace=False)
WRITE = call("write_patch", patch=FIX)
QUICK = {"PATCHWIRE_TEST": "true"}
"""For a test that is not about tests: they pass at once."""
EDITORS = {"vscode": "visual_studio_code", "neovim": "neovim@v0.11.0", "emacs": "emacs"}


def capabilities(editor: str) -> types.ClientCapabilities:
    """What a real editor says that it can do; VS Code's set is older than its refactor preview."""
    return client_capabilities(EDITORS[editor])


def at_most(seconds: float) -> float:
    """So many seconds on a machine that does nothing else, and longer ones where it has more to do than it can."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Desk:
    """An editor with a server: `inbox` holds what was said or asked and not yet read, as (method, params)."""

    client: LanguageClient
    editor: FakeEditor
    root: Path
    inbox: list[tuple[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[str | None] = field(default_factory=list)
    """What the user answers to the next questions."""
    texts: list[str | None] = field(default_factory=list)
    """What the user writes when asked for a text."""
    before_edit: Any = None
    """Called once before the next edit is applied: what the user does at that very moment."""
    hello: Any = None
    """What `initialize` was answered."""
    service: Any = None
    """The local server behind a scripted model."""
    watched: dict[str, list[str]] = field(default_factory=dict)
    """The patterns of files that the editor watches, by registration."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, method: str, params: Any) -> None:
        """Something came in that a test has to read."""
        self.inbox.append((method, params))
        self.news.set()

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def text(self, path: str) -> str:
        """What the editor shows."""
        return self.editor.buffers[self.uri(path)].text

    def on_disk(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    async def execute(self, command: str, **argument: Any) -> dict[str, Any]:
        """Do a command, as `patchwire.COMMAND`; its outcome."""
        params = types.ExecuteCommandParams(f"patchwire.{command}", [argument] if argument else [])
        return plain(await self.client.workspace_execute_command_async(params))

    def read(self, method: str) -> Any:
        """The oldest unread message of a method, which is read now."""
        for number, (name, params) in enumerate(self.inbox):
            if name == method:
                del self.inbox[number]
                return params
        raise AssertionError(f"no {method} was received; unread: {[name for name, _ in self.inbox]}")

    async def until(self, found: Any, seconds: float = 20.0) -> Any:
        """Wait until `found()` is true, looked at again whenever the server says something; its value."""
        async with asyncio.timeout(at_most(seconds)):
            while not (value := found()):
                self.news.clear()
                await self.news.wait()
            return value

    async def event(self, kind: str) -> dict[str, Any]:
        """Wait for an event."""
        return await self.until(lambda: next((event for event in self.events if event["kind"] == kind), None))

    def changed_on_disk(self, path: str) -> None:
        """The editor sees that a file is another, and tells if it was asked to."""
        patterns = [pattern for registered in self.watched.values() for pattern in registered]
        if any(fnmatch(str(self.root / path), pattern) for pattern in patterns):
            event = types.FileEvent(self.uri(path), types.FileChangeType.Changed)
            self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def marks(self, path: str) -> list[types.Diagnostic]:
        """The diagnostics of a file."""
        return list(self.client.diagnostics.get(self.uri(path), ()))

    async def actions(self, path: str, line: int, only: list[str] | None = None) -> list[types.CodeAction]:
        """The code actions on a line."""
        span = types.Range(types.Position(line, 0), types.Position(line, 0))
        marks = [mark for mark in self.marks(path) if mark.range.start.line <= line <= mark.range.end.line]
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri(path)), span, types.CodeActionContext(marks, only)
        )
        # lsprotocol reads every action that holds a command as a bare command: have it leave this answer alone.
        asking = self.client.protocol.send_request(types.TEXT_DOCUMENT_CODE_ACTION, params, msg_id="actions")
        self.client.protocol._result_types.pop("actions")
        found = plain(await asyncio.wrap_future(asking))
        return [
            types.CodeAction(action["title"], action["kind"], command=types.Command(**action["command"]))
            for action in found
        ]

    async def lenses(self, path: str) -> list[types.CodeLens]:
        """The code lenses of a file."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(self.uri(path)))
        return list(await self.client.text_document_code_lens_async(params) or [])

    async def run(self, offer: Any) -> dict[str, Any]:
        """Do what a lens or an action offers."""
        params = types.ExecuteCommandParams(offer.command.command, offer.command.arguments)
        return plain(await self.client.workspace_execute_command_async(params))


def plain(value: Any) -> Any:
    """A result as JSON: pygls gives named tuples for what it has no type for."""
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _listens(desk: Desk) -> None:
    """Hand what the server sends to the desk and the editor."""
    features = dict(DEFAULT_CLIENT_FEATURES)
    for method in (types.WINDOW_LOG_MESSAGE, types.WINDOW_SHOW_MESSAGE, types.WINDOW_SHOW_DOCUMENT):
        features.pop(method, None)
    register_lsp_features(desk.client, features)
    _hears(desk)
    _answers(desk)
    desk.editor.sync = desk.client.protocol.notify


def _hears(desk: Desk) -> None:
    client = desk.client

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def shown(params: types.ShowMessageParams) -> None:
        desk.note(types.WINDOW_SHOW_MESSAGE, params)

    @client.feature(types.WINDOW_LOG_MESSAGE)
    def logged(params: types.LogMessageParams) -> None:
        desk.note(types.WINDOW_LOG_MESSAGE, params)

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def refresh(params: None) -> None:
        desk.news.set()

    @client.feature("patchwire/event")
    def event(params: Any) -> None:
        desk.events.append(plain(params))
        desk.news.set()

    published = client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]

    def publish(params: Any) -> None:
        published(params)
        desk.news.set()

    client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = publish


def _answers(desk: Desk) -> None:
    client, editor = desk.client, desk.editor

    @client.feature(types.WINDOW_SHOW_DOCUMENT)
    def opened(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        desk.note(types.WINDOW_SHOW_DOCUMENT, params)
        return types.ShowDocumentResult(success=True)

    @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
    def asked(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        desk.note(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        assert desk.answers, f"nobody expected to be asked: {params.message}"
        answer = desk.answers.pop(0)
        return None if answer is None else types.MessageActionItem(answer)

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        if desk.before_edit is not None:
            act, desk.before_edit = desk.before_edit, None
            act()
        desk.note(types.WORKSPACE_APPLY_EDIT, params)
        return types.ApplyWorkspaceEditResult(editor.apply(params.edit))

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        for one in params.registrations:
            assert one.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            watchers = plain(one.register_options)["watchers"]
            desk.watched[one.id] = [watcher["globPattern"] for watcher in watchers]
        desk.news.set()

    @client.feature(types.CLIENT_UNREGISTER_CAPABILITY)
    def unregister(params: types.UnregistrationParams) -> None:
        for one in params.unregisterations:
            del desk.watched[one.id]
        desk.news.set()

    @client.feature("patchwire/save")
    def save(params: Any) -> None:
        for uri in plain(params)["uris"]:
            editor.save(uri)

    @client.feature("patchwire/ask")
    def ask(params: Any) -> dict[str, Any] | None:
        text = desk.texts.pop(0)
        return None if text is None else {"text": text}


@contextlib.asynccontextmanager
async def sitting(
    root: Path,
    editor: str = "vscode",
    *,
    environment: dict[str, str] | None = None,
    options: dict[str, Any] | None = None,
    configuration: dict[str, Any] | None = None,
    folders: list[Path] | None = None,
    encodings: list[str] | None = None,
) -> AsyncIterator[Desk]:
    """An editor with the server running on `root`; leaving says goodbye and checks that nothing was left unread."""
    client = LanguageClient(converter_factory=default_converter, configuration={"": {"patchwire": configuration or {}}})
    desk = Desk(client, FakeEditor(), root)
    _listens(desk)
    can = capabilities(editor)
    if encodings is not None and can.general is not None:
        can.general.position_encodings = list(encodings)
    given = {"events": editor == "vscode", "canSave": editor == "vscode", "canAsk": editor == "vscode"} | (
        options or {}
    )
    await client.start_io(
        sys.executable,
        "-m",
        "patchwire.lsp",
        env=CLEAN | {"XDG_STATE_HOME": str(root.parent / "state")} | (environment or {}),
    )
    try:
        desk.hello = await client.initialize_session(
            types.InitializeParams(
                capabilities=can,
                initialization_options=given,
                workspace_folders=[
                    types.WorkspaceFolder(at.as_uri(), at.name) for at in ([root] if folders is None else folders)
                ],
            )
        )
        encoding = desk.hello.capabilities.position_encoding
        desk.editor.encoding = str(getattr(encoding, "value", encoding))
        yield desk
        await asyncio.wait_for(client.shutdown_session(), 20)
        assert client._server is not None
        assert client._server.returncode == 0
        assert not desk.inbox, f"unread: {desk.inbox}"
        assert not desk.answers, "a question that was expected did not come"
        assert client.error is None
    finally:
        if client._server is not None and client._server.returncode is None:
            client._server.kill()
        await asyncio.wait_for(client.stop(), 10)


@contextlib.asynccontextmanager
async def scripted(root: Path, *acts: Act, editor: str = "vscode", **more: Any) -> AsyncIterator[Desk]:
    """As `sitting`, with a model that plays `acts` behind the real local server: `desk.service`."""
    async with Loopback(Play(*acts)) as service:
        environment = {
            "OPENAI_BASE_URL": service.base_url,
            "OPENAI_API_KEY": service.token,
            "PATCHWIRE_TEST": PYTEST,
        }
        more["environment"] = environment | more.get("environment", {})
        async with sitting(root, editor, **more) as desk:
            desk.service = service
            yield desk
