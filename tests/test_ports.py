"""The ports' values."""

from patchwire.ports import Capabilities, TestRun


def test_a_test_run_is_the_whole_suite_unless_it_says_otherwise() -> None:
    run = TestRun()
    assert run.targets == run.originals == ()
    assert not run.trace
    assert run.seconds is None


def test_a_service_is_taken_to_remember_until_it_is_known_not_to() -> None:
    assert Capabilities().incremental
