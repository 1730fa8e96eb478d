"""The watcher of a credential: knows when it ends, says so in time, and has a ticket of ours renewed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

from gateway.core.expiry import LOOK_SECONDS, Stage, stage, told, wait_before_looking
from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.status import CredentialStatus, TunnelState
from gateway.errors import RemoteError
from gateway.tunnels.keeper import Keeper, Time

log = logging.getLogger(__name__)

SAME_SECONDS: Final = 2.0
"""The library tells what is left of a ticket in whole seconds, so its end seems to move a little."""

Look: TypeAlias = Callable[[Remote, LoginName], Awaitable[CredentialStatus]]


class CredentialWatcher:
    """Looks at what one tunnel's login proves itself with, for as long as the tunnel is wanted."""

    def __init__(
        self, keeper: Keeper, look: Look, *, time: Time, on_change: Callable[[], None]
    ) -> None:
        self.keeper = keeper
        self.id = keeper.id
        self.looked = False
        self._look = look
        self._time = time
        self._on_change = on_change
        self._told = Stage.FINE

    async def run(self) -> None:
        """Look now and then until cancelled; at what does not end, after each log-in."""
        while True:
            seen = await self._look_once()
            self.looked = True
            self._on_change()
            wait = None if seen is None else wait_before_looking(seen, self._time.clock())
            if wait is None and seen is not None:
                await self._logged_in()
            else:
                await self._time.sleep(LOOK_SECONDS if wait is None else wait)

    async def _look_once(self) -> CredentialStatus | None:
        """Return what is seen, or was seen when it last could be."""
        way = self.keeper.way
        try:
            seen = self._merged(await self._look(way.remote, way.login))
        except RemoteError as exc:
            log.debug("tunnel %s: %s", self.id, exc.detail)  # who dials says it aloud
        else:
            self.keeper.show(seen)
        if (credential := self.keeper.status.credential) is not None:
            self._tell(credential)
        return credential

    async def _logged_in(self) -> None:
        """Return when the tunnel has come up anew."""
        up = asyncio.Event()

        def note() -> None:
            if self.keeper.status.state is TunnelState.UP:
                up.set()

        self.keeper.listeners.append(note)
        try:
            await up.wait()
        finally:
            self.keeper.listeners.remove(note)

    def _merged(self, seen: CredentialStatus) -> CredentialStatus:
        """Return what was seen; a ticket's life is reckoned from when it was first seen so."""
        before = self.keeper.status.credential
        if seen.expires_at is None or seen.starts_at is not None:
            return seen
        if before is not None and before.name == seen.name and _same_end(before, seen.expires_at):
            return before
        return replace(seen, starts_at=self._time.clock())

    def _tell(self, seen: CredentialStatus) -> None:
        """Log once for each threshold that has been passed, and that it is renewed."""
        now = self._time.clock()
        reached, before, self._told = stage(seen, now), self._told, stage(seen, now)
        what = told(seen, now)
        if reached > before:
            level = logging.ERROR if reached is Stage.OVER else logging.WARNING
            log.log(level, "tunnel %s: its %s; renew it", self.id, what)
        elif reached < before:
            log.info("tunnel %s: its %s; it was renewed", self.id, what)


def _same_end(before: CredentialStatus, expires_at: float) -> bool:
    return before.expires_at is not None and abs(before.expires_at - expires_at) < SAME_SECONDS
