"""Whole repairs, played on a small tree."""

from typing import Any

import pytest
from tests.repair.bench import Bench, play

from patchwire.repair import procedure

QUEUE = """\
class Queue:
    def __init__(self, size):
        self.size = size
        self.items = []

    def full(self):
        return len(self.items) >= self.size

    def push(self, item):
        if self.full():
            raise OverflowError(item)
        self.items.append(item)
        return self
"""
TAX = "def add(amount, rate):\n    return amount + amount * rate\n"
TESTS = {"tests/test_a.py::test_full": "Queue(1).push(1).full()", "tests/test_a.py::test_empty": "not Queue(1).full()"}


def bench(queue: str = QUEUE, **more: Any) -> Bench:
    files = {"shop/queue.py": queue, "tests/test_a.py": "from shop.queue import Queue\n\ndef test_full():\n    pass\n"}
    return Bench(files, dict(TESTS), **more)


def test_a_bug_is_found_fixed_confirmed_and_told() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    said = play(played)
    assert played.files["shop/queue.py"] == QUEUE
    assert said.startswith("Changed `>` to `>=` in shop/queue.py line 7; 1 failing test now passes, 0 broke")
    assert [name for name, _ in played.calls] == [
        "run_tests",
        "read_file",
        "read_file",
        "list_files",
        "try_patches",
        "write_patch",
        "run_tests",
    ]
    assert played.calls[0][1] == {"targets": None, "trace": True}
    assert played.calls[-1][1] == {"targets": None, "trace": False}


def test_a_table_that_no_trace_leads_to_is_looked_at_too() -> None:
    table = "STEPS = {}\n\ndef _add(name, step):\n    STEPS[name] = step - 1\n\n_add('up', 1)\n_add('jump', 5)\n"
    imported = "try:\n    from shop.steps import STEPS\nexcept ImportError:\n    pass\n"
    code = f"{imported}\ndef move(at, way):\n    return at + STEPS[way]\n"
    tests = {"tests/test_a.py::test_up": "move(1, 'up') == 2", "tests/test_a.py::test_jump": "move(1, 'jump') == 6"}

    def unseen(arguments: dict[str, Any], text: str) -> str:
        return "\n".join(line for line in text.split("\n") if not line.startswith("shop/steps.py: "))

    played = Bench({"shop/moves.py": code, "shop/steps.py": table}, tests, overrides={"run_tests": unseen})
    said = play(played)
    assert said.startswith("Changed `1` to `0` in shop/steps.py line 4; 2 failing tests now pass, 0 broke")


def test_nothing_to_do() -> None:
    assert play(bench()) == "All tests pass already (2 passed); nothing was changed."


def test_no_tests() -> None:
    played = bench()
    played.tests = {}
    assert play(played).startswith("No tests were found")


def test_a_file_is_read_page_by_page() -> None:
    played = bench(QUEUE.replace(">=", ">"), page=5)
    assert "now passes" in play(played)
    assert [a["start_line"] for n, a in played.calls if n == "read_file" and a["path"] == "shop/queue.py"] == [
        None,
        6,
        11,
    ]


@pytest.mark.parametrize(
    "second",
    ["Error: gone", "shop/queue.py: lines 7-7 of 13\n7\tx", "shop/queue.py: lines 6-6 of 13", "shop/queue.py: empty"],
)
def test_a_page_that_does_not_come_leaves_the_file_alone(second: str) -> None:
    played = bench(QUEUE.replace(">=", ">"), page=5)
    played.overrides["read_file"] = lambda arguments, text: second if (arguments["start_line"] or 0) > 1 else text
    assert "No file to look at was found." in play(played)


def test_a_file_with_long_lines_is_left_alone() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    played.overrides["read_file"] = lambda _, text: text.replace(" of 13", " of 13 (long lines cut at 2000 characters)")
    assert "nothing was changed" in play(played)


def test_a_file_too_long_is_left_alone() -> None:
    played = bench(QUEUE.replace(">=", ">") + "\n" * 40, page=2)
    assert "No file to look at was found." in play(played)


def test_a_file_without_a_last_line_end_and_an_empty_one() -> None:
    played = bench(QUEUE.replace(">=", ">").rstrip("\n"))
    played.files["shop/__init__.py"] = ""
    played.overrides["run_tests"] = lambda _, text: text.replace("shop/__init__.py: ", "shop/__init__.py: 1=1/0")
    assert "now passes" in play(played)
    assert played.files["shop/queue.py"] == QUEUE.rstrip("\n")


def test_two_bugs() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    played.files["shop/tax.py"] = TAX.replace("+", "-")
    played.tests["tests/test_a.py::test_tax"] = "add(100, 0.5) == 150"
    said = play(played)
    assert played.files["shop/tax.py"] == TAX
    assert played.files["shop/queue.py"] == QUEUE
    assert "2 failing tests now pass, 0 broke" in said


def test_only_one_of_two_bugs_can_be_mended() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    played.tests["tests/test_a.py::test_strange"] = "Queue(1).size == 'forty-two'"
    said = play(played)
    assert "1 test still fails of 2" in said
    assert played.files["shop/queue.py"] == QUEUE


def test_a_bug_out_of_reach() -> None:
    played = bench("def push(item):\n    return 1\n")
    said = play(played)
    assert said.startswith("No edit made the failing tests pass; nothing was changed.")
    assert "edits were tried in shop/queue.py" in said
    assert played.files["shop/queue.py"] == "def push(item):\n    return 1\n"


def test_a_syntax_error() -> None:
    played = bench(QUEUE.replace("def full(self):", "def full(self)"))
    assert "now pass, 0 broke" in play(played)
    assert played.files["shop/queue.py"] == QUEUE


def test_a_syntax_error_over_a_bug() -> None:
    played = bench(QUEUE.replace("def full(self):", "def full(self)").replace(">=", ">"))
    said = play(played)
    assert played.files["shop/queue.py"] == QUEUE
    assert said.startswith("Inserted `:` in shop/queue.py line 6; changed `>` to `>=` in shop/queue.py line 7;")


def test_a_syntax_error_that_nothing_mends() -> None:
    played = bench("class Queue(]:\n    '''\n)\n" * 3)
    assert "nothing was changed" in play(played)


def test_a_syntax_error_elsewhere_is_not_ours() -> None:
    played = bench()
    played.overrides["run_tests"] = lambda _, text: (
        "FAILED: 1 error in 0.1 s\n--- tests/test_a.py error\n"
        '  E     File "/x/tests/test_a.py", line 3\n  E   SyntaxError: invalid\n'
        '  E     File "/x/shop/queue.py", line 3\n  E   SyntaxError: x'
    )
    assert "No edit made" in play(played)


def test_a_mended_file_that_helps_nothing_is_taken_back() -> None:
    broken = QUEUE.replace("def full(self):", "def full(self)")
    played = bench(broken)
    first = played.run_tests(None, trace=True)
    played.overrides["run_tests"] = lambda _, text: first
    assert "nothing was changed" in play(played)
    assert played.files["shop/queue.py"] == broken


def test_without_a_trace_the_imports_of_the_tests_tell_where_to_look() -> None:
    played = bench(QUEUE.replace(">=", ">"), traced=False)
    assert "now passes" in play(played)


def test_a_patch_that_passed_but_cannot_be_written_is_passed_over() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    played.refusals["write_patch"] = ["Error: hunk 1 does not fit"]
    assert "now passes" in play(played)
    assert sum(name == "write_patch" for name, _ in played.calls) == 2


def test_a_patch_that_does_not_hold_in_a_fresh_run_is_taken_back() -> None:
    bad = QUEUE.replace(">=", ">")
    played = bench(bad)
    first = played.run_tests(None, trace=True)
    played.overrides["run_tests"] = lambda _, text: first
    assert "nothing was changed" in play(played)
    assert played.files["shop/queue.py"] == bad


def test_what_was_not_tried_comes_first_in_the_next_call() -> None:
    played = bench(QUEUE.replace(">=", ">"), per_call=1)
    assert "now passes" in play(played)
    lazy = bench(QUEUE.replace(">=", ">"), per_call=0)
    assert "0 edits were tried" in play(lazy)


def test_a_refused_trial_ends_the_search() -> None:
    played = bench(QUEUE.replace(">=", ">"))
    played.overrides["try_patches"] = lambda _, text: "Error: no"
    assert "0 edits were tried" in play(played)


def test_trials_are_bounded() -> None:
    played = bench(
        "def push(item):\n    return 1\n" + "".join(f"def f{n}(a, b):\n    return a < b + {n}\n" for n in range(16))
    )
    play(played)
    tried = sum(len(arguments["patches"]) for name, arguments in played.calls if name == "try_patches")
    assert tried <= procedure.MAX_TRIALS + procedure.MAX_BATCH


def test_seconds_are_bounded() -> None:
    played = bench("def push(item):\n    return 1 < 2\n" * 40)
    played.overrides["try_patches"] = lambda _, text: text.replace("in 0.5 s", "in 130.0 s")
    play(played)
    assert sum(name == "try_patches" for name, _ in played.calls) == 2


def test_a_run_that_cannot_be_read() -> None:
    played = bench()
    played.overrides["run_tests"] = lambda _, text: "Error: the command could not be started"
    assert "could not be run: Error: the command could not be started" in play(played)
