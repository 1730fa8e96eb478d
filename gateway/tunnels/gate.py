"""The gate before a remote: few dials at a time, fewer that may be refused, and one by one while it is away.

One for each remote, shared by its logins, since to the remote's sshd they all are one source address.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.core.backoff import pace_of_dials
from gateway.core.penalties import HIGHEST_FINE, LOWEST_FINE, forgiven_at, wait_for_mercy
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.alarm import Alarm

DIALS: Final = 3
"""At a time; OpenSSH starts to drop connections that have not logged in at ten (MaxStartups)."""
UNTRIED: Final = 2
"""Dials at a time of logins that have not been let in before."""


class Gate:
    """Lets dials to one remote through."""

    def __init__(
        self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self.alarm = Alarm(clock=clock)
        self._places = asyncio.Semaphore(DIALS)
        self._untried = asyncio.Semaphore(UNTRIED)
        self._at_stake = 0.0  # the fines of the untried who are dialing
        self._forgiven_at = 0.0
        self._failures = 0  # in a row, of whichever login
        self._next_at = 0.0  # as long as there are failures

    @asynccontextmanager
    async def passed(self, *, proven: bool) -> AsyncIterator[None]:
        """Hold a place; one who has not been let in before also waits for earlier fines to be forgiven.

        Raises HostKeyChanged at once while another login has just found the host key changed.
        """
        if proven:
            async with self._place():
                yield
        else:
            async with self._untried, self._staked(), self._place():
                yield

    @asynccontextmanager
    async def knocked(self) -> AsyncIterator[None]:
        """Hold a place for a knock, which sshd may fine as it does whoever hangs up before the log-in."""
        async with self._places:
            await self._mercy(LOWEST_FINE)
            try:
                yield
            finally:
                self._forgiven_at = forgiven_at(self._forgiven_at, self._clock(), Reason.BUSY)

    @asynccontextmanager
    async def _staked(self) -> AsyncIterator[None]:
        """Hold back until a refusal would bar nobody, and let others reckon with it meanwhile."""
        await self._mercy(HIGHEST_FINE, with_stakes=True)
        self._at_stake += HIGHEST_FINE
        try:
            yield
        finally:
            self._at_stake -= HIGHEST_FINE

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold a place when it is time for another dial, and take note of what comes of it."""
        async with self._places:
            await self._turn()
            try:
                with self.alarm.heeded():
                    yield
            except RemoteError as exc:
                self._forgiven_at = forgiven_at(self._forgiven_at, self._clock(), exc.reason)
                self._note(exc)
                raise
            self._failures = 0

    def _note(self, failure: RemoteError) -> None:
        if isinstance(failure, RemoteRejected):
            self._failures = 0
        elif isinstance(failure, RemoteUnreachable):
            self._failures += 1
            self._next_at = self._clock() + pace_of_dials(self._failures)

    async def _mercy(self, fine: float, *, with_stakes: bool = False) -> None:
        """Wait until another fine bars nobody, be it on top of those at stake."""
        while seconds := wait_for_mercy(
            self._forgiven_at, self._clock(), fine + (self._at_stake if with_stakes else 0.0)
        ):
            await self._sleep(seconds)

    async def _turn(self) -> None:
        """Wait for the next turn while the remote is away; once it is back, everybody may come."""
        while self._failures and (seconds := self._next_at - self._clock()) > 0:
            await self._sleep(seconds)
        await self._mercy(LOWEST_FINE)
        self._next_at = self._clock() + pace_of_dials(self._failures)
