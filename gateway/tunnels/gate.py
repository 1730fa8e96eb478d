"""The gate before a remote: few dials at a time, and fewer still that may be refused.

One for each remote, shared by its logins, since to the remote's sshd they all are one source address.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.core.backoff import REFUSALS, wait_after_refusals
from gateway.errors import Reason, RemoteRejected
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

    @asynccontextmanager
    async def passed(self, *, proven: bool) -> AsyncIterator[None]:
        """Hold a place; one who has not been let in before also waits for refusals to be forgiven.

        Raises HostKeyChanged at once while another login has just found the host key changed.
        """
        if proven:
            async with self._places, self._noting_refusals():
                yield
        else:
            async with self._untried:
                while (seconds := wait_after_refusals(self._refused_at, self._clock())) > 0:
                    await self._sleep(seconds)
                async with self._places, self._noting_refusals():
                    yield

    @asynccontextmanager
    async def _noting_refusals(self) -> AsyncIterator[None]:
        try:
            with self.alarm.heeded():
                yield
        except RemoteRejected as exc:
            if exc.reason is Reason.LOGIN_REFUSED:
                self._refused_at.append(self._clock())
            raise
