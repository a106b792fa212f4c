"""Wrong calls, subscripts and slices."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.clues import Clues
from patchwire.repair.templates import calls as c
from patchwire.repair.templates.template import Propose

ASYNC = "async def f(x):\n    return "


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (c.arguments_swapped, "f(a, b)", ["f(b, a)"]),
        (c.arguments_swapped, "f(a, b, c)", ["f(b, a, c)", "f(a, c, b)", "f(c, b, a)"]),
        (c.elements_swapped, "x = a, b", ["x = b, a"]),
        (c.argument_removed, "f(a, b, key=1)", ["f(a, key=1)", "f(a, b)"]),
        (c.argument_removed, "f(a)", ["f()"]),
        (c.unwrapped, "f(a + 1)", ["a + 1"]),
        (c.unwrapped, "s.strip()", ["s"]),
        (c.wrapped, "return_ = [x for x in y]", ["return_ = [x for x in list(y)]", "return_ = len([x for x in y])"]),
        (c.wrapped, "for x in f(y): pass", ["for x in sorted(f(y)): pass", "for x in f(set(y)): pass"]),
        (c.shifted, "x[i]", ["x[i + 1]", "x[i - 1]"]),
        (c.shifted, "x[i:]", ["x[i + 1:]"]),
        (c.shifted, "range(len(x))", ["range(len(x) + 1)", "range(len(x) - 1)"]),
        (c.shifted, "i < n", ["(i + 1) < n", "i < (n - 1)"]),
        (c.shifted, "x = a * b", ["x = a * b + 1"]),
        (c.shifted, "x = a % b", ["x = (a % b) - 1"]),
        (c.shifted, "def f(): return n", ["def f(): return n + 1"]),
        (c.range_bounds, "range(n)", ["range(1, n)", "range(1, n + 1)"]),
        (c.range_bounds, "range(1, n)", ["range(n)", "range(1, n, -1)"]),
        (c.slice_shifted, "x[1:]", ["x[:1]", "x[1:-1]"]),
        (c.slice_shifted, "x[a:b:2]", ["x[b:a:2]", "x[a:b]", "x[:b:2]"]),
        (c.sliced, "def f(x): return x", ["def f(x): return x[1:]", "def f(x): return x[::-1]"]),
        (c.subscript_removed, "f(x[1:])", ["f(x)"]),
        (c.ends_swapped, "x[0]", ["x[-1]"]),
        (c.ends_swapped, "x[-1]", ["x[0]"]),
        (c.item_or_get, "d[k]", ["d.get(k)", "d.get(k, 0)", "d.get(k, k)"]),
        (c.item_or_get, "d.get(k)", ["d[k]"]),
        (c.awaited, f"{ASYNC}g(x).y", [f"{ASYNC}(await g(x)).y"]),
        (c.await_removed, f"{ASYNC}await g(x)", [f"{ASYNC}g(x)"]),
    ],
)
def test_proposed(propose: Propose, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(c.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (c.arguments_swapped, "f(a, *b)"),
        (c.arguments_swapped, "f(a, a)"),
        (c.elements_swapped, "a, b = c"),
        (c.argument_added, "f(a)"),
        (c.unwrapped, "f(a, b)"),
        (c.unwrapped, "f(*a)"),
        (c.unwrapped, "f(x for x in y)"),
        (c.wrapped, "x = 1"),
        (c.wrapped, "a + b"),
        (c.wrapped, "def f(): return a, b"),
        (c.wrapped, "f(a + b)"),
        (c.shifted, "x[1]"),
        (c.shifted, "i = f"),
        (c.shifted, "a.b = f(c)"),
        (c.range_bounds, "f(n)"),
        (c.range_bounds, "range(1, n, 2)"),
        (c.range_bounds, "x.range(n)"),
        (c.sliced, "x + 1"),
        (c.subscript_removed, "x[1] = 2"),
        (c.ends_swapped, "x[1]"),
        (c.item_or_get, "x[1:]"),
        (c.item_or_get, "x[1] = 2"),
        (c.item_or_get, "f(a)"),
        (c.item_or_get, "d.get()"),
        (c.item_or_get, "d.set(1)"),
        (c.awaited, f"{ASYNC}await g(x)"),
        (c.awaited, "g(x)"),
    ],
)
def test_left_alone(propose: Propose, code: str) -> None:
    assert proposals(c.TEMPLATES, propose, code) == []


def test_what_is_wrapped_already_gets_another_wrapper() -> None:
    found = proposals(c.TEMPLATES, c.wrapped, "x = list(y)")
    assert found.count("x = list(list(y))") == 1  # the argument's, not the call's
    assert "x = tuple(list(y))" in found


def test_an_argument_where_the_failure_speaks_of_one() -> None:
    told = Clues(message="TypeError: g() missing 1 required positional argument: 'b'")
    assert "def f(a, b): g(a, b)" in proposals(c.TEMPLATES, c.argument_added, "def f(a, b): g(a)", told)
    assert "def f(a): g(a)" in proposals(c.TEMPLATES, c.argument_added, "def f(a): g()", told)
