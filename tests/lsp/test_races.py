"""What goes wrong around the server: clients that die, messages that are none, and very much of everything."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from tests.lsp.stage import CLEAN, HANG, TEST, WRITE, at_most, scripted, sitting
from tests.stage import BUGGY, PYTEST, repository

from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback


class Raw:
    """A server process and bare frames."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message).encode())

    def send_bytes(self, body: bytes) -> None:
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def answer(self, number: Any) -> dict:
        """The answer to a request, past everything else."""
        while True:
            head = await asyncio.wait_for(self.process.stdout.readuntil(b"\r\n\r\n"), 20)
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            message = json.loads(await self.process.stdout.readexactly(length))
            if message.get("id") == number and "method" not in message:
                return message

    async def hello(self, root: Path, process_id: int | None = None) -> None:
        folders = [{"uri": root.as_uri(), "name": "shop"}]
        params = {"processId": process_id, "capabilities": {}, "workspaceFolders": folders}
        self.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
        await self.answer(0)
        self.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})


async def raw(environment: dict[str, str] | None = None, *arguments: str) -> Raw:
    pipe = asyncio.subprocess.PIPE
    return Raw(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "patchwire.lsp", *arguments),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=CLEAN | (environment or {}),
        )
    )


def execute(number: Any, *arguments: Any, command: str = "patchwire.status") -> dict:
    params = {"command": command, "arguments": list(arguments)}
    return {"jsonrpc": "2.0", "id": number, "method": "workspace/executeCommand", "params": params}


async def test_every_bad_message_gets_an_answer(root: Path) -> None:
    server = await raw()
    server.send(execute(1))
    assert "error" in await server.answer(1), "not before initialize"
    await server.hello(root)
    for number, (message, what) in enumerate(
        [
            (execute(None, command="patchwire.unknown"), "there is no command 'patchwire.unknown'"),
            (execute(None, 7), "takes one object"),
            (execute(None, {"uri": 7}), "`uri` is a text"),
            ({"jsonrpc": "2.0", "method": "workspace/executeCommand", "params": None}, "no command None"),
            ({"jsonrpc": "2.0", "method": "textDocument/codeLens", "params": {"textDocument": 7}}, ""),
            ({"jsonrpc": "2.0", "method": "no/such/method", "params": {}}, "no/such/method"),
        ],
        start=10,
    ):
        server.send(message | {"id": number})
        error = (await server.answer(number))["error"]
        assert what in error["message"]
        assert error["code"] in (-32601, -32602)
    server.send_bytes(b"{no json")
    assert (await server.answer(None))["error"]["code"] == -32700
    server.send_bytes(b"[]")
    assert (await server.answer(None))["error"]["code"] == -32700
    server.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {}})
    # A message inside a message is only data; pygls alone would never answer.
    server.send(execute(99, {"jsonrpc": "2.0", "id": 5, "method": "initialize", "class": 1}))
    assert (await server.answer(99))["result"]["status"] == "ok"
    server.send({"jsonrpc": "2.0", "id": 100, "method": "shutdown"})
    await server.answer(100)
    server.send({"jsonrpc": "2.0", "method": "exit"})
    assert await asyncio.wait_for(server.process.wait(), 10) == 0
    assert await server.process.stderr.read() == b""


async def test_a_frame_without_a_length_ends_it(root: Path) -> None:
    server = await raw()
    await server.hello(root)
    server.process.stdin.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await server.answer(None))["error"]["code"] == -32700
    assert await asyncio.wait_for(server.process.wait(), 10) == 1


def leftovers(state: Path) -> list[str]:
    return [path.name for path in (state / "patchwire" / "workspaces").iterdir()]


async def test_a_client_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", BUGGY | HANG)
    state = tmp_path / "state"
    async with Loopback(Play(TEST, say("Never."))) as service:
        environment = {"OPENAI_BASE_URL": service.base_url, "OPENAI_API_KEY": service.token, "PATCHWIRE_TEST": PYTEST}
        server = await raw(environment | {"XDG_STATE_HOME": str(state), "PATCHWIRE_JOURNAL": "0"})
        await server.hello(root)
        server.send(execute(1, {}, command="patchwire.fixTests"))
        async with asyncio.timeout(20):
            while not any(item.get("type") == "function_call" for item in _said(service)):  # noqa: ASYNC110  # it has no event to wait for
                await asyncio.sleep(0.05)
        assert leftovers(state)
        server.process.stdin.close()
        assert await asyncio.wait_for(server.process.wait(), 10) == 1
    assert not leftovers(state)


def _said(service: Loopback) -> list[dict]:
    return [item for exchange in service.exchanges for item in exchange.output]


async def test_a_client_whose_pipes_live_on_is_noticed_too(root: Path) -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    server = await raw()
    await server.hello(root, other.pid)
    other.stdin.close()
    await other.wait()
    assert await asyncio.wait_for(server.process.wait(), 15) == 1


async def test_one_client_by_tcp(root: Path) -> None:
    server = await raw({"PATCHWIRE_OFFLINE": "1"}, "--tcp", "0")
    line = await asyncio.wait_for(server.process.stderr.readline(), 20)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(line.rpartition(b":")[2]))
    client = Raw(server.process)
    client.process = type("Ends", (), {"stdin": writer, "stdout": reader})()
    await client.hello(root)
    client.send(execute(1))
    assert (await client.answer(1))["result"]["offline"] is True
    writer.close()
    assert await asyncio.wait_for(server.process.wait(), 10) == 1


async def test_usage_is_told(root: Path) -> None:
    server = await raw(None, "--help")
    out, _ = await server.process.communicate()
    assert b"--tcp" in out
    assert (await (await raw(None, "--nonsense")).process.wait()) == 2


async def test_ten_megabytes_and_five_hundred_buffers(tmp_path: Path) -> None:
    many = {f"many/m{number}.py": f"x = {number}\n" for number in range(500)}
    root = repository(tmp_path / "shop", BUGGY | many | {"big.txt": "0123456789abcde\n" * 655_360})
    async with scripted(root, WRITE, say("Done.")) as desk:
        for name in ["big.txt", "cart.py", *many]:
            desk.editor.open(desk.uri(name))
        uri = desk.uri("big.txt")
        changes = [
            types.TextDocumentContentChangePartial(types.Range(types.Position(line, 0), types.Position(line, 1)), "#")
            for line in range(0, 600_000, 6_000)
        ]
        document = types.VersionedTextDocumentIdentifier(2, uri)
        desk.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))
        loop = asyncio.get_running_loop()
        await desk.actions("big.txt", 0)
        began = loop.time()
        await desk.actions("cart.py", 0)
        await desk.lenses("big.txt")
        assert loop.time() - began < at_most(1)
        outcome = await desk.execute("fixTests", uri=desk.uri("cart.py"))
        assert outcome["status"] == "done", outcome
        assert [file["path"] for file in outcome["change"]["files"]] == ["cart.py"]


async def test_folders_come_and_go(tmp_path: Path) -> None:
    one, two = (repository(tmp_path / name, BUGGY | HANG) for name in ("one", "two"))
    async with scripted(one, TEST, say("Never.")) as desk:
        event = types.WorkspaceFoldersChangeEvent
        folder = types.WorkspaceFolder(two.as_uri(), "two")
        change = desk.client.workspace_did_change_workspace_folders
        change(types.DidChangeWorkspaceFoldersParams(event([folder], [])))
        running = asyncio.ensure_future(desk.execute("fixTests", uri=two.as_uri()))
        await desk.event("toolStarted")
        change(types.DidChangeWorkspaceFoldersParams(event([], [folder])))
        assert (await asyncio.wait_for(running, 10))["status"] == "cancelled"
        assert len((await desk.execute("status"))["roots"]) == 1


async def test_shutdown_ends_a_turn_and_is_quick(root: Path) -> None:
    (root / "test_hang.py").write_text(HANG["test_hang.py"])
    async with scripted(root, TEST, say("Never.")) as desk:
        running = asyncio.ensure_future(desk.execute("fixTests"))
        await desk.event("toolStarted")
        loop = asyncio.get_running_loop()
        began = loop.time()
        await desk.client.shutdown_async(None)
        assert loop.time() - began < at_most(1)
        assert (await running)["status"] == "cancelled"
        desk.client.exit(None)
        assert await asyncio.wait_for(desk.client._server.wait(), 5) == 0
        desk.client.capabilities = None  # goodbye was said


async def test_offline_by_option_and_by_setting(root: Path) -> None:
    async with sitting(root, options={"offline": True}) as desk:
        assert (await desk.execute("status"))["offline"] is True
    async with sitting(root, configuration={"offline": True}) as desk:
        assert (await desk.execute("status"))["offline"] is True
        assert os.environ.get("PATCHWIRE_OFFLINE") is None
