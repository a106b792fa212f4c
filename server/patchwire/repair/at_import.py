"""What of a module runs when it is imported: its top, its class bodies, and the functions that those call.

No test's trace sees it, for it runs once and before all tests. Knows one file at a time and nothing of suspicion.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from patchwire.repair.source import FUNCTIONS, Function, Source


@dataclass(frozen=True, slots=True)
class AtImport:
    """A statement that runs at import, and the module's own variables that it may have a say in."""

    statement: ast.stmt
    variables: frozenset[str]


def at_import(source: Source) -> Iterator[AtImport]:
    """Every statement that runs when the file is imported, once; a function's body where it is called by its name."""
    functions = {node.name: node for node in source.tree.body if isinstance(node, FUNCTIONS)}
    variables = _variables(source)
    called: set[str] = set()
    todo: list[tuple[ast.stmt, frozenset[str]]] = [(statement, frozenset()) for statement in source.tree.body]
    while todo:
        statement, around = todo.pop()
        names = _reach(_own_names(statement), functions)
        yield AtImport(statement, around | (names & variables))
        if not isinstance(statement, FUNCTIONS):
            todo += [(inner, around) for inner in _statements(statement)]
        for name in sorted(names & functions.keys() - called):
            called.add(name)
            inside = _reach(_names(functions[name]), functions) & variables
            todo += [(inner, inside) for inner in functions[name].body]


def _variables(source: Source) -> frozenset[str]:
    """The names that the module's top assigns: no imports, no functions, no classes."""
    stored = (n for n in source.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return frozenset(node.id for node in stored if source.function(node) is None)


def _reach(names: frozenset[str], functions: dict[str, Function]) -> frozenset[str]:
    """The names, and those in the functions among them, and so on."""
    todo, known = sorted(names & functions.keys()), set(names)
    while todo:
        more = _names(functions[todo.pop()]) - known
        known |= more
        todo += sorted(more & functions.keys())
    return frozenset(known)


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


def _own_names(statement: ast.stmt) -> frozenset[str]:
    """The names in a statement, without those of the statements inside it (they follow by themselves)."""
    parts: Sequence[ast.AST] = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]
    if isinstance(statement, FUNCTIONS):
        parts = [*statement.decorator_list, *statement.args.defaults, *filter(None, statement.args.kw_defaults)]
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        parts = statement.items
    return frozenset().union(*map(_names, parts))


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements right inside a statement, also those of its handlers and cases."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from _statements(child)
