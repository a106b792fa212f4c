"""Reviewing a change: any order and grouping comes to the same, and no line of the user's is ever lost."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patchwire.patch.model import FileChange, Kind
from patchwire.patch.review import (
    Decision,
    File,
    Place,
    Review,
    accept,
    discard,
    moved,
    pending,
    places,
    review,
    taken,
)

FEW = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=14).map("".join)
OPEN = st.tuples(FEW, st.sampled_from(["", "", "a", "end"])).map("".join)

BEFORE = "".join(f"{i}\n" for i in range(1, 21))
AFTER = BEFORE.replace("3\n", "three\n", 1).replace("\n10\n", "\nten\n").replace("\n18\n", "\n18\n18.5\n")


def modify(before: str, after: str, mode: int | None = None) -> FileChange:
    return FileChange("a.py", Kind.MODIFY, before, after, mode=mode)


def now(current: Review) -> str | None:
    return current.files[0].now


def ids(current: Review) -> list[str]:
    return [part.id for file in current.files for part in file.parts]


def decisions(current: Review) -> list[Decision]:
    return [part.decision for part in current.files[0].parts]


@st.composite
def distinct(draw: st.DrawFn) -> tuple[str, str]:
    """A text without equal lines, and what the agent made of it."""
    old = [f"{i}\n" for i in range(draw(st.integers(0, 30)))]
    new = list(old)
    for number in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(new)))
        new[start : start + draw(st.integers(0, 3))] = [f"new{number}.{i}\n" for i in range(draw(st.integers(0, 2)))]
    ends = st.sampled_from(["\n", ""])
    return "".join(old).removesuffix(draw(ends)), "".join(new).removesuffix(draw(ends))


PAIRS = st.one_of(distinct(), st.tuples(OPEN, OPEN))


@given(PAIRS, st.data())
def test_accepting_everything_in_any_order_gives_the_new_text(texts: tuple[str, str], data: st.DataObject) -> None:
    current = review([modify(*texts)])
    left = data.draw(st.permutations(ids(current)))
    learnt = data.draw(st.booleans())
    while left:
        count = data.draw(st.integers(1, len(left)))
        chosen, left = left[:count], left[count:]
        [change] = taken(current, chosen) if texts[0] != texts[1] else [current.files[0].change]
        assert change.before == now(current)
        if learnt:  # the editor's text comes before anybody says what was accepted
            current = moved(current, "a.py", change.after)
        current = accept(current, chosen)
        assert now(current) == change.after
        current = moved(current, "a.py", change.after)
        assert {p.id for p in current.files[0].pending} == set(left)
    assert now(current) == texts[1]
    assert set(decisions(current)) <= {Decision.ACCEPTED}


@given(PAIRS)
def test_discarding_everything_leaves_the_old_text(texts: tuple[str, str]) -> None:
    current = review([modify(*texts)])
    gone = discard(current, ids(current))
    assert now(gone) == texts[0]
    assert pending(gone) == []
    assert accept(gone, ids(gone)) == gone


@given(PAIRS)
def test_what_is_pending_is_the_whole_change_at_first(texts: tuple[str, str]) -> None:
    current = review([modify(*texts)])
    assert pending(current) == ([("a.py", texts[1])] if texts[0] != texts[1] else [])


@given(PAIRS, st.data())
def test_no_line_of_the_users_is_ever_lost(texts: tuple[str, str], data: st.DataObject) -> None:
    current = review([modify(*texts)])
    typed = 0
    mine: list[str] = []
    for _ in range(data.draw(st.integers(1, 8))):
        text = now(current)
        assert text is not None
        action = data.draw(st.sampled_from(["type", "accept", "discard", "remove"]))
        some = data.draw(st.lists(st.sampled_from(ids(current)), unique=True))
        if action == "type":
            lines = text.splitlines(keepends=True)
            at = data.draw(st.integers(0, len(lines)))
            mine.append(f"mine{typed}.\n")
            typed += 1
            current = moved(current, "a.py", "".join([*lines[:at], mine[-1], *lines[at:]]))
        elif action == "remove":
            lines = text.splitlines(keepends=True)
            gone = data.draw(st.integers(0, len(lines)))
            kept = [line for i, line in enumerate(lines) if i != gone or line.endswith(tuple(mine))]
            current = moved(current, "a.py", "".join(kept))
        elif action == "accept":
            written = taken(current, some)
            current = accept(current, some)
            assert [change.after for change in written] in ([], [now(current)])
        else:
            current = discard(current, some)
            assert now(current) == text
        got = now(current)
        assert got is not None
        assert all(got.count(line) == 1 for line in mine)
        for _, proposal in pending(current):
            assert proposal is not None
            assert all(proposal.count(line) == 1 for line in mine)


@given(PAIRS, st.data())
def test_typing_and_undoing_it_changes_nothing(texts: tuple[str, str], data: st.DataObject) -> None:
    current = review([modify(*texts)])
    some = data.draw(st.lists(st.sampled_from(ids(current)), unique=True))
    current = accept(current, some)
    text = now(current)
    typed = moved(current, "a.py", data.draw(st.sampled_from(["mine\n" + (text or ""), "", "other\n", None])))
    if {p.id for p in typed.files[0].pending} == {p.id for p in current.files[0].pending}:
        assert moved(typed, "a.py", text) == current


@given(distinct(), st.data())
def test_edits_away_from_the_change_keep_all_of_it(texts: tuple[str, str], data: st.DataObject) -> None:
    before, after = (f"top\n.\n{text}" for text in texts)
    current = moved(review([modify(before, after)]), "a.py", f"mine\n{before}")
    left = data.draw(st.permutations(ids(current)))
    for name in left:
        current = accept(current, [name])
    assert now(current) == f"mine\n{after}"


@given(PAIRS, st.data())
def test_what_was_taken_is_learnt_from_the_text_whatever_the_user_wrote_elsewhere(
    texts: tuple[str, str], data: st.DataObject
) -> None:
    assume(texts[0] != texts[1])
    current = review([modify(*texts)])
    lines = texts[0].splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines)))
    mine = data.draw(st.sampled_from(["mine\n", "a\n", "\n"]))
    current = moved(current, "a.py", "".join([*lines[:at], mine, *lines[at:]]))
    some = data.draw(st.lists(st.sampled_from(ids(current)), unique=True))
    text = now(current)
    for change in taken(current, some):
        done = moved(current, "a.py", change.after)
        assert done == accept(current, some)
        assert taken(done, some) == ()
        assert moved(done, "a.py", text) == current


@given(PAIRS)
def test_undoing_an_accepted_part_makes_it_pending_again(texts: tuple[str, str]) -> None:
    assume(texts[0] != texts[1])
    current = review([modify(*texts)])
    done = accept(current, ids(current))
    assert moved(done, "a.py", texts[0]) == current


@given(PAIRS, st.data())
def test_places_say_what_taking_a_part_does(texts: tuple[str, str], data: st.DataObject) -> None:
    current = review([modify(*texts)])
    lines = texts[0].splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines)))
    current = moved(current, "a.py", "".join([*lines[:at], "mine\n", *lines[at:]]))
    text = now(current)
    assert text is not None
    lines = text.splitlines(keepends=True)
    for place in places(current.files[0]):
        assert 0 <= place.start <= place.end <= len(lines)
        change = taken(current, [place.part.id])
        assert bool(change) == place.fits
        if place.fits and not place.part.whole:
            assert change[0].after == "".join([*lines[: place.start], place.text or "", *lines[place.end :]])


def test_a_hunk_is_taken_around_the_users_edits() -> None:
    current = review([modify(BEFORE, AFTER)])
    first, second, third = ids(current)
    edited = BEFORE.replace("7\n", "7\nmine\n", 1)
    current = accept(moved(current, "a.py", edited), [second])
    assert now(current) == edited.replace("\n10\n", "\nten\n")
    assert decisions(current) == [Decision.PENDING, Decision.ACCEPTED, Decision.PENDING]
    current = discard(current, [first])
    assert pending(current) == [("a.py", edited.replace("\n10\n", "\nten\n").replace("\n18\n", "\n18\n18.5\n"))]
    assert [p.part.id for p in places(current.files[0])] == [third]


def test_a_hunk_whose_lines_the_user_edited_waits_until_that_is_undone() -> None:
    current = review([modify(BEFORE, AFTER)])
    first = ids(current)[0]
    stuck = moved(current, "a.py", BEFORE.replace("3\n", "drei\n", 1))
    assert places(stuck.files[0])[0] == Place(stuck.files[0].parts[0], fits=False, start=2, end=3, text="three\n")
    assert accept(stuck, [first]) == stuck
    assert taken(stuck, [first]) == ()
    assert now(accept(stuck, ids(stuck))) == AFTER.replace("three\n", "drei\n")
    assert pending(stuck) == [("a.py", AFTER.replace("three\n", "drei\n"))]
    assert moved(stuck, "a.py", BEFORE) == current


def test_what_the_user_typed_themselves_is_accepted() -> None:
    current = moved(review([modify(BEFORE, AFTER)]), "a.py", BEFORE.replace("3\n", "three\n", 1))
    assert decisions(current) == [Decision.ACCEPTED, Decision.PENDING, Decision.PENDING]


def test_an_accepted_hunk_may_be_edited_and_stays_accepted() -> None:
    current = review([modify(BEFORE, AFTER)])
    current = accept(current, ids(current)[:1])
    current = moved(current, "a.py", BEFORE.replace("3\n", "THREE\n", 1))
    assert decisions(current)[0] is Decision.ACCEPTED
    assert now(accept(current, ids(current))) == AFTER.replace("three\n", "THREE\n")


def test_half_a_hunk_in_the_text_leaves_the_other_half_to_take() -> None:
    before, after = "a\nb\nc\nd\n", "A\nb\nC\nd\n"
    current = review([modify(before, after)])
    assert len(ids(current)) == 1
    current = moved(current, "a.py", "A\nb\nc\nd\n")
    assert decisions(current) == [Decision.PENDING]
    assert places(current.files[0]) == [Place(current.files[0].parts[0], fits=True, start=2, end=3, text="C\n")]
    current = accept(current, ids(current))
    assert now(current) == after
    assert decisions(moved(current, "a.py", "a\nb\nC\nd\n")) == [Decision.PENDING]
    assert moved(current, "a.py", before) == review([modify(before, after)])


def test_equal_hunks_have_different_ids_that_stay() -> None:
    before, after = "x\n1\n2\n3\nx\n", "y\n1\n2\n3\ny\n"
    first = review([modify(before, after)])
    assert len(set(ids(first))) == 2
    assert ids(review([modify("top\n" + before, "top\n" + after)])) == ids(first)
    other = review([replace(modify(before, after), path="b.py")])
    assert set(ids(other)).isdisjoint(ids(first))


def test_a_file_that_is_gone_takes_no_hunk() -> None:
    current = moved(review([modify(BEFORE, AFTER)]), "a.py", None)
    assert accept(current, ids(current)) == current
    assert pending(current) == []
    assert [(place.fits, place.start, place.end) for place in places(current.files[0])] == [(False, 0, 0)] * 3


def test_a_created_file() -> None:
    change = FileChange("new.py", Kind.ADD, None, "x\n", mode=0o100755)
    current = review([change])
    assert pending(current) == [("new.py", "x\n")]
    assert taken(current, ids(current)) == (change,)
    assert places(current.files[0]) == [Place(current.files[0].parts[0], fits=True, start=0, end=0, text="x\n")]
    done = accept(current, ids(current))
    assert now(done) == "x\n"
    assert moved(current, "new.py", "x\n") == done
    assert moved(done, "new.py", None) == current
    assert decisions(moved(done, "new.py", "x\nmine\n")) == [Decision.ACCEPTED]
    in_the_way = moved(current, "new.py", "mine\n")
    assert accept(in_the_way, ids(current)) == in_the_way
    assert pending(in_the_way) == []


def test_a_deleted_file() -> None:
    change = FileChange("old.py", Kind.DELETE, "x\n", None)
    current = review([change])
    assert pending(current) == [("old.py", None)]
    assert taken(current, ids(current)) == (change,)
    done = accept(current, ids(current))
    assert now(done) is None
    assert moved(current, "old.py", None) == done
    assert moved(done, "old.py", "x\n") == current
    edited = moved(current, "old.py", "x\nmine\n")
    assert accept(edited, ids(edited)) == edited


def test_a_renamed_file_takes_the_users_edits_along() -> None:
    change = FileChange("new.py", Kind.RENAME, BEFORE, AFTER, old_path="old.py")
    current = review([change])
    assert current.file("old.py") is current.file("new.py") is current.files[0]
    assert current.file("other.py") is None
    assert pending(current) == [("old.py", None), ("new.py", AFTER)]
    edited = BEFORE.replace("7\n", "mine\n", 1)
    current = moved(current, "old.py", edited)
    merged = AFTER.replace("7\n", "mine\n", 1)
    assert taken(current, ids(current)) == (replace(change, before=edited, after=merged),)
    done = accept(current, ids(current))
    assert (done.files[0].now, done.files[0].there) == (None, merged)
    undone = moved(moved(done, "new.py", None), "old.py", edited)
    assert undone == current
    by_hand = moved(moved(review([change]), "old.py", None), "new.py", AFTER)
    assert decisions(by_hand) == [Decision.ACCEPTED]


@pytest.mark.parametrize(
    ("path", "text"), [("old.py", BEFORE.replace("3\n", "mine\n", 1)), ("new.py", "mine\n"), ("old.py", None)]
)
def test_a_rename_that_would_cost_the_user_something_does_not_fit(path: str, text: str | None) -> None:
    current = moved(review([FileChange("new.py", Kind.RENAME, BEFORE, AFTER, old_path="old.py")]), path, text)
    assert accept(current, ids(current)) == current
    assert pending(current) == []


def test_a_mode_is_decided_on_apart_from_the_lines() -> None:
    current = review([modify(BEFORE, AFTER, mode=0o100755)])
    *_, mode = ids(current)
    assert current.files[0].parts[-1].whole
    assert taken(current, [mode]) == (modify(BEFORE, BEFORE, mode=0o100755),)
    assert taken(current, ids(current)[:-1]) == (modify(BEFORE, AFTER),)
    assert taken(current, ids(current)) == (modify(BEFORE, AFTER, mode=0o100755),)
    only = review([modify(BEFORE, BEFORE, mode=0o100755)])
    assert pending(only) == []
    assert decisions(moved(only, "a.py", BEFORE + "mine\n")) == [Decision.PENDING]
    assert taken(moved(only, "a.py", None), ids(only)) == ()


@pytest.mark.parametrize("kind", Kind)
def test_a_binary_file_is_decided_on_but_has_no_text(kind: Kind) -> None:
    change = FileChange("a.png", kind, None, None, old_path="b.png" if kind is Kind.RENAME else None)
    current = review([change])
    assert pending(current) == []
    assert taken(current, ids(current)) == (change,)
    assert decisions(accept(current, ids(current))) == [Decision.ACCEPTED]
    assert decisions(moved(current, "a.png", None)) == [Decision.PENDING]


def test_other_files_are_left_alone() -> None:
    current = review([modify(BEFORE, AFTER), FileChange("b.py", Kind.ADD, None, "b\n")])
    after = accept(current, [current.files[1].parts[0].id])
    assert after.files[0] is current.files[0]
    assert moved(current, "c.py", "c\n") == current
    assert discard(current, ()) == current
    file: File = after.files[1]
    assert file.pending == ()
