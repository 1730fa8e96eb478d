"""How often somebody may try: after some free tries each further one costs a longer wait.

A wait has a ceiling and is forgotten in time, so nobody is locked out for ever; a try made while one
has to wait is not heard and makes nothing worse. A try is counted when it begins, so a thousand begun
at once are not one.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

MOST_KEYS: Final = 10_000
"""How many keys are remembered; beyond it the one tried longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a throttle is."""

    free: int
    """Tries that cost nothing."""
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    forget_seconds: float = 900.0
    """Without a try for so long, a key starts afresh."""

    def wait_after(self, tries: int) -> float:
        """Return how long to wait after the given number of tries: doubling, up to a ceiling."""
        if tries < self.free:
            return 0.0
        return min(self.first_seconds * 2.0 ** min(tries - self.free, 32), self.longest_seconds)


PER_ACCOUNT: Final = Pace(free=5)
PER_ADDRESS: Final = Pace(free=20, longest_seconds=30.0)
"""Kinder: a whole institute may sit behind one address."""


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last: float


class Throttle:
    """Counts tries by key; ``now`` is always of one monotonic clock."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Return how many seconds ``key`` has to wait before it may try; 0 is at once."""
        tries = self._tries.get(key)
        if tries is None:
            return 0.0
        return max(tries.last + self._pace.wait_after(self._count(tries, now)) - now, 0.0)

    def begin(self, key: str, now: float) -> None:
        """Count a try, as a failure until ``succeeded`` or ``give_back`` says otherwise."""
        tries = self._tries.pop(key, _Tries(0, now))
        self._tries[key] = _Tries(self._count(tries, now) + 1, now)
        if len(self._tries) > MOST_KEYS:
            self._tries.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the tries of ``key``."""
        self._tries.pop(key, None)

    def give_back(self, key: str) -> None:
        """Take one try back: it succeeded, but says nothing about the others of ``key``."""
        tries = self._tries.get(key)
        if tries is not None:
            self._tries[key] = _Tries(max(tries.count - 1, 0), tries.last)

    def _count(self, tries: _Tries, now: float) -> int:
        return 0 if now - tries.last >= self._pace.forget_seconds else tries.count


def address_key(address: str) -> str:
    """Return what to count an address as: an IPv6 client has a /64 to itself (RFC 6177)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
