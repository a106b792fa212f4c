"""Names that some disk takes for one another fold to one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.spelling import fold, is_short, reaches_git


@pytest.mark.parametrize(
    "path",
    [
        "a/Ü.PY",
        "a/u\u0308.py",
        "./a//ü.py",
        "a\\ü.py",
        "a./ü.py ",
        "a /ü.py. .",
        "a/ü.py::$DATA",
        "a\u200b/\u202eü.p\ufeffy",
        "ａ/ü.py",
    ],
)
def test_spellings_of_one_file_fold_to_one(path: str) -> None:
    assert fold(path) == "a/ü.py"


def test_other_files_stay_other_files() -> None:
    assert fold("../a b/.c/~d") == "../a b/.c/~d"
    assert fold(":a") == ":a"
    assert fold("") == fold(".") == ""


@given(st.text())
def test_folding_twice_is_folding_once(path: str) -> None:
    assert fold(fold(path)) == fold(path)


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".GIT",
        ".Git. .",
        "git~1",
        "GIT~1",
        ".git::$INDEX_ALLOCATION",
        ".g\u200cit",
        ".git\ufeff",
        ".ｇit",
        "a\\.git",
    ],
)
def test_git_is_known_by_all_its_names(name: str) -> None:
    assert reaches_git(name)
    assert reaches_git(f"a/{name}/b")


@pytest.mark.parametrize("name", [".gitignore", "git", ".git2", "git~2", "x.git", ".gi", ""])
def test_what_is_not_git(name: str) -> None:
    assert not reaches_git(name)


def test_short_names_of_windows() -> None:
    assert all(map(is_short, ["git~1", "vscode~1", "settin~1.jso", "a~12.x"]))
    assert not any(map(is_short, ["notes~", "~1", "a~b", "much-too-long~1", "a~1.json", ""]))
