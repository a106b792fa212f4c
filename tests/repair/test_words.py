"""What the offline model says."""

import pytest

from patchwire.repair import words
from patchwire.repair.outputs import Report
from patchwire.repair.source import Edit, source

ONE, SIX = Report("FAILED", failed=1), Report("FAILED", failed=6)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit(5, 6, "<="), "Changed `<` to `<=` in queue.py line 1"),
        (Edit(3, 3, "not "), "Inserted `not` in queue.py line 1"),
        (Edit(3, 7, ""), "Removed `a <` in queue.py line 1"),
        (Edit(11, 11, "  "), "Changed blanks in queue.py line 2"),
        (Edit(3, 4, "x" * 70), f"Changed `a` to `{'x' * 60}…` in queue.py line 1"),
    ],
)
def test_what_changed(edit: Edit, said: str) -> None:
    assert words.what_changed(source("queue.py", "if a < b:\n pass\n"), (edit,)) == said


def test_done() -> None:
    passed = Report("PASSED", passed=9)
    assert (
        words.verdict(SIX, passed, (("Changed x", 1),), 30, ())
        == "Changed x; 6 failing tests now pass, 0 broke; 1 other edit also passes."
    )
    said = words.verdict(ONE, passed, (("Changed x", 1), ("Removed y", 1)), 30, ())
    assert said == "Changed x; removed y; 1 failing test now passes, 0 broke; 2 other edits also pass."
    assert words.verdict(ONE, passed, (("Changed x", 0),), 1, ()) == "Changed x; 1 failing test now passes, 0 broke."


def test_done_in_part() -> None:
    said = words.verdict(SIX, ONE, (("Changed x", 0),), 1, ("a.py",))
    assert said.startswith("Changed x; 1 test still fails of 6. 1 edit was tried in a.py. This is the offline model")
    assert "2 tests still fail of 6" in words.verdict(SIX, Report("FAILED", failed=2), (("Changed x", 0),), 1, ())


def test_nothing_done() -> None:
    assert (
        words.verdict(Report("PASSED", passed=3), ONE, (), 0, ())
        == "All tests pass already (3 passed); nothing was changed."
    )
    assert words.verdict(Report("NO TESTS"), ONE, (), 0, ()).startswith("No tests were found")
    assert (
        words.verdict(Report(refusal="Error: x"), ONE, (), 0, ())
        == "The tests could not be run: Error: x. Nothing was changed."
    )
    assert "no answer" in words.verdict(Report(), ONE, (), 0, ())
    assert words.verdict(Report("INCONCLUSIVE", note="slow"), ONE, (), 0, ()).startswith(
        "The test run is inconclusive (slow);"
    )
    assert words.verdict(Report("INCONCLUSIVE"), ONE, (), 0, ()).startswith("The test run is inconclusive;")
    said = words.verdict(ONE, ONE, (), 40, tuple("abcdefg"))
    assert said.startswith(
        "No edit made the failing tests pass; nothing was changed. "
        "40 edits were tried in a, b, c, d, e and 2 other files."
    )
    assert "No file to look at was found." in words.verdict(ONE, ONE, (), 0, ())


def test_tools_that_are_missing() -> None:
    assert "search, write_patch" in words.tools_missing(["search", "write_patch"])
