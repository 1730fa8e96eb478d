"""Who waits for a notebook that is on its way back: so many requests at most, of one member and in all.

A held request keeps a connection and what came of its body. Unbounded, those to one dead remote would take
what the members of the others need; beyond the bound a request is not held, and hears at once how it stands.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from gateway.core.names import MemberName
from gateway.errors import Reason, TunnelDown

MOST_HELD: Final = 1024
MOST_HELD_OF_ONE: Final = 128
"""A browser has six connections to a host, beside its WebSockets."""


class Holds:
    """The requests that wait."""

    def __init__(self) -> None:
        self._waits: set[asyncio.Timeout] = set()
        self._members: Counter[MemberName] = Counter()
        self._over = False

    def __len__(self) -> int:
        return len(self._waits)

    def seconds(self, member: MemberName, wanted: float) -> float:
        """Return for how long one more request of ``member`` may wait: as ``wanted``, or not at all."""
        full = len(self._waits) >= MOST_HELD or self._members[member] >= MOST_HELD_OF_ONE
        return 0.0 if full or self._over else wanted

    @asynccontextmanager
    async def held(self, member: MemberName) -> AsyncIterator[None]:
        """Count a request in while it waits; raise TunnelDown if the gateway stops meanwhile."""
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._enter(wait, member)
                try:
                    yield
                finally:
                    self._leave(wait, member)
        except TimeoutError as exc:
            raise TunnelDown(Reason.STOPPING, "the gateway is being restarted") from exc

    def end(self) -> None:
        """Let nobody wait any longer: the gateway stops."""
        self._over = True
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())

    def _enter(self, wait: asyncio.Timeout, member: MemberName) -> None:
        self._waits.add(wait)
        self._members[member] += 1

    def _leave(self, wait: asyncio.Timeout, member: MemberName) -> None:
        self._waits.discard(wait)
        self._members[member] -= 1
        if not self._members[member]:
            del self._members[member]
