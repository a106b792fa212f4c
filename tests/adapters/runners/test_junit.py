"""JUnit XML from strangers: read where it is a report, refused fast where it is an attack."""

import time
from pathlib import Path

import pytest

from patchwire.adapters.runners.junit import MOST_TEXT, Mocha, read_all
from patchwire.task import Frame, TestStatus

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(12))
    + ']><testsuite><testcase name="&m;"/></testsuite>'
)


def test_what_pytest_writes(recorded) -> None:
    report, root = recorded("junit.xml", "test_j.py")
    told = read_all([report.read_bytes()], root)
    assert {result.id: result.status.value for result in told.results} == {
        "test_j.py::test_fine": "passed",
        "test_j.py::test_bad": "failed",
        "test_j.py::test_skip": "skipped",
    }
    assert told.incomplete == ""
    assert told.results[1].message.startswith("assert 1 == 2")
    assert told.results[1].frames == (Frame("test_j.py", 3, ""),)


def test_what_mocha_writes(recorded) -> None:
    report, root = recorded("mocha.xml", "m/sum.spec.cjs")
    told = Mocha().read(report, b"", root)
    assert {result.id: result.status.value for result in told.results} == {
        "m/sum.spec.cjs::adds": "failed",
        "m/sum.spec.cjs::is fine": "passed",
        "m/sum.spec.cjs::later": "skipped",
    }
    assert told.results[0].line == 3
    assert "wrote no report" in Mocha().read(root / "none", b"", root).incomplete
    argv = Mocha().argv(["mocha"], Path("/r"), ["a.js::x", "a.js::y"])
    assert argv == ["mocha", "--reporter", "xunit", "--reporter-option", "output=/r", "a.js"]


def test_suites_in_suites_and_several_files(tmp_path: Path) -> None:
    surefire = b"""<testsuite name="CartTest" tests="2"><properties><property name="a" value="b"/></properties>
<testcase name="adds" classname="shop.CartTest" time="1,000.5"><error type="E">boom</error><system-out>x</system-out>
</testcase><testcase name="adds" classname="shop.CartTest"/></testsuite>"""
    nested = (
        b'<testsuites><testsuite name="a"><testsuite name="b"><testcase name="t"/></testsuite></testsuite></testsuites>'
    )
    told = read_all([surefire, nested], tmp_path)
    assert [result.id for result in told.results] == ["shop.CartTest::adds", "shop.CartTest::adds #2", "b::t"]
    assert told.results[0].status is TestStatus.ERROR
    assert (told.results[0].message, told.results[0].seconds) == ("boom", 1000.5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BILLION_LAUGHS, "declares a document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "declares a document type"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite>&e;</testsuite>', "declares a document"),
        ("<a>" * 100_000, "nested too deep"),
        ("<testsuite><testcase name='a'/></testsuite", "is no XML"),
        ("", "is no XML"),
        ("<testsuite>" + "<testcase name='a'/>" * 200_001 + "</testsuite>", "more than 200,000 tests"),
        ("<testsuite tests='3'><testcase name='a'/></testsuite>", "promises 3 tests and names 1"),
    ],
)
def test_attacks_are_refused_fast(text: str, why: str, tmp_path: Path) -> None:
    started = time.process_time()
    assert why in read_all([text.encode()], tmp_path).incomplete
    assert time.process_time() - started < 5


def test_messages_are_bounded(tmp_path: Path) -> None:
    huge = "x" * (8 * MOST_TEXT)
    text = f"<testsuite><testcase name='{huge}'><failure message='{huge}'>{huge}</failure></testcase></testsuite>"
    (only,) = read_all([text.encode()], tmp_path).results
    assert len(only.message) < 2_100 > len(only.id)


def test_numbers_that_are_none_are_passed_over(tmp_path: Path) -> None:
    text = "<testsuite tests='many'><testcase name='a' time='soon' line='-3'><skipped/></testcase></testsuite>"
    (only,) = read_all([text.encode()], tmp_path).results
    assert (only.seconds, only.line, only.status) == (0.0, None, TestStatus.SKIPPED)
