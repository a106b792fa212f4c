"""What may have stood in a gap."""

import pytest

from patchwire.repair.gaps import weights

KEEPER = """\
class A:
    def __init__(self):
        self.a = 1
        self.b = 2
    def f(self):
        return self.a + READ
"""
RUNNER = """\
class A:
    size = 1
    unit: int = 1
    unit.kind: int = 1
    def __init__(self):
        self.kept = 1
    def gap__(self):
        pass
    def run(self):
        print(self.kept, self.size, self.unit)
        return self.step()
"""


def best(text: str) -> set[str]:
    """The texts that fit best."""
    found = weights(text)
    return {name for name, weight in found.items() if weight == max(found.values())}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what is used and nowhere bound
        ("for gap__ in xs:\n    use(item)\n", {"xs", "use", "item"}),
        ("def f(xs):\n    for gap__ in xs:\n        print(item)\n", {"item"}),
        ("def f(gap__=1):\n    return size\n", {"size"}),
        ("def f():\n    gap__ = 1\n    def g():\n        return total\n    return g\n", {"total"}),
        ("from os import gap__\nprint(path)\n", {"path"}),
        ("import a as gap__\nprint(path)\n", {"path"}),
        ("def gap__():\n    pass\nhelp_us()\n", {"help_us"}),
        ("async def gap__():\n    pass\nhelp_us()\n", {"help_us"}),
        ("class gap__:\n    pass\nshop = Shop()\n", {"Shop"}),
        ("from os import gap__\n__all__ = ['a', 'b']\nb = 1\n", {"a"}),
        ("from os import gap__\n__all__ = ['a']\n__all__ += ['c']\ndef f():\n    global c\n    c = x = [1]\n", {"a"}),
        ("from os import gap__\n__all__ = b = 1\nc = ['d']\nuse(b)\n", {"use"}),
        # what is bound and never used
        ("def f(size, unit):\n    return size * gap__\n", {"unit"}),
        ("def f():\n    count = 1\n    del gap__\n", set()),
        ("import os\nimport re\nre.compile(gap__.sep)\n", {"os"}),
        ("import os\ndef f():\n    return os.sep\ndef g():\n    import re\n    return gap__.sub\n", {"re"}),
        ("class A:\n    x = 1\n    def f(self, y):\n        return gap__\n", {"self", "y"}),
        # a call's keyword, and its value
        ("def f(size):\n    print(size)\n    return g(size=gap__)\n", {"size"}),
        ("g(gap__=size)\n", {"size"}),
        ("g(gap__=a.size)\n", {"size"}),
        ("g(size=1)\ng(size=2, unit=3)\ng(gap__=4, size=5)\n", {"unit"}),
        ("o.g(unit=3)\np.g(gap__=size, size=1)\n", {"unit"}),
        ("(f or g)(gap__=1)\n", set()),
        # attributes
        (KEEPER.replace("READ", "self.gap__"), {"b"}),
        ("a.one\nb.two\na.gap__\n", {"one"}),
        # methods
        (RUNNER, {"step"}),
        ("class A:\n    def gap__(self):\n        pass\n", {"__init__"}),
        ("class A:\n    class gap__:\n        pass\n    def f(self):\n        return self.Inner()\n", {"Inner"}),
        # the first parameter of a method
        ("class A:\n    def f(gap__, x):\n        pass\n", {"self"}),
        ("class A:\n    @classmethod\n    def f(gap__, x):\n        pass\n", {"cls"}),
        ("class A:\n    def __new__(gap__):\n        pass\n", {"cls"}),
        ("class A:\n    @staticmethod\n    def f(gap__):\n        return x\n", {"x"}),
        ("class A:\n    def f(self, gap__):\n        return x\n", {"x"}),
        ("class A:\n    f = lambda gap__: 1\n", set()),
        # __all__
        ("from x import Tea, Cup\nclass Pot: pass\ndef _private(): pass\n__all__ = ['Cup', gap__, 'Tea']\n", {"'Pot'"}),
        ("a = b = 1\n__all__ = [gap__, 'b']\n", {"'a'"}),
        ("a = 1\nother = [gap__]\nprint(other)\n", {"a", "other"}),
        ("a = 1\nfor x in [gap__]: print(a, x)\n", {"a", "x"}),
        # nothing to be said
        ("a = 1\n", set()),
        ("import a.gap__\n", set()),
        ("def (:", set()),
        ("return gap__\n", set()),
    ],
)  # fmt: skip
def test_what_fits_best(text: str, expected: set[str]) -> None:
    assert best(text) == expected


def test_the_rest_of_what_is_in_sight_fits_too() -> None:
    found = weights("import os\nLIMIT = 1\ndef f(size, unit):\n    return size * gap__ + os.sep\n")
    assert found["unit"] > found["size"] == found["LIMIT"] > 0


def test_a_class_is_not_in_sight_of_its_methods() -> None:
    found = weights("class A:\n    size = 1\n    def f(self):\n        return gap__(self)\n    unit = size\n")
    assert "size" not in found
    assert "size" in weights("class A:\n    size = 1\n    unit = gap__\n")
