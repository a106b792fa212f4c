"""Whether the runner is still itself when the tests are over: the functions that decide, and a test that has to fail.

Compares the functions by their code with what they were before the first file of the tree was loaded. Honest suites
turn some of them too (plugins do): who compares a run with the run before the patch knows the difference.
"""

from __future__ import annotations

import sys
import unittest
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_DECIDING = """
_pytest.runner:runtestprotocol _pytest.runner:call_and_report _pytest.runner:check_interactive_exception
_pytest.runner:pytest_runtest_protocol _pytest.runner:pytest_runtest_makereport _pytest.runner:pytest_runtest_call
_pytest.runner:CallInfo.from_call
_pytest.reports:TestReport.from_item_and_call _pytest.reports:TestReport.__init__
_pytest.reports:BaseReport.failed _pytest.reports:BaseReport.passed
_pytest.python:Function.runtest _pytest.python:Function.setup _pytest.python:pytest_pyfunc_call
_pytest.python:Module._getobj _pytest.python:Module.collect
_pytest.unittest:TestCaseFunction.runtest _pytest.unittest:TestCaseFunction.addFailure
_pytest.unittest:TestCaseFunction.addError
_pytest.main:wrap_session _pytest.main:pytest_runtestloop _pytest.main:Session.pytest_runtest_logreport
_pytest.main:Session.perform_collect
_pytest.skipping:pytest_runtest_makereport _pytest.skipping:pytest_runtest_setup
_pytest.skipping:evaluate_skip_marks _pytest.skipping:evaluate_xfail_marks
_pytest.assertion.rewrite:AssertionRewritingHook.exec_module _pytest.assertion.rewrite:rewrite_asserts
pluggy._callers:_multicall pluggy._hooks:HookCaller.__call__ pluggy._hooks:HookCaller.get_hookimpls
unittest.case:TestCase.run unittest.case:TestCase.fail unittest.case:TestCase.assertEqual
unittest.case:TestCase.assertTrue unittest.case:TestCase.assertRaises
patchwire_probe.plugin:Probe.write patchwire_probe.plugin:pytest_runtest_logreport
patchwire_probe.plugin:pytest_collectreport patchwire_probe.plugin:pytest_sessionfinish
patchwire_probe.plugin:pytest_runtestloop patchwire_probe.seal:Sealed.write
unittest.result:TestResult.wasSuccessful unittest.result:TestResult.addFailure unittest.result:TestResult.addError
unittest.suite:TestSuite.run unittest.runner:TextTestRunner.run
patchwire_probe.unittests:Writer.write patchwire_probe.unittests:Told.addFailure patchwire_probe.unittests:Told.addError
"""


def known() -> dict[str, Any]:
    """What the deciding functions are now, by name."""
    return dict(_deciding())


def _deciding() -> Iterator[tuple[str, Any]]:
    for name in _DECIDING.split():
        module, _, path = name.partition(":")
        found: Any = sys.modules.get(module)
        for part in path.split("."):
            # Not `getattr`: what a class inherits or a descriptor makes of it is not what stands there.
            found = None if found is None else vars(found).get(part)
        if found is not None:
            yield name.replace(":", "."), _code(found)


def _code(function: Any) -> Any:
    """What makes a function do what it does; for anything else, the thing itself."""
    for wrapped in ("__func__", "fget", "__wrapped__"):
        function = getattr(function, wrapped, function)
    return getattr(function, "__code__", function)


def turned(before: dict[str, Any], session: Any = None) -> list[str]:
    """The names of what is not as it was; and, under its own name, a failing test that passes."""
    now = known()
    names = [name for name, code in before.items() if now.get(name) is not code]
    passes = _failing_case_passes() if session is None else _failing_test_passes(session)
    return names + (["a test that fails"] if passes else [])


def _failing_case_passes() -> bool:
    """Whether a case of unittest's that must fail passes."""

    class Failing(unittest.TestCase):
        def runTest(self) -> None:  # noqa: N802  # unittest's name
            self.assertEqual(1, 2)  # noqa: PT009  # whether this one still fails is the question

    result = unittest.TestResult()
    Failing().run(result)
    return not result.failures


def _failing_test_passes(session: Any) -> bool:
    """Run a test that must fail, past all who count, as pytest runs any other."""
    if not hasattr(session, "path"):  # older than pytest 7
        return False

    class Failing(import_module("pytest").Item):  # type: ignore[misc]  # it is not known where there is only unittest
        def runtest(self) -> None:
            assert not _failing_case_passes()  # noqa: S101  # it is a test
            raise AssertionError("as it must be")

        def reportinfo(self) -> Any:
            return self.path, 0, self.name

    item = Failing.from_parent(session, name="patchwire")
    try:
        reports = import_module("_pytest.runner").runtestprotocol(item, log=False, nextitem=None)
    except Exception:  # noqa: BLE001  # whose plugin stumbles over a test that is no function proves nothing
        return False
    return any(report.when == "call" and report.passed for report in reports)
