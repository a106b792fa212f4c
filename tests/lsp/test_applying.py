"""Applying, with an editor in memory: what the user wrote is never lost, and what an editor says is never believed."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from tests.fakes.editor import FakeEditor

from patchwire.lsp.applying import Applying, Fate
from patchwire.lsp.client import Abilities
from patchwire.lsp.documents import Documents
from patchwire.lsp.pending import PendingChange
from patchwire.patch.model import FileChange, Kind

FULL = Abilities(document_changes=True, annotations=True, creates=True, renames=True, deletes=True, saves=True)
PLAIN = Abilities()
VERSIONED = Abilities(document_changes=True)


def nothing() -> None:
    pass


@dataclass
class Room:
    """An editor, its server's documents and a pending change, in one process."""

    root: Path
    can: Abilities = FULL
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    at_edit: Callable[[], None] = nothing
    lies: bool = False
    """The editor says that it applied an edit, and did not."""

    def __post_init__(self) -> None:
        self.editor = FakeEditor(sync=self.sync)
        self.documents = Documents(str)
        self.pending = PendingChange(self.root, self.read)

    def sync(self, method: str, params: Any) -> None:
        document = params.text_document
        if method == types.TEXT_DOCUMENT_DID_OPEN:
            self.documents.opened(document.uri, document.text, document.version, "")
        elif method == types.TEXT_DOCUMENT_DID_CHANGE:
            self.documents.edited(document.uri, document.version, params.content_changes)
        elif method == types.TEXT_DOCUMENT_DID_CLOSE:
            self.documents.closed(document.uri)
        else:
            self.documents.touched(document.uri)

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def read(self, path: str) -> str | None:
        document = self.documents.get(self.uri(path))
        if document is not None:
            return document.text
        file = self.root / path
        return file.read_bytes().decode() if file.exists() else None

    def write(self, path: str, text: str, *, opened: bool) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())
        if opened:
            self.editor.open(self.uri(path))

    async def apply(self, edit: Any, label: str) -> tuple[bool, str]:
        self.at_edit()
        return (True, "") if self.lies else (self.editor.apply(edit), "")

    async def choose(self, question: str, *answers: str, warning: bool = False) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0)

    async def save(self, uris: Sequence[str]) -> None:
        for uri in uris if self.can.saves else ():
            self.editor.save(uri)

    async def run(self, *changes: FileChange, only: set[str] | None = None, **options: bool) -> list[Fate]:
        self.pending.replace(changes)
        ids = self.pending.ids if only is None else only
        # Whatever this editor does is done when it answers.
        return await Applying(self, self.documents, self.pending, patience=0.0, **options).run(ids)


def modified(path: str, before: str, after: str) -> FileChange:
    return FileChange(path, Kind.MODIFY, before, after)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def states(fates: Sequence[Fate]) -> dict[str, str]:
    return {fate.path: fate.state for fate in fates}


async def test_an_open_document_goes_through_the_editor_and_is_saved(room: Room) -> None:
    room.write("a.py", "1\n2\n3\n", opened=True)
    fates = await room.run(modified("a.py", "1\n2\n3\n", "1\nTWO\n3\n"))
    assert states(fates) == {"a.py": "saved"}
    assert room.editor.buffers[room.uri("a.py")].text == (room.root / "a.py").read_text() == "1\nTWO\n3\n"
    assert room.editor.undo == [room.uri("a.py")]
    assert not room.pending.waits
    change = room.editor.edits[0].document_changes[0]
    assert change.text_document.version == 1
    assert not room.editor.edits[0].change_annotations["patchwire:a.py"].needs_confirmation


async def test_an_editor_may_show_what_it_did_after_its_answer(room: Room) -> None:
    class Late(Room):
        async def apply(self, edit: Any, label: str) -> tuple[bool, str]:
            asyncio.get_running_loop().call_soon(self.editor.apply, edit)
            return True, ""

        async def save(self, uris: Sequence[str]) -> None:
            def save() -> None:
                for uri in uris:
                    self.editor.save(uri)

            asyncio.get_running_loop().call_soon(save)

    late = Late(room.root)
    late.write("a.py", "1\n", opened=True)
    late.pending.replace([modified("a.py", "1\n", "2\n")])
    fates = await Applying(late, late.documents, late.pending).run(late.pending.ids)
    assert states(fates) == {"a.py": "saved"}


async def test_a_file_that_is_not_open_is_written(room: Room) -> None:
    room.write("a.py", "1\n", opened=False)
    assert states(await room.run(modified("a.py", "1\n", "2\n"))) == {"a.py": "written"}
    assert (room.root / "a.py").read_text() == "2\n"
    assert room.editor.edits == []


async def test_left_in_the_editor_means_in_the_editor(room: Room) -> None:
    room.write("a.py", "1\n", opened=False)
    assert states(await room.run(modified("a.py", "1\n", "2\n"), saves=False)) == {"a.py": "applied"}
    assert (room.root / "a.py").read_text() == "1\n"
    assert room.editor.buffers[room.uri("a.py")].text == "2\n"


@pytest.mark.parametrize("opened", [True, False])
async def test_files_are_made_moved_and_removed(room: Room, opened: bool) -> None:
    room.write("old.py", "x\ny\nz\n", opened=opened)
    room.write("gone.py", "bye\n", opened=opened)
    fates = await room.run(
        FileChange("d/new.py", Kind.ADD, None, "hello\n"),
        FileChange("gone.py", Kind.DELETE, "bye\n", None),
        FileChange("moved.py", Kind.RENAME, "x\ny\nz\n", "x\nY\nz\n", old_path="old.py"),
    )
    assert not room.pending.waits, fates
    assert {path.relative_to(room.root).as_posix() for path in room.root.rglob("*.py")} == {"d/new.py", "moved.py"}
    assert room.read("moved.py") == "x\nY\nz\n"
    assert states(fates)["moved.py"] == ("saved" if opened else "written")


async def test_an_editor_without_resource_operations_gets_these_on_the_disk(tmp_path: Path) -> None:
    room = Room(tmp_path, PLAIN)
    room.write("a.py", "1\n", opened=True)
    room.write("gone.py", "bye\n", opened=False)
    fates = await room.run(
        modified("a.py", "1\n", "2\n"),
        FileChange("new.py", Kind.ADD, None, "hello\n"),
        FileChange("gone.py", Kind.DELETE, "bye\n", None),
    )
    assert states(fates) == {"a.py": "applied", "new.py": "written", "gone.py": "written"}
    assert room.editor.edits[0].changes is not None
    assert room.editor.edits[0].document_changes is None


async def test_what_the_user_typed_meanwhile_is_merged(room: Room) -> None:
    text = "".join(f"{n}\n" for n in range(10))
    room.write("a.py", text, opened=True)
    room.editor.write(room.uri("a.py"), "mine\n" + text)
    assert states(await room.run(modified("a.py", text, text.replace("8\n", "EIGHT\n")))) == {"a.py": "saved"}
    assert room.read("a.py") == "mine\n" + text.replace("8\n", "EIGHT\n")


async def test_the_same_lines_are_a_conflict_and_nothing_is_lost(room: Room) -> None:
    room.write("a.py", "1\n2\n3\n", opened=True)
    room.write("b.py", "1\n", opened=False)
    room.editor.write(room.uri("a.py"), "1\nmine\n3\n")
    fates = await room.run(modified("a.py", "1\n2\n3\n", "1\nTWO\n3\n"), modified("b.py", "1\n", "2\n"))
    assert states(fates) == {"a.py": "conflict", "b.py": "written"}
    assert room.read("a.py") == "1\nmine\n3\n"
    assert "+TWO" in room.pending.diff()


@pytest.mark.parametrize("stale", ["refuse", "skip"])
async def test_a_stale_edit_is_made_anew(room: Room, stale: str) -> None:
    """Neovim skips an edit for another version and says that all went well."""
    text = "".join(f"{n}\n" for n in range(10))
    room.write("a.py", text, opened=True)
    room.editor.stale = stale

    def type_now() -> None:
        room.at_edit = nothing
        room.editor.type(room.uri("a.py"), 0, 0, "mine\n")

    room.at_edit = type_now
    assert states(await room.run(modified("a.py", text, text.replace("8\n", "EIGHT\n")))) == {"a.py": "saved"}
    assert room.read("a.py") == "mine\n" + text.replace("8\n", "EIGHT\n")
    assert len(room.editor.edits) == 2


async def test_an_editor_is_not_believed(room: Room) -> None:
    room.write("a.py", "1\n", opened=True)
    room.lies = True
    fates = await room.run(modified("a.py", "1\n", "2\n"))
    assert states(fates) == {"a.py": "kept"}
    assert "did not take it" in fates[0].message
    assert room.pending.waits


async def test_a_sensitive_file_is_confirmed_in_the_preview(room: Room) -> None:
    room.write(".github/workflows/ci.yml", "a: 1\n", opened=False)
    room.editor.unticked = True
    change = modified(".github/workflows/ci.yml", "a: 1\n", "a: 2\n")
    assert states(await room.run(change)) == {".github/workflows/ci.yml": "kept"}
    annotation = room.editor.edits[0].change_annotations["patchwire:.github/workflows/ci.yml"]
    assert annotation.needs_confirmation
    assert annotation.description
    room.editor.unticked = False
    assert states(await room.run(change)) == {".github/workflows/ci.yml": "saved"}


@pytest.mark.parametrize(("answer", "state"), [("Apply", "written"), ("Leave out", "kept"), (None, "kept")])
async def test_a_sensitive_file_is_asked_about_where_there_is_no_preview(
    tmp_path: Path, answer: Any, state: str
) -> None:
    room = Room(tmp_path, VERSIONED, answers=[answer])
    room.write("conftest.py", "a = 1\n", opened=False)
    room.write("a.py", "1\n", opened=False)
    fates = await room.run(modified("conftest.py", "a = 1\n", "a = 2\n"), modified("a.py", "1\n", "2\n"))
    assert states(fates) == {"conftest.py": state, "a.py": "written"}
    assert len(room.asked) == 1


async def test_everything_is_confirmed_if_the_user_wants_that(room: Room) -> None:
    room.write("a.py", "1\n", opened=False)
    await room.run(modified("a.py", "1\n", "2\n"), confirm=True)
    assert room.editor.edits[0].change_annotations["patchwire:a.py"].needs_confirmation


async def test_a_file_that_cannot_be_written_goes_on_waiting(room: Room) -> None:
    room.write("d/a.py", "1\n", opened=False)
    (room.root / "link").symlink_to(room.root / "d")
    fates = await room.run(FileChange("link/new.py", Kind.ADD, None, "x\n"))
    assert states(fates) == {"link/new.py": "kept"}
    assert fates[0].message.endswith(".")


async def test_a_binary_file_is_left_for_git(room: Room) -> None:
    fates = await room.run(FileChange("a.bin", Kind.MODIFY, None, None))
    assert states(fates) == {"a.bin": "kept"}
    assert "git apply --binary" in fates[0].message


async def test_a_mode_is_set_on_the_disk(room: Room) -> None:
    room.write("run.sh", "echo\n", opened=True)
    fates = await room.run(FileChange("run.sh", Kind.MODIFY, "echo\n", "echo hello\n", mode=0o100755))
    assert states(fates) == {"run.sh": "saved"}
    assert (room.root / "run.sh").stat().st_mode & 0o111
    assert room.read("run.sh") == "echo hello\n"


# ---- the law: never a lost keystroke

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "é😀\n", "\n"]), min_size=1, max_size=8)
ACTS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=4)


def changed(text: str, acts: list[tuple[int, bool]], who: str) -> tuple[str, set[str]]:
    """A text after somebody's acts on its lines: a line of theirs put in, or in the place of another."""
    lines, own = text.splitlines(keepends=True), set()
    for number, (at, instead) in enumerate(acts):
        mine = f"{who}{number}"
        spot = min(at, len(lines))
        if spot < len(lines) and any(name in lines[spot] for name in ("model", "early", "late")):
            instead = False
        lines[spot : spot + instead] = [f"{mine}\n"]
        own.add(mine)
    return "".join(lines), own


@given(
    lines=LINES,
    model=ACTS,
    early=ACTS,
    late=ACTS,
    opened=st.booleans(),
    can=st.sampled_from([FULL, VERSIONED]),
    stale=st.sampled_from(["refuse", "skip"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
async def test_never_a_lost_keystroke(
    lines: list[str], model: Any, early: Any, late: Any, opened: bool, can: Abilities, stale: str, encoding: str
) -> None:
    """The user types while the turn runs, and again at the very moment of the edit."""
    with tempfile.TemporaryDirectory() as directory:
        room = Room(Path(directory), can)
        room.editor.encoding = room.documents.encoding = encoding
        room.editor.stale = stale
        before = "".join(lines)
        room.write("a.py", before, opened=opened)
        after, wanted = changed(before, model, "model")
        typed: set[str] = set()

        def user_types(acts: Any, who: str) -> None:
            room.at_edit = nothing
            text, own = changed(room.read("a.py") or "", acts, who)
            typed.update(own)
            if opened:
                room.editor.write(room.uri("a.py"), text)
            else:
                (room.root / "a.py").write_bytes(text.encode())

        user_types(early, "early")
        alone = room.read("a.py")
        room.at_edit = lambda: user_types(late, "late")
        fates = await room.run(modified("a.py", before, after))
        now = room.read("a.py") or ""
        assert {name for name in typed if name in now} == typed
        there = {name for name in wanted if name in now}
        if not fates or fates[0].state in ("saved", "applied", "written"):
            assert there == wanted
            assert not room.pending.waits
        else:
            assert {name for name in wanted if name in now or name in room.pending.diff()} == wanted
        if not there and not late:
            assert now == alone
        if fates and fates[0].state == "saved":
            assert (room.root / "a.py").read_bytes().decode() == now
