"""`patchwire-lsp`: the language server on standard input and output. So far it knows two commands.

`patchwire.fixTests` does a turn on the workspace as the editor shows it, unsaved buffers included, and returns the
outcome with its patch; `patchwire.cancel` ends that turn. One turn at a time. Reviewing and applying in the editor is
the next part of the product to be built; nothing here changes a file or a buffer.
"""

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from patchwire.errors import PatchwireError
from patchwire.lsp import intake
from patchwire.settings import read
from patchwire.task import Budget, Progress, TestsRan, ToolStarted

FIX_TESTS = "patchwire.fixTests"
CANCEL = "patchwire.cancel"


class PatchwireServer(LanguageServer):
    """The server; `running` is the session of the turn that runs, if one does."""

    def __init__(self) -> None:
        super().__init__("patchwire", metadata.version("patchwire"))
        self.running: Any = None

    async def fix_tests(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """Do one turn; the outcome as JSON."""
        from patchwire.session import Session  # nothing of ours is imported before the first command

        if self.running is not None:
            return {"status": "refused", "message": "A turn is running; cancel it or wait for its end."}
        try:
            settings = read({}, os.environ)
            task = intake.task(argument, self._roots(), to_fs_path)
            documents = list(self.workspace.text_documents.values())
            test = argument.get("test")
            async with Session(settings, os.environ, test if isinstance(test, str) else None) as session:
                self.running = session
                outcome = await session.run(task, intake.snapshot(task.root, documents), Budget(), self._log)
        except PatchwireError as error:
            return {"status": "failed", "message": str(error)}
        finally:
            self.running = None
        return {
            "status": outcome.status.value,
            "message": outcome.message,
            "patch": outcome.patch.decode("utf-8", "surrogateescape"),
            "isolation": outcome.isolation and outcome.isolation.level,
        }

    def cancel(self) -> None:
        """End the turn that runs, if one does."""
        if self.running is not None:
            self.running.cancel()

    def _roots(self) -> list[Path]:
        return [Path(path) for uri in self.workspace.folders if (path := to_fs_path(uri))]

    def _log(self, progress: Progress) -> None:
        match progress:
            case ToolStarted(title=title):
                text = title
            case TestsRan(phase=phase, report=report):
                text = f"tests {phase}: {report.failed + report.errors} failing, {report.passed} passed"
            case _:
                return
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, text))


def build() -> PatchwireServer:
    """The server with its commands, not yet started."""
    server = PatchwireServer()

    @server.command(FIX_TESTS)
    async def fix_tests(ls: PatchwireServer, argument: Any) -> dict[str, Any]:
        if not isinstance(argument, Mapping):
            raise JsonRpcInvalidParams(f"{FIX_TESTS} takes one object")
        return await ls.fix_tests(argument)

    @server.command(CANCEL)
    def cancel(ls: PatchwireServer) -> None:
        ls.cancel()

    return server


def main() -> None:
    """Serve on standard input and output until the client leaves."""
    build().start_io()
