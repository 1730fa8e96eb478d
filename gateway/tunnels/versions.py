"""Which asyncssh our shims were written for."""

from typing import Final

import asyncssh

SERIES: Final = "2.24."


def shims_fit() -> bool:
    """Say whether this asyncssh is one that the shims know inside out."""
    return asyncssh.__version__.startswith(SERIES)
