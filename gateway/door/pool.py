"""Idle upstream connections, kept for the next request of the same member to the same notebook.

A connection never serves two members: whatever an upstream, or a parser's mistake on the way, ties
to a connection stays with one person (threat B17).
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from gateway.core.names import MemberName, NotebookName
from gateway.core.upstream import Upstream
from gateway.door.upstream import UpstreamLeg

MOST_IDLE_OF_ONE: Final = 64
MOST_IDLE: Final = 1024
IDLE_SECONDS: Final = 60.0
SURELY_OPEN_SECONDS: Final = 4.0
"""Servers hang up on idle connections, uvicorn after five seconds: beyond this, a request that may
not be sent twice gets a new one."""

PoolKey = tuple[NotebookName, MemberName] | None
"""Whose connection it is; None is the control plane's."""


class Pool:
    """Idle connections by whom they serve, the last one used first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._idle: dict[PoolKey, list[UpstreamLeg]] = {}
        self._count = 0
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def take(self, key: PoolKey, upstream: Upstream | None, *, surely: bool) -> UpstreamLeg | None:
        """Return an idle connection to ``upstream``; with ``surely`` one that is hardly closing now."""
        idle = self._idle.get(key)
        while idle:
            leg = idle[-1]
            if surely and self._clock() - leg.idle_since > SURELY_OPEN_SECONDS:
                return None
            self._remove(key, leg)
            if leg.alive and (leg.upstream is upstream or leg.upstream == upstream):
                return leg
            leg.close()
        return None

    def give(self, key: PoolKey, leg: UpstreamLeg) -> None:
        """Keep ``leg`` for later, or close it if there are enough."""
        idle = self._idle.setdefault(key, [])
        if len(idle) >= MOST_IDLE_OF_ONE or self._count >= MOST_IDLE:
            leg.close()
            return
        leg.resume()
        leg.idle_since = self._clock()
        leg.left_idle = lambda: self._remove(key, leg)
        idle.append(leg)
        self._count += 1
        if self._sweep is None:
            self._arm()

    def close(self, wanted: Callable[[PoolKey], bool] = lambda _: True) -> None:
        """Close the idle connections whose key is ``wanted``."""
        for leg in list(self._legs(wanted)):
            leg.close()
        if not self._idle and self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _legs(self, wanted: Callable[[PoolKey], bool]) -> Iterator[UpstreamLeg]:
        return chain.from_iterable(idle for key, idle in self._idle.items() if wanted(key))

    def _remove(self, key: PoolKey, leg: UpstreamLeg) -> None:
        idle = self._idle[key]
        if idle[-1] is leg:
            del idle[-1]
        else:
            idle.remove(leg)
        if not idle:
            del self._idle[key]
        leg.left_idle = None
        self._count -= 1

    def _arm(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS / 4, self._drop_old)

    def _drop_old(self) -> None:
        self._sweep = None
        oldest = self._clock() - IDLE_SECONDS
        for leg in [leg for leg in self._legs(lambda _: True) if leg.idle_since <= oldest]:
            leg.close()
        if self._idle:
            self._arm()
