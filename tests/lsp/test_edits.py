"""From changes to an edit of the editor's: what each kind becomes, and what each client gets of it."""

import pytest
from lsprotocol import types

from patchwire.lsp.client import Abilities
from patchwire.lsp.edits import Planned, can_carry, workspace_edit
from patchwire.patch.model import FileChange, Kind

FULL = Abilities(document_changes=True, annotations=True, creates=True, renames=True, deletes=True)
MODIFY = FileChange("a.py", Kind.MODIFY, "1\n2\n", "1\nTWO\n")
ADD = FileChange("new.py", Kind.ADD, None, "x\n")
DELETE = FileChange("gone.py", Kind.DELETE, "x\n", None)
RENAME = FileChange("moved.py", Kind.RENAME, "1\n2\n", "1\nTWO\n", old_path="a.py")
BINARY = FileChange("a.bin", Kind.MODIFY, None, None)


def plan(change: FileChange, version: int | None = 3, *, ask: bool = False, why: str = "") -> Planned:
    return Planned(change, f"file:///{change.old_path or change.path}", f"file:///{change.path}", version, ask, why)


def test_an_edit_is_versioned_and_annotated() -> None:
    edit = workspace_edit([plan(MODIFY, ask=True, why="it is run by tools")], FULL, "utf-16")
    (change,) = edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == ("file:///a.py", 3)
    (one,) = change.edits
    assert isinstance(one, types.AnnotatedTextEdit)
    assert (one.range.start.line, one.range.end.line, one.new_text) == (1, 2, "TWO\n")
    annotation = (edit.change_annotations or {})[one.annotation_id]
    assert (annotation.needs_confirmation, annotation.description) == (True, "it is run by tools")


def test_files_are_made_moved_and_removed() -> None:
    edit = workspace_edit([plan(ADD, None), plan(DELETE), plan(RENAME)], FULL, "utf-16")
    kinds = [type(change).__name__ for change in edit.document_changes or ()]
    assert kinds == ["CreateFile", "TextDocumentEdit", "DeleteFile", "RenameFile", "TextDocumentEdit"]
    created, filled, _, renamed, rewritten = edit.document_changes or ()
    assert filled.text_document.version is None
    assert (renamed.old_uri, renamed.new_uri, rewritten.text_document.uri) == (
        "file:///a.py",
        "file:///moved.py",
        "file:///moved.py",
    )
    assert created.annotation_id == "patchwire:new.py"


def test_a_plain_client_gets_plain_changes() -> None:
    edit = workspace_edit([plan(MODIFY)], Abilities(), "utf-16")
    assert edit.document_changes is None
    assert edit.change_annotations is None
    assert list(edit.changes or {}) == ["file:///a.py"]


def test_without_annotations_there_are_none() -> None:
    edit = workspace_edit([plan(MODIFY)], Abilities(document_changes=True), "utf-16")
    (change,) = edit.document_changes or ()
    assert type(change.edits[0]) is types.TextEdit
    assert edit.change_annotations is None


@pytest.mark.parametrize(
    ("change", "able", "unable"),
    [
        (MODIFY, Abilities(), None),
        (ADD, FULL, Abilities(document_changes=True)),
        (DELETE, FULL, Abilities(document_changes=True)),
        (RENAME, FULL, Abilities(document_changes=True)),
        (BINARY, None, FULL),
    ],
)
def test_what_an_edit_can_do(change: FileChange, able: Abilities | None, unable: Abilities | None) -> None:
    assert able is None or can_carry(change, able)
    assert unable is None or not can_carry(change, unable)


def test_a_rename_without_an_edit_is_only_that() -> None:
    same = FileChange("moved.py", Kind.RENAME, "1\n", "1\n", old_path="a.py")
    edit = workspace_edit([plan(same)], FULL, "utf-16")
    assert [type(change).__name__ for change in edit.document_changes or ()] == ["RenameFile"]
