"""Changes between sequences: true for any, few, well placed, and never slow."""

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.sequences import Change, _best_slide, changes, reach

FEW = st.lists(st.sampled_from("abc"), max_size=30)


def replayed(old: list[str], new: list[str]) -> list[str]:
    out: list[str] = []
    at = 0
    for change in changes(old, new):
        assert change.start >= at
        assert change.start < change.end or change.new_start < change.new_end
        out += old[at : change.start] + new[change.new_start : change.new_end]
        at = change.end
    return out + old[at:]


@given(FEW, FEW)
def test_changes_turn_the_old_into_the_new(old: list[str], new: list[str]) -> None:
    assert replayed(old, new) == new


@given(FEW, st.integers(0, 30))
def test_one_line_gone_is_one_change(old: list[str], at: int) -> None:
    new = old[:at] + old[at + 1 :]
    assert sum(change.end - change.start for change in changes(old, new)) == len(old) - len(new)


def test_a_moved_line_leaves_the_longer_part_alone() -> None:
    old = ["moved", *"abcdefgh"]
    assert changes(old, [*"abcdefgh", "moved"]) == [Change(0, 1, 0, 0), Change(9, 9, 8, 9)]


def test_a_new_function_is_not_torn() -> None:
    old = ["def a():", "    return 1", "", "", "def c():", "    return 3"]
    new = [*old[:4], "def b():", "    return 2", "", "", *old[4:]]
    assert changes(old, new) == [Change(4, 4, 4, 8)]


def test_a_closing_bracket_stays_with_its_block() -> None:
    old = ["{", "  a", "}", "{", "  c", "}"]
    new = ["{", "  a", "}", "{", "  b", "}", "{", "  c", "}"]
    assert changes(old, new) == [Change(3, 3, 3, 6)]


def test_runs_that_slide_together_become_one() -> None:
    old, new = list("axbxc"), list("axc")
    assert replayed(old, new) == new
    assert len(changes(old, new)) == 1


def test_texts_with_nothing_in_common_are_one_change() -> None:
    old = [f"a{i}" for i in range(2_000)]
    new = [f"b{i}" for i in range(2_000)]
    assert changes(old, new) == [Change(0, 2_000, 0, 2_000)]


def test_noise_is_bounded() -> None:
    rng = random.Random(3)
    old = [rng.choice("ab") for _ in range(20_000)]
    new = [rng.choice("ab") for _ in range(20_000)]
    start = time.process_time()
    assert replayed(old, new) == new
    assert time.process_time() - start < 5


def test_a_change_slides_both_ways_but_not_onto_itself() -> None:
    assert _best_slide(["a", "a", "a", "b"], 0, 1, 0, 4) == 2
    assert _best_slide(["x", "", "y", "", "z"], 2, 4, 0, 5) == 0
    assert _best_slide(["x", "", "y", "", "z"], 1, 3, 0, 5) == 1


def test_an_edge_of_the_text_is_a_good_place_to_cut() -> None:
    assert _best_slide(["a", "x", "a", "y"], 0, 2, 0, 3) == 0


@given(FEW, FEW, st.data())
def test_a_change_reaches_all_rows_over_which_it_can_slide(
    old: list[str], block: list[str], data: st.DataObject
) -> None:
    """Lines inserted anywhere in the reach, cut out of the same text, come to the same."""
    at = data.draw(st.integers(0, len(old)))
    new = old[:at] + block + old[at:]
    for change in changes(old, new):
        start, end = reach(old, new, change)
        assert start <= change.start <= change.end <= end
        assert replayed(old, new) == new
    if block:
        start, end = reach(old, new, Change(at, at, at, at + len(block)))
        size = len(block)
        for place in range(start, end + 1):
            assert old[:place] + new[place : place + size] + old[place:] == new
        assert reach(new, old, Change(at, at + size, at, at)) == (start, end + size)


def test_a_replacement_reaches_no_further_than_itself() -> None:
    assert reach(list("aab"), list("aac"), Change(2, 3, 2, 3)) == (2, 3)
