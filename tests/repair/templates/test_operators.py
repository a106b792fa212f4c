"""Wrong operators."""

import pytest
from tests.repair.templates.proposals import proposals

from patchwire.repair.templates import operators as o


@pytest.mark.parametrize(
    ("propose", "code", "expected"),
    [
        (o.comparison_swap, "a < b", ["a <= b", "a > b", "a >= b", "a != b", "a == b"]),
        (o.comparison_swap, "a < b  < c", ["a <= b  < c", "a < b  <= c"]),
        (o.comparison_swap, "a==None", ["a is None", "a!=None"]),
        (o.comparison_swap, "(a) is not (b)", ["(a) is (b)", "(a) == (b)"]),
        (o.comparison_swap, "a in b", ["a not in b", "a == b"]),
        (o.comparison_swap, "a not in b", ["a in b"]),
        (o.comparison_swap, "a < 'x'", ["a == 'x'"]),
        (o.comparison_swap, "not a == b", ["not a != b"]),
        (o.comparison_swap, "(a # <\n < b)", ["(a # <\n <= b)"]),
        (o.arithmetic_swap, "a + b", ["a - b", "a * b"]),
        (o.arithmetic_swap, "1 % b", ["1 // b"]),
        (o.augmented_swap, "a += b", ["a -= b", "a = b"]),
        (o.plain_to_augmented, "a = b", ["a += b"]),
        (o.boolean_swap, "a and b", ["a or b"]),
        (o.boolean_swap, "a or b or c", ["a and b or c", "a or b and c", "a and b and c"]),
        (o.sign_removed, "not x", ["x", "- x"]),
        (o.sign_removed, "not(x)", ["(x)", "-(x)"]),
        (o.sign_removed, "-x", ["x", "+x", "~x", "not x"]),
        (o.sign_removed, "(-x).y", ["(x).y", "(+x).y"]),
        (o.operands_swapped, "a - b * c", ["(b * c) - a"]),
        (o.operand_removed, "a + 1", ["a", "1"]),
        (o.operand_removed, "(a + b).c", ["((a)).c"]),
        (o.negative_operand, "a - b", ["(-a) - b"]),
    ],
)
def test_proposed(propose: o.Template, code: str, expected: list[str]) -> None:
    assert set(expected) <= set(proposals(o.TEMPLATES, propose, code))


@pytest.mark.parametrize(
    ("propose", "code"),
    [
        (o.arithmetic_swap, "'%s' % b"),
        (o.arithmetic_swap, "f'{a}' % b"),
        (o.plain_to_augmented, "a = b = c"),
        (o.plain_to_augmented, "a, b = c"),
        (o.operands_swapped, "a * b"),
        (o.operands_swapped, "a - a"),
        (o.negative_operand, "a // b"),
    ],
)
def test_left_alone(propose: o.Template, code: str) -> None:
    assert proposals(o.TEMPLATES, propose, code) == []


def test_no_identity_with_a_number_and_no_membership_in_one() -> None:
    assert "a is 3" not in proposals(o.TEMPLATES, o.comparison_swap, "a == 3")
    assert "a in 3" not in proposals(o.TEMPLATES, o.comparison_swap, "a == 3")


def test_an_order_of_a_truth_value_comes_last() -> None:
    assert proposals(o.TEMPLATES, o.comparison_swap, "a == True")[0] == "a != True"
