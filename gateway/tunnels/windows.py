"""How much a channel may receive ahead of its reader: enough for the line, bounded in sum.

A window caps one stream at window / round trip, and it is also what a reader that stopped may cost us in
memory. So a near remote gets OpenSSH's own 2 MiB, a far one up to 64 MiB, and all channels together
promise no more than the budget: as it runs short, new channels get a share of what is left, never less than
``SMALLEST``.
"""

from typing import Final

MIB: Final = 1024 * 1024
SMALLEST: Final = MIB // 4
USUAL: Final = 2 * MIB
LARGEST: Final = 64 * MIB
BUDGET: Final = 1024 * MIB
SHARES: Final = 8
BYTES_PER_SECOND: Final = 400 * MIB
"""More than asyncssh can decrypt on one core, so the window is never what holds a stream back."""


def window_for(round_trip_seconds: float) -> int:
    """Return the window that keeps a line with this round trip full."""
    needed = round_trip_seconds * BYTES_PER_SECOND
    window = USUAL
    while window < needed and window < LARGEST:
        window *= 2
    return window


class Windows:
    """What all open channels may still be promised; one for all tunnels."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.left = budget

    def take(self, wanted: int) -> int:
        """Return a window of ``wanted`` bytes, or less when many are open; to be given back."""
        window = max(min(wanted, self.left // SHARES), SMALLEST)
        self.left -= window
        return window

    def give_back(self, window: int) -> None:
        """Return a window that :meth:`take` gave."""
        self.left += window
