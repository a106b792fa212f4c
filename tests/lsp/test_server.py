"""The language server as an editor sees it: a process on two pipes, and commands."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from tests.stage import BUGGY, PYTEST, fingerprint, repository

from patchwire.loopback.play import Play, call, say
from patchwire.loopback.server import Loopback

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PATCHWIRE_"))}


@pytest.fixture
async def client() -> AsyncIterator[LanguageClient]:
    """A client that has started nothing yet."""
    client = LanguageClient("test", "1")
    client.logged, client.left = [], False
    client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: client.logged.append(params.message))
    yield client
    if not client.left:
        client._server.kill()  # only a test that failed did not say goodbye
    await asyncio.wait_for(client.stop(), 10)


async def start(client: LanguageClient, root: Path, environment: dict[str, str]) -> None:
    await client.start_io(sys.executable, "-m", "patchwire.lsp", env=CLEAN | environment)
    folder = types.WorkspaceFolder(root.as_uri(), root.name)
    await client.initialize_async(types.InitializeParams(types.ClientCapabilities(), workspace_folders=[folder]))
    client.initialized(types.InitializedParams())


async def leave(client: LanguageClient) -> None:
    await client.shutdown_async(None)
    client.exit(None)
    client.left = True


async def execute(client: LanguageClient, command: str, *arguments: object) -> dict:
    params = types.ExecuteCommandParams(command, list(arguments))
    result = await client.workspace_execute_command_async(params)
    return result if isinstance(result, dict) else vars(result) if result is not None else {}


async def test_a_bug_in_an_unsaved_buffer_is_fixed_offline(client: LanguageClient, tmp_path: Path) -> None:
    fine = BUGGY["cart.py"].replace("prices[1:]", "prices")
    root = repository(tmp_path / "shop", BUGGY | {"cart.py": fine})
    before = fingerprint(root)
    await start(client, root, {"PATCHWIRE_OFFLINE": "1"})
    uri = (root / "cart.py").as_uri()
    document = types.TextDocumentItem(uri, "python", 1, BUGGY["cart.py"])
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    outcome = await execute(client, "patchwire.fixTests", {"uri": uri, "test": PYTEST})
    assert outcome["status"] == "done", outcome
    assert "+    for price in prices" in outcome["patch"]
    assert fingerprint(root) == before
    assert "tests before: 1 failing, 1 passed" in client.logged
    await leave(client)


async def test_a_turn_can_be_cancelled_and_is_alone(client: LanguageClient, tmp_path: Path) -> None:
    root = repository(
        tmp_path / "shop", BUGGY | {"test_hang.py": "import time\n\n\ndef test():\n    time.sleep(600)\n"}
    )
    run = call("run_tests", targets=None, trace=False)
    async with Loopback(Play(run, say("never"))) as server:
        await start(client, root, {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.token})
        running = asyncio.ensure_future(execute(client, "patchwire.fixTests", {"test": PYTEST}))
        while not client.logged:  # noqa: ASYNC110 - the server's message is what we wait for
            await asyncio.sleep(0.01)
        assert (await execute(client, "patchwire.fixTests", {}))["status"] == "refused"
        await execute(client, "patchwire.cancel")
        assert (await asyncio.wait_for(running, 10))["status"] == "cancelled"
    await execute(client, "patchwire.cancel")
    await leave(client)


async def test_what_the_user_must_know_comes_back_as_a_message(client: LanguageClient, tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    await start(client, root, {})
    assert "OPENAI_API_KEY" in (await execute(client, "patchwire.fixTests", {}))["message"]
    with pytest.raises(Exception, match="takes one object"):
        await execute(client, "patchwire.fixTests", 7)
    await leave(client)
