"""Alignment: what may differ, what must be there, and where added lines go when lines are left out."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

TEXT = "alpha one\nbeta two\ngamma three\ndelta four\nepsilon five\nzeta six\neta seven\n"


def applied(body: str, text: str = TEXT) -> str:
    return apply_text(f"--- a/x\n+++ b/x\n@@ @@\n{body}", {"x": text}).get("x") or text


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (" alpha one\n beta TWO\n-gamma three\n+G\n delta four\n", "gamma three", "G"),
        (" alpha one\n-gamma three\n+G\n delta four\n", "gamma three", "G"),
        (" alpha one\n not there\n beta two\n-gamma three\n+G\n delta four\n", "gamma three", "G"),
        (" alpha one\n beta two\n+B\n not there\n gamma three\n delta four\n", "beta two", "beta two\nB"),
        (" beta two\n gamma three\n not there\n+D\n delta four\n epsilon five\n", "delta four", "D\ndelta four"),
        (" alpha one\n gamma three\n+G\n delta four\n", "gamma three", "gamma three\nG"),
        ("+A\n alpha one\n gamma three\n", "alpha one", "A\nalpha one"),
        (" delta four\n zeta six\n eta seven\n+H\n", "eta seven", "eta seven\nH"),
    ],
)
def test_a_few_differences_are_overlooked(body: str, old: str, new: str) -> None:
    assert applied(body) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    "body",
    [
        " alpha one\n+new\n gamma three\n delta four\n",
        " alpha one\n-not there\n+new\n beta two\n gamma three\n",
        " beta two\n-gamma three\n-epsilon five\n+new\n zeta six\n",
        " alpha one\n not\n+new\n there\n delta four\n epsilon five\n",
        " no\n line\n-is there\n+new\n",
        " alpha one\n foo\n bar\n+new\n",
        " alpha one\n no\n line\n is\n there\n-gamma three\n+new\n or\n here\n either\n",
        " alpha one\n-gamma three\n+new\n+more\n epsilon five\n zeta six\n",
    ],
)
def test_what_can_not_be_told_is_refused(body: str) -> None:
    with pytest.raises(PatchRefused, match="x: the hunk"):
        applied(body)


BLANKS = "def one():\n    pass\n\n\ndef two():\n    pass\n"


def test_blank_lines_that_are_left_out_do_not_hide_where_lines_go() -> None:
    before = applied(" def one():\n     pass\n+\n+\n+def new():\n+    pass\n def two():\n", BLANKS)
    behind = applied("     pass\n+def new():\n+    pass\n+\n+\n def two():\n", BLANKS)
    assert before == behind == BLANKS.replace("def two", "def new():\n    pass\n\n\ndef two")


@pytest.mark.parametrize(
    "body",
    [
        "     pass\n+x = 1\n def two():\n",
        " def one():\n     pass\n \n+x = 1\n def two():\n     pass\n",
        " def one():\n     pass\n+x = 1\n \n def two():\n     pass\n",
    ],
)
def test_blank_lines_that_are_left_out_may_hide_it(body: str) -> None:
    with pytest.raises(PatchRefused):
        applied(body, BLANKS)


REPEATED = "begin\n  end\nmiddle part\n  end\nfinish here\n"


@pytest.mark.parametrize("body", [" begin\n   end\n+new\n finish here\n", " begin\n+new\n   end\n finish here\n"])
def test_a_line_that_is_there_twice_may_be_either(body: str) -> None:
    with pytest.raises(PatchRefused):
        applied(body, REPEATED)


def test_one_line_may_be_indented_otherwise() -> None:
    text = "def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n"
    body = " def f():\n     a = 1\n       b = 2\n-    c = 3\n+    c = 4\n     d = 4\n"
    assert applied(body, text) == text.replace("c = 3", "c = 4")


def test_indentation_that_differs_all_over_is_refused() -> None:
    text = "def f():\n    a = 1\n    b = 2\n    c = 3\n"
    with pytest.raises(PatchRefused):
        applied(" def f():\n a = 1\n   b = 2\n-       c = 3\n+c = 4\n", text)


def test_a_removed_line_that_is_nowhere_else_is_enough() -> None:
    text = "one\ntwo\nleft\nonly here = 1\nright\nfive\nsix\n"
    body = " 1\n 2\n left\n-only here = 1\n+only here = 2\n right\n 5\n 6\n"
    assert applied(body, text) == text.replace("= 1", "= 2")


def test_a_removed_line_without_its_neighbours_is_not_enough() -> None:
    text = "one\ntwo\nleft\nonly here = 1\nright\nfive\nsix\n"
    with pytest.raises(PatchRefused):
        applied(" 1\n 2\n 3\n-only here = 1\n+only here = 2\n 4\n 5\n 6\n", text)


def test_a_long_hunk_that_differs_is_not_aligned() -> None:
    lines = [f"line {i}" for i in range(5_000)]
    body = "".join(f" {line}\n" for line in ["not there", *lines]) + "+x\n"
    with pytest.raises(PatchRefused):
        applied(body, "\n".join(lines) + "\n")


def test_places_that_are_alike_are_all_tried() -> None:
    text = "".join(f"same line\nnumber {i}\nother line\n\n\n\n\n\n" for i in range(9))
    with pytest.raises(PatchRefused, match="fits"):
        applied(" same line\n not there\n-other line\n+new\n", text)


def test_a_line_that_is_everywhere_does_not_say_where() -> None:
    text = "}\n" * 100 + TEXT
    assert applied(" }\n alpha ONE\n beta two\n-gamma three\n+G\n delta four\n", text) == text.replace(
        "gamma three", "G"
    )


def test_where_it_fits_best_but_leaves_open_where_lines_go_it_means_no_worse_place() -> None:
    """The hunk leaves out `use="one"`, beside which its line goes; another call has two of its four lines."""
    call = 'build(\n    source=[\n        "{0}.c",\n    ],\n    use="{0}",\n    flags=all,\n)\n\n'
    text = 'build(\n    use="none",\n    flags=all,\n)\n\n' + call.format("one")
    with pytest.raises(PatchRefused):
        applied('         "one.c",\n     ],\n+    install=False,\n     flags=all,\n )\n', text)
