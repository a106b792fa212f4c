"""Wrong conditions: negated, with an operand too many or a guard too few; the branches of a conditional expression."""

import ast
from collections.abc import Iterator

from patchwire.repair.templates.template import Idea, Template, View

_CONDITION = ast.If | ast.While | ast.IfExp | ast.Assert
_MAX_DONORS = 6


def condition_negated(node: ast.expr, view: View) -> Iterator[Idea]:
    """`if x:` → `if not x:`; also an operand of and/or, and a truth value that is returned or assigned."""
    weight = _truth_weight(node, view)
    if weight and not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        loose = isinstance(node, (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr))
        yield view.replace(node, f"not {view.atom(node) if loose else view.text(node)}", weight)


def _truth_weight(node: ast.expr, view: View) -> float:
    parent = view.parent(node)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or node is getattr(parent, "func", None):
        return 0.0
    if isinstance(parent, _CONDITION) and node is parent.test:
        single = isinstance(node, ast.Compare) and len(node.ops) == 1  # the comparison swap knows a shorter way
        return 0.35 if single else 1.0
    if isinstance(parent, ast.BoolOp):
        return 0.3 if isinstance(node, ast.Compare) else 0.9
    if isinstance(parent, ast.comprehension) and node in parent.ifs:
        return 0.8
    if isinstance(parent, (ast.Return, ast.Assign, ast.keyword, ast.Call)) and isinstance(
        node, (ast.Call, ast.BoolOp, ast.Name, ast.Attribute)
    ):
        return 0.5 if isinstance(parent, ast.Return) and not isinstance(node, ast.Name) else 0.12
    return 0.0


def operand_dropped(node: ast.BoolOp, view: View) -> Iterator[Idea]:
    """`a and b` → `a`, `b`."""
    for dropped, value in enumerate(node.values):
        if dropped:
            yield view.remove(_end(node.values[dropped - 1], view), _end(value, view))
        else:
            yield view.remove(_start(value, view), _start(node.values[1], view))


def _end(node: ast.expr, view: View) -> int:
    """The end of an operand with the brackets around it: what is left must stay balanced."""
    return _bracketed(node, view)[1]


def _start(node: ast.expr, view: View) -> int:
    return _bracketed(node, view)[0]


def _bracketed(node: ast.expr, view: View) -> tuple[int, int]:
    text, start, end = view.source.text, view.source.start(node), view.source.end(node)
    parent = view.parent(node)
    low, high = (view.source.start(parent), view.source.end(parent)) if isinstance(parent, ast.expr) else (start, end)
    while True:
        left, right = len(text[:start].rstrip()) - 1, end + len(text[end:]) - len(text[end:].lstrip())
        if left < low or right >= high or text[left] != "(" or text[right] != ")":
            return start, end
        start, end = left, right + 1


def condition_extended(node: ast.If | ast.While, view: View) -> Iterator[Idea]:
    """`if a:` → `if a and b:`, `if not xs or a:`, with guards for its names, and conditions of the same function."""
    test = node.test
    names = list(
        dict.fromkeys(part.id for part in ast.walk(test) if isinstance(part, ast.Name) and part.id in view.scope(node))
    )
    own = view.text(test)
    other_or = f"({own})" if isinstance(test, (ast.IfExp, ast.NamedExpr, ast.Lambda)) else own
    other_and = f"({own})" if isinstance(test, (ast.IfExp, ast.NamedExpr, ast.Lambda)) or _is_or(test) else own
    for name in names[:3]:
        yield view.replace(test, f"not {name} or {other_or}", 0.5)
        yield view.replace(test, f"{name} and {other_and}", 0.6)
        yield view.replace(test, f"{name} is not None and {other_and}", 0.4)
        yield view.replace(test, f"{name} is None or {other_or}", 0.4)
    for donor in _donors(node, view):
        yield view.replace(test, f"{other_and} and {donor}", 0.5)
        yield view.replace(test, f"{other_or} or {donor}", 0.5)


def _is_or(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)


def _donors(node: ast.stmt, view: View) -> list[str]:
    function = view.source.function(node)
    if function is None:
        return []
    compares = [view.text(part) for part in view.source.within(function) if isinstance(part, ast.Compare)]
    names = [name for name in view.source.names_in(function) if name not in ("self", "cls")]
    return list(dict.fromkeys([*compares, *names, *(f"not {name}" for name in names)]))[:_MAX_DONORS]


def branches_swapped(node: ast.IfExp, view: View) -> Iterator[Idea]:
    """`a if c else b` → `b if c else a`, `a`, `b`."""
    yield view.swap(node.body, node.orelse)
    yield view.put(node, view.text(node.body), 0.3)
    yield view.put(node, view.text(node.orelse), 0.3)


def condition_constant(node: ast.If | ast.While, view: View) -> Iterator[Idea]:
    """A test that should hold always, or never."""
    for text, weight in (("True", 1.0), ("False", 0.6)):
        if view.text(node.test) != text:
            yield view.replace(node.test, text, weight)


def guarded(node: ast.expr, view: View) -> Iterator[Idea]:
    """`x` → `x or []` where None came instead of a value."""
    if "NoneType" not in view.clues.message or not isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
        return
    parent = view.parent(node)
    read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and node is not getattr(parent, "func", None)
    if read and isinstance(parent, (ast.Call, ast.For, ast.comprehension, ast.BinOp)):
        for default, weight in (("[]", 1.0), ("''", 0.8), ("0", 0.8), ("{}", 0.6), ("()", 0.5)):
            yield view.put(node, f"{view.text(node)} or {default}", weight)


TEMPLATES = (
    Template("condition negated", 0.75, (ast.expr,), condition_negated),
    Template("operand dropped", 0.4, (ast.BoolOp,), operand_dropped),
    Template("condition extended", 0.16, (ast.If, ast.While), condition_extended),
    Template("branches swapped", 0.4, (ast.IfExp,), branches_swapped),
    Template("condition constant", 0.12, (ast.If, ast.While), condition_constant),
    Template("guard added", 0.3, (ast.expr,), guarded),
)
