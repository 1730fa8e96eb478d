"""What becomes of a connection that has fallen silent, while another one is dialled beside it.

The remote does not know of the cut: its sshd holds on to what was open, and Jupyter goes on writing into it. If
the line comes back, TCP delivers all of that, and an open WebSocket has only waited; so those are not cut
off at once. But TCP is in no hurry: what was silent for a time may take as long again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from gateway.core.patience import LONGEST_SILENCE_SECONDS, grace
from gateway.tunnels.vigil import PING_SECONDS


class Silent(Protocol):
    """What there must be of a connection."""

    @property
    def silent(self) -> bool:
        """Whether nothing has come from the far end for too long."""

    @property
    def in_use(self) -> bool:
        """Whether something is open that outlasts a silence."""

    @property
    def sign(self) -> object:
        """A value that differs from an earlier one if anything has come in between."""

    async def closed(self) -> object:
        """Return when it has ended, or fallen silent."""

    async def heard(self) -> None:
        """Return when it has ended, or a silent one is heard again."""

    async def released(self) -> None:
        """Return when nothing is open any more that outlasts a silence."""


class Afterlife:
    """Keeps a connection for those who use it: silent for a while, and heard again for as long as they like."""

    def __init__(
        self,
        connection: Silent,
        *,
        successor: Callable[[], Coroutine[None, None, None]],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Take a connection that may be silent; ``successor`` returns when another one is up."""
        self._connection = connection
        self._successor = successor
        self._monotonic = monotonic
        self._sleep = sleep

    async def over(self) -> bool:
        """Return when the connection is of no more use; say whether it was given up."""
        one = self._connection
        while self._waited_for():
            await _first_of(one.heard(), one.released(), self._patience())
            if self._waited_for():
                return True
            await _first_of(_until(one.closed()), one.released())
        return False

    def _waited_for(self) -> bool:
        return self._connection.silent and self._connection.in_use

    async def _patience(self) -> None:
        """Return when there is no more hope; whatever comes is some."""
        began = self._monotonic() - PING_SECONDS
        while True:
            before = self._connection.sign
            await _first_of(self._rest(LONGEST_SILENCE_SECONDS), self._succeeded(began))
            if self._connection.sign == before:
                return

    async def _succeeded(self, began: float) -> None:
        await self._successor()
        await self._sleep(grace(self._monotonic() - began))

    async def _rest(self, seconds: float) -> None:
        await self._sleep(seconds)


async def _until(waiting: Coroutine[None, None, object]) -> None:
    await waiting


async def _first_of(*waits: Coroutine[None, None, None]) -> None:
    """Return when the first of ``waits`` is over; end the others."""
    over = asyncio.Event()

    async def wait_for(one: Coroutine[None, None, None]) -> None:
        await one
        over.set()

    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(wait_for(one)) for one in waits]
        await over.wait()
        for task in waiting:
            task.cancel()
