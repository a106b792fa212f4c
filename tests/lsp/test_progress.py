"""The bar: what it says of each piece of progress, and how far it has come."""

from typing import Any

from patchwire.lsp.progress import MAX_TITLE, Bar
from patchwire.task import (
    Budget,
    Said,
    StepDone,
    TestReport,
    TestsRan,
    ToolFinished,
    ToolStarted,
    Usage,
    Verdict,
    Waiting,
)


class Screen:
    def __init__(self) -> None:
        self.shown: list[Any] = []

    def progress(self, token: int | str, value: Any) -> None:
        self.shown.append(value)


def bar(budget: Budget | None = None, token: int | None = 1) -> tuple[Bar, Screen, list[float]]:
    screen, time = Screen(), [0.0]
    return Bar(screen, token, budget or Budget(steps=10, seconds=100), lambda: time[0]), screen, time


def test_each_piece_is_told_in_a_few_words() -> None:
    one, screen, _ = bar()
    one.begin("Make the\nfailing tests pass.", "starting")
    one.start()
    one.hear(ToolStarted("1", "run_tests", "runs the tests"))
    one.hear(TestsRan("before", TestReport(Verdict.FAILED, (), passed=3, failed=1, errors=1)))
    one.hear(Said("not here"))
    one.hear(StepDone(1, Usage(input_tokens=12_000, output_tokens=480)))
    one.hear(ToolStarted("2", "run_tests", "runs the tests"))
    one.hear(ToolFinished("2", "run_tests", ok=True, summary="2 failing", seconds=0.1))
    one.hear(Waiting("rate limit", 3))
    one.asks(waits=True)
    one.asks(waits=False)
    one.end("Done.")
    begin, *reports, end = screen.shown
    assert (begin.title, begin.cancellable, begin.percentage) == ("Patchwire: Make the failing tests pass", True, 0)
    assert [report.message for report in reports] == [
        "step 1 · starting",
        "step 1 · runs the tests",
        "step 1 · tests: 2 failing, 3 passed",
        "step 1 · thinking · 12,480 tokens",
        "step 1 · runs the tests · 12,480 tokens",
        "step 1 · thinking · 12,480 tokens",
        "step 2 · waiting: rate limit · 12,480 tokens",
        "step 2 · waits for your answer · 12,480 tokens",
        "step 2 · starting · 12,480 tokens",
    ]
    assert end.message == "Done."


def test_the_percentage_is_that_of_the_nearest_limit_and_never_falls() -> None:
    one, screen, time = bar(Budget(steps=10, seconds=100, tokens=1000, cost=1.0))
    one.hear(StepDone(1, Usage(input_tokens=300)))
    one.hear(StepDone(2, Usage(input_tokens=300, cost=0.5)))
    time[0] = 70
    one.hear(ToolStarted("1", "a", "b"))
    time[0] = 900
    one.hear(ToolStarted("1", "a", "b"))
    assert [shown.percentage for shown in screen.shown] == [30, 50, 70, 100]
    one.start()
    assert screen.shown[-1].percentage == 100


def test_a_long_title_is_cut_and_without_a_token_nothing_is_shown() -> None:
    one, screen, _ = bar()
    one.begin("x" * 200, "")
    assert len(screen.shown[0].title) == len("Patchwire: ") + MAX_TITLE
    silent, screen, _ = bar(token=None)
    silent.begin("x", "")
    silent.hear(StepDone(3, Usage()))
    silent.end("y")
    assert (screen.shown, silent.step, silent.doing) == ([], 3, "thinking")
