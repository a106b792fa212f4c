"""docs/security.md promises a test for each of its forty rows: here they are looked for."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<row>\d+) \| .+ \| `(?P<file>[\w/.]+)::(?P<test>test_row_(?P<number>\d+)_\w+)` \| .+ \|$")


def rows() -> list[re.Match[str]]:
    """The rows of the page, in its order."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    return [match for line in page.splitlines() if (match := ROW.match(line))]


def functions_in(file: str) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_there_are_forty_rows_in_order() -> None:
    assert [int(row["row"]) for row in rows()] == list(range(1, 41))


def test_every_row_has_its_test() -> None:
    for row in rows():
        assert int(row["number"]) == int(row["row"]), row["test"]
        assert row["test"] in functions_in(row["file"]), row["test"]


def test_every_test_of_a_row_is_of_a_row_of_the_page() -> None:
    numbers = {int(row["row"]) for row in rows()}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for test in functions_in(f"security/{file.name}"):
            if (named := re.match(r"test_row_(\d+)_", test)) is not None:
                assert int(named[1]) in numbers, test
