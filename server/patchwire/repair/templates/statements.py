"""Wrong statements: one too many, one missing, break for continue, a missing `return`, in the wrong block or order."""

import ast
from collections.abc import Iterator

from patchwire.repair.source import FUNCTIONS, Edit
from patchwire.repair.templates.template import Idea, Template, View

_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Delete, ast.Break, ast.Continue)
_MAX_DONORS = 8
_USUAL_EXCEPTIONS = (
    "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "StopIteration", "Exception", "ImportError",
    "ModuleNotFoundError", "OSError", "OverflowError", "LookupError", "RuntimeError", "NotImplementedError",
    "ZeroDivisionError", "UnicodeError",
)  # fmt: skip


def jump_swapped(node: ast.Break | ast.Continue | ast.Pass, view: View) -> Iterator[Idea]:
    """`break` ↔ `continue`; either → `pass`, `return`; `pass` → either in a loop."""
    word = view.text(node)
    looped = isinstance(node, (ast.Break, ast.Continue)) or _in_loop(node, view)
    for other, weight in (("break", 1.0), ("continue", 1.0), ("return", 0.35), ("pass", 0.3)):
        allowed = (
            looped if other in ("break", "continue") else other == "pass" or view.source.function(node) is not None
        )
        if other != word and allowed:
            yield view.replace(node, other, weight * (0.4 if word == "pass" else 1.0))


def _in_loop(node: ast.AST, view: View) -> bool:
    for around in view.source.ancestors(node):
        if isinstance(around, (ast.For, ast.While, ast.AsyncFor)):
            return True
        if isinstance(around, (*FUNCTIONS, ast.ClassDef)):
            return False
    return False


def return_added(node: ast.Expr, view: View) -> Iterator[Idea]:
    """An expression whose value is lost → `return` it."""
    if view.source.function(node) and not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom, ast.Await)):
        yield view.insert(view.source.start(node), "return ", 1.0 if _ends_block(node, view) else 0.4)


def _ends_block(node: ast.stmt, view: View) -> bool:
    return any(block[-1] is node for block in _blocks(view.parent(node)))


def _blocks(node: ast.AST | None) -> list[list[ast.stmt]]:
    blocks = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    return [block for block in blocks if isinstance(block, list) and block]


def value_returned(node: ast.Return, view: View) -> Iterator[Idea]:
    """`return x` → another name of the function, an empty or a truth value, `not x`."""
    function = view.source.function(node)
    if function is None:
        return
    written = view.text(node.value) if node.value else ""
    texts = [name for name in view.scope(node) if name != "cls"][:10]
    options = [
        *((text, 1.0) for text in texts),
        ("True", 0.6),
        ("False", 0.6),
        ("None", 0.5),
        ("[]", 0.4),
        ("0", 0.4),
        ("1", 0.2),
    ]
    for text, weight in options:
        if text != written:
            yield view.replace(node, f"return {text}", weight)


def return_or_yield(node: ast.Return | ast.Expr, view: View) -> Iterator[Idea]:
    """`return x` ↔ `yield x`, `yield x` ↔ `yield from x`."""
    if isinstance(node, ast.Return):
        if node.value and not isinstance(node.value, ast.Tuple):
            yield view.replace(node, f"yield {view.text(node.value)}", 0.3)
    elif isinstance(node.value, ast.Yield) and node.value.value:
        yield view.replace(node, f"yield from {view.text(node.value.value)}")
    elif isinstance(node.value, ast.YieldFrom):
        yield view.replace(node, f"yield {view.text(node.value.value)}")


def removed(node: ast.stmt, view: View) -> Iterator[Idea]:
    """A statement that should not be there (an `if` with its body, too)."""
    blocks = [block for block in _blocks(view.parent(node)) if node in block]
    small = isinstance(node, _SIMPLE) or (isinstance(node, ast.If) and not node.orelse and len(node.body) == 1)
    if not small or not blocks or _docstring(node) or view.text(node).startswith("elif"):
        return
    source = view.source
    if len(blocks[0]) == 1:
        yield view.replace(node, "pass", 0.7)
    elif source.text[source.line_start(node.lineno) : source.start(node)].isspace() or node.col_offset == 0:
        end = source.line_start(node.end_lineno or node.lineno) + len(
            source.lines[(node.end_lineno or node.lineno) - 1]
        )
        if not source.text[source.end(node) : end].split("#")[0].strip():
            yield view.remove(source.line_start(node.lineno) - 1 if node.lineno > 1 else 0, end)


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def donor_inserted(node: ast.stmt, view: View) -> Iterator[Idea]:
    """A simple statement of the same function, once more before or after this one."""
    function = view.source.function(node)
    if function is None or not isinstance(node, (*_SIMPLE, ast.If, ast.For, ast.While)) or _docstring(node):
        return
    if view.text(node).startswith("elif") or not _first_on_line(node, view):
        return
    indent = view.source.lines[node.lineno - 1][: node.col_offset]
    donors = [
        other for other in view.source.within(function)
        if isinstance(other, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)) and not _docstring(other)
        and other.lineno == other.end_lineno and abs(other.lineno - node.lineno) < 40
    ]  # fmt: skip
    donors.sort(key=lambda other: abs(other.lineno - node.lineno))
    texts = list(dict.fromkeys(view.text(other) for other in donors))[:_MAX_DONORS]
    goes_on = isinstance(node, _SIMPLE) and not isinstance(node, (ast.Return, ast.Break, ast.Continue, ast.Raise))
    last_line = view.source.lines[(node.end_lineno or node.lineno) - 1]
    follows = goes_on and last_line.endswith(view.text(node).rpartition("\n")[2])
    for rank, text in enumerate(texts):
        weight = 1.0 / (1 + 0.2 * rank)
        yield view.insert(view.source.start(node), f"{text}\n{indent}", weight)
        if follows:
            yield view.insert(view.source.end(node), f"\n{indent}{text}", weight)


def _first_on_line(node: ast.stmt, view: View) -> bool:
    return not view.source.text[view.source.line_start(node.lineno) : view.source.start(node)].strip()


def order_swapped(node: ast.stmt, view: View) -> Iterator[Idea]:
    """A statement and the next one in each other's place."""
    for block in _blocks(view.parent(node)):
        if node in block[:-1]:
            after = block[block.index(node) + 1]
            if isinstance(node, _SIMPLE) and isinstance(after, _SIMPLE) and not _docstring(node):
                source = view.source
                first = Edit(source.start(node), source.end(node), view.text(after))
                yield Idea((first, Edit(source.start(after), source.end(after), view.text(node))))


def moved_out(node: ast.stmt, view: View) -> Iterator[Idea]:
    """The last statement of a block, one level further out (a `return` that left a loop too early)."""
    parent = view.parent(node)
    block = getattr(parent, "body", None)
    outer = isinstance(parent, (ast.For, ast.While, ast.If, ast.With)) and not getattr(parent, "orelse", None)
    if outer and isinstance(block, list) and len(block) > 1 and block[-1] is node and _first_on_line(node, view):
        start, end = view.source.line_start(node.lineno), view.source.end(node)
        lines = view.source.text[start:end].split("\n")
        step = node.col_offset - parent.col_offset if isinstance(parent, ast.stmt) else 0
        if isinstance(node, _SIMPLE) and all(line[:step].isspace() for line in lines):
            yield Idea((Edit(start, end, "\n".join(line[step:] for line in lines)),))


def moved_in(node: ast.stmt, view: View) -> Iterator[Idea]:
    """A simple statement after a block, into it."""
    for block in _blocks(view.parent(node)):
        if node in block[1:]:
            before = block[block.index(node) - 1]
            inner = getattr(before, "body", None)
            if isinstance(before, (ast.For, ast.While, ast.If, ast.With)) and inner and isinstance(node, _SIMPLE):
                step = inner[-1].col_offset - node.col_offset
                if (
                    step > 0
                    and not getattr(before, "orelse", None)
                    and node.lineno == node.end_lineno
                    and _first_on_line(node, view)
                ):
                    yield view.insert(view.source.start(node), " " * step)


def exception_swap(node: ast.Raise | ast.ExceptHandler, view: View) -> Iterator[Idea]:
    """Another exception (one of a tuple at a time): those that the failing tests name, then the usual ones."""
    written = node.type if isinstance(node, ast.ExceptHandler) else node.exc
    if isinstance(written, ast.Call):
        written = written.func
    own = [name for name in view.source.module_names if name.endswith(("Error", "Exception"))]
    names = list(dict.fromkeys([*view.clues.exceptions[:6], *_USUAL_EXCEPTIONS, *own]))
    for part in written.elts if isinstance(written, ast.Tuple) else [written]:
        if isinstance(part, (ast.Name, ast.Attribute)):
            others = [name for name in names if name != view.text(part)]
            for rank, name in enumerate(others):
                yield view.replace(part, name, 1.0 / (1 + 0.1 * rank))


def empty_loop(node: ast.For | ast.comprehension, view: View) -> Iterator[Idea]:
    """A loop over an empty literal → over a name in scope, or what another loop of the function runs over."""
    if not (isinstance(node.iter, (ast.List, ast.Tuple)) and not node.iter.elts):
        return
    scope = [name for name in view.scope(node.iter) if name != "cls"]
    targets = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
    names = [name for name in scope if name not in targets]
    forms = [*names, *(f"range({name})" for name in names), *(f"range(len({name}))" for name in names),
             *(f"{name}.items()" for name in names), *(f"enumerate({name})" for name in names)]  # fmt: skip
    if isinstance(node.target, ast.Tuple):
        pairs = [f"zip({a}, {b})" for a in names[:5] for b in names[:5] if a != b]
        forms = [*(form for form in forms if form.endswith(".items()") or form.startswith("enumerate")), *names, *pairs]
    if klass := view.source.klass(node.iter):
        forms += [f"self.{name}" for name in view.source.attributes_of(klass) if not name.startswith("__")]
    donors = [
        view.text(other.iter)
        for other in view.source.nodes
        if isinstance(other, (ast.For, ast.comprehension)) and other is not node
    ]
    for rank, form in enumerate(dict.fromkeys([*forms[:40], *donors[:20]])):
        yield view.replace(node.iter, form, 1.0 / (1 + 0.03 * rank))


def decorator_added(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, view: View) -> Iterator[Idea]:
    """A missing decorator: those of the language for methods, those that the same file uses."""
    usual = ["property", "staticmethod", "classmethod"] if isinstance(view.parent(node), ast.ClassDef) else []
    seen = [
        view.text(decorator)
        for other in view.source.nodes
        if isinstance(other, (*FUNCTIONS, ast.ClassDef)) and isinstance(other, type(node))
        for decorator in other.decorator_list
    ]
    have = {view.text(decorator) for decorator in node.decorator_list}
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    place = view.source.line_start(first)
    indent = view.source.lines[node.lineno - 1][
        : len(view.source.lines[node.lineno - 1]) - len(view.source.lines[node.lineno - 1].lstrip())
    ]
    for rank, name in enumerate(dict.fromkeys([*seen, *usual])):
        if name not in have and "\n" not in name and rank < 12:
            yield view.insert(place, f"{indent}@{name}\n", 1.0 / (1 + 0.15 * rank))


def decorator_removed(node: ast.FunctionDef | ast.AsyncFunctionDef, view: View) -> Iterator[Idea]:
    """A decorator that should not be there."""
    for decorator in node.decorator_list:
        start = view.source.line_start(decorator.lineno)
        end = view.source.line_start((decorator.end_lineno or decorator.lineno) + 1)
        yield view.remove(start, end)


TEMPLATES = (
    Template("break/continue", 0.85, (ast.Break, ast.Continue, ast.Pass), jump_swapped),
    Template("return added", 0.7, (ast.Expr,), return_added),
    Template("other value returned", 0.2, (ast.Return,), value_returned),
    Template("return or yield", 0.25, (ast.Return, ast.Expr), return_or_yield),
    Template("statement removed", 0.3, (ast.stmt,), removed),
    Template("statement added", 0.12, (ast.stmt,), donor_inserted),
    Template("statement order", 0.2, (ast.stmt,), order_swapped),
    Template("moved out of the block", 0.3, (ast.stmt,), moved_out),
    Template("moved into the block", 0.25, (ast.stmt,), moved_in),
    Template("other exception", 0.3, (ast.Raise, ast.ExceptHandler), exception_swap),
    Template("empty loop", 3.0, (ast.For, ast.comprehension), empty_loop),
    Template("decorator added", 0.6, (*FUNCTIONS, ast.ClassDef), decorator_added),
    Template("decorator removed", 0.2, FUNCTIONS, decorator_removed),
)
