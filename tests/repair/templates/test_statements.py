"""Wrong statements."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.clues import Clues
from patchwire.repair.templates import statements as s
from patchwire.repair.templates.template import Propose

LOOP = "def f(xs, n):\n    for x in xs:\n        {}\n    return n"
CLASS = "class A:\n    @cached\n    def a(self): pass\n    def b(self): pass\n"


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (s.jump_swapped, LOOP.format("break"), [LOOP.format("continue"), LOOP.format("return"), LOOP.format("pass")]),
        (s.jump_swapped, LOOP.format("pass"), [LOOP.format("continue"), LOOP.format("break")]),
        (s.jump_swapped, "def f(): pass", ["def f(): return"]),
        (
            s.return_added,
            "def f():\n    g()\n    h()",
            ["def f():\n    return g()\n    h()", "def f():\n    g()\n    return h()"],
        ),
        (s.value_returned, "def f(a, b): return a", ["def f(a, b): return b", "def f(a, b): return None"]),
        (s.value_returned, "def f(a): return", ["def f(a): return a"]),
        (s.return_or_yield, "def f(a): return a", ["def f(a): yield a"]),
        (s.return_or_yield, "def f(a): yield a", ["def f(a): yield from a"]),
        (s.return_or_yield, "def f(a): yield from a", ["def f(a): yield a"]),
        (s.removed, "a = 1\nb = 2\n", ["\nb = 2\n", "a = 1\n"]),
        (s.removed, "def f():\n    return g\n", ["def f():\n    pass\n"]),
        (s.removed, "if x:\n    a()\n    b() # why\n", ["if x:\n    a()\n", "if x:\n    b() # why\n"]),
        (s.removed, "if x:\n    if y:\n        z()\n    b()\n", ["if x:\n    b()\n"]),
        (s.donor_inserted, "def f(n):\n    n += 1\n    g(n)\n", ["def f(n):\n    n += 1\n    n += 1\n    g(n)\n"]),
        (s.donor_inserted, "def f(n):\n\tn += 1\n\tg(n)\n", ["def f(n):\n\tn += 1\n\tg(n)\n\tn += 1\n"]),
        (
            s.donor_inserted,
            "def f(n):\n    g(n) # x\n    return n\n",
            ["def f(n):\n    g(n) # x\n    g(n)\n    return n\n"],
        ),
        (s.order_swapped, "a = 1\nb = a\n", ["b = a\na = 1\n"]),
        (
            s.moved_out,
            "def f(xs):\n    for x in xs:\n        g(x)\n        return (\n            x)\n",
            ["def f(xs):\n    for x in xs:\n        g(x)\n    return (\n        x)\n"],
        ),
        (s.moved_in, "for x in y:\n    a()\nb()\n", ["for x in y:\n    a()\n    b()\n"]),
        (s.exception_swap, "raise KeyError(1)", ["raise ValueError(1)"]),
        (
            s.exception_swap,
            "class MyError(Exception): pass\nraise KeyError",
            ["class MyError(Exception): pass\nraise MyError"],
        ),
        (
            s.exception_swap,
            "try: pass\nexcept (KeyError, a.B): pass",
            ["try: pass\nexcept (ValueError, a.B): pass", "try: pass\nexcept (KeyError, TypeError): pass"],
        ),
        (
            s.empty_loop,
            "def f(xs):\n    for x in []: pass",
            ["def f(xs):\n    for x in xs: pass", "def f(xs):\n    for x in range(len(xs)): pass"],
        ),
        (
            s.empty_loop,
            "def f(a, b):\n    for x, y in []: pass",
            ["def f(a, b):\n    for x, y in enumerate(a): pass", "def f(a, b):\n    for x, y in zip(a, b): pass"],
        ),
        (
            s.empty_loop,
            "class A:\n    def f(self):\n        self.x = [y for y in ()]",
            ["class A:\n    def f(self):\n        self.x = [y for y in self.x]"],
        ),
        (s.empty_loop, "for x in []: pass\nfor y in 'ab': pass", ["for x in 'ab': pass\nfor y in 'ab': pass"]),
        (
            s.decorator_added,
            CLASS,
            [
                CLASS.replace("    def b", "    @cached\n    def b"),
                CLASS.replace("    def b", "    @property\n    def b"),
            ],
        ),
        (s.decorator_added, CLASS, [CLASS.replace("    @cached", "    @staticmethod\n    @cached")]),
        (s.decorator_removed, CLASS, [CLASS.replace("    @cached\n", "")]),
    ],
)
def test_proposed(propose: Propose, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(s.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (s.return_added, "g()"),
        (s.return_added, "def f(): yield x"),
        (s.return_or_yield, "def f(): return a, b"),
        (s.return_or_yield, "def f(): return"),
        (s.return_or_yield, "def f(): g()"),
        (s.return_or_yield, "def f(): yield"),
        (s.removed, "'doc'\nimport a\n"),
        (s.removed, "if a:\n    import b\nelif c:\n    import d\nelse:\n    import e\n"),
        (s.removed, "import a; b = 1; import c"),
        (s.removed, "b = 1; import c\nimport d"),
        (s.donor_inserted, "a = 1"),
        (s.donor_inserted, "def f():\n    'doc'\n    if x: pass\n    elif y: pass"),
        (s.order_swapped, "a = 1\nimport b\n'doc'\nc = 1"),
        (s.moved_out, "for x in y:\n    a()\n"),
        (s.moved_out, "for x in y:\n    a()\n    b()\nelse:\n    c()\n"),
        (s.moved_out, "for x in y:\n    a()\n    b('''\n''')\n"),
        (s.moved_out, "for x in y:\n    a()\n    with b: pass\n"),
        (s.moved_in, "for x in y:\n    a()\nelse:\n    z()\nb()\n"),
        (s.moved_in, "for x in y:\n    a()\nb(\n)\n"),
        (s.moved_in, "a()\nb()\n"),
        (s.moved_in, "for x in y:\n    a()\nimport c\n"),
        (s.moved_in, "a = 1"),
        (s.exception_swap, "def f():\n    raise"),
        (s.exception_swap, "raise f().x()()"),
        (s.exception_swap, "try: pass\nexcept: pass"),
        (s.empty_loop, "for x in [1]: pass"),
        (s.empty_loop, "for x in y: pass"),
        (s.decorator_added, "def f(): pass"),
    ],
)
def test_left_alone(propose: Propose, code: str) -> None:
    assert proposals(s.TEMPLATES, propose, code) == []


def test_a_jump_outside_a_loop_stays_legal() -> None:
    assert proposals(s.TEMPLATES, s.jump_swapped, "pass") == []
    assert proposals(s.TEMPLATES, s.jump_swapped, "class A: pass") == []


def test_nothing_is_returned_outside_a_function() -> None:
    assert proposals(s.TEMPLATES, s.value_returned, "return 1") == []


def test_an_exception_that_the_tests_name_comes_first() -> None:
    told = Clues(exceptions=("LookupError",))
    assert proposals(s.TEMPLATES, s.exception_swap, "raise OSError", told)[0] == "raise LookupError"
