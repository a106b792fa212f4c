"""How changes stand in a text that was edited: free, turned by the edit itself, or blocked by it."""

from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.sequences import Change, changes
from patchwire.patch.standing import Fate, stand

FEW = st.lists(st.sampled_from("abc"), max_size=12)


@given(FEW, FEW, st.data())
def test_untouched_changes_are_free_and_any_of_them_can_be_made(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    found = changes(old, new)
    made = data.draw(st.sets(st.sampled_from(range(len(found))) if found else st.nothing()))
    rest = set(range(len(found))) - made
    there = list(stand(old, new, found, made, old).expected)
    standing = stand(old, new, found, made, there)
    assert set(standing.fates) <= {Fate.FREE}
    assert standing.turned(rest) == "".join(new)
    assert standing.turned(made) == "".join(old)


@given(FEW, FEW, FEW)
def test_a_change_is_free_only_where_no_edit_touches_it(old: list[str], new: list[str], now: list[str]) -> None:
    found = changes(old, new)
    standing = stand(old, new, found, (), now)
    for turn, fate in zip(standing.turns, standing.fates, strict=True):
        near = any(edit.start <= turn.end and turn.start <= edit.end for edit in standing.edits)
        assert fate is Fate.TURNED or (fate is Fate.BLOCKED) == near


@given(FEW, FEW, st.data())
def test_what_an_edit_made_is_turned(old: list[str], new: list[str], data: st.DataObject) -> None:
    found = changes(old, new)
    made = data.draw(st.sets(st.sampled_from(range(len(found))) if found else st.nothing()))
    now = stand(old, new, found, made, old).expected
    standing = stand(old, new, found, (), now)
    turned = {i for i, fate in enumerate(standing.fates) if fate is Fate.TURNED}
    assert list(stand(old, new, found, turned, old).expected) == list(now)


def test_an_insertion_is_known_where_it_could_as_well_stand() -> None:
    """The change was made at the top of equal lines; the edit that made it seems to stand at their end."""
    old, new = list("xaaaybcd"), list("xaaaaybcd")
    standing = stand(old, new, [Change(1, 1, 1, 2)], (), list("xaaaaybCd"))
    assert standing.edits[0] == Change(4, 4, 4, 5)
    assert standing.fates == [Fate.TURNED]


def test_a_blocked_change_tells_the_rows_of_the_collision() -> None:
    old, new = list("abcdef"), list("abCdef")
    standing = stand(old, new, changes(old, new), (), list("1abXYef"))
    assert standing.fates == [Fate.BLOCKED]
    assert standing.place(0) == (3, 5)


def test_a_free_change_below_an_edit_has_moved_with_it() -> None:
    old, new = list("abcdef"), list("abcdEf")
    standing = stand(old, new, changes(old, new), (), list("12abcdefz"))
    assert standing.fates == [Fate.FREE]
    assert standing.place(0) == (6, 7)
    assert standing.turned([0]) == "12abcdEfz"
