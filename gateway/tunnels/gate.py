"""The gate before a remote: few dials at a time, fewer that may be refused, and one by one while it is away.

One for each remote, shared by its logins, since to the remote's sshd they all are one source address.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.core.backoff import REFUSALS, pace_of_dials, wait_after_refusals
from gateway.errors import Reason, RemoteRejected, RemoteUnreachable
from gateway.tunnels.alarm import Alarm

DIALS: Final = 3
"""At a time; OpenSSH starts to drop connections that have not logged in at ten (MaxStartups)."""


class Gate:
    """Lets dials to one remote through."""

    def __init__(
        self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self.alarm = Alarm(clock=clock)
        self._places = asyncio.Semaphore(DIALS)
        self._untried = asyncio.Semaphore(REFUSALS)
        self._refused_at: deque[float] = deque(maxlen=16)
        self._failures = 0  # in a row, of whichever login
        self._next_at = 0.0  # as long as there are failures

    @asynccontextmanager
    async def passed(self, *, proven: bool) -> AsyncIterator[None]:
        """Hold a place; one who has not been let in before also waits for refusals to be forgiven.

        Raises HostKeyChanged at once while another login has just found the host key changed.
        """
        if proven:
            async with self._place():
                yield
        else:
            async with self._untried:
                while (seconds := wait_after_refusals(self._refused_at, self._clock())) > 0:
                    await self._sleep(seconds)
                async with self._place():
                    yield

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold a place when it is time for another dial, and take note of what comes of it."""
        async with self._places:
            await self._turn()
            try:
                with self.alarm.heeded():
                    yield
            except RemoteUnreachable:
                self._failures += 1
                self._next_at = self._clock() + pace_of_dials(self._failures)
                raise
            except RemoteRejected as exc:
                self._failures = 0
                if exc.reason is Reason.LOGIN_REFUSED:
                    self._refused_at.append(self._clock())
                raise
            self._failures = 0

    async def _turn(self) -> None:
        """Wait for the next turn while the remote is away; once it is back, everybody may come."""
        while self._failures and (seconds := self._next_at - self._clock()) > 0:
            await self._sleep(seconds)
        self._next_at = self._clock() + pace_of_dials(self._failures)
