"""What a suite needs of this machine: without it the suite is left out, or fails where nothing may be."""

import os

import pytest


def require(present: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Go on if ``present``; else skip, or fail when GATEWAY_TEST_REQUIRE_ALL is 1."""
    if present:
        return
    if os.environ.get("GATEWAY_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is not on this machine")
    pytest.skip(f"{what} is not on this machine")
