"""Wrong names."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.templates import names as n
from patchwire.repair.templates.template import Propose

FUNCTION = "def f(first, second):\n    return "
METHOD = (
    "class A:\n    size = 1\n    def grow(self): pass\n    def f(self, node):\n        self.head = 1\n        return "
)


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (n.family_swap, "s.lower()", ["s.upper()", "s.title()"]),
        (n.family_swap, "any(x)", ["all(x)"]),
        (n.variable_swap, f"{FUNCTION}first", [f"{FUNCTION}second"]),
        (n.variable_swap, "[x for x, y in z]", ["[y for x, y in z]"]),
        (n.variable_swap, "lambda a, b: a", ["lambda a, b: b"]),
        (n.variable_swap, "def f(i, j):\n    def g(): return i", ["def f(i, j):\n    def g(): return j"]),
        (n.target_swap, "def f(a):\n    b = a", ["def f(a):\n    a = a"]),
        (n.module_name_swap, "LIMIT_A = 1\nLIMIT_B = LIMIT_A", ["LIMIT_A = 1\nLIMIT_B = LIMIT_B"]),
        (n.attribute_swap, f"{METHOD}self.size", [f"{METHOD}self.head"]),
        (n.attribute_swap, f"{METHOD}self.grow()", [f"{METHOD}self.f()"]),
        (n.missing_self, f"{METHOD}size", [f"{METHOD}self.size"]),
        (n.attribute_dropped, "x = node.next", ["x = node"]),
        (n.attribute_added, f"{METHOD}node, node.next", [f"{METHOD}node.next, node.next"]),
    ],
)
def test_proposed(propose: Propose, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(n.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (n.family_swap, "def f(any): return any(x)"),
        (n.family_swap, "x = any_other"),
        (n.variable_swap, "x = 1"),
        (n.variable_swap, "def f(g, h): g(1)"),
        (n.target_swap, "a = 1"),
        (n.target_swap, "def f(): x"),
        (n.module_name_swap, "x = y"),
        (n.attribute_swap, "def f(self): return self.x"),
        (n.attribute_swap, "a.b"),
        (n.attribute_swap, "self.b = 1"),
        (n.missing_self, f"{METHOD}size()"),
        (n.missing_self, f"{METHOD}other"),
        (n.missing_self, "size"),
        (n.attribute_dropped, "node.next()"),
        (n.attribute_dropped, "node.next = 1"),
        (n.attribute_added, "node"),
        (n.attribute_added, "def f(node): node()"),
    ],
)
def test_left_alone(propose: Propose, code: str) -> None:
    assert proposals(n.TEMPLATES, propose, code) == []


def test_special_methods_are_no_attributes_to_take() -> None:
    code = "class A:\n    def __len__(self): pass\n    def size(self): return self.leng()\n"
    assert not any("self.__len__" in text for text in proposals(n.TEMPLATES, n.attribute_swap, code))
