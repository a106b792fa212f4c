"""Wrong literals."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.clues import Clues, clues
from patchwire.repair.templates import literals as l
from patchwire.repair.templates.template import Propose

IN = "def f(size, key=None):\n    return "


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (l.off_by_one, "x[2]", ["x[1]", "x[3]"]),
        (l.off_by_one, "a - 0", ["a - (-1)", "a - 1"]),
        (l.off_by_one, "0xff", ["0xfe", "0x100"]),
        (l.off_by_one, "0xFF", ["0xFE", "0x100"]),
        (l.off_by_one, "0x10", ["0xf", "0x11"]),
        (l.off_by_one, "1.5", ["0.5", "2.5"]),
        (l.negative_off_by_one, "-1", ["0", "-2"]),
        (l.other_number, "5", ["0", "1", "-1", "2", "-5"]),
        (l.truth_swap, "f(True)", ["f(False)", "f(None)"]),
        (l.none_to_value, f"{IN}g(size=None)", [f"{IN}g(size=size)", f"{IN}g(size=[])"]),
        (l.none_to_value, f"{IN}g(None)", [f"{IN}g(key)"]),
        (l.none_to_value, f"{IN}None", [f"{IN}False"]),
        (l.other_text, "x('Ab ')", ["x('ab ')", "x('AB ')", "x('')", "x('Ab')"]),
        (l.other_text, "x('')", ["x(' ')"]),
        (l.nested_literal, "[]", ["[[]]", "[0]"]),
        (l.nested_literal, "[1]", ["[]"]),
    ],
)
def test_proposed(propose: Propose, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(l.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (l.off_by_one, "True"),
        (l.off_by_one, "'x'"),
        (l.negative_off_by_one, "-x"),
        (l.negative_off_by_one, "~1"),
        (l.other_number, "True"),
        (l.truth_swap, "1"),
        (l.none_to_value, "x is None"),
        (l.none_to_value, "1"),
        (l.other_text, "'a docstring'"),
        (l.other_text, "f'{x}b'"),
        (l.other_text, "f(1)"),
    ],
)
def test_left_alone(propose: Propose, code: str) -> None:
    assert proposals(l.TEMPLATES, propose, code) == []


def test_a_number_from_what_the_assertion_is_off_by() -> None:
    told = clues("E   assert 10 == 13")
    assert "x + 4" in proposals(l.TEMPLATES, l.other_number, "x + 1", told)
    assert "x + 0.5" not in proposals(l.TEMPLATES, l.other_number, "x + 1.5", told)


def test_no_number_from_pairs_of_other_kinds() -> None:
    told = Clues(pairs=(("a", 1), (1, "b"), (10**12, 1)))
    assert max(len(text) for text in proposals(l.TEMPLATES, l.other_number, "5", told)) < 4


def test_a_negative_literal_gets_no_second_sign() -> None:
    assert "--5" not in proposals(l.TEMPLATES, l.other_number, "-5")


def test_a_text_from_the_difference_that_the_assertion_shows() -> None:
    told = clues("AssertionError: assert '<XXbXX>' == '<b>'")
    assert proposals(l.TEMPLATES, l.other_text, 'x("XXbXX")', told)[0] == 'x("b")'


def test_no_text_from_a_difference_elsewhere() -> None:
    told = Clues(pairs=(("<a>", "(a)"), (1, "a"), ("a", 1), ("zz", "yy")))
    assert "x('(a)')" not in proposals(l.TEMPLATES, l.other_text, "x('a')", told)


def test_a_text_that_the_tests_spell_otherwise() -> None:
    assert (
        proposals(l.TEMPLATES, l.other_text, "x('colour')", Clues(strings=("color", "tree", "y" * 90)))[0]
        == "x('color')"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [("r'\\d'", "r'\\w'"), ("b'\\\\d'", None), ('"\\\\d"', '"\\\\w"'), ('"a\\\\d"', None)],
)
def test_quotes_and_prefix_stay(written: str, expected: str | None) -> None:
    told = Clues(pairs=(("\\d", "\\w"),))
    found = proposals(l.TEMPLATES, l.other_text, f"x({written})", told)
    assert (f"x({expected})" in found) == (expected is not None)


def test_a_raw_text_that_cannot_stay_raw() -> None:
    told = Clues(pairs=(("ab", "a\nb"),))
    assert "x('a\\nb')" in proposals(l.TEMPLATES, l.other_text, "x(r'ab')", told)


def test_a_long_text_is_not_written() -> None:
    told = Clues(pairs=(("ab", "y" * 300),))
    assert not any("yyy" in text for text in proposals(l.TEMPLATES, l.other_text, "x('ab')", told))
