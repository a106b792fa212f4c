"""Wrong calls, subscripts and slices: arguments in the wrong order or missing, a wrapper too many or too few."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from patchwire.repair.source import Edit
from patchwire.repair.templates.template import Idea, Template, View

_WRAPPERS = {
    "list": 0.6, "len": 0.6, "str": 0.6, "int": 0.6, "sorted": 0.5, "abs": 0.5, "set": 0.4, "tuple": 0.4, "sum": 0.3,
    "max": 0.3, "min": 0.3, "reversed": 0.3, "float": 0.3, "bool": 0.3, "dict": 0.2, "iter": 0.15, "round": 0.3,
}  # fmt: skip


def arguments_swapped(node: ast.Call, view: View) -> Iterator[Idea]:
    """`f(a, b)` → `f(b, a)`, neighbours first."""
    for first, second in _pairs(node.args):
        yield view.swap(first, second, 1.0 if len(node.args) == 2 else 0.7)


def _pairs(nodes: list[ast.expr]) -> Iterator[tuple[ast.expr, ast.expr]]:
    plain = [node for node in nodes if not isinstance(node, ast.Starred)]
    for first, second in [*pairwise(plain), *zip(plain, plain[2:], strict=False)]:
        if ast.dump(first) != ast.dump(second):
            yield first, second


def elements_swapped(node: ast.Tuple, view: View) -> Iterator[Idea]:
    """`return a, b` → `return b, a`."""
    if isinstance(node.ctx, ast.Load):
        for first, second in _pairs(node.elts[:6]):
            yield view.swap(first, second)


def argument_removed(node: ast.Call, view: View) -> Iterator[Idea]:
    """`f(a, b)` → `f(a)`: the last positional argument or any keyword."""
    arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    for position, argument in enumerate(arguments):
        if isinstance(argument, ast.keyword) or position == len(node.args) - 1:
            start = view.source.end(arguments[position - 1]) if position else view.source.start(argument)
            yield view.remove(start, view.source.end(argument), 0.6 if isinstance(argument, ast.keyword) else 1.0)


def argument_added(node: ast.Call, view: View) -> Iterator[Idea]:
    """`f(a)` → `f(a, b)` with a name in scope, where the failure speaks of arguments."""
    if not any(words in view.clues.message for words in ("missing", "expected at least", "takes")):
        return
    arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    place = view.source.end(arguments[-1]) if arguments else view.source.end(node) - 1
    for name in view.scope(node)[:10]:
        yield view.insert(place, f", {name}" if arguments else name)


def unwrapped(node: ast.Call, view: View) -> Iterator[Idea]:
    """`f(x)` → `x`; `x.f()` → `x`."""
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
        yield view.put(node, view.text(node.args[0]))
    elif isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        yield view.replace(node, view.text(node.func.value), 0.7)


def wrapped(node: ast.expr, view: View) -> Iterator[Idea]:
    """`x` → `list(x)`: what is returned, iterated over, compared or passed."""
    if isinstance(node, (ast.Constant, ast.JoinedStr)) or not _value_position(node, view):
        return
    text = view.text(node)
    for wrapper, weight in _WRAPPERS.items():
        if not text.startswith(f"{wrapper}("):
            yield view.replace(node, f"{wrapper}({text})", weight)


def _value_position(node: ast.expr, view: View) -> bool:
    parent = view.parent(node)
    if isinstance(parent, (ast.Return, ast.Assign)):
        return node is parent.value and not isinstance(node, ast.Tuple)
    if isinstance(parent, (ast.For, ast.comprehension)):
        return node is parent.iter
    return (
        isinstance(parent, ast.Call) and node in parent.args and isinstance(node, (ast.Name, ast.Call, ast.Attribute))
    )


def shifted(node: ast.expr, view: View) -> Iterator[Idea]:
    """`i` → `i + 1`, `i - 1` where a position or a count is meant."""
    if isinstance(node, ast.Constant) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    parent = view.parent(node)
    place = (
        (isinstance(parent, ast.Subscript) and node is parent.slice and not isinstance(node, (ast.Slice, ast.Tuple)))
        or isinstance(parent, ast.Slice)
        or (isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "range")
        or (isinstance(parent, ast.Compare) and isinstance(node, (ast.Name, ast.Call, ast.BinOp)))
    )
    counted = isinstance(parent, (ast.Return, ast.Assign, ast.Call)) and (
        isinstance(node, ast.BinOp) or (isinstance(node, ast.Call) and _named(node, "len"))
    )
    if place or counted or (isinstance(parent, ast.Return) and isinstance(node, (ast.Name, ast.Call))):
        weight = 1.0 if place else 0.5
        for text in (f"{_additive(node, view)} + 1", f"{_additive(node, view)} - 1"):
            yield view.put(node, text, weight)


def _additive(node: ast.expr, view: View) -> str:
    return (
        view.text(node) if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)) else view.atom(node)
    )


def _named(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name


def range_bounds(node: ast.Call, view: View) -> Iterator[Idea]:
    """`range(n)` ↔ `range(1, n)`, `range(1, n + 1)`."""
    if not _named(node, "range") or node.keywords:
        return
    texts = [view.text(argument) for argument in node.args]
    if len(texts) == 1:
        yield view.replace(node, f"range(1, {texts[0]})")
        yield view.replace(node, f"range(1, {view.atom(node.args[0])} + 1)", 0.8)
    elif len(texts) == 2:
        yield view.replace(node, f"range({texts[1]})")
        yield view.replace(node, f"range({texts[0]}, {texts[1]}, -1)", 0.4)


def slice_shifted(node: ast.Slice, view: View) -> Iterator[Idea]:
    """`x[1:]` ↔ `x[:1]`, `x[a:b]` → `x[a:]`, `x[:b]`, `x[::-1]`."""
    low, high, step = (view.text(part) if part else "" for part in (node.lower, node.upper, node.step))
    tail = f":{step}" if step else ""
    forms = {
        f"{high}:{low}{tail}": 1.0 if bool(low) != bool(high) else 0.4,
        f":{high}{tail}": 0.7, f"{low}:{tail}": 0.7, f"1:{high}{tail}": 0.6, f"{low}:-1{tail}": 0.6,
        f"{low}:{high}": 0.5, f"{low}:{high}:-1": 0.3,
    }  # fmt: skip
    start, end = view.source.start(node), view.source.end(node)
    for form, weight in forms.items():
        if form != view.source.text[start:end]:
            yield Idea((Edit(start, end, form),), weight)


def sliced(node: ast.Name, view: View) -> Iterator[Idea]:
    """`xs` → `xs[1:]`, `xs[:-1]`, `xs[::-1]` where something is iterated over, returned or passed."""
    if isinstance(node.ctx, ast.Load) and _value_position(node, view):
        for form, weight in (("[1:]", 1.0), ("[:-1]", 0.7), ("[::-1]", 0.5), ("[:]", 0.4), ("[0]", 0.5), ("[-1]", 0.4)):
            yield view.replace(node, f"{node.id}{form}", weight)


def subscript_removed(node: ast.Subscript, view: View) -> Iterator[Idea]:
    """`xs[1:]` → `xs`."""
    if isinstance(node.ctx, ast.Load):
        yield view.replace(node, view.text(node.value))


def ends_swapped(node: ast.Subscript, view: View) -> Iterator[Idea]:
    """`xs[0]` ↔ `xs[-1]`."""
    written = view.text(node.slice)
    if other := {"0": "-1", "-1": "0"}.get(written):
        yield Idea((Edit(view.source.start(node.slice), view.source.end(node.slice), other),))


def item_or_get(node: ast.Subscript | ast.Call, view: View) -> Iterator[Idea]:
    """`d[k]` ↔ `d.get(k)`, with the usual defaults."""
    if isinstance(node, ast.Subscript):
        if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, (ast.Slice, ast.Tuple, ast.UnaryOp)):
            value, key = view.text(node.value), view.text(node.slice)
            for default, weight in (("", 1.0), (", 0", 0.8), (", []", 0.6), (", ''", 0.5), (f", {key}", 0.4)):
                yield view.replace(node, f"{value}.get({key}{default})", weight)
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        yield view.replace(node, f"{view.text(node.func.value)}[{view.text(node.args[0])}]", 0.8)


def awaited(node: ast.Call, view: View) -> Iterator[Idea]:
    """`f()` → `await f()` in an async function."""
    parent = view.parent(node)
    if isinstance(view.source.function(node), ast.AsyncFunctionDef) and not isinstance(parent, ast.Await):
        yield view.put(node, f"await {view.text(node)}")


def await_removed(node: ast.Await, view: View) -> Iterator[Idea]:
    """`await x` → `x`."""
    yield view.replace(node, view.text(node.value))


TEMPLATES = (
    Template("argument order", 0.5, (ast.Call,), arguments_swapped),
    Template("element order", 0.25, (ast.Tuple,), elements_swapped),
    Template("argument removed", 0.2, (ast.Call,), argument_removed),
    Template("argument added", 0.4, (ast.Call,), argument_added),
    Template("call removed", 0.3, (ast.Call,), unwrapped),
    Template("call added", 0.14, (ast.expr,), wrapped),
    Template("off by one", 0.35, (ast.expr,), shifted),
    Template("range bounds", 0.5, (ast.Call,), range_bounds),
    Template("slice shift", 0.45, (ast.Slice,), slice_shifted),
    Template("slice added", 0.25, (ast.Name,), sliced),
    Template("subscript removed", 0.2, (ast.Subscript,), subscript_removed),
    Template("first/last", 0.5, (ast.Subscript,), ends_swapped),
    Template("item or get", 0.15, (ast.Subscript, ast.Call), item_or_get),
    Template("await added", 0.25, (ast.Call,), awaited),
    Template("await removed", 0.2, (ast.Await,), await_removed),
)
