"""Every command by its name: what it does with its argument, and the JSON that it answers. The table of docs/lsp.md.

Composes the parts; a turn is done by `turns`, an edit by `applying`. Knows no pygls.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import Any

from patchwire.adapters import journal
from patchwire.errors import SettingsError
from patchwire.lsp import events, intake
from patchwire.lsp.changes import Changes
from patchwire.lsp.client import Client
from patchwire.lsp.diagnostics import Diagnostics
from patchwire.lsp.documents import Documents
from patchwire.lsp.intake import Argument, ArgumentError
from patchwire.lsp.names import COMMANDS
from patchwire.lsp.places import Places
from patchwire.lsp.roots import Root, Roots
from patchwire.lsp.settings import Wishes
from patchwire.lsp.turns import Turns
from patchwire.models import KNOWN
from patchwire.task import Focus

Json = dict[str, Any]
Token = int | str | None
_DONE: Json = {"status": "ok", "message": "Done."}
_NOTHING_RUNS: Json = {"status": "failed", "reason": "nothing_runs", "message": "Nothing is running here."}


@dataclass(slots=True)
class Commands:
    """`configure` asks the client for its configuration, if that may have changed."""

    client: Client
    documents: Documents
    wishes: Wishes
    roots: Roots
    places: Places
    turns: Turns
    changes: Changes
    diagnostics: Diagnostics
    configure: Callable[[], Awaitable[None]]

    async def execute(self, name: str, given: Any, token: Token) -> Json:
        """Do a command. Raises ArgumentError for an argument that it does not take."""
        argument = intake.argument(name, given)
        command: Callable[[Argument, Token], Awaitable[Json]] = attrgetter(COMMANDS[name])(self)
        await self.configure()
        try:
            return await command(argument, token)
        except SettingsError as error:
            if not self.client.can.events:
                self.client.show(str(error))
            reason = "root" if error.key == "root" else "settings"
            return {"status": "failed", "reason": reason, "message": str(error)}

    # ---- turns

    async def fix_tests(self, given: Argument, token: Token) -> Json:
        """Make the failing tests pass; or do what the instruction says."""
        root = self.places.root(given)
        task = intake.fix_tests(given, root.path, self.places.focus(given, root))
        return await self.turns.turn(root, task, test=given.test, token=token)

    async def fix_diagnostic(self, given: Argument, token: Token) -> Json:
        """Mend what a diagnostic says."""
        root, at = self.places.place(given)
        found: Sequence[Any] = [given.diagnostic] if given.diagnostic is not None else []
        if not found and given.uri is not None and given.lines is not None:
            found = self.diagnostics.at(given.uri, *given.lines)
        if not found:
            raise SettingsError("diagnostic", "There is no diagnostic at this place: give one in `diagnostic`.")
        return await self.turns.turn(root, intake.fix_diagnostic(found, root.path, at), test=given.test, token=token)

    async def do_comment(self, given: Argument, token: Token) -> Json:
        """Do what a comment says."""
        root, at = self.places.place(given)
        document = self.documents.get(given.uri or "")
        wishes = intake.wishes(document.text, document.lines) if document is not None else []
        first, last = given.lines or (0, 1 << 30)
        wish = next((wish for wish in wishes if wish.last >= first and wish.first <= last), None)
        if wish is None:
            raise SettingsError("range", "There is no comment here that says `patchwire: …` and what to do.")
        at = Focus(at.path, wish.first + 1, wish.last + 1)
        return await self.turns.turn(root, intake.do_comment(wish.text, root.path, at), test=given.test, token=token)

    async def edit_selection(self, given: Argument, token: Token) -> Json:
        """Do something to the lines that are selected."""
        root, at = self.places.place(given)
        instruction = given.instruction or await self.client.ask("What is to be done with the selected lines?")
        if instruction is None:
            return _unasked("editSelection")
        task = intake.edit_selection(instruction, root.path, at)
        return await self.turns.turn(root, task, test=given.test, token=token)

    async def continue_(self, given: Argument, token: Token) -> Json:
        """Another turn of the same conversation."""
        root = self.places.root(given)
        instruction = given.instruction or await self.client.ask("How shall it go on?")
        if instruction is None:
            return _unasked("continue")
        task = intake.fix_tests(Argument(instruction=instruction), root.path, self.places.focus(given, root))
        return await self.turns.turn(root, task, goes_on=True, test=given.test, token=token)

    async def resume_session(self, given: Argument, token: Token) -> Json:
        """Take up a session that was written down."""
        if given.session is None:
            raise ArgumentError("patchwire.resumeSession: `session` is the id of one of patchwire.listSessions")
        recorded = await asyncio.to_thread(journal.load, journal.directory(), given.session)
        folder = Path(recorded.root)
        if folder not in self.places.folders():
            raise SettingsError("root", f"That session was about {folder}: open this folder in the editor first.")
        root = self.roots.get(folder)
        if recorded.patch and not root.pending.waits:
            root.pending.restore(recorded.patch)
        asked = Argument(instruction=given.instruction or recorded.prompt or None)
        task = intake.fix_tests(asked, folder, None)
        return await self.turns.turn(root, task, test=given.test, token=token, history=(recorded.id, recorded.items))

    async def run_tests(self, given: Argument, token: Token) -> Json:
        """Run the tests on what the editor shows."""
        return await self.turns.tests(self.places.root(given), given.targets, test=given.test, token=token)

    # ---- while a turn runs

    async def add_message(self, given: Argument, token: Token) -> Json:
        """Say something to the turn that runs."""
        root = self.places.only(given, lambda root: bool(root.works))
        work = root.running if root is not None else None
        if work is None:
            return _NOTHING_RUNS
        text = given.instruction or await self.client.ask("What do you want to say?")
        if text is None:
            return _unasked("addMessage")
        if not work.inbox.add(text):
            return _NOTHING_RUNS
        return {"status": "ok", "message": "It will be said with the next request."}

    async def cancel(self, given: Argument, token: Token) -> Json:
        """End what runs and what waits."""
        meant = [self.places.root(given)] if given.uri is not None else list(self.roots)
        works = [work for root in meant for work in root.works]
        for work in works:
            work.cancel()
        return {"status": "ok", "message": "Cancelled."} if works else _NOTHING_RUNS

    # ---- settings and state

    async def set_model(self, given: Argument, token: Token) -> Json:
        """Choose the model for later turns."""
        self.wishes.choose(given.model, given.effort)
        return {"status": "ok", "message": f"From now on: {given.model or 'the default model'}."}

    async def set_trust(self, given: Argument, token: Token) -> Json:
        """Trust the workspace, or not."""
        if given.trusted is None:
            raise ArgumentError("patchwire.setTrust: `trusted` is true or false")
        self.wishes.trusted = given.trusted
        if not given.trusted:
            await self.cancel(Argument(), None)
        return {"status": "ok", "message": "This workspace is trusted." if given.trusted else "Nothing here is run."}

    async def list_sessions(self, given: Argument, token: Token) -> Json:
        """The sessions that were written down on this machine."""
        only = self.places.root(given).path if given.uri is not None else None
        found = await asyncio.to_thread(journal.sessions, journal.directory())
        listed = [
            {
                "id": session.id,
                "started": session.started,
                "status": session.status or "interrupted",
                "root": session.root,
                "model": session.model,
                "task": session.prompt,
            }
            for session in found
            if only is None or Path(session.root) == only
        ]
        return _DONE | {"message": f"{len(listed)} sessions.", "sessions": listed}

    async def status(self, given: Argument, token: Token) -> Json:
        """What is going on."""
        answer: Json = {"model": None, "effort": None, "offline": False}
        message = "Ready."
        try:
            settings = self.wishes.settings()
            answer = {"model": settings.model.name, "effort": settings.effort, "offline": settings.offline}
        except SettingsError as error:
            message = str(error)
        roots = [self.roots.get(folder) for folder in self.places.folders()]
        return answer | {
            "status": "ok",
            "message": message,
            "version": metadata.version("patchwire"),
            "trusted": self.wishes.trusted,
            "models": [{"name": model.name, "efforts": list(model.efforts)} for model in KNOWN],
            "roots": [_root_json(root) for root in roots],
        }


def _root_json(root: Root) -> Json:
    work = root.running
    return {
        "root": root.uri,
        "turn": None
        if work is None
        else {"id": work.id, "prompt": work.prompt, "step": work.bar.step, "doing": work.bar.doing},
        "waiting": max(0, len(root.works) - 1),
        "session": root.session.journal_id if root.session is not None else None,
        "isolation": str(root.isolation) if root.isolation is not None else None,
        "tests": events.report(root.report) if root.report is not None else None,
        "change": root.pending.as_json(),
    }


def _unasked(command: str) -> Json:
    message = f"Say what to do: in `instruction` of patchwire.{command}, or in a comment `patchwire: …` in the file."
    return {"status": "failed", "reason": "settings", "message": message}
