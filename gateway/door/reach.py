"""How an exchange comes by an upstream connection: an idle one at once, or a new one after a wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from gateway.core.names import NotebookName
from gateway.core.upstream import Upstream
from gateway.door.decision import ToControl, ToNotebook
from gateway.door.pool import Pool, PoolKey
from gateway.door.upstream import UpstreamLeg
from gateway.errors import Reason, UpstreamLost, UpstreamTimedOut

LONGEST_WEBSOCKET_HOLD_SECONDS: Final = 2.0
"""Browsers open WebSockets to a host one after the other, so that held ones add up."""
OPEN_SECONDS: Final = 15.0
"""The dialers have shorter limits of their own; this one is for dialers that have not."""

Dial = Callable[[Callable[[], asyncio.Protocol]], Awaitable[asyncio.Transport]]


class Notebooks(Protocol):
    """What the door needs of the tunnels."""

    def upstream_nowait(self, name: NotebookName) -> Upstream | None:
        """Return how to speak to the notebook, if it is ready."""

    async def upstream(
        self, name: NotebookName, *, within_seconds: float, patient: bool
    ) -> Upstream:
        """Wait until the notebook is ready, in an old outage only if ``patient``; raise UpstreamError."""

    async def open_channel(
        self, name: NotebookName, factory: Callable[[], asyncio.Protocol]
    ) -> asyncio.Transport:
        """Open a fresh stream to the notebook; raise UpstreamError."""

    def doubt(self, name: NotebookName) -> None:
        """Ask the notebook's remote for a sign of life now: an answer is long in coming."""

    def suspect(self, name: NotebookName) -> None:
        """Look at the notebook again now: something was odd."""


class Reach:
    """The ways to notebooks and to the control plane, with what is kept open on them."""

    def __init__(self, notebooks: Notebooks, control: Dial, pool: Pool) -> None:
        self._notebooks = notebooks
        self._control = control
        self._pool = pool

    def leg_nowait(self, plan: ToControl | ToNotebook, *, surely: bool) -> UpstreamLeg | None:
        """Return an idle connection for ``plan``, if there is one to an upstream that is ready."""
        if isinstance(plan, ToControl):
            return self._pool.take(None, None, surely=True)
        upstream = self._notebooks.upstream_nowait(plan.place.name)
        if upstream is None:
            return None
        return self._pool.take(_key(plan), upstream, surely=surely)

    async def leg(
        self, plan: ToControl | ToNotebook, *, hold_seconds: float, upgrade: bool, patient: bool
    ) -> UpstreamLeg:
        """Open a connection for ``plan``, after a wait if need be; raise UpstreamError."""
        upstream = None
        if isinstance(plan, ToNotebook):
            limit = min(LONGEST_WEBSOCKET_HOLD_SECONDS, hold_seconds) if upgrade else hold_seconds
            upstream = await self._notebooks.upstream(
                plan.place.name, within_seconds=limit, patient=patient
            )
        leg = UpstreamLeg(upstream)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                if isinstance(plan, ToNotebook):
                    await self._notebooks.open_channel(plan.place.name, lambda: leg)
                else:
                    await self._control(lambda: leg)
        except TimeoutError as exc:
            leg.abort()
            raise UpstreamTimedOut(Reason.TIMED_OUT, "it could not be reached in time") from exc
        except OSError as exc:
            leg.abort()
            raise UpstreamLost(Reason.UNREACHABLE, "it could not be reached") from exc
        except BaseException:
            leg.abort()  # the client left, and with it the reason to be connected (threat B11)
            raise
        return leg

    def keep(self, plan: ToControl | ToNotebook, leg: UpstreamLeg) -> None:
        """Take ``leg`` back for later."""
        self._pool.give(_key(plan), leg)

    def doubt(self, plan: ToControl | ToNotebook) -> None:
        """Have the remote asked for a sign of life, if ``plan`` leads to one."""
        if isinstance(plan, ToNotebook):
            self._notebooks.doubt(plan.place.name)

    def suspect(self, plan: ToControl | ToNotebook) -> None:
        """Have the notebook looked at again, if ``plan`` leads to one."""
        if isinstance(plan, ToNotebook):
            self._notebooks.suspect(plan.place.name)


def _key(plan: ToControl | ToNotebook) -> PoolKey:
    return None if isinstance(plan, ToControl) else (plan.place.name, plan.identity.member)
