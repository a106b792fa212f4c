"""The language server as an editor sees it: the real process, and each editor's own capabilities."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.stage import EDITORS, FIXED, sitting
from tests.stage import BUGGY, PYTEST, fingerprint, repository

from patchwire.lsp.names import COMMANDS, KINDS

OFFLINE = {"PATCHWIRE_OFFLINE": "1"}


@pytest.mark.parametrize("editor", EDITORS)
async def test_from_a_failing_test_to_an_applied_change(tmp_path: Path, editor: str) -> None:
    """The bug is in an unsaved buffer only: what the editor shows is what is tested and changed."""
    root = repository(tmp_path / "shop", BUGGY | {"cart.py": FIXED})
    before = fingerprint(root)
    async with sitting(root, editor, environment=OFFLINE) as desk:
        desk.editor.open(desk.uri("cart.py"))
        desk.editor.open(desk.uri("test_cart.py"))
        desk.editor.write(desk.uri("cart.py"), BUGGY["cart.py"])
        outcome = await desk.execute("fixTests", uri=desk.uri("cart.py"), test=PYTEST)
        assert outcome["status"] == "done", outcome
        assert fingerprint(root) == before
        assert [mark.code for mark in desk.marks("test_cart.py")] == ["test_cart.py::test_total"]
        assert [(mark.code, mark.range.start.line) for mark in desk.marks("cart.py")] == [("pending", 2)]
        if editor != "vscode":
            said = desk.read(types.WINDOW_SHOW_MESSAGE).message
            assert said.startswith("1 failing test now passes")
            assert "A change waits (1 file, +1 -1)" in said
        apply, *_ = [lens for lens in await desk.lenses("cart.py") if lens.command.title == "Apply"]
        applied = await desk.run(apply)
        desk.read(types.WORKSPACE_APPLY_EDIT)
        assert "prices[1:]" not in desk.text("cart.py")
        assert applied["status"] == "ok", applied
        assert applied["files"][0]["state"] == ("saved" if editor == "vscode" else "applied")
        assert applied["change"] is None
        await desk.until(lambda: not desk.marks("cart.py") and not desk.marks("test_cart.py"))
        assert not await desk.lenses("cart.py")


async def test_what_the_server_says_of_itself(tmp_path: Path) -> None:
    async with sitting(repository(tmp_path / "shop"), "neovim", encodings=["utf-8"]) as desk:
        can = desk.hello.capabilities
        assert (desk.hello.server_info.name, desk.hello.server_info.version) == (
            "patchwire",
            metadata.version("patchwire"),
        )
        assert sorted(can.execute_command_provider.commands) == sorted(COMMANDS)
        assert list(can.code_action_provider.code_action_kinds) == list(KINDS)
        assert can.position_encoding == types.PositionEncodingKind.Utf8
        assert can.text_document_sync.open_close
        assert can.text_document_sync.change is types.TextDocumentSyncKind.Incremental
        assert can.text_document_sync.save
        assert can.workspace.workspace_folders.change_notifications


def test_what_a_command_needs_is_loaded_after_hello_and_not_before() -> None:
    needed = {"patchwire.lsp.workbench", "patchwire.session", "patchwire.adapters.workspace"}
    script = (
        "import sys; from patchwire.lsp import server; before = set(sys.modules); server._load();"
        f"print(sorted({needed!r} & before), sorted({needed!r} - set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[] []\n"
    )
