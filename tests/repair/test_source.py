"""A file's text with tree, offsets and names."""

import ast

from patchwire.repair.source import Edit, Source, edited, source, syntax_error

CODE = """\
import os.path as p, sys
"é"; x = "é" + y

class A:
    size = 1

    def grow(self, by, /, *rest, key=None, **more):
        self.head = by
        def inner(z):
            return z + by
        with open(by) as f, (lambda q: q)(1): pass
        try:
            pass
        except OSError as e:
            pass
        except ValueError:
            pass
        return inner
"""


def find(file: Source, kind: type[ast.AST], name: str) -> ast.AST:
    return next(n for n in file.nodes if isinstance(n, kind) and name in (getattr(n, "id", ""), getattr(n, "name", "")))


def test_edits_do_not_disturb_each_other() -> None:
    assert edited("abcdef", (Edit(0, 1, "xyz"), Edit(4, 4, "-"), Edit(5, 6, ""))) == "xyzbcd-e"


def test_offsets_are_characters() -> None:
    file = source("a.py", CODE)
    name = find(file, ast.Name, "y")
    assert isinstance(name, ast.Name)
    assert CODE[file.start(name) : file.end(name)] == file.segment(name) == "y"
    assert file.line_of(file.start(name)) == 2
    assert file.line_of(file.line_start(5)) == 5
    assert file.line_of(len(CODE)) == len(file.lines)


def test_the_same_text_is_the_same_source() -> None:
    assert source("a.py", "x") is source("a.py", "x")


def test_what_does_not_parse_has_an_empty_tree() -> None:
    file = source("a.py", "def f(:\n")
    assert file.error is not None
    assert file.nodes == (file.tree,)
    assert syntax_error("x = 1") is None
    assert syntax_error("\0") is not None
    assert syntax_error("'\ud800'") is not None
    assert syntax_error("x = 0b12 or '\\d'") is not None


def test_doubtful_code_is_not_an_error() -> None:
    assert source("a.py", "'\\d' is 1").error is None


def test_names_in_scope() -> None:
    file = source("a.py", CODE)
    grow = find(file, ast.FunctionDef, "grow")
    assert isinstance(grow, ast.FunctionDef)
    assert file.names_in(grow) == ("self", "by", "key", "rest", "more", "inner", "f", "e")
    assert file.module_names == ("p", "sys", "x", "A")


def test_what_a_class_names() -> None:
    file = source("a.py", CODE)
    klass = find(file, ast.ClassDef, "A")
    assert isinstance(klass, ast.ClassDef)
    assert file.attributes_of(klass) == file.attributes_of(klass) == ("size", "grow", "head")
    assert file.attributes_of(None) == ()


def test_what_is_around_a_node() -> None:
    file = source("a.py", CODE)
    z = find(file, ast.Name, "z")
    statement, function, klass = file.statement(z), file.function(z), file.klass(z)
    assert isinstance(statement, ast.Return)
    assert function is not None
    assert function.name == "inner"
    assert klass is not None
    assert file.statement(file.tree) is None


def test_a_byte_order_mark_is_part_of_the_text_but_not_of_the_program() -> None:
    marked = Source("a.py", "\ufeffü = a < b\nc = d\n")
    assert marked.error is None
    first, second = marked.tree.body
    assert marked.text[marked.start(first.value) : marked.end(first.value)] == "a < b"
    assert marked.text[marked.start(second.value) : marked.end(second.value)] == "d"
