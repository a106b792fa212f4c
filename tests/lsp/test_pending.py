"""The change that waits: what is decided is learnt from the user's texts, and what waits is never forgotten."""

from pathlib import Path

import pytest

from patchwire.lsp.pending import PendingChange
from patchwire.patch.model import FileChange, Kind

BEFORE = "".join(f"{n:02}\n" for n in range(20))
AFTER = BEFORE.replace("03\n", "THREE\n").replace("15\n", "FIFTEEN\nmore\n")
ROOT = Path("/w/shop")


@pytest.fixture
def texts() -> dict[str, str | None]:
    return {"a.py": BEFORE}


@pytest.fixture
def pending(texts: dict[str, str | None]) -> PendingChange:
    change = PendingChange(ROOT, texts.get)
    change.replace([FileChange("a.py", Kind.MODIFY, BEFORE, AFTER)])
    return change


def hunks(pending: PendingChange) -> list[dict]:
    return (pending.as_json() or {"files": [{"hunks": []}]})["files"][0]["hunks"]


def test_a_change_as_json(pending: PendingChange) -> None:
    change = pending.as_json()
    assert change is not None
    assert (change["id"], change["added"], change["removed"]) == ("1", 3, 2)
    (file,) = change["files"]
    assert (file["path"], file["uri"], file["kind"]) == ("a.py", "file:///w/shop/a.py", "modify")
    assert (file["oldPath"], file["sensitive"], file["conflict"], file["binary"]) == (None, None, None, False)
    first, second = file["hunks"]
    assert (first["old"], first["new"], first["fits"]) == ("03\n", "THREE\n", True)
    assert (first["range"]["start"]["line"], first["range"]["end"]["line"]) == (3, 4)
    assert (second["added"], second["removed"]) == (2, 1)


def test_what_turns_up_in_the_user_s_text_is_accepted(pending: PendingChange, texts: dict) -> None:
    first, second = hunks(pending)
    texts["a.py"] = "mine\n" + BEFORE.replace("03\n", "THREE\n")
    assert pending.sync()
    assert not pending.sync()
    assert [hunk["id"] for hunk in hunks(pending)] == [second["id"]]
    assert hunks(pending)[0]["range"]["start"]["line"] == 16
    assert pending.since(["a.py", "b.py"]) == (
        "- a.py: of 2 changes: 1 accepted, 1 not decided. The user edited the file, too.\n"
        "- b.py: the user changed it.\n"
        "Read a file again before you change it."
    )
    texts["a.py"] = BEFORE
    pending.sync()
    assert [hunk["id"] for hunk in hunks(pending)] == [first["id"], second["id"]], "undo brings it back"


def test_parts_are_chosen_by_file_and_by_hunk(pending: PendingChange) -> None:
    first, second = hunks(pending)
    assert pending.chosen(None, None) == pending.ids == {first["id"], second["id"]}
    assert pending.chosen(["a.py"], None) == pending.ids
    assert pending.chosen(None, [first["id"], "unknown"]) == {first["id"]}
    assert pending.chosen(["other.py"], []) == set()


def test_what_is_discarded_waits_no_more(pending: PendingChange) -> None:
    first, second = hunks(pending)
    pending.discard([first["id"]])
    assert pending.waits
    assert pending.texts() == [("a.py", BEFORE.replace("15\n", "FIFTEEN\nmore\n"))]
    assert "THREE" not in pending.diff()
    pending.discard([second["id"]])
    assert not pending.waits
    assert pending.as_json() is None
    assert pending.diff() == ""
    assert pending.since([]).startswith("- a.py: the user discarded your change")


def test_a_conflict_is_told_and_shown_as_it_was_made(pending: PendingChange, texts: dict) -> None:
    texts["a.py"] = BEFORE.replace("03\n", "mine\n")
    pending.sync()
    file = (pending.as_json() or {})["files"][0]
    assert [hunk["fits"] for hunk in file["hunks"]] == [False, True]
    assert file["conflict"].startswith("You edited the lines of 1 of 2 changes meanwhile")
    pending.discard([file["hunks"][1]["id"]])
    assert "+THREE" in pending.diff()


def test_what_could_not_be_laid_under_the_next_turn_goes_on_waiting(pending: PendingChange, texts: dict) -> None:
    texts["a.py"] = BEFORE.replace("03\n", "mine\n")
    texts["b.py"] = "1\n"
    pending.sync()
    pending.replace([FileChange("b.py", Kind.MODIFY, "1\n", "2\n")])
    assert [file["path"] for file in (pending.as_json() or {})["files"]] == ["b.py", "a.py"]
    pending.replace([])
    assert [file["path"] for file in (pending.as_json() or {})["files"]] == ["a.py"]


def test_files_as_a_whole(texts: dict) -> None:
    pending = PendingChange(ROOT, texts.get)
    texts |= {"gone.py": "bye\n", "old.py": "x\ny\n"}
    pending.replace(
        [
            FileChange("new.py", Kind.ADD, None, "hello\n"),
            FileChange("gone.py", Kind.DELETE, "bye\n", None),
            FileChange("moved.py", Kind.RENAME, "x\ny\n", "x\nY\n", old_path="old.py"),
            FileChange("a.bin", Kind.MODIFY, None, None),
        ]
    )
    new, gone, moved, binary = (pending.as_json() or {})["files"]
    assert (new["hunks"][0]["old"], new["hunks"][0]["new"], new["added"]) == ("", "hello\n", 1)
    assert (gone["hunks"][0]["old"], gone["hunks"][0]["new"], gone["removed"]) == ("bye\n", "", 1)
    assert (moved["oldPath"], moved["oldUri"], moved["added"], moved["removed"]) == (
        "old.py",
        "file:///w/shop/old.py",
        1,
        1,
    )
    assert binary["binary"]
    assert "rename from old.py" in pending.diff()
    assert "Binary file a.bin differs" in pending.diff()
    texts |= {"new.py": "hello\n", "gone.py": None, "old.py": None, "moved.py": "x\nY\n"}
    pending.sync()
    assert [file["path"] for file in (pending.as_json() or {})["files"]] == ["a.bin"]
    assert "- new.py: the user accepted your change." in pending.since([])


def test_lines_are_the_editor_s_where_rows_are_not(texts: dict) -> None:
    texts["a.py"] = before = "1\r2\r3\n4\n5\n"
    pending = PendingChange(ROOT, texts.get)
    pending.replace([FileChange("a.py", Kind.MODIFY, before, before.replace("4\n", "FOUR\n"))])
    assert hunks(pending)[0]["range"]["start"]["line"] == 3


def test_a_file_s_mode_is_set_by_whoever_writes_it(texts: dict) -> None:
    texts["run.sh"] = "echo\n"
    pending = PendingChange(ROOT, texts.get)
    pending.replace([FileChange("run.sh", Kind.MODIFY, "echo\n", "echo\n", mode=0o100755)])
    assert pending.waits
    pending.set_modes("run.sh")
    pending.set_modes("other.sh")
    assert not pending.waits


def test_a_sensitive_file_says_why(texts: dict) -> None:
    pending = PendingChange(ROOT, texts.get)
    pending.replace([FileChange("conftest.py", Kind.ADD, None, "x = 1\n")])
    assert (pending.as_json() or {})["files"][0]["sensitive"]


def test_what_an_earlier_session_left_waits_again(pending: PendingChange, texts: dict) -> None:
    patch = pending.diff()
    later = PendingChange(ROOT, texts.get)
    texts["a.py"] = "mine\n" + BEFORE
    later.restore(patch)
    assert later.texts() == [("a.py", "mine\n" + AFTER)]
    texts["a.py"] = "something else\n"
    none = PendingChange(ROOT, texts.get)
    none.restore(patch)
    assert not none.waits
