"""What the model is told of the user's review."""

import pytest

from patchwire.patch.feedback import told
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.review import Review, accept, discard, moved, review

BEFORE = "".join(f"{i}\n" for i in range(1, 31))
AFTER = BEFORE.replace("\n5\n", "\n\n  five\n").replace("\n15\n", "\n").replace("\n25\n", "\n25\n\n")


def started(before: str | None = BEFORE, after: str | None = AFTER, kind: Kind = Kind.MODIFY) -> Review:
    return review([FileChange("a.py", kind, before, after, old_path="b.py" if kind is Kind.RENAME else None)])


def ids(current: Review) -> list[str]:
    return [part.id for part in current.files[0].parts]


def test_nothing_to_tell_of_nothing() -> None:
    assert told(review([])) == ""


def test_one_decision_on_a_file_is_one_word() -> None:
    current = started()
    assert told(current) == "- a.py: the user has not decided on your change yet; it is in the file."
    assert told(accept(current, ids(current))) == "- a.py: the user accepted your change."
    assert told(discard(current, ids(current))) == "- a.py: the user discarded your change; it is not in the file."


@pytest.mark.parametrize(("number", "excerpt"), [(0, "`+  five`"), (1, "`-15`"), (2, "blank lines")])
def test_what_was_discarded_is_named(number: int, excerpt: str) -> None:
    current = started()
    name = ids(current)[number]
    current = accept(discard(current, [name]), ids(current))
    assert told(current) == f"- a.py: of 3 changes: 2 accepted, 1 discarded ({excerpt})."


def test_a_discarded_mode_is_named() -> None:
    current = review([FileChange("a.py", Kind.MODIFY, "a\n", "b\n", mode=0o100755)])
    first, mode = ids(current)
    assert told(discard(accept(current, [first]), [mode])).endswith("1 accepted, 1 discarded (the file's mode).")


def test_of_many_discarded_parts_a_few_are_named() -> None:
    before = "".join(f"{i}\n" for i in range(1, 61))
    after = before.replace("5\n", "five\n").replace("9\n", "nine\n")
    current = started(before, after)
    current = discard(accept(current, ids(current)[:1]), ids(current))
    assert told(current).count("`") == 6
    assert told(current).endswith(", …).")


def test_edits_and_what_they_block_are_told() -> None:
    current = started()
    current = accept(current, ids(current)[:1])
    current = moved(current, "a.py", (current.files[0].now or "").replace("\n15\n", "\nmine\n"))
    assert told(current) == (
        "- a.py: of 3 changes: 1 accepted, 2 not decided. What you changed in 1 place is not in the file: the user "
        "edited the same lines. The user edited the file, too."
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"), [(Kind.ADD, None, "x\n"), (Kind.DELETE, "x\n", None), (Kind.RENAME, "x\n", "y\n")]
)
def test_whole_files(kind: Kind, before: str | None, after: str | None) -> None:
    current = started(before, after, kind)
    assert told(current).endswith("it is in the file.")
    done = accept(current, ids(current))
    assert told(done) == "- a.py: the user accepted your change."
    edited = moved(current, "a.py", "mine\n")
    assert told(moved(done, "a.py", "mine\n")).endswith("accepted your change. The user edited the file, too.")
    assert told(discard(edited, ids(current))).endswith("it is not in the file. The user edited the file, too.")
    assert told(edited).endswith(
        "not decided on your change yet. What you changed in 1 place is not in the file: the user edited the same "
        "lines. The user edited the file, too."
    )


def test_many_files_are_not_all_told() -> None:
    current = review([FileChange(f"{i}.py", Kind.ADD, None, "x\n") for i in range(45)])
    lines = told(current).split("\n")
    assert len(lines) == 41
    assert lines[-1] == "- and 5 more files"
