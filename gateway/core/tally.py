"""A tally: of what happens over and over, the first is told at once, and of the rest how many they were."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

SPAN_SECONDS: Final = 60.0
MOST_KEYS: Final = 1000
"""How many different things are counted each by itself; what comes beyond is counted together."""

Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Key]):
    """Counts by key, within spans that begin with what was told."""

    def __init__(self, beyond: Key) -> None:
        """Count nothing yet; ``beyond`` is the key of what comes when there are too many."""
        self._beyond = beyond
        self._since: dict[Key, float] = {}
        self._untold: dict[Key, int] = {}

    def count(self, key: Key, now: float) -> Key | None:
        """Count one, and return the key to tell it by now; None where it is told later, with others."""
        if key not in self._since and len(self._since) >= MOST_KEYS:
            key = self._beyond
        if key in self._since:
            self._untold[key] = self._untold.get(key, 0) + 1
            return None
        self._since[key] = now
        return key

    def over(self, now: float) -> dict[Key, int]:
        """Return how many were not told of what began a span ago, and begin anew with it."""
        past = now - SPAN_SECONDS
        return self._told({key for key, since in self._since.items() if not past < since <= now})

    def rest(self) -> dict[Key, int]:
        """Return how many were not told of all, and forget them."""
        return self._told(set(self._since))

    def _told(self, keys: set[Key]) -> dict[Key, int]:
        for key in keys:
            del self._since[key]
        return {key: self._untold.pop(key) for key in keys if key in self._untold}
