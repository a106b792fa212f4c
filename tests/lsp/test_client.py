"""The client at the other end: what it says it can do, and answers of every kind."""

import asyncio
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pytest_lsp import client_capabilities

from patchwire.lsp.client import Abilities, Client, abilities

ALL = Abilities(*(True for _ in fields(Abilities)))


class Wire:
    """Answers what it is told to; an exception is raised, None is an answer, too."""

    def __init__(self, *answers: Any, gone: bool = False) -> None:
        self.answers, self.sent, self.gone = list(answers), [], gone

    def notify(self, method: str, params: Any) -> None:
        if self.gone:
            raise BrokenPipeError
        self.sent.append((method, params))

    def send_request_async(self, method: str, params: Any) -> asyncio.Future[Any]:
        self.notify(method, params)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self.answers:
            return answer
        value = self.answers.pop(0)
        if isinstance(value, Exception):
            answer.set_exception(value)
        else:
            answer.set_result(value)
        return answer


def test_real_editors_can_what_they_can() -> None:
    vscode = abilities(client_capabilities("visual_studio_code"), {"events": True, "canSave": "yes"})
    assert (vscode.document_changes, vscode.annotations, vscode.creates, vscode.events, vscode.saves) == (
        True,
        True,
        True,
        True,
        False,
    )
    neovim = abilities(client_capabilities("neovim@v0.11.0"), None)
    assert (neovim.document_changes, neovim.annotations, neovim.renames) == (True, False, True)
    emacs = abilities(client_capabilities("emacs"), {})
    assert (emacs.document_changes, emacs.metadata, emacs.progress) == (True, False, True)
    assert (vscode.watches, neovim.watches, emacs.watches) == (True, False, True)
    assert abilities(types.ClientCapabilities(), []) == Abilities()


async def test_files_are_watched_one_by_one_and_under_a_name() -> None:
    wire = Wire(None, None)
    client = Client(wire, ALL)
    await client.watch("w", [(Path("/a b"), "x.py"), (Path("/a b"), "app/[id]/page.tsx")])
    await client.unwatch("w")
    (_, said), (_, taken_back) = wire.sent
    watchers = said.registrations[0].register_options.watchers
    assert [watcher.glob_pattern for watcher in watchers] == ["/a b/x.py", "/a b/app/?id?/page.tsx"]
    assert said.registrations[0].id == taken_back.unregisterations[0].id == "w"


async def test_what_is_answered() -> None:
    wire = Wire(
        types.ApplyWorkspaceEditResult(applied=False, failure_reason="stale"),
        types.MessageActionItem("Yes"),
        {"text": " do it "},
        None,
        types.ShowDocumentResult(success=True),
        [{"model": "m"}],
        None,
        None,
    )
    client = Client(wire, ALL)
    assert await client.apply(types.WorkspaceEdit(), "x") == (False, "stale")
    assert wire.sent[0][1].metadata.is_refactoring
    assert await client.choose("?", "Yes", "No") == "Yes"
    assert await client.ask("What?") == "do it"
    await client.save(["file:///a"])
    assert await client.open("file:///a")
    assert await client.configuration("patchwire") == {"model": "m"}
    assert await client.new_progress("t")
    await client.refresh_lenses()
    assert len(wire.sent) == 8


async def test_a_client_that_cannot_is_not_asked() -> None:
    wire = Wire()
    client = Client(wire, Abilities())
    client.event({})
    assert await client.ask("What?") is None
    await client.save(["file:///a"])
    assert not await client.open("file:///a")
    assert await client.configuration("patchwire") is None
    assert not await client.new_progress("t")
    await client.refresh_lenses()
    assert wire.sent == []


async def test_a_client_that_refuses_is_no_error() -> None:
    client = Client(Wire(*(JsonRpcMethodNotFound() for _ in range(6))), ALL)
    assert await client.apply(types.WorkspaceEdit(), "x") == (False, "the editor refused the edit")
    assert await client.choose("?", "Yes") is None
    assert await client.ask("What?") is None
    assert not await client.open("file:///a")
    assert await client.configuration("patchwire") is None
    assert not await client.new_progress("t")


@pytest.mark.parametrize("answer", [None, {}, {"text": None}, {"text": "  "}])
async def test_no_text_is_no_text(answer: Any) -> None:
    assert await Client(Wire(answer), ALL).ask("What?") is None


async def test_a_client_that_has_gone_gets_nothing_and_stops_nobody() -> None:
    client = Client(Wire(gone=True), ALL)
    client.show("x")
    client.log("x")
    client.event({"kind": "x"})
    client.progress("t", None)
    client.publish("file:///a", [], None)
    assert await client.choose("?", "Yes") is None


async def test_a_request_that_is_given_up_runs_on(recwarn: pytest.WarningsRecorder) -> None:
    """pygls fails when the answer to a cancelled request comes."""
    wire = Wire()
    client = Client(wire, ALL)
    asking = asyncio.ensure_future(client.choose("?", "Yes"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
