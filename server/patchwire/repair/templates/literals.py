"""Wrong literals: off by one, a wrong number, True for False, a text that the failing assertion shows otherwise."""

import ast
from collections.abc import Iterator

from patchwire.repair.templates.template import Idea, Template, View, likeness

_POSITIONS = (ast.Subscript, ast.Slice, ast.Compare, ast.BinOp)


def off_by_one(node: ast.Constant, view: View) -> Iterator[Idea]:
    """`n` → `n + 1`, `n - 1`, written as a number."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        for number, weight in ((node.value - 1, 1.0), (node.value + 1, 0.9)):
            text = _number(view.text(node), number)
            yield _put(node, text, view, weight)
    elif isinstance(node.value, float):
        for decimal in (node.value - 1, node.value + 1):
            yield _put(node, repr(decimal), view, 0.7)


def _put(node: ast.expr, text: str, view: View, weight: float) -> Idea:
    """A number in place of a node; only a negative one may need brackets."""
    return view.put(node, text, weight) if text[0] == "-" else view.replace(node, text, weight)


def _number(written: str, number: int) -> str:
    """The number in the notation that is there (`0xff` stays hexadecimal)."""
    if number >= 0 and written[:2].lower() == "0x":
        return f"0x{number:x}" if written[2:].islower() or written[2:].isdigit() else f"0x{number:X}"
    return str(number)


def negative_off_by_one(node: ast.UnaryOp, view: View) -> Iterator[Idea]:
    """`-1` → `0`, `-2`."""
    number = node.operand.value if isinstance(node.operand, ast.Constant) else None
    if isinstance(node.op, ast.USub) and isinstance(number, int) and not isinstance(number, bool):
        yield _put(node, str(1 - number), view, 1.0)
        yield _put(node, str(-number - 1), view, 0.8)


def other_number(node: ast.Constant, view: View) -> Iterator[Idea]:
    """0, 1, 2, -1, the numbers around it and in the failing assertion, and what the assertion is off by."""
    if not isinstance(node.value, (int, float)) or isinstance(node.value, bool):
        return
    value = node.value
    if isinstance(value, int):
        for actual, expected in view.clues.pairs:
            if isinstance(actual, int) and isinstance(expected, int) and abs(actual) + abs(expected) < 10**9:
                yield _put(node, str(value + expected - actual), view, 1.0)
    near = [n for n in view.clues.numbers if n != value]
    numbers = {0: 0.8, 1: 0.8, -1: 0.5, 2: 0.5, 10: 0.2, **dict.fromkeys(near[:6], 0.35)}
    for number, weight in numbers.items():
        if number != value:
            yield _put(node, str(number), view, weight)
    if value and not isinstance(view.parent(node), ast.UnaryOp):
        yield view.put(node, f"-{view.text(node)}", 0.5)


def truth_swap(node: ast.Constant, view: View) -> Iterator[Idea]:
    """`True` ↔ `False`; None for either."""
    if isinstance(node.value, bool):
        yield view.replace(node, str(not node.value))
        yield view.replace(node, "None", 0.2)


def none_to_value(node: ast.Constant, view: View) -> Iterator[Idea]:
    """`None` → an empty value, a truth value, a name in scope (most where it is an argument)."""
    if node.value is not None:
        return
    parent = view.parent(node)
    if isinstance(parent, ast.Compare):
        return
    for text, weight in (
        ("[]", 0.5),
        ("False", 0.5),
        ("True", 0.5),
        ("''", 0.4),
        ("0", 0.5),
        ("{}", 0.4),
        ("()", 0.2),
        ("1", 0.2),
    ):
        yield view.replace(node, text, weight)
    argument = isinstance(parent, (ast.Call, ast.keyword))
    named = parent.arg if isinstance(parent, ast.keyword) else None
    for name in view.scope(node)[:15]:
        yield view.replace(node, name, 2.0 if name == named else 1.0 if argument else 0.4)


def other_text(node: ast.Constant, view: View) -> Iterator[Idea]:
    """A text literal as the failing assertion has it, a similar one from the tests, other case or blanks."""
    if not isinstance(node.value, str) or _docstring(node, view):
        return
    value = node.value
    quoted = view.text(node)
    for text, weight in _texts(value, view):
        if text != value and len(text) < 200:
            yield view.replace(node, _quoted(text, quoted), weight)


def _docstring(node: ast.Constant, view: View) -> bool:
    return isinstance(view.parent(node), (ast.Expr, ast.JoinedStr))


def _texts(value: str, view: View) -> Iterator[tuple[str, float]]:
    for actual, expected in view.clues.pairs:
        if isinstance(actual, str) and isinstance(expected, str) and value and value in actual:
            before, _, after = actual.partition(value)
            fits = (
                len(before) + len(after) <= len(expected) and expected.startswith(before) and expected.endswith(after)
            )
            if fits:
                yield expected[len(before) : len(expected) - len(after)], 3.0
    for text in view.clues.strings:
        alike = likeness(value.lower(), text.lower()) if len(text) < 80 > len(value) else 0
        if alike > 0.5:
            yield text, alike
    if any(character.isalpha() for character in value):
        yield value.lower(), 0.35
        yield value.upper(), 0.25
        yield value.capitalize(), 0.15
    if value != "":
        yield "", 0.3
    else:
        yield " ", 0.5
        yield ", ", 0.2
    if value.strip() != value:
        yield value.strip(), 0.3


def _quoted(text: str, like: str) -> str:
    """A literal with the quotes and prefix of another where that is possible."""
    prefix = like[: len(like) - len(like.lstrip("rRbBuUfF"))]
    quote = like[len(prefix) : len(prefix) + 1]
    written = repr(text)
    if "r" in prefix.lower() and not set(text) & {"'", '"', "\n"} and not text.endswith("\\") and text.isprintable():
        return f"{prefix}{quote}{text}{quote}"
    if quote == '"' and '"' not in text and written.startswith("'"):
        return '"' + written[1:-1] + '"'
    return written


def nested_literal(node: ast.List, view: View) -> Iterator[Idea]:
    """`[]` → `[[]]`, and an empty list where one holds something."""
    if not node.elts:
        yield view.replace(node, "[[]]")
        yield view.replace(node, "[0]", 0.4)
    else:
        yield view.replace(node, "[]", 0.5)


TEMPLATES = (
    Template("off by one", 0.9, (ast.Constant,), off_by_one),
    Template("off by one", 0.9, (ast.UnaryOp,), negative_off_by_one),
    Template("other number", 0.45, (ast.Constant,), other_number),
    Template("True/False", 0.9, (ast.Constant,), truth_swap),
    Template("None for a value", 0.45, (ast.Constant,), none_to_value),
    Template("other text", 0.45, (ast.Constant,), other_text),
    Template("literal nesting", 0.1, (ast.List,), nested_literal),
)
