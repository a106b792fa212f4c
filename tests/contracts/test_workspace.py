"""What every workspace does, the real copy and the fake alike: the same cases on both, so the fake cannot drift."""

import os
import sys
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, apply_patch, needs
from tests.fakes.workspace import FakeWorkspace

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.model import FileChange, Kind
from patchwire.ports import Candidate, FileText, Hit, TestRun, Workspace
from patchwire.task import Buffer, Snapshot, TestReport, TestResult, TestStatus, Verdict

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices[1:])\n\n\ndef size(prices):\n    return len(prices)\n",
    "tests/test_cart.py": (
        "from shop.cart import size, total\n\n\n"
        "def test_total():\n    assert total([2, 3]) == 5\n\n\n"
        "def test_size():\n    assert size([2, 3]) == 2\n"
    ),
    "notes/crlf.txt": "one\r\ntwo\r\n",
    "notes/ünïcode näme.txt": "grüße\n",
}
CART = FILES["shop/cart.py"]
FIXED = CART.replace("prices[1:]", "prices")

Open = Callable[[Mapping[str, str]], Awaitable[Workspace]]
Edit = Callable[[Workspace, str, str | None], None]
"""What the user does to a file on disk: a new text, or None to delete it."""


@pytest.fixture(params=["overlay", "bind", "container", "copy", "fake"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[Workspace] = []

    async def in_memory(files: Mapping[str, str]) -> Workspace:
        opened.append(FakeWorkspace(files, play))
        return opened[-1]

    async def on_disk(files: Mapping[str, str]) -> Workspace:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(text.encode())
        environment = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
        wish = Wish(request.param)
        opened.append(await open_workspace(Snapshot(tmp_path), test_command=LEAN, environment=environment, wish=wish))
        return opened[-1]

    if request.param != "fake":
        needs(request.param)
    yield in_memory if request.param == "fake" else on_disk
    for workspace in opened:
        await workspace.aclose()


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    def edited(workspace: Workspace, path: str, text: str | None) -> None:
        if isinstance(workspace, FakeWorkspace):
            workspace.tree.pop(path, None)
            workspace.tree |= {} if text is None else {path: text}
        elif text is None:
            (tmp_path / path).unlink()
        else:
            (tmp_path / path).write_bytes(text.encode())

    return edited


@pytest.fixture
async def workspace(make: Open) -> Workspace:
    return await make(FILES)


def play(files: Mapping[str, str], run: TestRun) -> TestReport:
    """A very small pytest, in memory: enough for `FILES`."""
    results = []
    for path, text in files.items():
        if path.startswith("tests/") and any(path == t.partition("::")[0] for t in run.targets or (path,)):
            results += _play_file(files, path, text, run)
    failed = sum(result.status is TestStatus.FAILED for result in results)
    verdict = Verdict.FAILED if failed else Verdict.PASSED if results else Verdict.NO_TESTS
    return TestReport(
        verdict, ("play",), passed=len(results) - failed, failed=failed, results=tuple(results), exit_code=bool(failed)
    )


def _play_file(files: Mapping[str, str], path: str, text: str, run: TestRun) -> list[TestResult]:
    cart = types.ModuleType("cart")
    exec(files["shop/cart.py"], vars(cart))  # noqa: S102  # our own text  # this is how the tests are played
    scope = dict(vars(cart))
    exec(text.partition("\n")[2], scope)  # noqa: S102  # our own text
    results = []
    for name, test in scope.items():
        test_id = f"{path}::{name}"
        if not name.startswith("test_") or (run.targets and test_id not in run.targets and path not in run.targets):
            continue
        try:
            test()
        except AssertionError as error:
            results.append(TestResult(test_id, TestStatus.FAILED, path, 1, f"E   assert {error}"))
        else:
            results.append(TestResult(test_id, TestStatus.PASSED, path, 1))
    return results


async def test_a_text_is_read_with_its_line_ends(workspace: Workspace) -> None:
    assert await workspace.read("notes/crlf.txt") == FileText("notes/crlf.txt", "one\r\ntwo\r\n")
    assert (await workspace.read("./notes//ünïcode näme.txt")).text == "grüße\n"


async def test_what_cannot_be_read_is_said_in_a_line(workspace: Workspace) -> None:
    with pytest.raises(NoSuchFile, match=r"shop/tax\.py: no such file"):
        await workspace.read("shop/tax.py")
    with pytest.raises(NoSuchFile):
        await workspace.read("shop/cart.py/x")
    for path in ("shop", "", "../x", "/etc/passwd", ".git/config", "a\0b"):
        with pytest.raises(ToolError):
            await workspace.read(path)


async def test_files_are_listed_in_order_and_bounded(workspace: Workspace) -> None:
    everything = await workspace.list("", 100)
    assert everything.items == tuple(sorted(FILES))
    assert everything.total == len(FILES)
    assert (await workspace.list("shop", 1)).items == ("shop/__init__.py",)
    assert (await workspace.list("shop", 1)).total == 2
    for path in ("nowhere", "shop/cart.py", ".."):
        with pytest.raises(ToolError):
            await workspace.list(path, 10)


async def test_a_search_finds_lines(workspace: Workspace) -> None:
    hits = await workspace.search("(total|size)\\(prices", "", ignore_case=False, limit=10)
    assert hits.items == (Hit("shop/cart.py", 1, "def total(prices):"), Hit("shop/cart.py", 5, "def size(prices):"))
    assert not hits.more
    assert (await workspace.search("TWO", "notes", ignore_case=True, limit=10)).items == (
        Hit("notes/crlf.txt", 2, "two"),
    )
    assert (await workspace.search("TWO", "", ignore_case=False, limit=10)).items == ()
    assert (await workspace.search("total", "tests/test_cart.py", ignore_case=False, limit=1)).more
    assert (await workspace.search("grü", "", ignore_case=False, limit=9)).items[0].path == "notes/ünïcode näme.txt"


async def test_a_search_that_makes_no_sense_is_refused(workspace: Workspace) -> None:
    for pattern, under in (("(", ""), ("", ""), ("a\nb", ""), ("x", "nowhere"), ("x", "../x")):
        with pytest.raises(ToolError):
            await workspace.search(pattern, under, ignore_case=False, limit=10)


async def test_a_search_sees_what_was_written_and_not_what_was_deleted(workspace: Workspace) -> None:
    await workspace.write([("shop/tax.py", "RATE = 19\n"), ("notes/crlf.txt", None)])
    assert (await workspace.search("RATE", "", ignore_case=False, limit=9)).items == (
        Hit("shop/tax.py", 1, "RATE = 19"),
    )
    assert (await workspace.search("one", "", ignore_case=False, limit=9)).items == ()
    assert "shop/tax.py" in (await workspace.list("", 99)).items
    assert "notes/crlf.txt" not in (await workspace.list("", 99)).items


async def test_secrets_are_not_shown_not_searched_and_not_written(make: Open) -> None:
    secret = "TOKEN=canary\n"
    files = {
        ".env": secret,
        ".env.example": "TOKEN=\n",
        ".npmrc": "//registry/:_authToken=canary\n",
        "keys/deploy": "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n",
        "keys/deploy.pub": "ssh-ed25519 canary\n",
    }
    workspace = await make(FILES | files)
    for path in (".env", "./.env", ".npmrc", "keys/deploy"):
        with pytest.raises(ToolError, match="is kept from you: "):
            await workspace.read(path)
    assert (await workspace.read(".env.example")).text == "TOKEN=\n"
    hits = await workspace.search("canary", "", ignore_case=False, limit=9)
    assert [hit.path for hit in hits.items] == ["keys/deploy.pub"]
    with pytest.raises(ToolError, match="is kept from you"):
        await workspace.search("canary", ".env", ignore_case=False, limit=9)
    with pytest.raises(ToolError, match="is kept from you"):
        await workspace.write([("shop/cart.py", FIXED), (".env", "TOKEN=mine\n")])
    with pytest.raises(ToolError, match="is kept from you"):
        await workspace.write([("server.pem", "x")])
    with pytest.raises(ToolError, match="is kept from you"):
        await workspace.try_patches([Candidate(((".env", "x"),))], ("tests/test_cart.py::test_total",), 60.0)
    assert await workspace.changes() == ()
    assert ".env" in (await workspace.list("", 99)).items


async def test_writes_are_read_back_and_told_as_changes(workspace: Workspace) -> None:
    assert await workspace.changes() == ()
    assert await workspace.patch() == b""
    await workspace.write([("shop/cart.py", "X = 1\n"), ("a/new.txt", "no end"), ("notes/crlf.txt", None)])
    await workspace.write([("shop/cart.py", FIXED)])
    assert (await workspace.read("shop/cart.py")).text == FIXED
    with pytest.raises(NoSuchFile):
        await workspace.read("notes/crlf.txt")
    assert await workspace.changes() == (
        FileChange("a/new.txt", Kind.ADD, None, "no end"),
        FileChange("notes/crlf.txt", Kind.DELETE, "one\r\ntwo\r\n", None),
        FileChange("shop/cart.py", Kind.MODIFY, CART, FIXED),
    )


async def test_what_was_written_back_is_no_change(workspace: Workspace) -> None:
    await workspace.write([("shop/cart.py", FIXED), ("new.py", "x\n")])
    await workspace.write([("shop/cart.py", CART), ("new.py", None)])
    assert await workspace.changes() == ()
    assert await workspace.patch() == b""


async def test_a_write_is_all_or_nothing(workspace: Workspace) -> None:
    for wrong in (("shop", "x"), ("../x", "x"), ("nowhere.py", None), ("", "x"), (".git/hooks/pre-commit", "x")):
        with pytest.raises(ToolError):
            await workspace.write([("shop/cart.py", FIXED), wrong])
    assert await workspace.changes() == ()
    assert (await workspace.read("shop/cart.py")).text == CART


async def test_the_patch_applies_to_the_tree(workspace: Workspace, tmp_path: Path) -> None:
    changed = {"shop/cart.py": FIXED, "a/new.txt": "no end", "notes/crlf.txt": "one\r\n2\r\n"}
    await workspace.write([*changed.items(), ("tests/test_cart.py", None)])
    clean = tmp_path / "clean"
    for path, text in FILES.items():
        (clean / path).parent.mkdir(parents=True, exist_ok=True)
        (clean / path).write_bytes(text.encode())
    patch = await workspace.patch()
    apply_patch(clean, patch)
    for path, text in changed.items():
        assert (clean / path).read_bytes() == text.encode()
    assert not (clean / "tests" / "test_cart.py").exists()


async def test_tests_are_run_on_what_was_written(workspace: Workspace) -> None:
    report = await workspace.run_tests(TestRun())
    assert (report.verdict, report.passed, report.failed) == (Verdict.FAILED, 1, 1)
    assert [result.id for result in report.failing] == ["tests/test_cart.py::test_total"]
    await workspace.write([("shop/cart.py", FIXED)])
    report = await workspace.run_tests(TestRun())
    assert (report.verdict, report.passed, report.failed) == (Verdict.PASSED, 2, 0)


async def test_targets_are_the_only_tests_that_run(workspace: Workspace) -> None:
    report = await workspace.run_tests(TestRun(targets=("tests/test_cart.py::test_size",)))
    assert (report.verdict, report.passed, report.failed) == (Verdict.PASSED, 1, 0)
    report = await workspace.run_tests(TestRun(targets=("tests/test_cart.py",)))
    assert (report.verdict, report.passed, report.failed) == (Verdict.FAILED, 1, 1)


async def test_originals_are_put_back_for_one_run_only(workspace: Workspace) -> None:
    weak = FILES["tests/test_cart.py"].replace("== 5", "!= 5")
    await workspace.write(
        [("tests/test_cart.py", weak), ("tests/test_more.py", "import os\n\n\ndef test_more(): pass\n")]
    )
    assert (await workspace.run_tests(TestRun())).passed == 3
    report = await workspace.run_tests(TestRun(originals=("tests/test_cart.py", "tests/test_more.py")))
    assert (report.passed, report.failed) == (1, 1)
    assert (await workspace.read("tests/test_cart.py")).text == weak
    assert (await workspace.run_tests(TestRun())).passed == 3


async def test_a_tree_without_tests_says_so(make: Open) -> None:
    workspace = await make({"shop/cart.py": CART})
    assert (await workspace.run_tests(TestRun())).verdict is Verdict.NO_TESTS


async def test_every_candidate_is_judged_and_nothing_is_kept(workspace: Workspace) -> None:
    texts = [
        FIXED,
        CART.replace("[1:]", "[2:]"),
        CART.replace("sum(prices[1:])", "5").replace("len(prices)", "3"),
        CART,
    ]
    await workspace.run_tests(TestRun())
    trials = await workspace.try_patches([Candidate((("shop/cart.py", text),)) for text in texts], (), 60.0)
    assert [trial.verdict for trial in trials] == ["passed", "failed", "breaks", "failed"]
    assert trials[1].detail.startswith("tests/test_cart.py::test_total: ")
    assert trials[2].detail.startswith("tests/test_cart.py::test_size: ")
    assert await workspace.changes() == ()
    assert (await workspace.run_tests(TestRun())).failed == 1


async def test_candidates_can_be_tried_before_any_run_and_need_a_target(workspace: Workspace) -> None:
    candidate = Candidate((("shop/cart.py", FIXED),))
    assert (await workspace.try_patches([candidate], ("tests/test_cart.py::test_total",), 60.0))[0].verdict == "passed"
    await workspace.write([("shop/cart.py", FIXED)])
    await workspace.run_tests(TestRun())
    with pytest.raises(ToolError, match="name the targets"):
        await workspace.try_patches([candidate], (), 60.0)


async def test_the_next_turn_begins_with_the_tree_as_it_is(workspace: Workspace, edit: Edit, tmp_path: Path) -> None:
    await workspace.write([("shop/cart.py", FIXED), ("new.py", "x\n"), ("notes/crlf.txt", None)])
    edit(workspace, "shop/__init__.py", "VERSION = 2\n")
    edit(workspace, "notes/more.txt", "more\n")
    edit(workspace, "notes/ünïcode näme.txt", None)
    await workspace.refresh(Snapshot(tmp_path))
    assert await workspace.changes() == ()
    assert (await workspace.read("shop/cart.py")).text == CART
    assert (await workspace.read("shop/__init__.py")).text == "VERSION = 2\n"
    assert (await workspace.list("", 99)).items == (
        "notes/crlf.txt", "notes/more.txt", "shop/__init__.py", "shop/cart.py", "tests/test_cart.py",
    )  # fmt: skip
    assert (await workspace.run_tests(TestRun())).failed == 1


async def test_what_is_pending_is_in_place_and_measured_from_the_tree_as_it_is(
    workspace: Workspace, edit: Edit, tmp_path: Path
) -> None:
    await workspace.write([("shop/cart.py", FIXED), ("new.py", "x\n")])
    edit(workspace, "shop/cart.py", "# mine\n" + CART)
    pending = [("shop/cart.py", "# mine\n" + FIXED), ("notes/crlf.txt", None), ("never.py", None)]
    await workspace.refresh(Snapshot(tmp_path), pending)
    assert await workspace.changes() == (
        FileChange("notes/crlf.txt", Kind.DELETE, "one\r\ntwo\r\n", None),
        FileChange("shop/cart.py", Kind.MODIFY, "# mine\n" + CART, "# mine\n" + FIXED),
    )
    assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
    await workspace.refresh(Snapshot(tmp_path), [("shop/cart.py", "# mine\n" + CART)])
    assert await workspace.changes() == ()


async def test_unsaved_buffers_are_what_changes_are_measured_from(workspace: Workspace, tmp_path: Path) -> None:
    typed = Buffer("shop/cart.py", "# typed\n" + CART, 7)
    await workspace.refresh(Snapshot(tmp_path, (typed, Buffer("unsaved.py", "U = 1\n", 1))))
    assert await workspace.changes() == ()
    assert (await workspace.read("shop/cart.py")).text == typed.text
    assert "unsaved.py" in (await workspace.list("", 99)).items
    assert (await workspace.search("typed", "", ignore_case=False, limit=9)).items == (
        Hit("shop/cart.py", 1, "# typed"),
    )
    await workspace.write([("shop/cart.py", "# typed\n" + FIXED)])
    assert await workspace.changes() == (FileChange("shop/cart.py", Kind.MODIFY, typed.text, "# typed\n" + FIXED),)
    assert await workspace.drifted() == ()


async def test_what_the_user_changes_meanwhile_is_noticed(workspace: Workspace, edit: Edit, tmp_path: Path) -> None:
    assert await workspace.drifted() == ()
    await workspace.write([("shop/cart.py", FIXED)])
    await workspace.run_tests(TestRun())
    assert await workspace.drifted() == ()
    edit(workspace, "shop/__init__.py", "VERSION = 2\n")
    edit(workspace, "notes/crlf.txt", None)
    edit(workspace, "notes/more.txt", "more\n")
    assert await workspace.drifted() == ("notes/crlf.txt", "notes/more.txt", "shop/__init__.py")
    await workspace.refresh(Snapshot(tmp_path))
    assert await workspace.drifted() == ()


async def test_a_command_runs_in_the_tree_where_the_level_allows_it(workspace: Workspace) -> None:
    if not workspace.isolation.commands:
        with pytest.raises(ToolError, match=workspace.isolation.level):
            await workspace.run_command("true", cwd="", seconds=10.0, keep=False)
        return
    assert (await workspace.run_command("true", cwd="shop", seconds=10.0, keep=False)).exit_code == 0
    for nowhere in ("nowhere", "..", "shop/cart.py"):
        with pytest.raises(ToolError):
            await workspace.run_command("true", cwd=nowhere, seconds=10.0, keep=False)


async def test_the_isolation_is_named_and_explained(workspace: Workspace) -> None:
    assert workspace.isolation.level
    assert workspace.isolation.sentence in str(workspace.isolation)


async def test_closing_twice_is_closing_once(workspace: Workspace) -> None:
    await workspace.aclose()
    await workspace.aclose()
