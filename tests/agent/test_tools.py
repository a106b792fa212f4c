"""The model's tools over a workspace in memory: what each answers, to the letter of `docs/tools.md`."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.workspace import FakeWorkspace

from patchwire.agent import tools
from patchwire.agent.tool import Answer, Toolbox
from patchwire.agent.tools import TOOLS, find, offered, title
from patchwire.errors import ToolError
from patchwire.ports import CommandRun, TestRun
from patchwire.task import TestReport, TestResult, TestStatus, Verdict

FILES = {
    "a.py": "one\ntwo\nthree\n",
    "crlf.txt": "one\r\ntwo\r\n",
    "mixed.txt": "one\r\ntwo\nthree\nfour",
    "empty.txt": "",
    "deep/b.py": "TWO = 2\n",
}
PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"


def play(files: Mapping[str, str], run: TestRun) -> TestReport:
    """One test, which passes where a.py holds a 2."""
    passed = "2" in files["a.py"]
    result = TestResult("t", TestStatus.PASSED if passed else TestStatus.FAILED, message="no 2 here")
    verdict = Verdict.PASSED if passed else Verdict.FAILED
    return TestReport(verdict, ("pytest",), passed=int(passed), failed=int(not passed), results=(result,), exit_code=1)


class Bench:
    """A toolbox over the files."""

    def __init__(self, files: Mapping[str, str] = FILES, seconds: float = 50.0) -> None:
        self.workspace = FakeWorkspace(files, play)
        self.box = Toolbox(self.workspace, FakeClock(), lambda: seconds, self.workspace.run_tests)

    async def __call__(self, name: str, **arguments: object) -> Answer:
        return await tools.call(self.box, name, json.dumps(arguments))

    async def text(self, name: str, **arguments: object) -> str:
        return (await self(name, **arguments)).text


def test_the_page_lists_the_tools_and_their_arguments() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()
    for tool in offered(commands=True):
        arguments = ", ".join(
            f"{name}|null" if parameter.optional else name for name, parameter in tool.parameters.items()
        )
        assert f"## `{tool.name} {{{arguments}}}`" in page


@pytest.mark.parametrize("tool", offered(commands=True), ids=lambda tool: tool.name)
def test_definitions_are_strict_and_described(tool) -> None:
    definition = tool.definition()
    assert definition["strict"] is True
    assert definition["description"].endswith(".")
    for schema in definition["parameters"]["properties"].values():
        assert schema["description"].endswith(".")


async def test_read_file_numbers_lines() -> None:
    bench = Bench()
    assert await bench.text("read_file", path="a.py") == "a.py: lines 1-3 of 3\n1\tone\n2\ttwo\n3\tthree"
    assert await bench.text("read_file", path="a.py", start_line=2, end_line=2) == "a.py: lines 2-2 of 3\n2\ttwo"
    assert (await bench.text("read_file", path="a.py", end_line=99)).startswith("a.py: lines 1-3 of 3")


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("crlf.txt", "crlf.txt: lines 1-2 of 2 (CRLF line ends)"),
        ("mixed.txt", "mixed.txt: lines 1-4 of 4 (mixed line ends; no newline at the end)"),
        ("empty.txt", "empty.txt: empty"),
    ],
)
async def test_read_file_says_what_lines_cannot_show(path: str, header: str) -> None:
    text = await Bench().text("read_file", path=path)
    assert text.split("\n")[0] == header
    assert "\r" not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"start_line": 9}, "a.py has 3 lines; start_line is 9"),
        ({"start_line": 3, "end_line": 2}, "end_line 2 comes before start_line 3"),
        ({"path": "none.py"}, "no such file"),
        ({"path": "../x"}, "Error: "),
    ],
)
async def test_read_file_says_what_is_wrong(arguments: dict, says: str) -> None:
    answer = await Bench()("read_file", **({"path": "a.py"} | arguments))
    assert not answer.ok
    assert answer.text.startswith("Error: ")
    assert says in answer.text


async def test_read_file_is_bounded_in_lines_characters_and_width() -> None:
    bench = Bench({"long": "x\n" * 5_000, "wide": "y" * 9_999 + "\nz\n", "fat": "w" * 1_500 + "\n"} | FILES)
    assert (await bench.text("read_file", path="long")).startswith("long: lines 1-2000 of 5000\n")
    assert (await bench.text("read_file", path="long", start_line=4_001)).startswith("long: lines 4001-5000 of 5000\n")
    wide = (await bench.text("read_file", path="wide")).split("\n")
    assert wide[0] == "wide: lines 1-2 of 2 (long lines cut at 2000 characters)"
    assert len(wide[1]) == 2_002
    fat = await Bench({"fat": ("w" * 1_500 + "\n") * 100}).text("read_file", path="fat")
    assert re.match(r"fat: lines 1-43 of 100\n", fat)
    assert len(fat) < tools.MAX_CHARACTERS + 100


async def test_list_files() -> None:
    bench = Bench()
    assert await bench.text("list_files") == "a.py\ncrlf.txt\ndeep/b.py\nempty.txt\nmixed.txt"
    assert await bench.text("list_files", path="deep") == "deep/b.py"
    assert await Bench({}).text("list_files") == "no files"
    many = (await Bench({f"{n:04}": "" for n in range(620)}).text("list_files")).split("\n")
    assert len(many) == tools.MAX_FILES + 1
    assert many[-1] == "… and 120 more"


async def test_search() -> None:
    bench = Bench()
    assert (
        await bench.text("search", pattern="^tw[o]", ignore_case=False) == "a.py:2:two\ncrlf.txt:2:two\nmixed.txt:2:two"
    )
    assert "deep/b.py:1:TWO = 2" in await bench.text("search", pattern="two", path="deep", ignore_case=True)
    assert await bench.text("search", pattern="nowhere", ignore_case=False) == "no matches"
    answer = await Bench({"m": "hit\n" * 201})("search", pattern="hit", ignore_case=False)
    assert answer.text.endswith("m:200:hit\n… more matches")
    assert answer.summary == "200+ matches"


async def test_write_patch_changes_files() -> None:
    bench = Bench()
    answer = await bench("write_patch", patch=PATCH)
    assert (answer.text, answer.changed) == ("Applied: M a.py", True)
    assert bench.workspace.files["a.py"] == "one\n2\nthree\n"


async def test_write_patch_adds_deletes_and_renames() -> None:
    bench = Bench()
    v4a = (
        "*** Begin Patch\n*** Add File: new.py\n+x\n*** Delete File: a.py\n"
        "*** Update File: deep/b.py\n*** Move to: c.py\n@@\n-TWO = 2\n+TWO = 3\n*** End Patch"
    )
    answer = await bench("write_patch", patch=v4a)
    assert answer.text == "Applied: A new.py, D a.py, R deep/b.py -> c.py"
    assert "a.py" not in bench.workspace.files
    assert bench.workspace.files["c.py"] == "TWO = 3\n"


async def test_write_patch_that_is_in_already() -> None:
    bench = Bench()
    await bench("write_patch", patch=PATCH)
    answer = await bench("write_patch", patch=PATCH)
    assert (answer.text, answer.changed) == ("Nothing to do: already applied to a.py", False)
    both = PATCH + "--- a/deep/b.py\n+++ b/deep/b.py\n@@ -1 +1 @@\n-TWO = 2\n+TWO = 3\n"
    assert await bench.text("write_patch", patch=both) == "Applied: M deep/b.py (already applied: a.py)"


async def test_write_patch_refuses_with_the_place() -> None:
    bench = Bench()
    answer = await bench("write_patch", patch=PATCH.replace("-two", "-zwei"))
    assert not answer.ok
    assert answer.text.startswith("Error: ")
    assert "two" in answer.text
    assert "\n" not in answer.summary
    assert bench.workspace.files == FILES


async def test_run_tests_reports_the_whole_suite() -> None:
    bench = Bench()
    answer = await bench("run_tests", trace=True)
    assert answer.text.startswith("FAILED: 1 failed, 0 passed")
    assert answer.report is not None
    assert (answer.ok, answer.summary) == (False, "1 failed")
    assert bench.workspace.runs == [TestRun((), trace=True, seconds=50.0)]


async def test_run_tests_of_some_targets_is_no_whole_run() -> None:
    bench = Bench()
    answer = await bench("run_tests", targets=["t"], trace=False)
    assert answer.report is None
    assert bench.workspace.runs == [TestRun(("t",), seconds=50.0)]


async def test_try_patches_keeps_nothing() -> None:
    bench = Bench()
    wrong = PATCH.replace("+2", "+drei")
    answer = await bench(
        "try_patches", patches=[wrong, PATCH, "nonsense", PATCH.replace("a.py", "../a.py")], targets=None
    )
    assert answer.summary == "1 of 4 candidates pass"
    assert answer.text.split("\n")[:4] == [
        "tried 4 of 4 candidates in 0.0 s",
        "passed: 2",
        "failed: 1",
        "refused: 3-4",
    ]
    assert bench.workspace.files == FILES


@pytest.mark.parametrize(("patches", "says"), [([], "empty"), (["x"] * 201, "201 patches are too many")])
async def test_try_patches_has_bounds(patches: list, says: str) -> None:
    assert says in await Bench().text("try_patches", patches=patches)


async def test_an_unknown_tool_names_those_there_are() -> None:
    answer = await Bench()("shell", command="ls")
    assert answer.text.startswith("Error: there is no tool `shell`; the tools are: read_file,")
    assert "write_patch`." in (await Bench()("apply_patch", input="x")).text


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read_file", {"path": "a.py"}, "read a.py"),
        ("read_file", {"path": "a.py", "start_line": 3}, "read a.py:3-"),
        ("read_file", {"path": "a.py", "end_line": 3}, "read a.py:1-3"),
        ("list_files", {}, "list"),
        ("list_files", {"path": "src"}, "list src"),
        ("search", {"pattern": "x" * 99, "ignore_case": False}, "search " + "x" * 60),
        ("write_patch", {"patch": "a\nb"}, "write a patch of 2 lines"),
        ("run_tests", {"trace": False}, "run the tests"),
        ("run_tests", {"targets": ["a", "b"], "trace": False}, "run 2 test targets"),
        ("try_patches", {"patches": ["a"]}, "try 1 patches"),
        ("read_file", {}, "read_file"),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)
def test_titles_for_people(name: str, arguments: dict, expected: str) -> None:
    assert title(name, json.dumps(arguments)) == expected


def test_find_raises_for_what_is_not_there() -> None:
    assert find("search").name == "search"
    with pytest.raises(ToolError):
        find("rm")


def test_run_command_is_offered_only_where_commands_may_be_run() -> None:
    assert offered(commands=False) == TOOLS
    assert [tool.name for tool in offered(commands=True)] == [*(tool.name for tool in TOOLS), "run_command"]
    assert all(tool.name != "run_command" for tool in TOOLS)
    assert title("run_command", json.dumps({"command": "mypy .", "directory": None, "keep": False})) == "run mypy ."


class Commands(FakeWorkspace):
    """A workspace in which commands end as told."""

    def __init__(self, ended: CommandRun) -> None:
        super().__init__(FILES, play)
        self.ended = ended
        self.asked: list[tuple[object, ...]] = []

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        self.asked.append((command, cwd, seconds, keep))
        return self.ended


async def command(ended: CommandRun, text: str = " make \n", seconds: float = 50.0) -> tuple[Answer, Commands]:
    workspace = Commands(ended)
    box = Toolbox(workspace, FakeClock(), lambda: seconds, workspace.run_tests)
    arguments = json.dumps({"command": text, "directory": None, "keep": True})
    return await tools.call(box, "run_command", arguments), workspace


async def test_run_command_tells_what_came_out() -> None:
    ended = CommandRun(2, "one\ntwo\n", 1.25, kept=("a.py",), note="x was not kept: it is in .git")
    answer, workspace = await command(ended)
    assert answer.text == (
        "exit code 2 after 1.25 s\nnote: x was not kept: it is in .git\nkept: a.py\n--- output\n  one\n  two"
    )
    assert (answer.summary, answer.ok, answer.changed) == ("exit code 2", False, True)
    assert workspace.asked == [("make", "", 50.0, True)]


async def test_run_command_is_bounded() -> None:
    answer, workspace = await command(CommandRun(0, "x" * 9_000), seconds=900.0)
    assert "[1000 characters left out]" in answer.text
    assert len(answer.text) < 8_200
    assert (answer.ok, answer.changed, workspace.asked[0][2]) == (True, False, 120.0)
    answer, _ = await command(CommandRun(-9, "", timed_out=True))
    assert answer.text == "stopped by the time limit after 0.00 s"
    answer, workspace = await command(CommandRun(0, ""), "  ")
    assert answer.text.startswith("Error: `command` is empty")
    assert not workspace.asked


async def test_the_whole_suite_goes_by_the_road_of_the_turn() -> None:
    bench = Bench()
    asked: list[TestRun] = []

    async def whole(run: TestRun) -> TestReport:
        asked.append(run)
        return TestReport(Verdict.PASSED, ("t",), flaky=("a", "b"))

    bench.box = Toolbox(bench.workspace, FakeClock(), lambda: 9.0, whole)
    text = await bench.text("run_tests", targets=None, trace=False)
    assert "flaky (failed once, passed when run again): a, b" in text
    await bench.text("run_tests", targets=["t"], trace=False)
    assert asked == [TestRun(seconds=9.0)]
