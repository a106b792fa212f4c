"""Candidates against a real pytest, warm and cold: a verdict for each, and nothing kept or left running."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, Tree, needs
from tests.adapters.test_process import processes_that_hold

from patchwire.adapters.trials import Baseline, Limits
from patchwire.adapters.workspace import IsolatedWorkspace, open_workspace
from patchwire.ports import Candidate, TestRun, Trial
from patchwire.task import Snapshot, TestReport, TestResult, TestStatus, Verdict

FILES = {
    "calc.py": "def double(n):\n    return n + 1\n\n\ndef half(n):\n    return n // 2\n",
    "test_calc.py": (
        "from calc import double, half\n\n"
        "def test_double(): assert double(3) == 6\n\n"
        "def test_half(): assert half(4) == 2\n"
    ),
}
WRONG = FILES["calc.py"]
RIGHT = WRONG.replace("n + 1", "n * 2")
ENDLESS = WRONG.replace("return n + 1", "while True: n += 1")
TARGETS = ("test_calc.py::test_double",)


async def opened(root: Path, environment: dict[str, str], test: str = LEAN) -> IsolatedWorkspace:
    return await open_workspace(Snapshot(root), test_command=test, environment=environment)


def calc(*texts: str) -> list[Candidate]:
    return [Candidate((("calc.py", text),)) for text in texts]


def verdicts(trials: Sequence[Trial]) -> list[str]:
    return [trial.verdict for trial in trials]


async def test_a_candidate_that_never_ends_holds_up_nobody(tree: Tree, environment: dict[str, str]) -> None:
    async with await opened(tree(FILES), environment) as workspace:
        await workspace.run_tests(TestRun())
        trials = await workspace.try_patches(calc(WRONG, ENDLESS, RIGHT), (), 60.0)
        assert verdicts(trials) == ["failed", "timeout", "passed"]
        assert trials[0].detail == "test_calc.py::test_double: assert 4 == 6"
        assert trials[1].seconds < 10
        private = workspace.private
    assert processes_that_hold(f"PATCHWIRE_OUTSIDE={private}") == []
    assert not private.exists()


async def test_many_candidates_run_in_two_lanes_and_keep_their_order(tree: Tree, environment: dict[str, str]) -> None:
    texts = [WRONG.replace("n + 1", f"n + {number}") for number in range(12)]
    async with await opened(tree(FILES), environment) as workspace:
        trials = await workspace.try_patches(calc(*texts), TARGETS, 60.0)
        assert verdicts(trials) == ["passed" if number == 3 else "failed" for number in range(12)]
        assert (await workspace.read("calc.py")).text == WRONG


@pytest.mark.parametrize(
    "test", [LEAN.replace("python -m", "python -W ignore -m"), LEAN.replace("python -m ", "")], ids=["cold", "script"]
)
async def test_other_ways_to_call_pytest(test: str, tree: Tree, environment: dict[str, str]) -> None:
    root = tree({**FILES, "conftest.py": ""})  # with a conftest.py, pytest itself makes the root importable
    async with await opened(root, environment, test) as workspace:
        assert verdicts(await workspace.try_patches(calc(WRONG, RIGHT), TARGETS, 60.0)) == ["failed", "passed"]


async def test_a_command_that_is_not_pytest_is_run_whole(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({**FILES, "check.py": "from calc import double\nassert double(3) == 6\n"})
    async with await opened(root, environment, "python check.py") as workspace:
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.FAILED
        assert verdicts(await workspace.try_patches(calc(WRONG, RIGHT), (), 60.0)) == ["failed", "passed"]


async def test_a_conftest_of_the_tree_is_loaded_anew_for_every_candidate(
    tree: Tree, environment: dict[str, str]
) -> None:
    root = tree({**FILES, "conftest.py": "import calc\n", "pytest.ini": "[pytest]\n"})
    async with await opened(root, environment) as workspace:
        await workspace.run_tests(TestRun())
        deselecting = "def pytest_collection_modifyitems(items): items[:] = []\n"
        candidates = [
            *calc(WRONG, RIGHT),
            Candidate((("conftest.py", deselecting),)),
            Candidate((("calc.py", RIGHT), ("pytest.ini", "[pytest]\nno_such_option = x\naddopts = --no-such\n"))),
            *calc(RIGHT),
        ]
        trials = await workspace.try_patches(candidates, (), 60.0)
        assert verdicts(trials) == ["failed", "passed", "failed", "failed", "passed"]


async def test_what_is_written_between_calls_is_what_the_next_call_starts_from(
    tree: Tree, environment: dict[str, str]
) -> None:
    async with await opened(tree(FILES), environment) as workspace:
        assert verdicts(await workspace.try_patches(calc(RIGHT), TARGETS, 60.0)) == ["passed"]
        await workspace.write([("helper.py", "FACTOR = 2\n"), ("conftest.py", "import helper\n")])
        helped = "from helper import FACTOR\n" + WRONG.replace("n + 1", "n * FACTOR")
        assert verdicts(await workspace.try_patches(calc(helped, WRONG), TARGETS, 60.0)) == ["passed", "failed"]


async def test_what_the_user_saves_over_a_file_shows_in_a_lane_that_stands_over_their_tree(
    tree: Tree, environment: dict[str, str]
) -> None:
    needs("overlay")
    root = tree(FILES)
    async with await opened(root, environment) as workspace:
        await workspace.run_tests(TestRun())
        assert verdicts(await workspace.try_patches(calc(WRONG), TARGETS, 60.0)) == ["failed"]
        saved = root / "test_calc.py.new"
        saved.write_text(FILES["test_calc.py"].replace("== 6", "== 4"))
        saved.rename(root / "test_calc.py")
        assert verdicts(await workspace.try_patches(calc(WRONG), TARGETS, 60.0)) == ["passed"]


async def test_a_module_that_could_not_be_imported_is_a_target_like_any_other(
    tree: Tree, environment: dict[str, str]
) -> None:
    async with await opened(tree({**FILES, "calc.py": RIGHT.replace("def half(n):", "def half(n:")}), environment) as (
        workspace
    ):
        await workspace.run_tests(TestRun())
        trials = await workspace.try_patches(calc(RIGHT, "def double(:\n"), (), 60.0)
        assert verdicts(trials) == ["passed", "failed"]
        assert trials[1].detail.startswith("test_calc.py: SyntaxError: ")


async def test_a_conftest_that_could_not_be_imported_makes_everything_a_target(
    tree: Tree, environment: dict[str, str]
) -> None:
    files = {**FILES, "conftest.py": "import calc\n", "calc.py": RIGHT + "\nhalv\n"}
    async with await opened(tree(files), environment) as workspace:
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.FAILED
        assert verdicts(await workspace.try_patches(calc(RIGHT, WRONG), (), 60.0)) == ["passed", "failed"]


async def test_a_candidate_that_hides_a_test_breaks_it(tree: Tree, environment: dict[str, str]) -> None:
    hidden = FILES["test_calc.py"].replace("def test_half", "def no_half")
    async with await opened(tree(FILES), environment) as workspace:
        await workspace.run_tests(TestRun())
        candidate = Candidate((("calc.py", RIGHT), ("test_calc.py", hidden)))
        (trial,) = await workspace.try_patches([candidate], (), 60.0)
        assert (trial.verdict, trial.detail) == ("breaks", "test_calc.py::test_half does not run any more")


async def test_a_call_keeps_to_its_time(tree: Tree, environment: dict[str, str]) -> None:
    async with await opened(tree(FILES), environment) as workspace:
        await workspace.run_tests(TestRun())
        trials = await workspace.try_patches(calc(*[ENDLESS] * 7), (), 4.0)
        assert verdicts(trials)[-1] == "skipped"
        assert set(verdicts(trials)) <= {"timeout", "skipped"}
        assert sum(trial.seconds for trial in trials) < 6


async def test_a_candidate_that_kills_the_warm_pytest_is_judged_and_so_is_the_next(
    tree: Tree, environment: dict[str, str]
) -> None:
    killer = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + WRONG
    async with await opened(tree(FILES), environment) as workspace:
        await workspace.run_tests(TestRun())
        trials = await workspace.try_patches(calc(WRONG, killer, RIGHT), (), 60.0)
        assert verdicts(trials) == ["failed", "failed", "passed"]


async def test_a_cancelled_call_leaves_a_workspace_that_works(tree: Tree, environment: dict[str, str]) -> None:
    async with await opened(tree(FILES), environment) as workspace:
        await workspace.run_tests(TestRun())
        await workspace.try_patches(calc(WRONG), (), 60.0)
        task = asyncio.create_task(workspace.try_patches(calc(*[ENDLESS] * 3), (), 60.0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.5)
        assert verdicts(await workspace.try_patches(calc(WRONG, RIGHT), (), 60.0)) == ["failed", "passed"]
        private = workspace.private
    assert processes_that_hold(f"PATCHWIRE_OUTSIDE={private}") == []


async def test_a_file_that_cannot_be_written_fails_its_candidate_alone(tree: Tree, environment: dict[str, str]) -> None:
    async with await opened(tree(FILES), environment) as workspace:
        candidates = [Candidate((("calc.py/x.py", "x"),)), Candidate((("new/dir/x.py", "x"),)), *calc(RIGHT)]
        trials = await workspace.try_patches(candidates, TARGETS, 60.0)
        assert verdicts(trials) == ["failed", "failed", "passed"]


def test_limits_start_from_the_targets_and_grow_with_what_came_to_its_end() -> None:
    results = tuple(
        TestResult(name, TestStatus.FAILED, seconds=seconds) for name, seconds in (("t.py::a", 1.0), ("u.py::b", 9.0))
    )
    baseline = Baseline(TestReport(Verdict.FAILED, (), results=results), ("t.py",))
    limits = Limits.of(baseline)
    assert (limits.seconds, limits.cpu_seconds, limits.whole_seconds) == (5.0, 5.0, 50.0)
    limits.learn(0.1, 0.1)
    assert limits.seconds == 5.0
    limits.learn(1.6, 1.2)
    assert (limits.seconds, limits.cpu_seconds) == (8.0, 6.0)
    quick = Limits.of(Baseline(TestReport(Verdict.FAILED, ()), ()))
    assert (quick.seconds, quick.cpu_seconds, quick.whole_seconds) == (2.0, 1.0, 10.0)
