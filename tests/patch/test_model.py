"""The values: a hunk's two sides."""

from patchwire.patch.model import Hunk, Line, Sign


def test_a_hunk_has_two_sides() -> None:
    hunk = Hunk((Line(Sign.CONTEXT, "a"), Line(Sign.REMOVED, "b"), Line(Sign.ADDED, "c")))
    assert hunk.before == ("a", "b")
    assert hunk.after == ("a", "c")
