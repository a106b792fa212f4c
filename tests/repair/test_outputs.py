"""What the tools' texts say, as docs/tools.md has them."""

from hypothesis import given
from hypothesis import strategies as st

from patchwire.repair import outputs
from patchwire.repair.outputs import Failure, Frame, Hits, Page, Report, Verdicts

RUN = """\
FAILED: 1 failed, 14 passed, 2 errors, 1 skipped in 0.82 s (exit code 1)
note: one test was slow
command: python -m pytest -q
--- tests/test_cart.py::test_total failed (tests/test_cart.py:14)
  def test_total():
  E       assert 3 == 5
at shop/cart.py:31 in total
at tests/test_cart.py:15 in test_total
--- tests/test_tax.py error
  SyntaxError
… and 31 more:
tests/test_a.py::test_b
tests/test_a.py::test_c
lines run (failing/passing tests that ran each line):
shop/cart.py: 12=1/3 13=1/0
not a line of hits
--- output
  the end of it
"""


def test_a_run_of_tests() -> None:
    report = outputs.report(RUN)
    total = Failure(
        "tests/test_cart.py::test_total",
        "failed",
        "tests/test_cart.py",
        "def test_total():\nE       assert 3 == 5",
        (Frame("shop/cart.py", 31, "total"), Frame("tests/test_cart.py", 15, "test_total")),
    )
    assert report == Report(
        verdict="FAILED",
        failed=3,
        passed=14,
        note="one test was slow",
        failures=(total, Failure("tests/test_tax.py", "error", "", "SyntaxError")),
        more=("tests/test_a.py::test_b", "tests/test_a.py::test_c"),
        hits=(Hits("shop/cart.py", 12, 1, 3), Hits("shop/cart.py", 13, 1, 0)),
        output="the end of it\n",
    )
    assert report.failing_ids[-1] == "tests/test_a.py::test_c"
    assert report.messages.endswith("SyntaxError\nthe end of it\n")


def test_a_run_that_is_none() -> None:
    assert outputs.report("Error: no such target\nmore") == Report(refusal="Error: no such target")
    assert outputs.report("NO TESTS") == Report(verdict="NO TESTS")


def test_a_page_of_a_file() -> None:
    page = outputs.page("a/b.py: lines 2-3 of 9 (CRLF line ends; no newline at the end)\n2\timport x\n3\t\ty")
    assert page == Page("a/b.py", 2, 9, ("import x", "\ty"), ("CRLF line ends", "no newline at the end"))
    assert page.last == 3
    assert outputs.page("x.py: empty") == Page("x.py", 1, 0, ())


def test_a_page_that_is_none() -> None:
    assert outputs.page("Error: no such file") is None
    assert outputs.page("a.py: lines 1-2 of 2\n1\tx\n3\ty") is None
    assert outputs.page("a.py: lines 1-1 of 1\nx") is None


def test_verdicts_of_candidates() -> None:
    text = (
        "tried 40 of 52 candidates in 3.1 s\npassed: 17 23\nbreaks: 30\nfailed: 1-4\nrefused: 9\nnot tried: 41-99 x\n"
    )
    assert outputs.verdicts(text + "not tried: 41-99\ncandidate 30: t::e: boom: x") == Verdicts(
        passed=(17, 23),
        breaks=(30,),
        refused=(9,),
        not_tried=tuple(range(41, 53)),
        tried=40,
        seconds=3.1,
        details=((30, "t::e: boom: x"),),
    )
    assert outputs.verdicts("Error: no patch") == Verdicts(refusal="Error: no patch")
    assert outputs.verdicts("tried 1 of 1 candidate in 2 s\npassed: - 1- -1").passed == (1,)


def test_files_of_the_tree() -> None:
    assert outputs.paths("a.py\nb/c.py\n… and 120 more") == ("a.py", "b/c.py")
    assert outputs.paths("no files") == outputs.paths("Error: outside") == ()


@given(st.text(alphabet=st.sampled_from("FAILED: \n-(/)=123\t…at in lines run of candidate tried PS"), max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    outputs.report("FAILED: " + text)
    outputs.page("a: lines 1-2 of 3\n" + text)
    outputs.verdicts("tried 1 of 2 candidates in 1.0 s\n" + text)
    outputs.paths(text)
