"""What a turn came to, judged from its facts alone: the status, and the sentence that says why.

A pure function over reports. "The tests pass" means that every test that ran before the turn runs and passes as it was:
a change to tests or to their configuration counts for nothing here, and neither does a green run that was come by
otherwise. What cannot be told from a cheat is `unverified`, with the reason, never `done`.
"""

import re
from dataclasses import dataclass

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.agent.reports import counts
from patchwire.task import Status, TestReport, TestStatus, Verdict

_PATCH_MARKS = re.compile(r"^(\*\*\* Begin Patch|diff --git |--- (a/|/dev/null)|@@ )", re.MULTILINE)


def holds_patch(text: str) -> bool:
    """Whether a message holds what looks like a patch."""
    return _PATCH_MARKS.search(text) is not None


def asks(text: str) -> bool:
    """Whether a message ends in a question."""
    return text.rstrip().rstrip("*_`\"')").endswith("?")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at the end of a turn.

    `after` is the whole suite on the patched tree with the tests as they were before; `own_tests` are the test files
    that the patch changes, and `own_after` is the suite with those changes. `suspicions` are clauses on what product
    code newly does that only a test could notice. `ended` says why the turn stopped short, or ""; `failed` that it was
    a fault (of the service, say) and not a limit.
    """

    prompt: str
    said: str
    changed: bool
    before: TestReport | None = None
    after: TestReport | None = None
    own_tests: tuple[str, ...] = ()
    own_after: TestReport | None = None
    suspicions: tuple[str, ...] = ()
    ended: str = ""
    failed: bool = False
    filtered: bool = False


def judge(facts: Facts) -> tuple[Status, str]:
    """The status and the message: our own sentence first, then what the model said last."""
    status, sentence = _judge(facts)
    return status, "\n\n".join(part for part in (sentence, facts.said.strip()) if part)


def _judge(facts: Facts) -> tuple[Status, str]:
    if facts.changed and facts.after is not None and facts.after.verdict is Verdict.PASSED:
        return _green(facts, facts.after)
    if facts.filtered:
        return Status.REFUSED, "The model's service withheld the answer (content filter)."
    if facts.ended:
        left = " The patch so far is not verified." if facts.changed else ""
        return (Status.FAILED if facts.failed else Status.OUT_OF_BUDGET), f"Stopped: {facts.ended}.{left}"
    if not facts.changed:
        return _unchanged(facts)
    if facts.own_after is not None and facts.own_after.verdict is Verdict.PASSED:
        tests = ", ".join(facts.own_tests)
        were = "fail" if facts.after is not None and facts.after.verdict is Verdict.FAILED else "say nothing"
        sentence = f"The tests pass only with the patch's own changes to them ({tests}); as they were, they {were}."
        return (Status.TESTS_FAILING if facts.prompt == DEFAULT_TASK else Status.UNVERIFIED), sentence
    if facts.after is None or facts.after.verdict in {Verdict.NO_TESTS, Verdict.INCONCLUSIVE}:
        why = facts.after.note if facts.after is not None and facts.after.note else "no tests ran"
        return Status.UNVERIFIED, f"The patch could not be verified: {why}."
    return Status.TESTS_FAILING, f"The tests do not pass with this patch: {_progress(facts.before, facts.after)}"


def _green(facts: Facts, after: TestReport) -> tuple[Status, str]:
    """The suite passes with the tests as they were: what may stand between that and `done`."""
    before, own = facts.before, facts.own_after
    if own is not None and own.verdict is not Verdict.PASSED:
        tests = ", ".join(facts.own_tests)
        return (
            Status.TESTS_FAILING,
            f"The tests pass as they were, but not with the patch's own ({tests}): {counts(own)}.",
        )
    if missing := _missing(before, after):
        return Status.UNVERIFIED, f"The suite passes, but tests that ran before no longer run: {_first(missing)}."
    if skipped := _skipped(before, after):
        return Status.UNVERIFIED, f"The suite passes, but tests that ran before are now skipped: {_first(skipped)}."
    if turned := [name for name in after.turned if before is None or name not in before.turned]:
        why = f"something in the patch changed what it is measured by while the tests ran ({turned[0]})"
        return Status.UNVERIFIED, f"The suite passes, but {why}."
    if facts.suspicions:
        return Status.UNVERIFIED, f"The suite passes, but read the patch before you trust it: {facts.suspicions[0]}."
    sentence = _progress(before, after)
    if after.flaky:
        sentence += f" Flaky, failed once and passed when run again: {_first(after.flaky)}."
    if facts.own_tests:
        sentence += f" The patch also changes tests: {', '.join(facts.own_tests)}."
    return Status.DONE, sentence


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _unchanged(facts: Facts) -> tuple[Status, str]:
    before = facts.before
    if before is None or facts.prompt != DEFAULT_TASK:
        return Status.NO_CHANGE, "Nothing was changed."
    if before.verdict is Verdict.PASSED:
        return Status.DONE, f"The tests pass already ({counts(before)}); nothing needed doing."
    if before.verdict is Verdict.FAILED:
        return Status.NO_CHANGE, f"No fix was found: {counts(before)}."
    if before.verdict is Verdict.NO_TESTS:
        return Status.NO_CHANGE, f"Nothing was changed: {before.note or 'no tests were found'}."
    return Status.NO_CHANGE, f"Nothing was changed, and the tests could not be judged: {before.note}."


def _progress(before: TestReport | None, after: TestReport) -> str:
    """`6 failing tests now pass, 0 broke; 26 passed.` from the two reports, by test id where both have them."""
    if before is None or not before.results or not after.results:
        return f"{counts(after)}."
    passing = [result for result in after.results if result.status is TestStatus.PASSED]
    mended = sum(_failed(before, result.id) for result in passing)
    broke = sum(not _failed(before, result.id) and result.id not in after.flaky for result in after.failing)
    now = "test now passes" if mended == 1 else "tests now pass"
    return f"{mended} failing {now}, {broke} broke; {counts(after)}."


def _missing(before: TestReport | None, after: TestReport) -> tuple[str, ...]:
    """Tests that ran before and are not heard of now. What stood for a whole file was a collection error."""
    if before is None:
        return ()
    heard = {result.id for result in after.results}
    return tuple(
        result.id
        for result in before.results
        if result.status is not TestStatus.SKIPPED
        and result.id not in heard
        and not (result in before.failing and any(name.startswith(_inside(result.id)) for name in heard))
    )


def _skipped(before: TestReport | None, after: TestReport) -> tuple[str, ...]:
    """Tests that ran before and are skipped now: that proves nothing."""
    if before is None:
        return ()
    skipped = {result.id for result in after.results if result.status is TestStatus.SKIPPED}
    return tuple(
        result.id for result in before.results if result.status is not TestStatus.SKIPPED and result.id in skipped
    )


def _failed(before: TestReport, test: str) -> bool:
    """Whether a test failed before, by itself or with the file that it stands in."""
    return any(test == result.id or test.startswith(_inside(result.id)) for result in before.failing)


def _inside(test: str) -> str:
    """How the ids begin that a failure to collect stood for: those of a file, or of all below a `conftest.py`."""
    directory, _, name = test.rpartition("/")
    if name == "conftest.py":
        return f"{directory}/" if directory else ""
    return f"{test}::"
