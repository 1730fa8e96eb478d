"""How an exchange comes by an upstream connection: an idle one at once, or a new one after a wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from gateway.core.names import NotebookName
from gateway.core.outage import Outage
from gateway.core.upstream import Upstream
from gateway.door.decision import ToControl, ToNotebook
from gateway.door.holds import Holds
from gateway.door.pool import Pool, PoolKey
from gateway.door.upstream import UpstreamLeg
from gateway.errors import Reason, TunnelDown, UpstreamLost, UpstreamTimedOut

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

    def outage(self, name: NotebookName, *, seen: Reason) -> Outage:
        """Return what to tell of the notebook, at which ``seen`` was met just now."""


class Reach:
    """The ways to notebooks and to the control plane, with what is kept open on them."""

    def __init__(self, notebooks: Notebooks, control: Dial, pool: Pool) -> None:
        self._notebooks = notebooks
        self._control = control
        self._pool = pool
        self.holds = Holds()

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
        if isinstance(plan, ToControl):
            return await _opened(None, self._control)
        seconds = min(LONGEST_WEBSOCKET_HOLD_SECONDS, hold_seconds) if upgrade else hold_seconds
        upstream = await self._upstream(plan, seconds, patient=patient)
        try:
            return await self._open(plan, upstream)
        except TunnelDown:
            # It ended while the channel opened. Nothing was sent yet: this is as good as a new request.
            return await self._open(plan, await self._upstream(plan, seconds, patient=patient))

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

    def outage(self, plan: ToNotebook, seen: Reason) -> Outage:
        """Return what to tell of the notebook that ``plan`` leads to, where ``seen`` was met."""
        return self._notebooks.outage(plan.place.name, seen=seen)

    async def _upstream(self, plan: ToNotebook, hold_seconds: float, *, patient: bool) -> Upstream:
        name, member = plan.place.name, plan.identity.member
        within = self.holds.seconds(member, hold_seconds)
        async with self.holds.held(member):
            return await self._notebooks.upstream(name, within_seconds=within, patient=patient)

    async def _open(self, plan: ToNotebook, upstream: Upstream) -> UpstreamLeg:
        name = plan.place.name
        return await _opened(upstream, lambda factory: self._notebooks.open_channel(name, factory))


async def _opened(upstream: Upstream | None, dial: Dial) -> UpstreamLeg:
    leg = UpstreamLeg(upstream)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            await dial(lambda: leg)
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


def _key(plan: ToControl | ToNotebook) -> PoolKey:
    return None if isinstance(plan, ToControl) else (plan.place.name, plan.identity.member)
