"""The rehearser: sees whether the tunnels to one remote could be dialled again, were they lost now.

A tunnel outlives the sshd that took it: the listener may be gone, the port closed, the remote full, and all
goes well until the next loss. So somebody knocks now and then while tunnels are up; and at once when a login finds
the remote closed to which others' tunnels are up. Two knocks in a row must fail before that is said aloud.
"""

import asyncio
import logging
from collections.abc import Collection, Iterator
from typing import Final, Protocol

from gateway.core.backoff import UNHEARD, wait_before_knocking
from gateway.core.inventory import Inventory
from gateway.core.names import RemoteName
from gateway.core.status import Degraded, TunnelState, TunnelStatus
from gateway.errors import Reason, RemoteError
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.keeper import Keeper, Time

log = logging.getLogger(__name__)

SURE: Final = 2
"""Failures in a row that are no accident."""
CLOSED: Final = UNHEARD | {Reason.BUSY, Reason.NOT_SSH, Reason.TIMED_OUT}
"""What a login finds of a remote, and not of itself."""
CALLED_SECONDS: Final = 60.0
"""At least so long after the last knock, however many logins are in trouble."""


class Knock(Protocol):
    """How a rehearser knocks."""

    async def knock(self, way: Way, through: Connection | None) -> None:
        """Raise RemoteError unless the remote would take a new connection."""


class Rehearser:
    """Knocks at one remote while tunnels to it are up."""

    def __init__(self, remote: RemoteName, *, dialer: Knock, gate: Gate, time: Time) -> None:
        self.remote = remote
        self.degraded: Degraded | None = None
        """Why no new connection can be made; None while nobody knows of anything."""
        self._dialer = dialer
        self._gate = gate
        self._time = time
        self._keepers: tuple[Keeper, ...] = ()
        self._seconds = 0.0
        self._failures = 0
        self._knocked_at = time.monotonic()
        self._called = asyncio.Event()

    async def run(self) -> None:
        """Knock until cancelled."""
        try:
            while True:
                await self._rest()
                if (keeper := self._one_up()) is None:
                    self._open()  # whoever dials tells how it is
                else:
                    await self._knock(keeper)
        finally:
            self.degraded = None
            self._failures = 0

    def follow(self, keepers: Collection[Keeper], seconds: float) -> None:
        """Knock for these tunnels from now on, at that pace."""
        for keeper in self._keepers:
            keeper.listeners.remove(self._note)
        self._keepers, self._seconds = tuple(keepers), seconds
        for keeper in self._keepers:
            keeper.listeners.append(self._note)

    def _note(self) -> None:
        """Take note of how it goes with the tunnels there."""
        statuses = [keeper.status for keeper in self._keepers]
        ups = [status.since for status in statuses if status.state is TunnelState.UP]
        if self.degraded is not None and max(ups, default=0.0) > self.degraded.since:
            self._open()
            return
        early = self._failures or self._time.monotonic() - self._knocked_at < CALLED_SECONDS
        if ups and not early and any(map(_found_closed, statuses)):
            self._called.set()

    async def _rest(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._call_in_time(), name="timer")
            await self._called.wait()
            timer.cancel()
        self._called.clear()

    async def _call_in_time(self) -> None:
        entropy = self._time.entropy()
        await self._time.sleep(wait_before_knocking(self._seconds, self._failures, entropy))
        self._called.set()

    def _one_up(self) -> Keeper | None:
        ups = (one for one in self._keepers if one.status.state is TunnelState.UP)
        return next(ups, None)

    async def _knock(self, keeper: Keeper) -> None:
        jump = keeper.jump
        if jump is not None and jump.connection is None:
            return
        self._knocked_at = self._time.monotonic()
        try:
            async with self._gate.knocked():
                await self._dialer.knock(keeper.way, None if jump is None else jump.connection)
        except RemoteError as exc:
            self._failures += 1
            if self._failures >= SURE:
                self._close(exc)
        else:
            self._open()

    def _close(self, exc: RemoteError) -> None:
        before = self.degraded
        since = self._time.clock() if before is None else before.since
        self.degraded = Degraded(since, exc.reason, exc.detail)
        if before is None:
            log.warning(
                "remote %s: degraded: its tunnels work, and can't be dialled again if they are lost: %s",
                self.remote, exc.detail,
            )  # fmt: skip

    def _open(self) -> None:
        self._failures = 0
        if self.degraded is not None:
            self.degraded = None
            log.info("remote %s: takes new connections again", self.remote)


def _found_closed(status: TunnelStatus) -> bool:
    return status.state is TunnelState.WAITING and status.reason in CLOSED


def rehearsed(
    inventory: Inventory, keepers: Collection[Keeper]
) -> Iterator[tuple[RemoteName, float]]:
    """Yield the remotes at which somebody should knock, and how often."""
    for name in sorted({keeper.id.remote for keeper in keepers}):
        if (seconds := inventory.remotes[name].knock_seconds) is not None:
            yield name, seconds
