"""Which files are tests, or say how tests are run."""

import pytest

from patchwire.patch.measure import among_tests, is_test_path
from patchwire.patch.model import FileChange, Kind


def change(path: str, kind: Kind = Kind.MODIFY, old_path: str | None = None) -> FileChange:
    return FileChange(path, kind, None if kind is Kind.ADD else "a", None if kind is Kind.DELETE else "b", old_path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/data.json",
        "pkg/test/x.py",
        "test_a.py",
        "a_test.go",
        "web/a.spec.ts",
        "conftest.py",
        "sub/pyproject.toml",
        "Makefile",
        "justfile",
        "jest.config.ts",
        "vite.config.js",
        ".mocharc.yml",
        "Cargo.toml",
        "build.gradle.kts",
        "src/main/CartTest.java",
        "cart_spec.rb",
        "sitecustomize.py",
        "evil.pth",
        "green-1.0.dist-info/entry_points.txt",
    ],
)
def test_tests_and_their_configuration(path: str) -> None:
    assert is_test_path(path)
    assert among_tests([change("src/a.py"), change(path)]) == (path,)


@pytest.mark.parametrize(
    "path",
    ["src/latest.py", "attest.py", "contest/main.py", "README.md", "protest_a.py", "src/Contest.java", "make.py"],
)
def test_what_only_sounds_like_a_test(path: str) -> None:
    assert not is_test_path(path)


@pytest.mark.parametrize("path", ["pytest.py", "_pytest/runner.py", "src/json/__init__.py", "unittest.py"])
def test_a_new_module_that_hides_one_that_tests_need(path: str) -> None:
    assert among_tests([change(path, Kind.ADD)]) == (path,)
    assert among_tests([change(path)]) == (), "it was there before"
    assert among_tests([change(f"shop/{path}", Kind.ADD)]) == ()


def test_a_test_that_is_moved_away_is_a_changed_test() -> None:
    assert among_tests([change("a.txt", Kind.RENAME, "tests/test_a.py")]) == ("tests/test_a.py",)
