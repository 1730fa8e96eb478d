"""The keeper: holds one tunnel up, for as long as its task lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from gateway.core.backoff import wait_before_dialing
from gateway.core.names import TunnelId
from gateway.core.status import CredentialStatus, TunnelState, TunnelStatus
from gateway.core.tunnel import Tunnel, TunnelEvent, loss
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.afterlife import Afterlife
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.vigil import PING_SECONDS

log = logging.getLogger(__name__)

JUMP_SECONDS: Final = 10.0
RESTING: Final = frozenset({TunnelState.WAITING, TunnelState.PARKED})
"""Where the next dial comes after a wait."""
HOST_KEY_REASONS: Final = frozenset({Reason.HOST_KEY_CHANGED, Reason.HOST_KEY_UNKNOWN})
CREDENTIAL_REASONS: Final = frozenset(
    {Reason.LOGIN_REFUSED, Reason.IDENTITY_UNUSABLE, Reason.CREDENTIAL_EXPIRED}
)


class Dial(Protocol):
    """How a keeper gets a connection."""

    async def dial(
        self, way: Way, through: Connection | None
    ) -> AbstractAsyncContextManager[Connection]:
        """Log in, and return what holds the connection; raise RemoteError when it can't be had."""


@dataclass(frozen=True, slots=True)
class Time:
    """What passes and what happens by chance, so that tests can say."""

    clock: Callable[[], float]
    """Seconds since the epoch, for people to read."""
    monotonic: Callable[[], float]
    """Seconds since some moment, for measuring."""
    sleep: Callable[[float], Awaitable[None]]
    entropy: Callable[[], float]
    """A number in [0, 1), another one each time."""


class Keeper:
    """Keeps one tunnel."""

    def __init__(
        self, way: Way, *, dialer: Dial, gate: Gate, time: Time, jump: "Keeper | None" = None
    ) -> None:
        self.way = way
        self.id = TunnelId(way.remote.name, way.login)
        self.connection: Connection | None = None
        self.status = TunnelStatus(self.id, TunnelState.DIALING, time.clock())
        self.listeners: list[Callable[[], None]] = []
        self._tunnel = Tunnel()
        self._lives: asyncio.TaskGroup
        self._dialer = dialer
        self._gate = gate
        self._time = time
        self.jump = jump
        self.waking = False
        """Whether it was asleep, and nothing has gone wrong since."""
        self._proven = False
        self._called = asyncio.Event()
        self._wait_seconds = 0.0
        self._away_since = time.monotonic()

    @property
    def outage_seconds(self) -> float:
        """For how long there has been no connection; a silent one is none, as soon as that is known."""
        return 0.0 if self.connection is not None else self._time.monotonic() - self._away_since

    async def run(self) -> None:
        """Keep the tunnel until cancelled."""
        self._tunnel = Tunnel()
        self.status = self._status(None, "")
        async with asyncio.TaskGroup() as self._lives:
            await self._keep()

    async def _keep(self) -> None:
        while True:
            if self._tunnel.state is not TunnelState.DIALING:
                await self._rest()
            self._called.clear()
            try:
                connecting = await self._dial()
            except RemoteRejected as exc:
                self._enter(TunnelEvent.REJECTED, exc.reason, exc.detail)
            except RemoteError as exc:
                self._enter(TunnelEvent.FAILED, exc.reason, exc.detail)
            else:
                await self._hold(connecting)

    async def up(self) -> Connection:
        """Return the connection, waiting for it; raise RemoteUnreachable when it does not come."""
        self.wake()
        try:
            async with asyncio.timeout(JUMP_SECONDS):
                while self.connection is None and self.status.state is not TunnelState.PARKED:
                    await self._changed()
        except TimeoutError:
            pass
        if self.connection is None:
            detail = f"the jump remote {self.id.remote} has no tunnel: {self.status.detail or self.status.state}"
            raise RemoteUnreachable(Reason.JUMP_DOWN, detail)
        return self.connection

    def show(self, credential: CredentialStatus | None) -> None:
        """Say from now on what the login proves itself with."""
        self.status = replace(self.status, credential=credential)

    async def until_up(self) -> None:
        """Return when there is a connection, however long that takes."""
        while self.connection is None:
            await self._changed()

    def wake(self) -> None:
        """Dial again if the tunnel is asleep: somebody wants what it leads to."""
        if self._tunnel.state is TunnelState.ASLEEP:
            self.waking = True
            self._called.set()

    def fall_asleep(self, why: str) -> None:
        """Close the connection, if there is one, and stay without until woken."""
        if self.connection is None:
            return
        connection, self.connection = self.connection, None
        self._called.clear()
        self._enter(TunnelEvent.IDLED, Reason.ASLEEP, why)
        connection.hang_up()

    def check(self) -> None:
        """Ping the remote now, in case it is silently gone."""
        if self.connection is not None:
            self.connection.check()

    def look_again(self, reasons: Collection[Reason]) -> None:
        """Dial now if one of these stands in the way: it may have changed."""
        under_way = self._tunnel.state is TunnelState.DIALING
        if under_way or (self.connection is None and self.status.reason in reasons):
            self._called.set()

    def try_now(self) -> bool:
        """Dial now instead of when the next try is due; say whether one was waited for.

        What protects the remote from our tries holds for this one, too: the gate may keep it waiting.
        """
        waited = self._tunnel.state in {TunnelState.WAITING, TunnelState.PARKED}
        if waited:
            self._called.set()
        return waited

    async def _rest(self) -> None:
        """Wait until the next try is due, or something calls for one; asleep, only for that."""
        if self._tunnel.state is TunnelState.ASLEEP:
            await self._called.wait()
            self._enter(TunnelEvent.WOKEN, None, "")
            return
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._call_in_time(), name="timer")
            await self._called.wait()
            timer.cancel()
        self._enter(TunnelEvent.ELAPSED, self.status.reason, self.status.detail)

    async def _call_in_time(self) -> None:
        await self._time.sleep(self._wait_seconds)
        self._called.set()

    async def _dial(self) -> AbstractAsyncContextManager[Connection]:
        through = None if self.jump is None else await self.jump.up()
        async with self._gate.passed(proven=self._proven):
            return await self._dialer.dial(self.way, through)

    async def _live(
        self, connecting: AbstractAsyncContextManager[Connection], born: asyncio.Future[Connection]
    ) -> None:
        """Hold a connection to its end, which may be later than that of the tunnel."""
        async with connecting as connection:
            born.set_result(connection)
            await connection.closed()
            await self._outlive(connection)

    async def _outlive(self, connection: Connection) -> None:
        """Keep a connection that fell silent for those who would rather wait."""
        if not (connection.silent and connection.in_use):
            return
        log.info("tunnel %s: the silent connection is kept for what is open through it", self.id)
        given_up = await Afterlife(
            connection,
            successor=lambda: self._until_succeeded(connection),
            monotonic=self._time.monotonic,
            sleep=self._time.sleep,
        ).over()
        how = "is still silent, and given up" if given_up else "has served its turn"
        log.info("tunnel %s: the connection of before %s", self.id, how)

    async def _until_succeeded(self, connection: Connection) -> None:
        while self.connection in {None, connection}:
            await self._changed()

    async def _hold(self, connecting: AbstractAsyncContextManager[Connection]) -> None:
        """Have the tunnel be a connection until that has ended, or fallen silent."""
        born: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._lives.create_task(self._live(connecting, born), name=f"a connection of {self.id}")
        connection = await born
        self._proven = True
        self.connection = connection
        started = self._time.monotonic()
        try:
            self._enter(TunnelEvent.CONNECTED, None, "")
            reason = await connection.closed()
        finally:
            self.connection = None
        self._away_since = self._time.monotonic()
        if self._tunnel.state is TunnelState.ASLEEP:
            return
        age = self._away_since - started
        if reason is Reason.SILENT:
            self._away_since -= PING_SECONDS
        self._enter(loss(age), reason, f"the connection to {self.id.remote} ended: {reason}")

    def _enter(self, event: TunnelEvent, reason: Reason | None, detail: str) -> None:
        before = self.status
        self._tunnel = self._tunnel.after(event)
        self.waking = self.waking and event in {TunnelEvent.WOKEN, TunnelEvent.CONNECTED}
        if self._tunnel.state in RESTING:
            self._wait_seconds = wait_before_dialing(
                self._tunnel,
                self._time.entropy(),
                reason=reason,
                outage_seconds=self.outage_seconds,
            )
        self.status = self._status(reason, detail)
        self._tell(event, before)
        for listener in tuple(self.listeners):
            listener()

    def _status(self, reason: Reason | None, detail: str) -> TunnelStatus:
        """Return how the tunnel stands as of now; what its login proves itself with stays."""
        now, credential = self._time.clock(), self.status.credential
        retry_at = now + self._wait_seconds if self._tunnel.state in RESTING else None
        return TunnelStatus(self.id, self._tunnel.state, now, reason, detail, credential, retry_at)

    def _tell(self, event: TunnelEvent, before: TunnelStatus) -> None:
        """Log the change; trying again, and failing as before, is no news."""
        status = self.status
        repeated = status.reason is not None and status.reason is before.reason
        level = logging.DEBUG if repeated or event is TunnelEvent.ELAPSED else logging.INFO
        if event is TunnelEvent.REJECTED and level is logging.INFO:
            level = logging.WARNING
        detail = f": {status.detail}" if status.detail else ""
        log.log(level, "tunnel %s: %s, now %s%s", self.id, event, status.state, detail)

    async def _changed(self) -> None:
        changed = asyncio.Event()
        self.listeners.append(changed.set)
        try:
            await changed.wait()
        finally:
            self.listeners.remove(changed.set)
