"""Shows the table of events at the end of a test run, also where all is well and where workers ran the tests.

Only the hook belongs here; the conftest of all tests registers it, because a run with workers does not load this folder's.
"""

import pytest

TABLE = "events under the daemon"
"""The property of a test's report that carries its table."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found if isinstance(report, pytest.TestReport)]
    for report in reports:
        for name, value in report.user_properties if report.when == "call" else ():
            if name == TABLE:
                terminalreporter.section(TABLE)
                terminalreporter.write_line(str(value))
