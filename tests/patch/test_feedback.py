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
    assert told(current) == "- a.py: not decided yet"
    assert told(accept(current, ids(current))) == "- a.py: accepted"
    assert told(discard(current, ids(current))) == "- a.py: discarded"


@pytest.mark.parametrize(("number", "excerpt"), [(0, "+  five"), (1, "-15"), (2, "blank lines")])
def test_what_was_discarded_is_named(number: int, excerpt: str) -> None:
    current = started()
    name = ids(current)[number]
    current = accept(discard(current, [name]), ids(current))
    assert told(current) == f"- a.py: 2 of 3 parts accepted; 1 of 3 parts discarded; discarded: {excerpt}"


def test_a_discarded_mode_is_named() -> None:
    current = review([FileChange("a.py", Kind.MODIFY, "a\n", "b\n", mode=0o100755)])
    first, mode = ids(current)
    assert told(discard(accept(current, [first]), [mode])).endswith("; discarded: what it does to the file as a whole")


def test_edits_and_what_they_block_are_told() -> None:
    current = started()
    current = accept(current, ids(current)[:1])
    current = moved(current, "a.py", (current.files[0].now or "").replace("\n15\n", "\nmine\n"))
    assert told(current) == (
        "- a.py: 1 of 3 parts accepted; 2 of 3 parts not decided yet; 1 cannot be taken any more, because the user "
        "edited the same lines; edited by the user since"
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"), [(Kind.ADD, None, "x\n"), (Kind.DELETE, "x\n", None), (Kind.RENAME, "x\n", "y\n")]
)
def test_whole_files(kind: Kind, before: str | None, after: str | None) -> None:
    current = started(before, after, kind)
    assert told(current) == "- a.py: not decided yet"
    done = accept(current, ids(current))
    assert told(done) == "- a.py: accepted"
    assert told(moved(done, "a.py", "mine\n")) == "- a.py: accepted; edited by the user since"
    assert (
        told(discard(moved(current, "a.py", "mine\n"), ids(current))) == "- a.py: discarded; edited by the user since"
    )


def test_many_files_are_not_all_told() -> None:
    current = review([FileChange(f"{i}.py", Kind.ADD, None, "x\n") for i in range(45)])
    lines = told(current).split("\n")
    assert len(lines) == 41
    assert lines[-1] == "- and 5 more files"
