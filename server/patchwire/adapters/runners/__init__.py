"""One file per test runner: how to start it so that it reports, and how to read its report.

Must not know why the tests are run, or what is done with the result.
"""
