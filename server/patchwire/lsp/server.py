"""`patchwire-lsp`: the language server, on standard input and output or on one TCP connection. pygls' wiring only.

Nothing else of ours is loaded before `initialize` is answered, so that an editor starts as fast as with a server that
does nothing; then it is, beside everything else, so that the first command need not wait for it. What was learnt about
pygls stands here, beside what is done about it.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage
from pygls.protocol.language_server import lsp_method

from patchwire.lsp.documents import Documents
from patchwire.lsp.names import COMMANDS, KINDS
from patchwire.lsp.serving import outlived, serve_pipes, serve_tcp
from patchwire.lsp.uris import file_path

if TYPE_CHECKING:
    from patchwire.lsp.workbench import Workbench

END_SECONDS = 5.0
_OURS = "patchwire/"
_RAW = frozenset({types.WORKSPACE_EXECUTE_COMMAND, types.WORKSPACE_DID_CHANGE_CONFIGURATION})
"""Messages whose params are free JSON: we read them as such, and not as pygls' named tuples."""


class Protocol(LanguageServerProtocol):
    """pygls' protocol with documents, commands, cancelling and the end in our own hands."""

    _server: "PatchwireServer"

    def answer(self, message: dict[str, Any]) -> None:
        """Send what pygls has no words for."""
        self._send_data({"jsonrpc": "2.0", **message})

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Its documents end their lines where LSP does not: we keep our own."""
        opened = params.text_document
        self._server.documents.opened(opened.uri, opened.text, opened.version, str(opened.language_id))

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """See `didOpen`."""
        document = params.text_document
        self._server.documents.edited(document.uri, document.version, list(params.content_changes))

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """See `didOpen`."""
        self._server.documents.closed(params.text_document.uri)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: Any) -> Any:  # type: ignore[override]  # pygls takes any kind of handler
        """A coroutine of its own, so that `$/cancelRequest` reaches the work: pygls lets a command run on."""
        name = params.get("command") if isinstance(params, dict) else None
        if name not in COMMANDS:
            raise JsonRpcInvalidParams(f"there is no command {name!r}")
        from patchwire.lsp.intake import ArgumentError

        try:
            return await self._server.bench.commands.execute(name, params.get("arguments"), params.get("workDoneToken"))
        except ArgumentError as error:
            raise JsonRpcInvalidParams(str(error)) from error

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """pygls cancels a future that nobody works for."""
        self._server.bench.cancel(params.token)

    @lsp_method(types.SHUTDOWN)
    async def lsp_shutdown(self, *_: Any) -> None:  # type: ignore[override]  # pygls takes any kind of handler
        """End what runs, with its outcomes; then answer nothing but `exit`."""
        await self._server.end()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override]  # pygls takes any kind of handler
        """Leave by the door that the end of the input leaves by, and not by SystemExit inside a handler."""
        if not self._server.left.done():
            self._server.left.set_result(0 if self._shutdown else 1)


class PatchwireServer(LanguageServer):
    """The server. `bench` is what does the work."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("patchwire", "0.1.0", protocol_cls=Protocol)
        self.left: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.documents = Documents(lambda uri: file_path(uri) or uri)
        self.options: Any = None
        self._bench: Workbench | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def bench(self) -> "Workbench":
        """The workbench, built when it is first needed."""
        if self._bench is None:
            from patchwire.lsp.client import Client, abilities
            from patchwire.lsp.workbench import Workbench

            can = abilities(self.client_capabilities, self.options)
            client = Client(self.protocol, can)
            self._bench = Workbench(client, self.documents, self.options, os.environ, file_path, self._folders)
        return self._bench

    @property
    def is_built(self) -> bool:
        """Whether anything was asked for yet."""
        return self._bench is not None

    def _folders(self) -> list[Path]:
        uris = list(self.workspace.folders) or [self.workspace.root_uri]
        return [Path(path) for uri in uris if uri and (path := file_path(uri))]

    def watch(self, process: int | None) -> None:
        """End when the client's process does, even if somebody else holds our input open."""

        async def watch() -> None:
            await outlived(process or 0)
            if not self.left.done():
                self.left.set_result(1)

        if process:
            self._watching = asyncio.ensure_future(watch())

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What goes wrong inside is written to the client's log, once; requests are answered with it anyway."""
        if source is not FeatureRequestError:
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"Patchwire: {error}"))

    # ---- a Peer of `serving`

    def start(self, write: Callable[[bytes], None]) -> None:
        """Messages go out through `write`."""
        self.protocol.set_writer(_Writer(write))

    def take(self, message: dict[str, Any]) -> None:
        """Hand a message to pygls. A request that cannot be read is answered, and not left alone as by pygls."""
        method, number = message.get("method"), message.get("id")
        try:
            if method in _RAW or str(method).startswith(_OURS):
                params = message.get("params")
                raw: Any = (
                    JsonRPCNotification(str(method), "2.0", params)
                    if number is None
                    else JsonRPCRequestMessage(number, str(method), "2.0", params)
                )
                self.protocol.handle_message(raw)
                return
            if method == types.INITIALIZE and isinstance(message.get("params"), dict):
                self.options = message["params"].get("initializationOptions")
            self.protocol.handle_message(self.protocol.structure_message(message))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must get an answer and the next message a chance
            if method is not None and number is not None:
                known = error if isinstance(error, JsonRpcException) else JsonRpcInvalidParams(f"{method}: {error}")
                self._answer(number, known)
            else:
                self.report_server_error(error, None)

    def refuse(self, code: int, why: str) -> None:
        """What came in was no message."""
        self._answer(None, JsonRpcException(why, code))

    def _answer(self, number: Any, error: JsonRpcException) -> None:
        self.protocol.answer({"id": number, "error": {"code": error.code, "message": str(error)}})

    async def end(self) -> None:
        """Leave nothing behind."""
        if self._watching is not None:
            self._watching.cancel()
        bench, self._bench = self._bench, None
        if bench is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bench.aclose(), END_SECONDS)


class _Writer:
    """pygls' writer on a function."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write

    def close(self) -> None:
        """Nothing to close: whoever made the function does."""


def build() -> PatchwireServer:
    """The server with all that it answers, not yet started. Needs a running loop."""
    server = PatchwireServer()

    def declared(*_: Any) -> None:
        """Commands are done by `Protocol`; this is only what pygls reads their names from."""

    for name in COMMANDS:
        server.command(name)(declared)
    _about_the_workspace(server)
    _about_documents(server)
    return server


def _about_the_workspace(server: PatchwireServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.watch(params.process_id)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        encoding = server.server_capabilities.position_encoding
        server.documents.encoding = str(getattr(encoding, "value", encoding))
        threading.Thread(target=_load, name="load", daemon=True).start()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration(params: Any) -> None:
        server.bench.configuration_changed(params.get("settings") if isinstance(params, dict) else None)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.bench.folders_changed()

    @server.feature(f"{_OURS}setKey")
    def set_key(params: Any) -> dict[str, Any]:
        return server.bench.set_key(params)

    @server.feature(f"{_OURS}testKey")
    async def test_key(params: Any) -> dict[str, Any]:
        return await server.bench.test_key()


def _load() -> None:
    """Import what a first command needs. Nothing is run by that, and nothing sent."""
    import patchwire.adapters.workspace
    import patchwire.lsp.workbench  # noqa: F401  # to have it loaded


def _about_documents(server: PatchwireServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.documents.touched(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def on_disk(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            server.documents.touched(change.uri)

    # Not as an argument of `feature`: that has cattrs check it, which costs a quarter of the whole start.
    server.protocol.fm.feature_options[types.TEXT_DOCUMENT_CODE_ACTION] = types.CodeActionOptions(list(KINDS))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        bench, uri, span = server.bench, params.text_document.uri, params.range
        document, root = server.documents.get(uri), bench.places.root_of(uri)
        if document is None or root is None:
            return []
        last = span.end.line - (span.end.character == 0 and span.end.line > span.start.line)
        return bench.actions.code_actions(root, document, span.start.line, last, params.context)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        bench, uri = server.bench, params.text_document.uri
        document, root = server.documents.get(uri), bench.places.root_of(uri)
        return bench.actions.lenses(root, document) if document is not None and root is not None else []


def main() -> None:
    """Serve until the client leaves."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # every refused request would print a traceback
    arguments = sys.argv[1:]
    if not arguments or arguments == ["--stdio"]:  # which some editors add
        sys.exit(asyncio.run(serve_pipes(build)))
    import argparse

    parser = argparse.ArgumentParser("patchwire-lsp", description="The language server of Patchwire (docs/lsp.md).")
    parser.add_argument("--stdio", action="store_true", help="serve on standard input and output (the default)")
    parser.add_argument("--tcp", type=int, metavar="PORT", help="serve one client on this port of 127.0.0.1")
    port = parser.parse_args(arguments).tcp
    if port is None:
        sys.exit(asyncio.run(serve_pipes(build)))

    def listening(at: int) -> None:
        print(f"patchwire-lsp is listening on 127.0.0.1:{at}", file=sys.stderr, flush=True)

    sys.exit(asyncio.run(serve_tcp(build, "127.0.0.1", port, listening)))
