"""The view of a file."""

import ast

import pytest

from patchwire.repair.source import Source, edited
from patchwire.repair.templates.template import View, likeness


def first(code: str, kind: type[ast.expr]) -> tuple[View, ast.expr]:
    view = View(Source("x.py", code))
    return view, next(node for node in view.source.nodes if isinstance(node, kind))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x.y", "(a or b).y"),
        ("x + 1", "(a or b) + 1"),
        ("x[1]", "(a or b)[1]"),
        ("x(1)", "(a or b)(1)"),
        ("[1 for y in x]", "[1 for y in (a or b)]"),
        ("{y: 1 for y in x}", "{y: 1 for y in (a or b)}"),
        ("f(x)", "f(a or b)"),
        ("y[x]", "y[a or b]"),
        ("return_ = x", "return_ = a or b"),
    ],
)
def test_brackets_where_the_surroundings_need_them(code: str, expected: str) -> None:
    view = View(Source("x.py", code))
    node = next(n for n in view.source.nodes if isinstance(n, ast.Name) and n.id == "x")
    assert edited(code, view.put(node, "a or b").edits) == expected


@pytest.mark.parametrize(("code", "atom"), [("a", "a"), ("a + b", "(a + b)"), ("(a, b)", "(a, b)"), ("f(a)", "f(a)")])
def test_an_atom(code: str, atom: str) -> None:
    view = View(Source("x.py", code))
    statement = view.source.tree.body[0]
    assert isinstance(statement, ast.Expr)
    assert view.atom(statement.value) == atom


def test_what_stands_between_two_nodes_is_searched_without_comments() -> None:
    view, node = first("(a # or\n and b)", ast.BoolOp)
    assert isinstance(node, ast.BoolOp)
    assert view.between(node.values[0], node.values[1], "or") == []


def test_likeness_of_words() -> None:
    assert likeness("size", "size") == 1 > likeness("size", "sizes") > likeness("size", "x")
