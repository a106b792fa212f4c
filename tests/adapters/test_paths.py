"""No path leads out: not by its text, not through a link."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.paths import Roots
from patchwire.errors import ToolError


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    copy, original = tmp_path / "copy", tmp_path / "original"
    (copy / "pkg").mkdir(parents=True)
    (copy / "pkg" / "a.py").write_text("")
    original.mkdir()
    return Roots(copy, original)


@pytest.mark.parametrize(
    ("path", "relative"),
    [("pkg/a.py", "pkg/a.py"), ("./pkg//a.py", "pkg/a.py"), ("", ""), (".", ""), ("no/such.py", "no/such.py")],
)
def test_a_path_is_made_regular(roots: Roots, path: str, relative: str) -> None:
    assert roots.relative(path) == roots.locate(path) == relative


def test_an_absolute_path_under_either_root_is_taken_as_relative(roots: Roots) -> None:
    assert roots.relative(f"{roots.root}/pkg/a.py") == "pkg/a.py"
    assert roots.relative(f"{roots.original}/pkg/a.py") == "pkg/a.py"
    assert roots.relative(str(roots.original)) == ""


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x", "pkg/../../x", "pkg/../a.py", "a\0b", "/", "//x"),
        *(".git/config", "x/.GIT/hooks/pre-commit", "a/./.git/x", "git~1/config", ".g\u200cit/x", ".ｇit/x"),
        *(".git::$INDEX_ALLOCATION/x", ".git./x", ".git /x", r"a\.git\x"),
        *(r"C:\x", "C:/x", "c:x", r"\\?\C:\x", r"\\server\share", r"\x", r"a\..\..\x", r"..\x"),
    ],
)
def test_a_path_that_leads_out_is_refused_in_one_line(roots: Roots, path: str) -> None:
    with pytest.raises(ToolError) as refusal:
        roots.relative(path)
    assert "\n" not in str(refusal.value)


def test_a_neighbour_with_the_same_beginning_is_outside(roots: Roots) -> None:
    with pytest.raises(ToolError):
        roots.relative(f"{roots.original}-secret/x")


def test_a_link_is_followed_inside_and_refused_outside(roots: Roots, tmp_path: Path) -> None:
    (roots.root / "in").symlink_to("pkg")
    (roots.root / "out").symlink_to(tmp_path)
    (roots.root / "secret").symlink_to("/etc/passwd")
    (roots.root / "loop").symlink_to("loop")
    (roots.root / "dot").symlink_to(".git")
    assert roots.locate("in/a.py") == "pkg/a.py"
    for path in ("out/x", "secret", "dot/config", "loop", "loop/x"):
        with pytest.raises(ToolError):
            roots.locate(path)


def test_half_a_surrogate_pair_is_refused_in_a_line(roots: Roots) -> None:
    with pytest.raises(ToolError, match="not valid text"):
        roots.locate("\ud800")


def test_a_name_that_no_disk_takes_is_refused_in_a_line(roots: Roots) -> None:
    with pytest.raises(ToolError, match="cannot be reached: file name too long"):
        roots.locate("x" * 300)


@given(st.lists(st.sampled_from(["a", "..", ".", "", ".git", ".GiT", "b c", "ü", "-x", "\\"])).map("/".join))
def test_what_is_accepted_stays_under_the_root(path: str) -> None:
    roots = Roots(Path("/copy"), Path("/original"))
    try:
        relative = roots.relative(path)
    except ToolError:
        return
    parts = Path(relative).parts
    assert not Path(relative).is_absolute()
    assert ".." not in parts
    assert ".git" not in [part.lower() for part in parts]
