"""What in a patch looks as if it were made for the tests alone."""

import pytest

from patchwire.agent.suspicion import suspicions
from patchwire.patch.model import FileChange, Kind


def told(after: str | None, before: str | None = "x = 1\n", path: str = "a.py") -> tuple[str, ...]:
    return suspicions([FileChange(path, Kind.MODIFY, before, after)])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("if 'PYTEST_CURRENT_TEST' in os.environ: return 5", "asks whether a test is running (`PYTEST_CURRENT_TEST`)"),
        ("if (process.env.JEST_WORKER_ID) return 5", "asks whether a test is running"),
        ("if cfg!(test) { return 5 }", "asks whether a test is running"),
        ("if testing.Testing() { return 5 }", "asks whether a test is running"),
        ("os.environ['PATCHWIRE_PROBE']", "asks whether a test is running (`PATCHWIRE_PROBE`)"),
        ("if 'pytest' in sys.modules: return 5", "reaches into the test runner (`pytest`)"),
        ("import _pytest.runner", "reaches into the test runner (`_pytest`)"),
        ("const { expect } = require('@jest/globals')", "reaches into the test runner"),
        ("globalThis.expect = () => ok", "reaches into the test runner"),
        ("name = sys._getframe(1).f_code.co_name", "looks at who calls it (`sys._getframe`)"),
        ("const at = new Error().stack", "looks at who calls it"),
        ("class A:\n  def __eq__(self, other) -> bool:\n    return True", "equals whatever it is compared with"),
        ("fn eq(&self, _: &Self) -> bool { true }", "equals whatever it is compared with"),
        ("os._exit(0)", "leaves the process past its end"),
    ],
)
def test_signs(line: str, says: str) -> None:
    (only,) = told(f"x = 1\n{line}\n")
    assert only.startswith(f"a.py {says}")
    assert told(f"x = 1\n{line}\ny = 2\n", before=f"x = 1\n{line}\n") == (), "that stood there before"
    assert told(f"{line}\n", before=None)


@pytest.mark.parametrize(
    "line",
    [
        "# run pytest on it",
        "// see unittest",
        "def __eq__(self, other): return self.x == other.x",
        "jest = 'no'",
        "latest = 1",
    ],
)
def test_no_signs(line: str) -> None:
    assert told(f"x = 1\n{line}\n") == ()


def test_prose_and_deleted_files_do_nothing() -> None:
    assert told("run pytest\n", path="README.md") == ()
    assert told(None, before="import pytest\n") == ()


@pytest.mark.parametrize(
    ("path", "before", "after", "seen"),
    [
        ("a.rs", "fn f() {}\n#[cfg(test)]\nmod t { assert!(f()); }\n", "fn f() {}\n#[cfg(test)]\nmod t {}\n", True),
        ("a.rs", "fn f() {}\n#[cfg(test)]\nmod t {}\n", "fn f() { 1 }\n#[cfg(test)]\nmod t {}\n", False),
        ("a.rs", "/// assert!(f());\nfn f() {}\n", "/// f();\nfn f() {}\n", True),
        ("a.py", '"""\n>>> f()\n2\n\nAnd."""\n', '"""\n>>> f()\n3\n\nSo."""\n', True),
        ("a.py", '"""\n>>> f()\n2\n\nAnd."""\n', '"""\n>>> f()\n2\n\nSo."""\n', False),
        ("a.py", '"""\n>>> f()\n2\n"""\nx = 1\n', '"""\n>>> f()\n2\n"""\nx = 2\n', False),
        ("a.go", "// >>> x\n", "// >>> y\n", False),
    ],
)  # fmt: skip
def test_tests_inside_product_files(path: str, before: str, after: str, seen: bool) -> None:
    clauses = told(after, before, path)
    assert clauses == ((f"{path} holds tests of its own, which the patch changes",) if seen else ())
