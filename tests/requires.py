"""What a test needs of the machine: without it the test is left out, or fails where nothing may be."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRE_ALL = "GATEWAY_TEST_REQUIRE_ALL"


def program(name: str, *, package: str) -> str:
    """Return the path of a program; skip the test, or fail it, when it is not there."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        missing(f"{name} is not here; apt-get install {package}")
    return path


def file(path: str | Path, *, package: str) -> Path:
    """Return a file's path; skip the test, or fail it, when it is not there."""
    if not Path(path).exists():
        missing(f"{path} is not here; apt-get install {package}")
    return Path(path)


def missing(what: str) -> NoReturn:
    """Leave a test out, saying why; fail it where GATEWAY_TEST_REQUIRE_ALL is 1."""
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(what)
    pytest.skip(what)


def require(present: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Go on if ``present``; else leave the test out, or fail it."""
    if not present:
        missing(f"{what} is not on this machine")
