"""A search: a hunk's sides in the forms that are compared."""

from patchwire.patch.model import Hunk, Line, Sign
from patchwire.patch.place import Search


def test_a_search_holds_the_loose_sides() -> None:
    search = Search.of(1, Hunk((Line(Sign.CONTEXT, " “a” "), Line(Sign.REMOVED, "b"), Line(Sign.ADDED, " "))))
    assert (search.before, search.after, search.bare) == ([' "a"', "b"], [' "a"', ""], ['"a"', "b"])
    assert search.keeps == [True, False]
    assert not search.adds_text
