"""Misspelt names and missing imports."""

import pytest

from patchwire.repair.names import candidates
from patchwire.repair.outputs import Failure, Frame
from patchwire.repair.source import edited, source

Files = dict[str, str]


def proposed(files: Files, message: str, *frames: tuple[str, int]) -> list[str]:
    """The texts that the candidates make of their files, likeliest first."""
    sources = {path: source(path, text) for path, text in files.items()}
    failure = Failure("t", "failed", message=message, frames=tuple(Frame(path, line, "f") for path, line in frames))
    found = candidates(sources.values(), [failure])
    return [edited(sources[candidate.path].text, candidate.edits) for candidate in found]


@pytest.mark.parametrize(
    ("code", "message", "line", "expected"),
    [
        (
            "x = json.dumps(1)\n",
            "NameError: name 'json' is not defined. Did you forget to import 'json'",
            1,
            "import json\nx = json.dumps(1)\n",
        ),
        (
            "import os\nx = deque()\n",
            "NameError: name 'deque' is not defined",
            2,
            "from collections import deque\nimport os\nx = deque()\n",
        ),
        (
            "def f(total):\n    return totl\n",
            "NameError: name 'totl' is not defined. Did you mean: 'total'?",
            2,
            "def f(total):\n    return total\n",
        ),
        ("LIMIT = 1\nx = LIMTI\n", "NameError: name 'LIMTI' is not defined", 2, "LIMIT = 1\nx = LIMIT\n"),
        ("x = lenn(y)\n", "NameError: name 'lenn' is not defined. Did you mean: 'len'?", 1, "x = len(y)\n"),
        (
            "class A:\n    size = 1\n    def f(self):\n        return size\n",
            "NameError: name 'size' is not defined. Did you mean: 'self.size'?",
            4,
            "class A:\n    size = 1\n    def f(self):\n        return self.size\n",
        ),
        (
            "try: pass\nexcept (KeyErr, OSError): pass\n",
            "KeyError: 'a'\nNameError: name 'KeyErr' is not defined",
            2,
            "try: pass\nexcept (KeyError, OSError): pass\n",
        ),
        (
            "try: pass\nexcept FooError: pass\n",
            "NameError: name 'FooError' is not defined",
            2,
            "try: pass\nexcept ValueError: pass\n",
        ),
        (
            "def f(xs):\n    'doc'\n    total += 1\n",
            "UnboundLocalError: cannot access local variable 'total' where it is not",
            3,
            "def f(xs):\n    'doc'\n    total = 0\n    total += 1\n",
        ),
        (
            "x.lowr()\n",
            "AttributeError: 'str' object has no attribute 'lowr'. Did you mean: 'lower'?",
            1,
            "x.lower()\n",
        ),
        (
            "from collections import OrderedDict, dequ\n",
            "ImportError: cannot import name 'dequ' from 'collections' (/x.py)",
            1,
            "from collections import OrderedDict, deque\n",
        ),
        ("import jsn\n", "ModuleNotFoundError: No module named 'jsn'", 1, "import json\n"),
        ("from jsn import dumps\n", "ModuleNotFoundError: No module named 'jsn'", 1, "from json import dumps\n"),
        ("d = {'colour': 1}\nd['color']\n", "KeyError: 'color'", 2, "d = {'colour': 1}\nd['colour']\n"),
        ("d = {'colour': 1}\nd['color']\n", "KeyError: 'color'", 2, "d = {'color': 1}\nd['color']\n"),
        (
            "def f(size): pass\nf(a=1, sise=1)\n",
            "TypeError: f() got an unexpected keyword argument 'sise'",
            2,
            "def f(size): pass\nf(a=1, size=1)\n",
        ),
        (
            "class A:\n    def f(x): pass\n",
            "TypeError: A.f() takes 1 positional argument but 2 were given",
            2,
            "class A:\n    def f(self, x): pass\n",
        ),
        (
            "class A:\n    def f(): pass\n",
            "TypeError: A.f() takes 0 positional arguments but 1 was given",
            2,
            "class A:\n    @staticmethod\n    def f(): pass\n",
        ),
    ],
)
def test_proposed(code: str, message: str, line: int, expected: str) -> None:
    assert expected in proposed({"a.py": code}, message, ("a.py", line))


def test_cpythons_own_suggestion_comes_first() -> None:
    code = "def f(total, totals):\n    return totl\n"
    message = "NameError: name 'totl' is not defined. Did you mean: 'totals'?"
    assert proposed({"a.py": code}, message, ("a.py", 2))[0] == code.replace("totl", "totals")


def test_a_name_of_a_sibling_module_is_imported() -> None:
    files = {
        "src/shop/cart.py": "'doc'\nfrom __future__ import annotations\nx = Tax()\n",
        "src/shop/tax.py": "class Tax: pass\n",
    }
    found = proposed(files, "NameError: name 'Tax' is not defined", ("src/shop/cart.py", 3))
    head = "'doc'\nfrom __future__ import annotations\n"
    assert found[:2] == [f"{head}from shop.tax import Tax\nx = Tax()\n", f"{head}from .tax import Tax\nx = Tax()\n"]
    files = {"a/cart.py": "import os\nx = Tax()\n", "b/tax.py": "class Tax: pass\n"}
    assert proposed(files, "NameError: name 'Tax' is not defined", ("a/cart.py", 2))[0].startswith(
        "from b.tax import Tax\n"
    )
    files = {"cart.py": "import os\nx = Tax()\n", "tax.py": "class Tax: pass\n"}
    assert "import os\nfrom .tax import Tax\nx = Tax()\n" in proposed(
        files, "NameError: name 'Tax' is not defined", ("cart.py", 2)
    )


def test_the_definition_may_be_what_is_misspelt() -> None:
    files = {"shop/cart.py": "class Crat: pass\ntotl = 1\n"}
    message = "ImportError: cannot import name 'Cart' from 'shop.cart' (/x/shop/cart.py)"
    assert proposed(files, message, ("tests/test_a.py", 1)) == ["class Cart: pass\ntotl = 1\n"]
    message = "ImportError: cannot import name 'total' from 'shop.cart' (/x/shop/cart.py)"
    assert proposed(files, message) == ["class Crat: pass\ntotal = 1\n"]
    code = "class A:\n    def __init__(self):\n        self.itmes = []\n"
    found = proposed({"a.py": code}, "AttributeError: 'A' object has no attribute 'items'")
    assert found == [code.replace("itmes", "items")]


def test_a_module_of_the_tree() -> None:
    files = {
        "shop/a.py": "from shop.utlis import x\nimport shop.utlis\nfrom .utlis import y\nfrom . import z\n",
        "shop/utils.py": "",
    }
    found = proposed(files, "ModuleNotFoundError: No module named 'shop.utlis'")
    for old in ("from shop.utlis", "from .utlis", "import shop.utlis"):
        assert files["shop/a.py"].replace(old, old.replace("utlis", "utils")) in found


def test_a_name_that_nothing_resembles_may_be_any_in_scope() -> None:
    code = "def f(alpha):\n    def g():\n        return q\n    return g\n"
    assert code.replace("return q", "return alpha") in proposed(
        {"a.py": code}, "NameError: name 'q' is not defined", ("a.py", 3)
    )


def test_an_attribute_of_none_is_hardly_misspelt() -> None:
    sources = [source("a.py", "x.size\nsizes = 1\n")]
    failure = Failure(
        "t",
        "failed",
        message="AttributeError: 'NoneType' object has no attribute 'size'",
        frames=(Frame("a.py", 1, "f"),),
    )
    assert all(candidate.score < 1 for candidate in candidates(sources, [failure]))
    told = Failure("t", "failed", message="AttributeError: 'A' object has no attribute 'size'", frames=failure.frames)
    assert all(candidate.score > 1 for candidate in candidates(sources, [told]))


@pytest.mark.parametrize(
    "message",
    [
        "NameError: name 'nowhere' is not defined",
        "AttributeError: no attribute 'nothing'",
        "KeyError: 'nothing'",
        "UnboundLocalError: variable 'zz'",
        "ModuleNotFoundError: No module named 'zz.qq'",
        "TypeError: unexpected keyword argument 'zz'",
        "TypeError: zz() takes 1 positional argument but 2 were given",
        "ImportError: cannot import name 'zzz' from 'qqq'",
    ],
)
def test_nothing_to_say(message: str) -> None:
    assert (
        proposed(
            {"a.py": "import re\nx = 1\nfrom os import path\nf(k=1)\n", "b.py": "def ("},
            message,
            ("a.py", 2),
            ("b.py", 1),
        )
        == []
    )


def test_the_same_error_is_looked_into_once() -> None:
    sources = [source("a.py", "x = totl\ntotal = 1\n")]
    failure = Failure("t", "failed", message="NameError: name 'totl' is not defined", frames=(Frame("a.py", 1, "f"),))
    many = [Failure("t", "failed", message=f"NameError: name 'n{number}' is not defined") for number in range(20)]
    assert candidates(sources, [failure, failure, *many]) == candidates(sources, [failure])
