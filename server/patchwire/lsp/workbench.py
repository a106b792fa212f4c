"""Everything behind the server, put together when the client first needs it: the one place of this room that builds.

Keeps what is shown up to date: marks, lenses and events follow the documents and the turns. Decides nothing else.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from patchwire.errors import SettingsError
from patchwire.lsp import intake
from patchwire.lsp.actions import Actions
from patchwire.lsp.changes import Changes
from patchwire.lsp.client import Client
from patchwire.lsp.commands import Commands
from patchwire.lsp.consent import Consent
from patchwire.lsp.diagnostics import Diagnostics
from patchwire.lsp.documents import Documents
from patchwire.lsp.places import Places
from patchwire.lsp.roots import Root, Roots
from patchwire.lsp.settings import Wishes
from patchwire.lsp.turns import Turns
from patchwire.lsp.watching import Watching
from patchwire.task import Snapshot

SECTION = "patchwire"
QUIET_SECONDS = 0.15
"""So long nobody must have typed before marks and lenses are looked at again."""


class Workbench:
    """`path_of` turns a URI into a path or None; `folders` are the workspace's, as they are now."""

    def __init__(
        self,
        client: Client,
        documents: Documents,
        options: Any,
        environment: Mapping[str, str],
        path_of: Callable[[str], str | None],
        folders: Callable[[], list[Path]],
    ) -> None:
        self.client, self.documents, self._path_of, self._folders = client, documents, path_of, folders
        self.wishes = Wishes(environment, options if isinstance(options, dict) else {})
        self.roots = Roots(self.read)
        self.diagnostics = Diagnostics(client, self._known_as)
        self.places = Places(self.roots, path_of, folders)
        self.actions = Actions(self.diagnostics, self.places.path, client.can.asks)
        consent = Consent(client, lambda: self.wishes.trusted, lambda: self.wishes.isolation, environment)
        turns = Turns(client, self.wishes, self.roots, consent, self._snapshot, self.show, environment)
        self.changes = Changes(client, documents, self.wishes, self.places, self.show)
        self.commands = Commands(
            client,
            documents,
            self.wishes,
            self.roots,
            self.places,
            turns,
            self.changes,
            self.diagnostics,
            self._configure,
        )
        self._watching = Watching(client)
        self._stale = True
        self._asking: asyncio.Task[None] | None = None
        self._told: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[None]] = set()
        documents.changed = self._typed

    # ---- what the user has

    def read(self, path: Path) -> str | None:
        """The text of a file as the user has it: the open document, else the disk; None if there is no file."""
        document = self.documents.get(path.as_uri())
        if document is not None:
            return document.text
        try:
            return path.read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def _snapshot(self, root: Root) -> Snapshot:
        return intake.snapshot(root.path, self.documents, self._path_of)

    def _known_as(self, uri: str) -> tuple[str, int | None]:
        document = self.documents.get(uri)
        return (uri, None) if document is None else (document.uri, document.version)

    # ---- settings

    def configuration_changed(self, pushed: Any) -> None:
        """The client's configuration changed; some say at once how."""
        self._stale = True
        if isinstance(pushed, Mapping) and SECTION in pushed:
            self.wishes.configure(pushed[SECTION])

    async def _configure(self) -> None:
        """Ask for the configuration, if it may be another; never in a workspace that is not trusted.

        Commands that come meanwhile wait for the same answer, and go on in the order in which they came.
        """
        if self._stale and self.wishes.trusted and self.client.can.configuration:
            self._stale = False
            self._asking = asyncio.ensure_future(self._ask_for_configuration())
        if self._asking is not None:
            await asyncio.shield(self._asking)

    async def _ask_for_configuration(self) -> None:
        self.wishes.configure(await self.client.configuration(SECTION))
        self._asking = None

    def set_key(self, params: Any) -> dict[str, Any]:
        """`patchwire/setKey`."""
        key = params.get("key") if isinstance(params, Mapping) else None
        if key is not None and not isinstance(key, str):
            return {"status": "failed", "message": "`key` is a text, or null."}
        try:
            self.wishes.set_key(key.strip() if key is not None else None)
        except SettingsError as error:
            return {"status": "failed", "message": str(error)}
        return {"status": "ok", "message": "The key is kept in memory." if key is not None else "The key is forgotten."}

    async def test_key(self) -> dict[str, Any]:
        """`patchwire/testKey`."""
        from patchwire.lsp.keys import tried

        await self._configure()
        return await tried(self.wishes)

    # ---- what is shown

    def show(self, root: Root) -> None:
        """A root has news: its marks, its lenses, and the change for clients that show it themselves."""
        self.diagnostics.show(root)
        change = root.pending.as_json()
        if change != self._told.get(root.uri):
            self._told[root.uri] = change
            work = root.running
            self.client.event(
                {"root": root.uri, "turn": work.id if work is not None else None, "kind": "changed", "change": change}
            )
        self._in_background(self.client.refresh_lenses())
        self._watch()

    def _watch(self) -> None:
        self._watching.these((root.path, name) for root in self.roots for name in root.pending.names)

    def _typed(self, uri: str) -> None:
        """A document changed: look again when it has been quiet for a moment."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        for root in self.roots:
            if root.pending.waits and root.pending.sync():
                self.show(root)

    def _in_background(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ---- coming and going

    def cancel(self, token: int | str) -> None:
        """The user ended what has this progress."""
        for root in self.roots:
            for work in list(root.works):
                if work.bar.token == token:
                    work.cancel()

    def folders_changed(self) -> None:
        """Folders were opened or closed."""
        gone = [root.uri for root in self.roots if root.path not in self._folders()]
        for uri in gone:
            self.diagnostics.forget(uri)
        self._in_background(self.roots.keep(self._folders()))
        self._watch()

    async def aclose(self) -> None:
        """End everything that was begun."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._background:
            task.cancel()
        self._watching.close()
        await self.roots.aclose()
        self.changes.close()
