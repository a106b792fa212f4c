"""Syntax repair."""

import inspect
import random
import textwrap

import pytest

from patchwire.repair.source import edited, source, syntax_error
from patchwire.repair.syntax import broken_files, candidates, in_tree

CLASS = '''\
"""A doc."""
import os


class Cart:
    """A cart."""

    def __init__(self, prices):
        self.prices = prices
        self.path = os.path.join("a", "b")

    def total(self, start=0):
        if not self.prices:
            return [0, 1]
        for price in self.prices:
            start += price
        return start


def main(arguments):
    cart = Cart([int(word) for word in arguments])
    print("total: %d" % cart.total())
    return {"total": cart.total(), "code": 0x10}
'''

MESSAGE = """\
ImportError while importing test module '/x/tests/test_a.py'.
E     File "/x/shop/cart.py", line 3
E       def f(
E            ^
E   SyntaxError: '(' was never closed
"""


def mended(text: str) -> list[str]:
    return [edited(text, candidate.edits) for candidate in candidates(source("a.py", text))]


def test_the_file_that_a_message_names() -> None:
    assert broken_files(MESSAGE) == ("/x/shop/cart.py",)
    assert broken_files('  File "b.py", line 3\nIndentationError: unexpected indent') == ("b.py",)
    assert broken_files("E   ValueError: x") == ()


def test_a_path_of_the_tree() -> None:
    assert in_tree("/x/shop/cart.py", ["cart.py", "shop/cart.py", "p/cart.py"]) == "shop/cart.py"
    assert in_tree("/x/shop/other.py", ["cart.py"]) is None


def test_a_file_that_parses_needs_nothing() -> None:
    assert mended(CLASS) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("total(self, start=0):", "total(self, start=0)"),
        ("def total(", "deftotal("),
        ("def total(", "dfe total("),
        ("def total(", " total("),
        ('join("a", "b")', 'join("a" "b"'),
        ('join("a", "b")', 'join("a", "b"'),
        ('join("a", "b")', 'join("a", "b)'),
        ('join("a", "b")', 'join("a", b")'),
        ('"""A cart."""', '""A cart."""'),
        ("for price in self", "for price self"),
        ("for price in self", "for price ni self"),
        ("for price in self", "fo price in self"),
        ("[int(word) for", "[int(word for"),
        ("arguments])", "arguments)"),
        ("Cart([int", "Cart(int"),
        ("Cart([int", "Cart[int"),
        ("return [0, 1]", "return [0, 1}"),
        ("            start += price", "          start += price\n              start += 1"),
        ("            return [0, 1]", "        return [0, 1]"),
        ("        return start", "       return start"),
        ("0x10", "00x10"),
        ("0x10", "010"),
        ("start=0", "start=0,,"),
        ("import os", "import os,"),
        ("self.prices = prices", "self.prices = prices)"),
        ("cart = Cart", "cart := Cart"),
        ('%d" % cart', '%d" % cart.'),
        ('"code": 0x10}', '"code": 0x10'),
    ],
)
def test_a_slip_is_mended(good: str, bad: str) -> None:
    broken = CLASS.replace(good, bad, 1)
    assert syntax_error(broken) is not None
    found = mended(broken)
    assert found
    assert all(syntax_error(text) is None for text in found)
    if "\n" not in bad and bad != "start=0,,":
        plausible = [text for text in found if len(text.split("\n")) == len(CLASS.split("\n"))]
        assert plausible


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("total(self, start=0):", "total(self, start=0)"),
        ('join("a", "b")', 'join("a", "b"'),
        ("for price in self", "for price self"),
        ("def total(", " total("),
        ("for price in", "for price ni"),
        ("return [0, 1]", "return [0, 1"),
        ('"code": 0x10}', '"code": 0x10'),
        ('join("a", "b")', 'join("a", "b)'),
        ("cart = Cart([", "cart = Cart["),
    ],
)
def test_the_likeliest_is_the_original(good: str, bad: str) -> None:
    assert CLASS in mended(CLASS.replace(good, bad, 1))[:3]


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("class A:\n    \nx = 1\n", "class A:\n    pass\nx = 1\n"),
        ("class A:\nx = 1\n", "class A:\n    pass\nx = 1\n"),
        ("class A:\nx = 1\n", "class A:\n    x = 1\n"),
        ("if a:\n\tb()\n\tc(\n", "if a:\n\tb()\n\tc()\n"),
        ('x = 1\n"""abc\ny = 2\n', 'x = 1\n"""abc"""\ny = 2\n'),
        ("x = abc'\n", "x = 'abc'\n"),
        ("x = \\n'\n", "x = '\\n'\n"),
        ("x = 'abc\n", "x = 'abc'\n"),
        ("f(a=1, b)\n", "f(a==1, b)\n"),
        ("x = (1,\n     2\n", "x = (1,\n     2)\n"),
        ("def header_lengthbytearray):\n    pass\n", "def header_length(bytearray):\n    pass\n"),
        ("a b\n", "a. b\n"),
        ("f(a b)\n", "f(a, b)\n"),
        ("x = 1 \\ + 2\n", "x = 1 + 2\n"),
        ("x = 1 +\n", "x = 1 + x\n"),
        ("=1\n", "x =1\n"),
    ],
)
def test_edges(broken: str, expected: str) -> None:
    found = mended(broken)
    assert found
    assert expected in found or all(syntax_error(text) is None for text in found)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (
            "def f(xs):\n    for  in xs:\n        print(item)\n",
            "def f(xs):\n    for item in xs:\n        print(item)\n",
        ),
        ("from os import , sep\nprint(path, sep)\n", "from os import path, sep\nprint(path, sep)\n"),
        ("def a(): pass\ndef b(): pass\n__all__ = ['a', ]\n__all__ += [, 'a']\n", "['b', 'a']"),
        ("n = 1\nn += \n", "n += 1\n"),
        ("def f(a; int, b: str): pass\n", "def f(a: int, b: str): pass\n"),
        ("def f(a int, b: str): pass\n", "def f(a: int, b: str): pass\n"),
        ("if x is not :\n    pass\n", "if x is not None:\n    pass\n"),
        ("x = a  b\ny = a + b\nz = b + a\n", "x = a + b\n"),
        ("x = [a, b\ny = 1\n", "x = [a, b]\n"),
        ("def f():\n    retunr 1\n", "def f():\n    return 1\n"),
        ("frmo os import path\n", "from os import path\n"),
        (" Shop(Base):\n    pass\n", "class Shop(Base):\n    pass\n"),
        ("f(a=1, size==2)\n", "f(a=1, size=2)\n"),
        ("x = 1 if y  2\n", "x = 1 if y else 2\n"),
    ],
)
def test_what_a_reader_would_see(bad: str, good: str) -> None:
    assert any(good in text for text in mended(bad)[:2])


@pytest.mark.parametrize(
    "text", [")", "(", "'", "\0", "x = \\", "  ", "\n\n)", "if", "é = (", '"""', "a\n  b\n c\n", "]" * 400]
)
def test_hopeless_texts_do_no_harm(text: str) -> None:
    for candidate in candidates(source("a.py", text)):
        assert syntax_error(edited(text, candidate.edits)) is None


def test_many_slips_in_a_real_file() -> None:
    text = inspect.getsource(textwrap)
    dice = random.Random(4)
    parsed = tries = 0
    while tries < 3:
        place = dice.randrange(len(text))
        broken = text[:place] + text[place + 1 :]
        if text[place] in "()[]:,'\"=" and syntax_error(broken) is not None:
            tries += 1
            parsed += bool(mended(broken))
    assert parsed >= 2
