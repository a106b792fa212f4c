"""Wrong names: another variable or attribute of the same scope, a method of the same family, a missing `self.`."""

import ast
from collections.abc import Iterator

from patchwire.repair.templates.template import Idea, Template, View, likeness

_MAX_NAMES = 14

_FAMILIES = (
    ("lower", "upper", "title", "capitalize", "casefold", "swapcase"),
    ("strip", "lstrip", "rstrip"),
    ("ljust", "rjust", "center", "zfill"),
    ("append", "extend", "add", "update", "insert", "appendleft", "extendleft"),
    ("find", "rfind", "index", "rindex", "count"),
    ("split", "rsplit", "splitlines", "partition", "rpartition"),
    ("keys", "values", "items"),
    ("startswith", "endswith"),
    ("isdigit", "isnumeric", "isdecimal", "isalpha", "isalnum", "isspace", "isupper", "islower"),
    ("removeprefix", "removesuffix"),
    ("any", "all"),
    ("min", "max", "sum"),
    ("sorted", "reversed", "list"),
    ("pop", "popleft", "remove", "discard", "popitem"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset", "isdisjoint"),
    ("floor", "ceil", "round", "trunc"),
    ("int", "float", "str", "round"),
    ("list", "tuple", "set", "frozenset", "dict"),
    ("setdefault", "get", "pop"),
    ("match", "search", "fullmatch", "findall"),
    ("isinstance", "issubclass"),
    ("encode", "decode"),
    ("seconds", "days", "total_seconds", "microseconds"),
    ("copy", "deepcopy"),
    ("deque", "list"),
    ("zip", "zip_longest"),
    ("ascii_lowercase", "ascii_uppercase", "ascii_letters"),
    ("readline", "read", "readlines"),
    ("getattr", "hasattr"),
    ("islice", "takewhile", "dropwhile", "filterfalse", "filter"),
)  # fmt: skip


def _relatives(name: str) -> list[str]:
    return [other for family in _FAMILIES if name in family for other in family if other != name]


def family_swap(node: ast.Name | ast.Attribute, view: View) -> Iterator[Idea]:
    """`s.lower()` → `s.upper()`, `any(…)` → `all(…)`."""
    name = node.id if isinstance(node, ast.Name) else node.attr
    for rank, other in enumerate(_relatives(name)):
        weight = 1.0 / (1 + 0.35 * rank)
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and name not in view.scope(node):
                yield view.replace(node, other, weight)
        else:
            yield _attribute(node, other, view, weight)


def _attribute(node: ast.Attribute, other: str, view: View, weight: float) -> Idea:
    end = view.source.end(node)
    head = view.source.text[view.source.start(node) : end - len(node.attr)]
    return view.replace(node, head + other, weight)


def variable_swap(node: ast.Name, view: View) -> Iterator[Idea]:
    """A local variable for another of the same function, the likest and nearest first."""
    names = view.scope(node)
    if not isinstance(node.ctx, ast.Load) or node.id not in names or _called(node, view):
        return
    others = [name for name in names if name != node.id and name not in ("self", "cls", "_")]
    near = sorted(others, key=lambda name: -_likeness(node.id, name))[:_MAX_NAMES]
    for rank, name in enumerate(near):
        yield view.replace(node, name, 1.0 / (1 + 0.12 * rank))


def _likeness(left: str, right: str) -> float:
    return likeness(left, right) + (0.3 if len(left) == len(right) == 1 else 0)


def _called(node: ast.expr, view: View) -> bool:
    parent = view.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node


def target_swap(node: ast.Name, view: View) -> Iterator[Idea]:
    """An assignment to another variable of the function."""
    if isinstance(node.ctx, ast.Store) and (function := view.source.function(node)):
        others = [name for name in view.source.names_in(function) if name not in (node.id, "self", "cls")]
        for name in sorted(others, key=lambda name: -_likeness(node.id, name))[:4]:
            yield view.replace(node, name)


def module_name_swap(node: ast.Name, view: View) -> Iterator[Idea]:
    """A constant, class or function of the module for a similar one."""
    if isinstance(node.ctx, ast.Load) and node.id in view.source.module_names:
        others = [name for name in view.source.module_names if name != node.id and likeness(node.id, name) > 0.4]
        for name in sorted(others, key=lambda name: -likeness(node.id, name))[:5]:
            yield view.replace(node, name)


def attribute_swap(node: ast.Attribute, view: View) -> Iterator[Idea]:
    """`self.head` → `self.tail`; methods for methods, the rest for the rest."""
    if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")) or not isinstance(
        node.ctx, ast.Load
    ):
        return
    klass = view.source.klass(node)
    methods = {s.name for s in klass.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))} if klass else set()
    alike = [n for n in view.source.attributes_of(klass) if n != node.attr and (n in methods) == (node.attr in methods)]
    for rank, name in enumerate(sorted(alike, key=lambda name: -_likeness(node.attr, name))[:8]):
        if not name.startswith("__"):
            yield _attribute(node, name, view, 1.0 / (1 + 0.2 * rank))


def missing_self(node: ast.Name, view: View) -> Iterator[Idea]:
    """`count` → `self.count` in a method of a class that has one."""
    method = isinstance(node.ctx, ast.Load) and "self" in view.scope(node) and not _called(node, view)
    if method and node.id in view.source.attributes_of(view.source.klass(node)):
        yield view.replace(node, f"self.{node.id}")


def attribute_dropped(node: ast.Attribute, view: View) -> Iterator[Idea]:
    """`node.next` → `node`."""
    if isinstance(node.ctx, ast.Load) and not _called(node, view):
        yield view.replace(node, view.text(node.value))


def attribute_added(node: ast.Name, view: View) -> Iterator[Idea]:
    """`node` → `node.next`, with an attribute that the same function takes of the same name."""
    function = view.source.function(node)
    parent = view.parent(node)
    if (
        function is None
        or not isinstance(node.ctx, ast.Load)
        or isinstance(parent, ast.Attribute)
        or _called(node, view)
    ):
        return
    seen = dict.fromkeys(
        other.attr
        for other in view.source.within(function)
        if isinstance(other, ast.Attribute) and isinstance(other.value, ast.Name) and other.value.id == node.id
    )
    for attribute in list(seen)[:4]:
        yield view.replace(node, f"{node.id}.{attribute}")


TEMPLATES = (
    Template("name of the same family", 0.75, (ast.Name, ast.Attribute), family_swap),
    Template("variable swap", 0.5, (ast.Name,), variable_swap),
    Template("target swap", 0.08, (ast.Name,), target_swap),
    Template("module name swap", 0.15, (ast.Name,), module_name_swap),
    Template("attribute swap", 0.35, (ast.Attribute,), attribute_swap),
    Template("missing self", 0.4, (ast.Name,), missing_self),
    Template("attribute dropped", 0.15, (ast.Attribute,), attribute_dropped),
    Template("attribute added", 0.12, (ast.Name,), attribute_added),
)
