"""Misspelt names and missing imports: what CPython's own message says about them, as candidates before all templates.

Knows the wording of CPython's messages (3.11 to 3.14) and the names that the sources and the standard library define.
"""

import ast
import builtins
import difflib
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from patchwire.repair.clues import clues
from patchwire.repair.localise import is_test
from patchwire.repair.outputs import Failure
from patchwire.repair.ranking import Candidate
from patchwire.repair.source import FUNCTIONS, Edit, Source

_TOP = 10.0  # above every template
_SECOND = 0.4  # among the templates: what CPython's message makes only possible
_SURE = 12  # candidates of one error that stand above every template
_CLOSE = 0.6
_MAX_CASES = 12  # different errors at different places that are looked into

_SUGGESTION = re.compile(r"Did you mean:? '(?:self\.)?([\w.]+)'")
_NAME = re.compile(r"NameError: (?:name|free variable|cannot access free variable) '(\w+)'")
_UNBOUND = re.compile(r"UnboundLocalError: .*?variable '(\w+)'")
_ATTRIBUTE = re.compile(r"AttributeError: .*?(?:has no|no) attribute '(\w+)'")
_IMPORT = re.compile(r"ImportError: cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_KEY = re.compile(r"KeyError: (['\"])(.*?)\1")
_KEYWORD = re.compile(r"TypeError: .*?unexpected keyword argument '(\w+)'")
_SELF = re.compile(r"TypeError: (?:[\w.]*\.)?(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given")

# The modules that people take names from without a word; where two of them have a name, both are tried.
_POPULAR = (
    "collections", "functools", "itertools", "pathlib", "dataclasses", "datetime", "decimal", "fractions", "math",
    "copy", "contextlib", "enum", "abc", "operator", "string", "textwrap", "typing", "collections.abc", "types",
    "statistics", "random", "time", "json", "re", "warnings", "inspect", "unicodedata", "bisect", "heapq", "io",
    "urllib.parse",
)  # fmt: skip

_EXCEPTIONS = (
    "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "ImportError", "ModuleNotFoundError",
    "StopIteration", "OSError", "LookupError", "OverflowError", "Exception",
)  # fmt: skip


def candidates(sources: Iterable[Source], failures: Sequence[Failure]) -> tuple[Candidate, ...]:
    """The edits that a NameError, AttributeError, ImportError, KeyError or TypeError asks for, likeliest first."""
    known = {source.path: source for source in sources if source.error is None}
    found: dict[tuple[str, tuple[Edit, ...]], Candidate] = {}
    asked: set[tuple[str, tuple[tuple[str, int], ...]]] = set()
    for failure in failures:
        frames = [frame for frame in failure.frames if frame.path in known and not is_test(frame.path)]
        lines = [(frame.path, frame.line) for frame in frames]
        for pattern, propose in _CASES:
            for match in pattern.finditer(failure.message):
                if (match[0], tuple(lines)) not in asked and len(asked) < _MAX_CASES:
                    asked.add((match[0], tuple(lines)))
                    hint = _SUGGESTION.search(failure.message, match.start())
                    certain = _SECOND if "NoneType" in match[0] and not hint else _TOP
                    for number, candidate in enumerate(propose(match, hint[1] if hint else "", known, lines)):
                        score = (certain if number < _SURE else _SECOND) - 0.001 * number
                        found.setdefault((candidate.path, candidate.edits), replace(candidate, score=score))
    return tuple(sorted(found.values(), key=lambda candidate: -candidate.score))


Known = dict[str, Source]
Lines = list[tuple[str, int]]
Case = Callable[[re.Match[str], str, Known, Lines], Iterator[Candidate]]


def _edit(source: Source, start: int, end: int, text: str, template: str = "misspelt name") -> Candidate:
    return Candidate(source.path, (Edit(start, end, text),), template, _TOP, source.line_of(start))


def _at(known: Known, lines: Lines, kind: type[ast.AST]) -> Iterator[tuple[Source, ast.AST]]:
    """The nodes of a kind on the lines of the traceback, innermost first; on any line where it tells of none."""
    for path, line in lines:
        for node in known[path].nodes:
            if isinstance(node, kind) and getattr(node, "lineno", 0) <= line <= (getattr(node, "end_lineno", 0) or 0):
                yield known[path], node
    if not lines:
        for source in known.values():
            yield from ((source, node) for node in source.nodes if isinstance(node, kind))


def _close(name: str, names: Iterable[str], hint: str = "") -> list[str]:
    close = difflib.get_close_matches(name, list(dict.fromkeys(names)), n=5, cutoff=_CLOSE)
    return [other for other in dict.fromkeys([hint, *close]) if other and other != name]


def _name(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """NameError: an import for what is well known, the hint, close names in scope, `self.`."""
    name = match[1]
    places = [(s, n) for s, n in _at(known, lines, ast.Name) if isinstance(n, ast.Name) and n.id == name]
    for source, node in places:
        if _caught(source, node):
            for exception in dict.fromkeys([*clues(match.string).exceptions, *_EXCEPTIONS]):
                if exception != name:
                    yield _edit(source, source.start(node), source.end(node), exception, "other exception")
        for statement in _imports(name, source, known):
            yield _import(source, statement)
        scope = [*_scope(source, node), *source.module_names]
        for other in _close(name, [*scope, *dir(builtins)], hint.rpartition(".")[2]):
            yield _edit(source, source.start(node), source.end(node), other)
        if name in source.attributes_of(source.klass(node)):
            yield _edit(source, source.start(node), source.end(node), f"self.{name}", "missing self")
        yield from _definitions(name, source, source.module_names)
    if not places and not lines:
        return
    for source, node in places:  # a name that nothing resembles: what else is in scope
        for other in _scope(source, node)[:8]:
            yield _edit(source, source.start(node), source.end(node), other, "variable swap")


def _caught(source: Source, node: ast.AST) -> bool:
    """Whether a name is what an `except` waits for."""
    parent = source.parents.get(node)
    return isinstance(parent, ast.ExceptHandler) or isinstance(source.parents.get(parent or node), ast.ExceptHandler)


def _scope(source: Source, node: ast.AST) -> list[str]:
    names: list[str] = []
    function = source.function(node)
    while function is not None:
        names += source.names_in(function)
        function = source.function(function)
    return names


def _definitions(name: str, source: Source, names: Iterable[str]) -> Iterator[Candidate]:
    """Something that is called nearly so may have been meant to be called so: rename the definition."""
    close = set(_close(name, names))
    for node in source.nodes if close else ():
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name in close:
            start = source.text.index(node.name, source.start(node))
            yield _edit(source, start, start + len(node.name), name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in close:
            yield _edit(source, source.start(node), source.end(node), name)


def _imports(name: str, source: Source, known: Known) -> Iterator[str]:
    """The statements that would bring a name in, the module of this name first."""
    if name in sys.stdlib_module_names:
        yield f"import {name}"
    for module in _exporters().get(name, ()):
        yield f"from {module} import {name}"
    for other in known.values():
        if other is not source and name in other.module_names:
            yield f"from {_dotted(other.path)} import {name}"
            if other.path.rpartition("/")[0] == source.path.rpartition("/")[0]:
                yield f"from .{_dotted(other.path).rpartition('.')[2]} import {name}"


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")


@lru_cache(maxsize=1)
def _exporters() -> dict[str, tuple[str, ...]]:
    """Which of the popular modules give a public name."""
    found: dict[str, list[str]] = {}
    for name in _POPULAR:
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", None) or [n for n in dir(module) if n[0] != "_"]:
            found.setdefault(public, []).append(name)
    return {name: tuple(modules) for name, modules in found.items()}


def _import(source: Source, statement: str) -> Candidate:
    """The statement on a line of its own, after the imports that are there (or the docstring)."""
    body = [node for node in source.tree.body if not _opening(node)][:1]
    after = statement.startswith("from .") and isinstance(body[0], (ast.Import, ast.ImportFrom))
    line = max(((node.end_lineno or 0) + 1 if after else _first_line(node) for node in body), default=1)
    start = source.line_start(min(line, len(source.lines)))
    return _edit(source, start, start, statement + "\n", "missing import")


def _opening(node: ast.stmt) -> bool:
    """Whether a statement must stay before all imports: a docstring, or one from `__future__`."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _unbound(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """UnboundLocalError: a misspelt name, or a start value that was forgotten."""
    yield from (candidate for candidate in _name(match, hint, known, lines) if candidate.template != "missing import")
    for path, line in lines[:1]:
        source = known[path]
        for node in source.nodes:
            if isinstance(node, FUNCTIONS) and node.lineno <= line <= (node.end_lineno or node.lineno):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                start, indent = source.start(body[0]), " " * body[0].col_offset
                for value in ("0", "None", "[]", "''", "{}", "False"):
                    yield _edit(source, start, start, f"{match[1]} = {value}\n{indent}", "start value")
                yield _edit(source, start, start, f"nonlocal {match[1]}\n{indent}", "start value")
                yield _edit(source, start, start, f"global {match[1]}\n{indent}", "start value")


def _attribute(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """AttributeError: the hint, attributes of a close name anywhere in the sources, or their definitions."""
    name = match[1]
    everywhere = _all_attributes(known)
    close = _close(name, everywhere, hint)
    for source, node in _at(known, lines, ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == name:
            for other in close:
                end = source.end(node)
                yield _edit(source, end - len(name), end, other)
    for source in known.values():
        yield from _definitions(name, source, everywhere)
        for node in source.nodes:
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and node.attr in _close(name, everywhere)
            ):
                end = source.end(node)
                yield _edit(source, end - len(node.attr), end, name)


def _all_attributes(known: Known) -> list[str]:
    names: list[str] = []
    for source in known.values():
        for node in source.nodes:
            if isinstance(node, ast.Attribute):
                names.append(node.attr)
            elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                names.append(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.append(node.id)
    return list(dict.fromkeys(names))


def _imported(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """ImportError: another name of that module, or its definition renamed."""
    name, module = match[1], match[2]
    homes = [source for source in known.values() if _dotted(source.path) == module]
    names = [other for home in homes for other in home.module_names]
    for source, node in _at(known, lines, ast.alias):
        if isinstance(node, ast.alias) and node.name == name:
            for other in _close(name, [*names, *_public(module)], hint):
                start = source.offset(node.lineno, node.col_offset)
                yield _edit(source, start, start + len(name), other)
    for home in homes:
        yield from _definitions(name, home, home.module_names)


def _public(module: str) -> list[str]:
    """The names of a module of the standard library; only those are ever imported here."""
    return [name for name, modules in _exporters().items() if module in modules]


def _module(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """ModuleNotFoundError: a module of the tree or of the standard library with a close name."""
    name = match[1]
    modules = [_dotted(path) for path in known]
    for source, node in _at(known, lines, ast.ImportFrom):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and (name == node.module or name.endswith(f".{node.module}"))
        ):
            local = [module.removeprefix(name.removesuffix(node.module)) for module in modules]
            for other in _close(node.module, [*local, *sys.stdlib_module_names], hint):
                start = source.text.index(node.module, source.start(node))
                yield _edit(source, start, start + len(node.module), other)
    for source, node in _at(known, lines, ast.alias):
        if isinstance(node, ast.alias) and node.name == name:
            for other in _close(name, [*modules, *sys.stdlib_module_names], hint):
                start = source.offset(node.lineno, node.col_offset)
                yield _edit(source, start, start + len(name), other)


def _key(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """KeyError: a text of a close spelling, in its place or in the place of what it was meant to be."""
    key = match[2]
    texts = [
        (source, node)
        for source in known.values()
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 60
    ]
    close = _close(key, [str(node.value) for _, node in texts], hint)
    for source, node in texts:
        written = source.segment(node)
        if node.value == key:
            yield from (
                _edit(source, source.start(node), source.end(node), written.replace(key, other)) for other in close
            )
    for source, node in texts:
        if node.value in close:
            written = source.segment(node)
            yield _edit(source, source.start(node), source.end(node), written.replace(str(node.value), key))


def _keyword(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """An unexpected keyword: the parameters of a close name, at the call or at the definition."""
    name = match[1]
    parameters = [
        (source, argument) for source in known.values() for argument in source.nodes if isinstance(argument, ast.arg)
    ]
    close = _close(name, [argument.arg for _, argument in parameters], hint)
    for source, node in _at(known, lines, ast.keyword):
        if isinstance(node, ast.keyword) and node.arg == name:
            start = source.start(node)
            yield from (_edit(source, start, start + len(name), other) for other in close)


def _self(match: re.Match[str], hint: str, known: Known, lines: Lines) -> Iterator[Candidate]:
    """One argument too many for a method: its `self` (or `@staticmethod`) is missing."""
    name, takes, given = match[1], int(match[2]), int(match[3])
    for source in known.values():
        for node in source.nodes:
            inside = isinstance(source.parents.get(node), ast.ClassDef)
            if isinstance(node, FUNCTIONS) and node.name == name and inside and given == takes + 1:
                bracket = source.text.index("(", source.start(node)) + 1
                yield _edit(source, bracket, bracket, "self, " if takes else "self", "missing self")
                line = source.line_start(node.lineno)
                yield _edit(source, line, line, " " * node.col_offset + "@staticmethod\n", "decorator added")


_CASES: tuple[tuple[re.Pattern[str], Case], ...] = (
    (_NAME, _name),
    (_UNBOUND, _unbound),
    (_ATTRIBUTE, _attribute),
    (_IMPORT, _imported),
    (_MODULE, _module),
    (_KEY, _key),
    (_KEYWORD, _keyword),
    (_SELF, _self),
)
