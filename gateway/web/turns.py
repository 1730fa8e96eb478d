"""Whose turn it is to have a notebook looked at: one at a time, and not without end.

A diagnosis logs in at the remote, and may be refused there: so it must not be a button to hammer on.
"""

from collections.abc import Callable
from typing import Final

from gateway.core.names import NotebookName
from gateway.core.throttle import Pace, Throttle
from gateway.errors import RequestInvalid

PACE: Final = Pace(free=3, first_seconds=5.0, longest_seconds=60.0, forget_seconds=300.0)
"""Three in a row, then slower and slower."""
FORGOTTEN_SECONDS: Final = 120.0
"""A turn that never ended counts as ended: its browser left before it began."""


class Turns:
    """Gives turns; asked by pages and API alike."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._throttle = Throttle(PACE)
        self._taken: dict[NotebookName, float] = {}

    def begin(self, name: NotebookName) -> None:
        """Take the turn for ``name``; raise RequestInvalid while another has it, or too many had it."""
        now = self._clock()
        if now - self._taken.get(name, -FORGOTTEN_SECONDS) < FORGOTTEN_SECONDS:
            detail = f"{name} is being looked at just now; wait until that is done"
            raise RequestInvalid(409, detail, retry_after_seconds=PACE.first_seconds)
        if (seconds := self._throttle.wait(name, now)) > 0:
            detail = f"{name} was looked at often; wait {seconds:.0f} s"
            raise RequestInvalid(429, detail, retry_after_seconds=seconds)
        self._throttle.begin(name, now)
        self._taken[name] = now

    def end(self, name: NotebookName) -> None:
        """Give the turn for ``name`` back."""
        self._taken.pop(name, None)
