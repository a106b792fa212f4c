"""Wrong conditions."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.clues import Clues
from patchwire.repair.templates import conditions as c
from patchwire.repair.templates.template import Propose

FUNCTION = "def f(xs, n):\n    if {}:\n        return n > 2\n"


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (c.condition_negated, "if x: pass", ["if not x: pass"]),
        (c.condition_negated, "if a or b: pass", ["if not (a or b): pass", "if not a or b: pass"]),
        (c.condition_negated, "if a == b: pass", ["if not a == b: pass"]),
        (c.condition_negated, "x = a == 1 and b", ["x = not a == 1 and b", "x = a == 1 and not b"]),
        (c.condition_negated, "[x for x in y if x]", ["[x for x in y if not x]"]),
        (c.condition_negated, "def f(): return g(x)", ["def f(): return not g(x)", "def f(): return g(not x)"]),
        (c.condition_negated, "def f(): return x", ["def f(): return not x"]),
        (c.operand_dropped, "if (a) and (b or c): pass", ["if (b or c): pass", "if (a): pass", "if (a) and (c): pass"]),
        (c.operand_dropped, "x = (a and\n b)", ["x = (a)", "x = (b)"]),
        (
            c.condition_extended,
            FUNCTION.format("xs"),
            [FUNCTION.format("not xs or xs"), FUNCTION.format("xs and n > 2")],
        ),
        (c.condition_extended, FUNCTION.format("xs or n"), [FUNCTION.format("n is not None and (xs or n)")]),
        (c.condition_extended, FUNCTION.format("(x := xs)"), [FUNCTION.format("(not xs or (x := xs))")]),
        (c.branches_swapped, "x = a if c else b", ["x = b if c else a", "x = a", "x = b"]),
        (c.condition_constant, "if x: pass", ["if True: pass", "if False: pass"]),
        (c.condition_constant, "while True: pass", ["while False: pass"]),
    ],
)
def test_proposed(propose: Propose, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(c.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (c.condition_negated, "if not x: pass"),
        (c.condition_negated, "x + y"),
        (c.condition_extended, "if 1: pass"),
        (c.guarded, "f(x)"),
    ],
)
def test_left_alone(propose: Propose, code: str) -> None:
    assert proposals(c.TEMPLATES, propose, code) == []


def test_a_guard_where_none_came() -> None:
    told = Clues(message="TypeError: 'NoneType' object is not iterable")
    assert "for x in y or []: pass" in proposals(c.TEMPLATES, c.guarded, "for x in y: pass", told)
    assert "f(x or [])" in proposals(c.TEMPLATES, c.guarded, "f(x)", told)
    assert "(x or 0) + 1" in proposals(c.TEMPLATES, c.guarded, "x + 1", told)
    assert proposals(c.TEMPLATES, c.guarded, "x = 1\nx", told) == []
