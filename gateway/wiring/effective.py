"""The effective inventory: what is declared, with whom the provider brings, without disabled members, with shares."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from gateway.core.disabled import without
from gateway.core.inventory import Inventory
from gateway.core.linking import Link, with_links
from gateway.core.names import MemberName
from gateway.core.sharing import Shared, effective, next_end
from gateway.wiring.wanted import Wanted

LOOK_SECONDS: Final = 15.0
"""Shares end by the wall clock, which may be set while we wait: so it is looked at now and then."""


class Given(Protocol):
    """Where shares are kept, who is disabled, and who comes from the identity provider."""

    def shared(self) -> Shared:
        """Return all that owners have given."""

    def disabled(self) -> frozenset[MemberName]:
        """Return the members who are let in no more."""

    def links(self) -> tuple[Link, ...]:
        """Return who at the provider is which member."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called when any of it changes."""


class Effective:
    """Holds the inventory that members are judged by, and tells its followers of each new one."""

    def __init__(
        self, wanted: Wanted, given: Given, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._wanted = wanted
        self._given = given
        self._clock = clock
        self._changed = asyncio.Event()
        self.followers: list[Callable[[Inventory], None]] = []
        """Whoever acts on the inventory; called in order with each new one."""
        self.inventory = self._at(clock())
        """Replaced whole."""
        wanted.followers.append(lambda _: self._follow())
        given.on_change(self._follow)

    @property
    def everybody(self) -> Inventory:
        """What is declared, with whom the provider brings; disabled members too."""
        return with_links(self._wanted.inventory, self._given.links())

    @property
    def admitted(self) -> Inventory:
        """The same without disabled members, and without shares."""
        return without(self.everybody, self._given.disabled())

    async def run(self) -> None:
        """End shares when their time is over, until cancelled."""
        while True:
            self._changed.clear()
            now = self._clock()
            self._renew(now)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next_end(now)):
                    await self._changed.wait()

    def _seconds_to_next_end(self, now: float) -> float:
        """Return how long to wait; ``now`` is the moment at which was judged what counts."""
        end = next_end(self._given.shared().shares, now)
        return LOOK_SECONDS if end is None else min(end - now, LOOK_SECONDS)

    def _follow(self) -> None:
        self._renew(self._clock())
        self._changed.set()

    def _renew(self, now: float) -> None:
        if (renewed := self._at(now)) != self.inventory:
            self.inventory = renewed
            for follow in self.followers:
                follow(renewed)

    def _at(self, now: float) -> Inventory:
        return effective(self.admitted, self._given.shared().shares, now)
