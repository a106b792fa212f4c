"""What may have stood in a gap of a file that parses again with a name put there: what would make sense of it.

The clues are those of a careful reader: what is used and nowhere bound, what is bound and never used, what is in sight.
Knows one file, and nothing of why it is broken or of how usual a name is.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from patchwire.repair.source import FUNCTIONS

MARK = "gap__"  # stands in the gap

_STRONG = 60.0  # used and nowhere bound, or the like: shared by all names of which that is true
_FAIR = 12.0
_IN_SIGHT = 1.0
_BUILTIN = frozenset({*dir(builtins), "__file__", "__path__", "__annotations__", "WindowsError"})
_FOR_CLASSES = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})

Weights = dict[str, float]  # text → how well it fits; what is not there fits hardly


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes of a file: those around the gap, outermost first, and what is bound or used in vain."""

    around: tuple[symtable.SymbolTable, ...]
    unbound: Mapping[str, frozenset[int]]  # name → the ids of the scopes that use it

    def used_inside(self) -> list[str]:
        """The unbound names that the gap's own scope, or one inside it, uses."""
        own = {table.get_id() for table in _inside(self.around[-1])}
        return [name for name, tables in self.unbound.items() if tables & own]


def weights(text: str) -> Weights:
    """How well texts fit into the gap of a file that parses; empty where nothing can be said."""
    try:
        tree = ast.parse(text)
        top = symtable.symtable(text, "<file>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    gap = next((node for node in ast.walk(tree) if _is_gap(node)), None)
    if gap is None:
        return {}
    scopes = _scopes(top, [*_chain(gap, parents)][::-1], _promised(tree))
    match gap:
        case ast.Name(ctx=ast.Load()):
            return _exported(gap, tree, parents, top) or _loaded(gap, parents, scopes)
        case ast.Name():
            return _shared(scopes.used_inside(), _STRONG)
        case ast.arg():
            return _parameter(gap, parents, scopes)
        case ast.alias():
            return _shared(scopes.unbound, _STRONG)
        case ast.keyword():
            return _keyword(gap, tree, parents)
        case ast.Attribute():
            return _attribute(gap, tree)
        case _:
            return _definition(gap, parents, scopes)


def _is_gap(node: ast.AST) -> bool:
    match node:
        case (
            ast.Name(id=name)
            | ast.arg(arg=name)
            | ast.keyword(arg=name)
            | ast.Attribute(attr=name)
            | ast.alias(asname=str(name))
            | ast.alias(name=name)
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
        ):
            return name == MARK
    return False


def _chain(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """The functions and classes whose scope the gap is in, innermost first; defaults and the like are outside."""
    child = node
    while child in parents:
        parent = parents[child]
        inner = isinstance(parent, ast.ClassDef) and child in parent.body
        if inner or (isinstance(parent, FUNCTIONS) and (child in parent.body or isinstance(node, ast.arg))):
            yield parent
        child = parent


def _promised(tree: ast.Module) -> list[str]:
    """The names in `__all__`."""
    lists = [node.value for node in tree.body if isinstance(node, (ast.Assign, ast.AugAssign)) and _is_all(node)]
    texts = (item for node in lists if isinstance(node, (ast.List, ast.Tuple, ast.Set)) for item in node.elts)
    return [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]


def _is_all(node: ast.Assign | ast.AugAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _scopes(top: symtable.SymbolTable, chain: Iterable[ast.AST], promised: Iterable[str]) -> Scopes:
    around = [top]
    for node in chain:
        name, line = getattr(node, "name", ""), getattr(node, "lineno", 0)
        inner = (table for table in around[-1].get_children() if (table.get_name(), table.get_lineno()) == (name, line))
        around += [*inner][:1]
    tables = [*_inside(top)]
    bound = {symbol.get_name() for symbol in top.get_symbols() if _binds(symbol)}
    bound |= {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_declared_global() and _binds(symbol)
    }
    unbound = {name: {top.get_id()} for name in promised if name not in bound}
    for table in tables:
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_referenced() and symbol.is_global() and name not in bound and name not in _BUILTIN:
                unbound.setdefault(name, set()).add(table.get_id())
    unbound.pop(MARK, None)
    return Scopes(tuple(around), {name: frozenset(ids) for name, ids in unbound.items()})


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _inside(child)


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter() or symbol.is_namespace()


def _shared(names: Iterable[str], weight: float) -> Weights:
    found = list(names)
    return {name: weight / len(found) for name in found}


def _loaded(gap: ast.Name, parents: Mapping[ast.AST, ast.AST], scopes: Scopes) -> Weights:
    """A name that is read: what is in sight, above all what nobody reads otherwise."""
    found: Weights = {}
    for table in scopes.around:
        if table.get_type() == "class" and table is not scopes.around[-1]:
            continue
        found |= {symbol.get_name(): _IN_SIGHT for symbol in table.get_symbols() if _binds(symbol)}
        found |= _shared(_unread(table), _STRONG)
    parent = parents[gap]
    if isinstance(parent, ast.keyword) and parent.arg in found:
        found[parent.arg] = _STRONG
    found.pop(MARK, None)
    return found


def _unread(table: symtable.SymbolTable) -> list[str]:
    """What a scope binds and nobody reads; at a file's top only imports, for the rest may be there for others."""
    top = table.get_type() == "module"
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if not symbol.is_referenced() and (symbol.is_imported() if top else _binds(symbol) and not symbol.is_free())
    }
    for inner in _inside(table):
        if inner is not table:
            names -= {s.get_name() for s in inner.get_symbols() if s.is_referenced() and (s.is_free() or s.is_global())}
    return sorted(name for name in names - {MARK, "annotations"} if not name.startswith("__"))


def _parameter(gap: ast.arg, parents: Mapping[ast.AST, ast.AST], scopes: Scopes) -> Weights:
    found = _shared(scopes.used_inside(), _STRONG)
    function = parents[parents[gap]]
    inside = isinstance(parents.get(function), ast.ClassDef)
    if inside and isinstance(function, FUNCTIONS):
        arguments = function.args
        decorators = {name.id for name in function.decorator_list if isinstance(name, ast.Name)}
        if gap is [*arguments.posonlyargs, *arguments.args, gap][0] and "staticmethod" not in decorators:
            found["cls" if "classmethod" in decorators or function.name in _FOR_CLASSES else "self"] = _STRONG
    return found


def _keyword(gap: ast.keyword, tree: ast.Module, parents: Mapping[ast.AST, ast.AST]) -> Weights:
    """A keyword of a call: the name of its value, or what other calls of the same name give."""
    call = parents[gap]
    given = {keyword.arg for keyword in getattr(call, "keywords", ())}
    found: Weights = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == _called(call):
            found |= {keyword.arg: _FAIR for keyword in node.keywords if keyword.arg and keyword.arg not in given}
    match gap.value:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name not in given:
            found[name] = _STRONG
    return found


def _called(call: ast.AST) -> str | None:
    match call:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return None


def _attribute(gap: ast.Attribute, tree: ast.Module) -> Weights:
    """An attribute: those of the same thing elsewhere, above all what is set and never read."""
    base = ast.dump(gap.value)
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node is not gap]
    found = {node.attr: _IN_SIGHT for node in attributes}
    beside = [node for node in attributes if ast.dump(node.value) == base]
    found |= {node.attr: _FAIR for node in beside}
    read = {node.attr for node in attributes if isinstance(node.ctx, ast.Load)}
    found |= _shared(dict.fromkeys(node.attr for node in beside if node.attr not in read), _STRONG)
    return found


def _definition(gap: ast.AST, parents: Mapping[ast.AST, ast.AST], scopes: Scopes) -> Weights:
    """The name of a function or class: what is used and nowhere bound; in a class, what is asked of `self` in vain."""
    klass = parents.get(gap)
    if not isinstance(klass, ast.ClassDef):
        return _shared(scopes.unbound, _STRONG)
    asked: dict[str, bool] = {}
    for node in ast.walk(klass):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=context):
                asked[name] = asked.get(name, True) and isinstance(context, ast.Load)
    has = {name for node in klass.body for name in _bound_by(node)}
    found = _shared((name for name, only_read in asked.items() if only_read and name not in has), _FAIR)
    return found if "__init__" in has or isinstance(gap, ast.ClassDef) else {**found, "__init__": _FAIR}


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _exported(
    gap: ast.Name, tree: ast.Module, parents: Mapping[ast.AST, ast.AST], top: symtable.SymbolTable
) -> Weights:
    """A text of `__all__`: what the file binds and the list does not name, above all what stands in order there."""
    around = parents[gap]
    assign = parents.get(around)
    if not isinstance(around, (ast.List, ast.Tuple, ast.Set)):
        return {}
    if not isinstance(assign, (ast.Assign, ast.AugAssign)) or not _is_all(assign):
        return {}
    texts = [item.value if isinstance(item, ast.Constant) else None for item in around.elts]
    place = around.elts.index(gap)
    before, after = (texts[n] if 0 <= n < len(texts) else None for n in (place - 1, place + 1))
    found: Weights = {}
    for symbol in top.get_symbols():
        name = symbol.get_name()
        if _binds(symbol) and name not in texts and name not in (MARK, "__all__") and not name.startswith("__"):
            public = 0.1 if name.startswith("_") else 1.0
            ordered = (not isinstance(before, str) or before < name) and (not isinstance(after, str) or name < after)
            imported = 0.3 if symbol.is_imported() and "." not in name else 1.0
            found[repr(name)] = public * imported * (8.0 if ordered else 1.0)
    total = sum(found.values())
    return {text: _STRONG * weight / total for text, weight in found.items()}
