"""Wrong operators: comparisons, arithmetic, and/or, signs. A sign is replaced where it is written, token for token."""

import ast
from collections.abc import Iterator

from patchwire.repair.source import Edit
from patchwire.repair.templates.template import Idea, Template, View

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, dict[str, float]]] = {
    # what is written · how to find it · what it may have to be, with weights
    ast.Lt: ("<", "<", {"<=": 1.0, ">": 0.7, ">=": 0.6, "!=": 0.4, "==": 0.35}),
    ast.LtE: ("<=", "<=", {"<": 1.0, ">=": 0.7, ">": 0.6, "==": 0.4, "!=": 0.35}),
    ast.Gt: (">", ">", {">=": 1.0, "<": 0.7, "<=": 0.6, "!=": 0.4, "==": 0.35}),
    ast.GtE: (">=", ">=", {">": 1.0, "<=": 0.7, "<": 0.6, "==": 0.4, "!=": 0.35}),
    ast.Eq: (
        "==",
        "==",
        {"!=": 1.0, "<=": 0.5, ">=": 0.5, "<": 0.45, ">": 0.45, "is": 0.35, "in": 0.3, "is not": 0.25},
    ),
    ast.NotEq: (
        "!=",
        "!=",
        {"==": 1.0, "<": 0.5, ">": 0.5, "<=": 0.45, ">=": 0.45, "is not": 0.3, "not in": 0.3, "is": 0.2},
    ),
    ast.Is: ("is", r"\bis\b", {"is not": 1.0, "==": 0.6, "in": 0.2, "!=": 0.4}),
    ast.IsNot: ("is not", r"\bis\s+not\b", {"is": 1.0, "!=": 0.6, "not in": 0.2, "==": 0.4}),
    ast.In: ("in", r"\bin\b", {"not in": 1.0, "==": 0.3}),
    ast.NotIn: ("not in", r"\bnot\s+in\b", {"in": 1.0, "!=": 0.3}),
}
_UNORDERED = (ast.Constant,)

_ARITHMETIC: dict[type[ast.operator], tuple[str, dict[str, float]]] = {
    ast.Add: (r"\+", {"-": 1.0, "*": 0.5, "|": 0.15, "/": 0.1, "%": 0.1, "//": 0.1}),
    ast.Sub: ("-", {"+": 1.0, "*": 0.4, "/": 0.2, "//": 0.2, "%": 0.3, "&": 0.1}),
    ast.Mult: (r"\*", {"**": 0.6, "/": 0.8, "+": 0.8, "//": 0.5, "-": 0.5, "%": 0.3, "@": 0.1}),
    ast.Div: ("/", {"//": 1.0, "*": 0.9, "%": 0.5, "-": 0.4, "+": 0.4}),
    ast.FloorDiv: ("//", {"/": 1.0, "%": 0.9, "*": 0.8, "-": 0.4, "+": 0.4, ">>": 0.2}),
    ast.Mod: ("%", {"//": 0.9, "/": 0.7, "*": 0.6, "+": 0.6, "-": 0.5, "&": 0.2}),
    ast.Pow: (r"\*\*", {"*": 1.0, "^": 0.2, "+": 0.6, "-": 0.6, "%": 0.4, "/": 0.4, "//": 0.4}),
    ast.LShift: ("<<", {">>": 1.0, "*": 0.6, "+": 0.7, "-": 0.7, "%": 0.5, "|": 0.4, "&": 0.4, "//": 0.4, "/": 0.4}),
    ast.RShift: (">>", {"<<": 1.0, "//": 0.6, "+": 0.7, "-": 0.7, "*": 0.6, "%": 0.5, "&": 0.4, "|": 0.4, "/": 0.4}),
    ast.BitAnd: ("&", {"|": 1.0, "^": 0.5, "+": 0.6, "-": 0.6, "%": 0.6, "*": 0.5, "//": 0.4, "<<": 0.3, ">>": 0.3}),
    ast.BitOr: (r"\|", {"&": 1.0, "^": 0.6, "+": 0.7, "-": 0.6, "*": 0.5, "%": 0.5, "//": 0.4, "<<": 0.3, ">>": 0.3}),
    ast.BitXor: (r"\^", {"&": 0.8, "|": 0.8, "**": 0.8, "+": 0.6, "-": 0.6, "*": 0.5, "%": 0.5, "//": 0.4, "/": 0.4}),
    ast.MatMult: ("@", {"*": 1.0, "+": 0.5, "-": 0.5, "%": 0.5}),
}  # fmt: skip


def comparison_swap(node: ast.Compare, view: View) -> Iterator[Idea]:
    """`a < b` → `a <= b`: each operator of a chain on its own."""
    operands = [node.left, *node.comparators]
    parent = view.parent(node)
    trust = 0.4 if isinstance(parent, ast.UnaryOp) else 1.0  # `not a == b`: the `not` is the likelier mistake
    for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
        _, pattern, others = _COMPARISONS[type(operator)]
        for span in view.between(left, right, pattern):
            for other, weight in others.items():
                if (other.startswith("is") and not _may_be_identity(right)) or (
                    other in ("in", "not in") and _scalar(right)
                ):
                    continue
                weight = _beside_text(operator, other, weight) if _is_text(right) else weight
                ordered = other in ("<", "<=", ">", ">=") and _no_order(right)
                yield Idea((Edit(*span, _spaced(view, span, other)),), weight * trust * (0.3 if ordered else 1.0))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _beside_text(operator: ast.cmpop, other: str, weight: float) -> float:
    """Texts are compared for equality; an order or an identity of one that is written there is hardly ever meant."""
    return 2.0 if other == "==" and not isinstance(operator, (ast.NotEq, ast.In, ast.NotIn)) else weight


def _may_be_identity(node: ast.expr) -> bool:
    return not (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, str, bytes, float))
        and not isinstance(node.value, bool)
    )


def _scalar(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes))


def _no_order(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (bool, str)))


def _spaced(view: View, span: tuple[int, int], operator: str) -> str:
    """A word operator in place of a sign needs blanks around it where there are none (`a==b`)."""
    text = view.source.text
    before = " " if operator[0].isalpha() and not text[span[0] - 1].isspace() else ""
    after = " " if operator[-1].isalpha() and not text[span[1]].isspace() else ""
    return before + operator + after


def arithmetic_swap(node: ast.BinOp, view: View) -> Iterator[Idea]:
    """`a + b` → `a - b`."""
    if (
        isinstance(node.op, ast.Mod)
        and isinstance(node.left, (ast.JoinedStr, ast.Constant))
        and not _is_number(node.left)
    ):
        return  # the percent sign of a format
    pattern, others = _ARITHMETIC[type(node.op)]
    for span in view.between(node.left, node.right, pattern):
        for other, weight in others.items():
            yield Idea((Edit(*span, other),), weight)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))


def augmented_swap(node: ast.AugAssign, view: View) -> Iterator[Idea]:
    """`a += b` → `a -= b`, and the plain `a = b`."""
    pattern, others = _ARITHMETIC[type(node.op)]
    for span in view.between(node.target, node.value, pattern + "="):
        for other, weight in others.items():
            yield Idea((Edit(*span, other + "="),), weight)
        yield Idea((Edit(*span, "="),), 0.5)


def plain_to_augmented(node: ast.Assign, view: View) -> Iterator[Idea]:
    """`a = b` → `a += b`."""
    target = node.targets[0]
    plain = len(node.targets) == 1 and isinstance(target, (ast.Name, ast.Attribute, ast.Subscript))
    for span in view.between(target, node.value, "=") if plain else []:
        for operator, weight in (("+=", 1.0), ("-=", 0.4), ("*=", 0.3)):
            yield Idea((Edit(*span, operator),), weight)


def boolean_swap(node: ast.BoolOp, view: View) -> Iterator[Idea]:
    """`a and b` → `a or b`, each word on its own, then all of them."""
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    pairs = zip(node.values, node.values[1:], strict=False)
    spans = [span for left, right in pairs for span in view.between(left, right, rf"\b{word}\b")]
    for span in spans:
        yield Idea((Edit(*span, other),))
    if len(spans) > 1:
        yield Idea(tuple(Edit(*span, other) for span in spans), 0.5)


def sign_removed(node: ast.UnaryOp, view: View) -> Iterator[Idea]:
    """`not x` → `x`, `-x` → `x`; and one sign for another."""
    start, operand = view.source.start(node), view.source.start(node.operand)
    sign = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}[type(node.op)]
    text = view.source.text[start + len(sign) : operand]
    yield Idea((Edit(start, operand, text.lstrip()),))
    others = {"-": 0.8, "+": 0.5, "~": 0.2} | ({} if view.tight(node) else {"not ": 0.2})
    for other, weight in others.items() if sign != "not" else [("-", 0.05)]:
        if other != sign:
            yield Idea((Edit(start, start + len(sign), other),), weight)


def operands_swapped(node: ast.BinOp, view: View) -> Iterator[Idea]:
    """`a - b` → `b - a`, where the order matters."""
    if not isinstance(node.op, ast.Mult) and ast.dump(node.left) != ast.dump(node.right):
        left, right = view.atom(node.left), view.atom(node.right)
        source = view.source
        first = Edit(source.start(node.left), source.end(node.left), right)
        yield Idea((first, Edit(source.start(node.right), source.end(node.right), left)))


def operand_removed(node: ast.BinOp, view: View) -> Iterator[Idea]:
    """`a + 1` → `a`, `a + b` → `b`."""
    small = isinstance(node.right, ast.Constant)
    yield view.put(node, view.text(node.left), 1.0 if small else 0.5)
    yield view.put(node, view.text(node.right), 0.3)


def negative_operand(node: ast.BinOp, view: View) -> Iterator[Idea]:
    """`-a - b`, `-a / b`: a sign before the first operand."""
    if isinstance(node.op, (ast.Sub, ast.Add, ast.Mult, ast.Div)):
        yield view.replace(node.left, f"(-{view.atom(node.left)})")


TEMPLATES = (
    Template("comparison swap", 1.0, (ast.Compare,), comparison_swap),
    Template("and/or swap", 0.95, (ast.BoolOp,), boolean_swap),
    Template("operator swap", 0.9, (ast.BinOp,), arithmetic_swap),
    Template("operator swap", 0.8, (ast.AugAssign,), augmented_swap),
    Template("augmented assignment", 0.15, (ast.Assign,), plain_to_augmented),
    Template("sign removed", 0.85, (ast.UnaryOp,), sign_removed),
    Template("operand order", 0.25, (ast.BinOp,), operands_swapped),
    Template("operand removed", 0.35, (ast.BinOp,), operand_removed),
    Template("sign added", 0.05, (ast.BinOp,), negative_operand),
)
