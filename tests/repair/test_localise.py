"""Where the fault may be."""

import math

import pytest

from patchwire.repair.localise import files, is_test, spread, suspects
from patchwire.repair.outputs import Failure, Frame, Hits, Report
from patchwire.repair.source import source

CODE = """\
LIMIT = 3
OTHER = 4

def f(x,
      y=1):
    if x > \\
            LIMIT:
        return x
    match x:
        case 1:
            return y
    return a.LIMIT

class A:
    size = 5

def g():
    return 2
"""


@pytest.mark.parametrize(
    "path", ["test_a.py", "a/b_test.py", "tests/x.py", "src/testing/y.py", "conftest.py", "tests.py"]
)
def test_tests_are_known_by_their_names(path: str) -> None:
    assert is_test(path)


def test_code_is_no_test() -> None:
    assert not is_test("latest/contest.py")


def test_ochiai() -> None:
    hits = (Hits("a.py", 1, 2, 0), Hits("a.py", 2, 2, 6), Hits("a.py", 3, 0, 1), Hits("tests/b.py", 1, 2, 0))
    found = suspects(Report(failed=2, hits=hits))
    assert found == {"a.py": {1: 1.0, 2: 2 / math.sqrt(2 * 8)}}


def test_frames_count_most_where_the_error_came_up_and_least_where_an_assertion_noticed() -> None:
    frames = (Frame("a.py", 5, "f"), Frame("tests/b.py", 1, "t"), Frame("a.py", 9, "g"), Frame("x.c", 1, "c"))
    raised = suspects(Report(failures=(Failure("t", "failed", message="E   KeyError: 1", frames=frames),)))["a.py"]
    noticed = suspects(Report(failures=(Failure("t", "failed", message="E   assert 1 == 2", frames=frames),)))["a.py"]
    assert raised[5] == 2 * raised[9] > noticed[5] > 0


def test_only_the_lines_of_one_test() -> None:
    report = Report(failed=2, hits=(Hits("a.py", 1, 1, 0), Hits("a.py", 2, 2, 0), Hits("b.py", 2, 2, 0)))
    assert suspects(report, only={"a.py": {2: 1.0}}) == {"a.py": {2: 1.0}}


def test_the_most_suspicious_file_first() -> None:
    assert files({"a.py": {1: 0.2, 2: 0.2}, "b.py": {1: 0.5}, "c.txt": {1: 1.0}, "d.py": {1: 0.2}}, 2) == (
        "b.py",
        "a.py",
    )


def test_a_trace_spreads_over_statements_headers_and_constants() -> None:
    wide = spread({"a.py": {6: 1.0, 12: 0.5}}, [source("a.py", CODE), source("b.py", "def (:")], traced=True)
    lines = wide["a.py"]
    assert list(wide) == ["a.py"]
    assert 1.0 == lines[6] > lines[7] > lines[4] == lines[5] > 0
    assert lines[1] > 0
    assert lines[12] > lines[2] == lines[15] > 0  # they run at import
    assert not {8, 9, 18} & lines.keys()


def test_without_a_trace_a_function_shares_and_nothing_is_left_out() -> None:
    lines = spread({"a.py": {8: 1.0}}, [source("a.py", CODE)], traced=False)["a.py"]
    assert lines[8] > lines[9] > lines[18] > 0
    assert spread({}, [source("a.py", CODE)], traced=False)["a.py"][18] > 0
