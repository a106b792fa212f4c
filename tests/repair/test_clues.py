"""What failing tests give away."""

from hypothesis import given
from hypothesis import strategies as st

from patchwire.repair.clues import clues, imported_modules, literal, source_of_test

SOURCE = """\
class TestCart:
    def test_total(self):
        assert 1

        assert 2

    async def test_tax(self): pass
def test_last():
    x = 1
"""


def test_literals_of_message_and_tests() -> None:
    told = clues("E  assert f('a\\n', 12) == \"b\"", "x = 'c'; y = 7 + 1.5 + a3")
    assert told.strings == ("a\n", "b", "c")
    assert told.numbers == (12, 7)


def test_a_broken_literal_is_none() -> None:
    assert clues("'\\x'").strings == ()
    assert literal("f(x)") is ...


def test_exceptions_but_not_the_assertion() -> None:
    told = clues("AssertionError: DID NOT RAISE <class 'KeyError'>", "with raises(MyError): pass")
    assert told.exceptions == ("KeyError", "MyError")


def test_pairs_of_pytest_both_ways() -> None:
    assert clues("E       assert 3 == 5").pairs == ((3, 5), (5, 3))
    assert clues("E       AssertionError: assert 'a' == 'b'\nassert x(").pairs == (("a", "b"), ("b", "a"))
    assert clues("assert 1\nassert a == b\nassert 1 < 2 < 3").pairs == ()


def test_pairs_of_unittest_and_doctest() -> None:
    assert clues("AssertionError: [1, 2] != [1, 3] : wrong").pairs == ((2, 3), (3, 2))
    assert clues("Expected:\n    5\nGot:\n    4\n").pairs == ((4, 5),)


def test_pairs_are_the_leaves_that_differ() -> None:
    assert clues("assert {'a': [1, 'x']} == {'a': [1, 'y']}").pairs == (("x", "y"), ("y", "x"))
    assert clues("assert [1] == [1, 2]").pairs[0] == ([1], [1, 2])
    assert clues("assert {'a': 1} == {'b': 1}").pairs[0] == ({"a": 1}, {"b": 1})
    assert clues("assert (1, (2, 3)) == (1, (2, 4))").pairs[0] == (3, 4)


def test_what_a_test_imports() -> None:
    text = "import os.path\nfrom shop import cart, tax as t\n    from .near import x\n"
    assert imported_modules(text) == ("os.path", "shop", "shop.cart", "shop.tax", "near", "near.x")
    assert imported_modules("from . import (\n    one,\n    two,\n)\nfrom .. import three # x") == (
        "one",
        "two",
        "three",
    )


def test_the_source_of_one_test() -> None:
    assert source_of_test(SOURCE, "t.py::TestCart::test_total[a::b]").split() == [
        "def",
        "test_total(self):",
        "assert",
        "1",
        "assert",
        "2",
    ]
    assert source_of_test(SOURCE, "t.TestCart.test_tax") == "    async def test_tax(self): pass"
    assert source_of_test(SOURCE, "t.py::test_last") == "def test_last():\n    x = 1\n"
    assert source_of_test(SOURCE, "t.py::test_none") == ""


@given(st.text(alphabet="ab'\"\\\n assert=1[]{}:,!Error", max_size=80))
def test_any_message_can_be_read(message: str) -> None:
    clues(f"assert {message}\nAssertionError: {message} != {message}", message)
