"""What runs when a module is imported."""

from patchwire.repair.at_import import at_import
from patchwire.repair.source import source

CODE = """\
import re
PLURALS = []
SPARE = re.compile('x')

def _irregular(one, many):
    if one:
        _put(one, many)
    helper = lambda: PLURALS

def _put(one, many):
    PLURALS.append((one, many))

def traced(word, also=SPARE, *, only=None):
    return PLURALS

@traced
def decorated():
    return 1

class A(traced):
    size = _put(1, 2)

    def method(self):
        return SPARE

try:
    with open(SPARE) as file:
        data = 1
except _put:
    data = 2
match SPARE:
    case 1:
        pass
_irregular('person', 'people')
"""


def ran(code: str) -> dict[int, frozenset[str]]:
    return {each.statement.lineno: each.variables for each in at_import(source("a.py", code))}


def test_the_top_the_classes_and_what_they_call_run_at_import() -> None:
    at_top = {1, 2, 3, 5, 10, 13, 17, 20, 21, 23, 26, 27, 28, 30, 31, 33, 34}
    called_by_it = {6, 7, 8, 11, 14}
    assert set(ran(CODE)) == at_top | called_by_it


def test_a_statement_has_a_say_in_the_variables_that_it_or_what_it_calls_names() -> None:
    lines = ran(CODE)
    assert lines[34] == lines[6] == lines[7] == lines[11] == lines[2] == {"PLURALS"}
    assert lines[13] == lines[31] == {"SPARE"}
    assert lines[14] == lines[17] == {"PLURALS", "SPARE"}
    assert lines[27] == {"SPARE", "file"}
    assert lines[1] == lines[5] == lines[23] == frozenset()


def test_each_function_once_though_it_calls_itself() -> None:
    code = "def f(n):\n    return f(n - 1) if n else X\nX = f(1)\nf(2)\n"
    assert [each.statement.lineno for each in at_import(source("a.py", code))].count(2) == 1
    assert ran(code)[2] == {"X"}


def test_a_file_that_does_not_parse_runs_nothing() -> None:
    assert ran("def (:") == {}
