"""The change that waits: applied, discarded, shown, whole or in parts, while the user goes on typing."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from tests.fakes.editor import path_of
from tests.lsp.stage import FIXED, QUICK, TEST, WRITE, scripted
from tests.stage import BUGGY, FIX, repository

from patchwire.loopback.play import call, say

TWO = FIX + "--- /dev/null\n+++ b/notes.txt\n@@ -0,0 +1 @@\n+One was skipped.\n"


def read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def private(directory: Path) -> bool:
    return not directory.stat().st_mode & 0o077


async def test_parts_are_applied_and_discarded(root: Path) -> None:
    async with scripted(root, call("write_patch", patch=TWO), say("Done."), environment=QUICK) as desk:
        desk.editor.open(desk.uri("cart.py"))
        change = (await desk.execute("fixTests"))["change"]
        cart, notes = change["files"]
        assert (cart["kind"], notes["kind"], cart["hunks"][0]["new"]) == ("modify", "add", "    for price in prices:\n")
        assert cart["hunks"][0]["range"]["start"] == {"line": 2, "character": 0}
        gone = await desk.execute("discardChange", files=["notes.txt"])
        assert [file["path"] for file in gone["change"]["files"]] == ["cart.py"]
        applied = await desk.execute("applyChange", hunks=[cart["hunks"][0]["id"]])
        desk.read(types.WORKSPACE_APPLY_EDIT)
        assert applied["files"] == [
            {"path": "cart.py", "uri": desk.uri("cart.py"), "state": "saved", "message": "Applied and saved."}
        ]
        assert desk.text("cart.py") == desk.on_disk("cart.py") == FIXED
        assert not (root / "notes.txt").exists()
        again = await desk.execute("applyChange")
        assert (again["status"], again["reason"]) == ("failed", "nothing_pending")
        assert [event["change"] is None for event in desk.events if event["kind"] == "changed"][-1]


async def test_the_change_is_shown_as_a_document(root: Path) -> None:
    async with scripted(root, WRITE, say("Done."), environment=QUICK) as desk:
        await desk.execute("fixTests")
        shown = await desk.execute("showChange", uri=desk.uri("cart.py"))
        document = path_of(desk.read(types.WINDOW_SHOW_DOCUMENT).uri)
        assert read(document) == shown["diff"]
        assert "-    for price in prices[1:]:\n+    for price in prices:\n" in shown["diff"]
        assert private(document.parent)
        assert (shown["before"], shown["after"]) == (BUGGY["cart.py"], FIXED)
        assert (await desk.execute("showChange", open=False))["status"] == "ok"
    assert not read(document)


async def test_an_editor_that_shows_no_documents_is_told_where_the_diff_is(root: Path) -> None:
    async with scripted(root, WRITE, say("Done."), editor="emacs", environment=QUICK) as desk:
        await desk.execute("fixTests")
        desk.read(types.WINDOW_SHOW_MESSAGE)
        await desk.execute("showChange")
        shown = [name for name, _ in desk.inbox]
        assert shown in ([types.WINDOW_SHOW_DOCUMENT], [types.WINDOW_SHOW_MESSAGE])
        desk.inbox.clear()


def merges(desk, uri: str) -> None:
    desk.editor.type(uri, 0, 0, "# mine\n")


def collides(desk, uri: str) -> None:
    desk.editor.write(uri, BUGGY["cart.py"].replace("prices[1:]", "reversed(prices)"))


def closes(desk, uri: str) -> None:
    desk.editor.close(uri)


def deletes(desk, uri: str) -> None:
    desk.editor.close(uri)
    (desk.root / "cart.py").unlink()


def renames(desk, uri: str) -> None:
    desk.editor.close(uri)
    (desk.root / "cart.py").rename(desk.root / "basket.py")
    desk.editor.open(desk.uri("basket.py"))


def saves(desk, uri: str) -> None:
    desk.editor.type(uri, 0, 0, "# mine\n")
    desk.editor.save(uri)


@pytest.mark.parametrize(
    ("does", "state", "text"),
    [
        (merges, "saved", "# mine\n" + FIXED),
        (collides, "conflict", BUGGY["cart.py"].replace("prices[1:]", "reversed(prices)")),
        (closes, "written", FIXED),
        (deletes, "conflict", None),
        (renames, "conflict", None),
        (saves, "saved", "# mine\n" + FIXED),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_the_user_goes_on_while_the_turn_runs(root: Path, does, state: str, text: str | None) -> None:
    async with scripted(root, TEST, WRITE, say("Done.")) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        running = asyncio.ensure_future(desk.execute("fixTests"))
        await desk.event("toolStarted")
        does(desk, uri)
        assert not running.done()
        outcome = await running
        assert outcome["change"]["files"][0]["path"] == "cart.py"
        applied = await desk.execute("applyChange")
        desk.inbox.clear()
        assert [file["state"] for file in applied["files"]] == [state], applied
        if text is not None:
            assert (desk.text("cart.py") if uri in desk.editor.buffers else desk.on_disk("cart.py")) == text
        if state == "conflict":
            assert applied["status"] == "failed"
            assert "prices:" in (await desk.execute("showChange", open=False))["diff"], "nothing is lost"
        if does is collides:
            assert [mark.code for mark in desk.marks("cart.py")] == ["conflict"]


@pytest.mark.parametrize("stale", ["refuse", "skip"])
async def test_the_user_types_at_the_very_moment(root: Path, stale: str) -> None:
    async with scripted(root, WRITE, say("Done."), environment=QUICK) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        desk.editor.stale = stale
        await desk.execute("fixTests")
        desk.before_edit = lambda: desk.editor.type(uri, 0, 0, "# mine\n")
        applied = await desk.execute("applyChange")
        assert applied["files"][0]["state"] == "saved"
        assert desk.text("cart.py") == "# mine\n" + FIXED
        desk.read(types.WORKSPACE_APPLY_EDIT)
        desk.read(types.WORKSPACE_APPLY_EDIT)


async def test_hunks_move_along_while_the_user_types(root: Path) -> None:
    async with scripted(root, WRITE, say("Done."), environment=QUICK) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        await desk.execute("fixTests")
        desk.editor.type(uri, 0, 0, "#\n#\n")
        await desk.until(lambda: [mark.range.start.line for mark in desk.marks("cart.py")] == [4])
        titles = [(lens.command.title, lens.range.start.line) for lens in await desk.lenses("cart.py")]
        assert titles == [("Apply", 4), ("Discard", 4), ("Show", 4)]
        desk.editor.write(uri, FIXED)
        await desk.until(lambda: not desk.marks("cart.py"))
        assert (await desk.execute("applyChange"))["reason"] == "nothing_pending", "the user wrote the same"


async def test_a_sensitive_file_is_confirmed(root: Path) -> None:
    add = "--- /dev/null\n+++ b/conftest.py\n@@ -0,0 +1 @@\n+x = 1\n"
    async with scripted(root, call("write_patch", patch=add), say("Done."), editor="neovim", environment=QUICK) as desk:
        outcome = await desk.execute("fixTests", instruction="Add a conftest.")
        desk.read(types.WINDOW_SHOW_MESSAGE)
        assert outcome["change"]["files"][0]["sensitive"]
        desk.answers += ["Leave out", "Apply"]
        left = await desk.execute("applyChange")
        assert (left["status"], left["reason"], left["files"][0]["state"]) == ("failed", "kept", "kept")
        assert desk.read(types.WINDOW_SHOW_MESSAGE_REQUEST).message.startswith("conftest.py: ")
        desk.read(types.WINDOW_SHOW_MESSAGE)
        assert (await desk.execute("applyChange"))["status"] == "ok"
        desk.read(types.WINDOW_SHOW_MESSAGE_REQUEST)
        assert desk.on_disk("conftest.py") == "x = 1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_are_counted_as_agreed(tmp_path: Path, encoding: str) -> None:
    text = BUGGY["cart.py"].replace("    return result\n", "    return result  # 😀é")
    root = repository(tmp_path / "shop", BUGGY | {"cart.py": text})
    patch = FIX.replace(
        "     return result\n", "-    return result  # 😀é\n\\ No newline at end of file\n+    return result\n"
    )
    write = call("write_patch", patch=patch)
    async with scripted(root, write, say("Done."), encodings=[encoding], environment=QUICK) as desk:
        assert desk.editor.encoding == encoding
        desk.editor.open(desk.uri("cart.py"))
        desk.editor.type(desk.uri("cart.py"), len(text), len(text), "ü")
        desk.editor.type(desk.uri("cart.py"), len(text), len(text) + 1, "")
        await desk.execute("fixTests")
        assert (await desk.execute("applyChange"))["status"] == "ok"
        desk.read(types.WORKSPACE_APPLY_EDIT)
        assert desk.text("cart.py") == FIXED
