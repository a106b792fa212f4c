"""What the offline model says: sentences made of facts, and of nothing else."""

from patchwire.repair.diff import in_words
from patchwire.repair.outputs import Report
from patchwire.repair.source import Edit, Source

_SHORT = 60

CANNOT = (
    "This is the offline model: no network, no key, no understanding of language. It can repair small bugs in Python "
    "that a failing test shows, syntax errors, missing imports and misspelt names; ask it to make the failing tests "
    "pass. For any other task set OPENAI_API_KEY and run without --offline."
)


_HELP = (
    "This is the offline model, which finds small bugs only: a failing test that is nearer to the bug helps, or a "
    "language model (set OPENAI_API_KEY and run without --offline)."
)


def count(number: int, noun: str) -> str:
    """`1 test`, `2 tests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def what_changed(source: Source, edits: tuple[Edit, ...]) -> str:
    """`Changed `<` to `<=` in queue.py line 12`."""
    before, after, line = in_words(source, edits)
    place = f"in {source.path} line {line}"
    if before and after:
        return f"Changed {_quoted(before)} to {_quoted(after)} {place}"
    if after:
        return f"Inserted {_quoted(after)} {place}"
    if before:
        return f"Removed {_quoted(before)} {place}"
    return f"Changed blanks {place}"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"`{text}`" if len(text) <= _SHORT else f"`{text[:_SHORT]}…`"


def tools_missing(names: list[str]) -> str:
    """Said where a tool is not offered that the work cannot be done without."""
    return (
        f"This is the offline model. It cannot work without the tools {', '.join(names)}, which are not offered here."
    )


def verdict(
    first: Report, last: Report, fixes: tuple[tuple[str, int], ...], trials: int, looked: tuple[str, ...]
) -> str:
    """The last word: what was done, what the tests said after it, and where it stopped."""
    if not fixes:
        return _nothing_done(first, trials, looked)
    done = "; ".join(text if number == 0 else text[0].lower() + text[1:] for number, (text, _) in enumerate(fixes))
    if last.verdict == "PASSED":
        others = sum(others for _, others in fixes)
        also = f"; {count(others, 'other edit')} also {'passes' if others == 1 else 'pass'}" if others else ""
        now = f"{count(first.failed, 'failing test')} now {'passes' if first.failed == 1 else 'pass'}"
        return f"{done}; {now}, 0 broke{also}."
    left = count(last.failed, "test")
    still = f"{left} still {'fails' if last.failed == 1 else 'fail'} of {first.failed}"
    return f"{done}; {still}. {_searched(trials, looked)} {_HELP}"


def _nothing_done(report: Report, trials: int, looked: tuple[str, ...]) -> str:
    if report.verdict == "PASSED":
        return f"All tests pass already ({report.passed} passed); nothing was changed."
    if report.verdict == "NO TESTS":
        return f"No tests were found, so nothing can be verified and nothing was changed. {_HELP}"
    if report.verdict == "":
        return f"The tests could not be run: {report.refusal or 'no answer'}. Nothing was changed."
    if report.verdict == "INCONCLUSIVE" and not report.failing_ids:
        return f"The test run is inconclusive{f' ({report.note})' if report.note else ''}; nothing was changed. {_HELP}"
    return f"No edit made the failing tests pass; nothing was changed. {_searched(trials, looked)} {_HELP}"


def _searched(trials: int, looked: tuple[str, ...]) -> str:
    where = ", ".join(looked[:5]) + (f" and {count(len(looked) - 5, 'other file')}" if len(looked) > 5 else "")
    return (
        f"{count(trials, 'edit')} {'was' if trials == 1 else 'were'} tried in {where}."
        if looked
        else "No file to look at was found."
    )
