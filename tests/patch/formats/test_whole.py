"""Whole files in fences."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.formats.whole import name_on, read_all


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("src/x.py", "src/x.py"),
        ("**`x.py`**:", "x.py"),
        ("### File: src/x.py", "src/x.py"),
        ("Makefile", "Makefile"),
        ("Here is x.py", None),
        ("hello", None),
        ("...", None),
        ("", None),
        ("x.py" * 2_000, None),
    ],
)
def test_a_name_stands_alone_on_its_line(line: str, name: str | None) -> None:
    assert name_on(line) == name


def test_every_named_fence_is_a_file() -> None:
    text = "Talk\n```\nno name\n```\na.py\n```python\nx = 1\n```\n\nb.md\n~~~\n```py\ny\n```\n~~~\n"
    assert [(file.path, file.content) for file in read_all(text)] == [("a.py", "x = 1\n"), ("b.md", "```py\ny\n```\n")]


def test_fences_nest() -> None:
    (file,) = read_all("a.md\n```\nx\n```py\ny\n```\nz\n```\n")
    assert file.content == "x\n```py\ny\n```\nz\n"


def test_a_fence_that_never_ends_is_the_rest() -> None:
    (file,) = read_all("a.py\n```\nx\n")
    assert file.content == "x\n"


@pytest.mark.parametrize(
    "gap", ["# ... rest of the code ...", "// ... existing code ...", "  # other methods unchanged"]
)
def test_gaps_are_refused(gap: str) -> None:
    with pytest.raises(PatchRefused, match="leaves parts out"):
        read_all(f"a.py\n```\nx = 1\n{gap}\n```\n")
