"""What holds for every suite."""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be left out, a skipped test has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _nothing_may_be_left_out():
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, and GATEWAY_TEST_REQUIRE_ALL=1: {call.excinfo}"
        )
    return report


def _nothing_may_be_left_out() -> bool:
    return os.environ.get("GATEWAY_TEST_REQUIRE_ALL") == "1"
