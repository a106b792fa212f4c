"""File names: git's quoting, prefixes, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.errors import PatchRefused
from patchwire.patch.formats.names import checked, header_name, one, quote, readings, unquote


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_quoting_comes_back(name: str) -> None:
    assert unquote(quote(name)) == name or quote(name) == name


def test_gits_quotes_are_undone() -> None:
    assert unquote('"caf\\303\\251 \\"x\\"\\t.py"') == 'café "x"\t.py'
    assert unquote('"') == '"'
    assert quote("a\tb") == '"a\\tb"'
    assert quote("plain name.py") == "plain name.py"
    assert quote(" x") == '" x"'


def test_a_time_stamp_is_no_part_of_a_name() -> None:
    assert header_name("a/my file.c\t2024-05-01 10:00:00.0 +0000") == "a/my file.c"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a/x/y", "b/x/y", (("x/y", "a/x/y"), ("x/y", "b/x/y"))),
        ("x/y", "x/y", (("x/y",), ("x/y",))),
        ("a/y", "a/y", (("a/y", "y"), ("a/y", "y"))),
        ("/dev/null", "b/y", ((), ("y", "b/y"))),
        ("a/y", "/dev/null", (("y", "a/y"), ())),
        ("old/y", "new/y", (("y", "old/y"), ("y", "new/y"))),
        ("y", "y", (("y",), ("y",))),
    ],
)
def test_prefixes(old: str, new: str, expected: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert readings(old, new) == expected


def test_one_name_may_have_a_prefix() -> None:
    assert one("a/x") == ("x", "a/x")
    assert one("./src//x.py") == ("src/x.py",)
    assert one("src\\x.py") == ("src/x.py",)


def test_no_file_is_called_dev_null() -> None:
    with pytest.raises(PatchRefused, match="absolute"):
        one("/dev/null")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("C:\\x", "absolute"),
        ("../x", "leads out"),
        ("x/../../y", "leads out"),
        ("~/x", "leads out"),
        ("", "not a file name"),
        ("./", "not a file name"),
        ("a\0b", "not a file name"),
        ("src/", "directory"),
        ("x" * 5_000, "too long"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, reason: str) -> None:
    with pytest.raises(PatchRefused, match=reason):
        checked(name)
