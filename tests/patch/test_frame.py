"""The frame: added lines follow the wrong indentation of the others, or not, or it can not be told."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

TEXT = "class A:\n    def f(self):\n        if self.x:\n            return 1\n        return 2\n\n    y = 3\n"


def applied(*bodies: str, text: str = TEXT) -> str | None:
    return apply_text("--- a/x\n+++ b/x\n" + "".join(f"@@ @@\n{body}" for body in bodies), {"x": text})["x"]


def test_all_lines_too_little_indented() -> None:
    body = " def f(self):\n     if self.x:\n-        return 1\n+        return 10\n"
    assert applied(body) == TEXT.replace("return 1\n", "return 10\n")


def test_only_the_copied_lines_too_little_indented() -> None:
    body = " def f(self):\n     if self.x:\n-        return 1\n+            return 10\n"
    assert applied(body) == TEXT.replace("return 1\n", "return 10\n")


def test_what_can_not_be_cut_is_as_it_should_be() -> None:
    text = "if x:\n  y = 1\nz = 2\n"
    assert applied("     if x:\n       y = 1\n+  w = 1\n     z = 2\n", text=text) == text.replace("z", "  w = 1\nz")


def test_a_hunk_that_adds_no_text_needs_no_frame() -> None:
    assert applied(" def f(self):\n-    if self.x:\n-        return 1\n") == TEXT.replace(
        "        if self.x:\n            return 1\n", ""
    )


def test_hunks_speak_for_each_other() -> None:
    clear = " def f(self):\n     if self.x:\n-        return 1\n+        return 10\n"
    unclear = " \n-y = 3\n+y = 4\n"
    after = applied(clear, unclear)
    assert after == TEXT.replace("return 1\n", "return 10\n").replace("y = 3", "y = 4")


def test_lines_that_are_left_out_do_not_matter() -> None:
    body = " class A:\n   not there\n   def f(self):\n     if self.x:\n-      return 1\n+      return 10\n"
    with pytest.raises(PatchRefused):
        applied(body)


def test_a_context_line_that_lacks_is_stepped_over() -> None:
    text = "if a:\n    b = 1\n    c = 2\n    d = 3\n    e = 4\n    f = 5\n"
    body = " b = 1\n c = 2\n not there at all\n d = 3\n-e = 4\n+e = 5\n f = 5\n"
    assert applied(body, text=text) == text.replace("e = 4", "e = 5")


def test_an_unclear_frame_is_refused() -> None:
    with pytest.raises(PatchRefused, match="indented otherwise"):
        applied("     a\n+      b\n     c\n", text="  a\n  c\n      d\n    e\n")


def test_little_evidence_is_no_evidence() -> None:
    text = "def f():\n    try:\n        g()\n    except E:\n        return 1\n    h()\n"
    body = "         try:\n             g()\n+        while x:\n+            k()\n         except E:\n"
    with pytest.raises(PatchRefused, match="indented otherwise"):
        applied(body, text=text)


def test_a_hunk_is_not_meant_to_change_nothing() -> None:
    text = "Note:\n\n* Headers are\nkept if told\nso.\n* Or not.\n"
    body = "   * Headers are\n-  kept if told\n-  so.\n+  kept if told\n+  so.\n   * Or not.\n"
    assert applied(body, text=text) == text.replace("kept", "  kept").replace("so.", "  so.")


def test_where_indentation_is_the_change_what_stood_there_tells_nothing() -> None:
    text = "Note:\n\n* Headers are\nkept if told\nso.\n* Or not.\n"
    body = "   * Headers are\n-  kept if told\n-  so.\n+    kept if told\n+    so.\n   * Or not.\n"
    with pytest.raises(PatchRefused, match="indented otherwise"):
        applied(body, text=text)


def test_blanks_are_not_put_before_tabs() -> None:
    text = "class A {\n    int a;\n    int b;\n    void f() {\n        g();\n    }\n    void h() {\n\tk();\n    }\n}\n"
    clear = " int a;\n-int b;\n+int c;\n+int d;\n void f() {\n-    g();\n+    g(c, d);\n }\n"
    assert applied(clear, text=text) == text.replace("int b;", "int c;\n    int d;").replace("g()", "g(c, d)")
    with pytest.raises(PatchRefused, match="hunk 2 of 2 is indented otherwise"):
        applied(clear, " }\n+\tj();\n void h() {\n", text=text)
