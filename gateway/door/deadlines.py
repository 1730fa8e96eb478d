"""One timer for each connection, re-armed lazily: to move a deadline later costs an assignment."""

import asyncio
from collections.abc import Callable
from typing import Final

NEVER: Final = float("inf")


class Deadline:
    """Calls ``expired`` once when the time set last has come."""

    __slots__ = ("_at", "_expired", "_handle", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._at = NEVER
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at: float) -> None:
        """Move the deadline to ``at``, in the loop's time."""
        self._at = at
        if self._handle is None or at < self._handle.when():
            self._arm()

    def clear(self) -> None:
        """Have no deadline; the timer that is armed will find nothing to do."""
        self._at = NEVER

    def cancel(self) -> None:
        """Have no deadline and no timer, for good."""
        self._at = NEVER
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop.call_at(self._at, self._fire)

    def _fire(self) -> None:
        self._handle = None
        if self._at == NEVER:
            return
        if self._loop.time() < self._at:
            self._arm()
            return
        self._at = NEVER
        self._expired()
