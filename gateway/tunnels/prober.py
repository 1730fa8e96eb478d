"""The prober: knows how one notebook stands, for as long as its task lives."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.core.backoff import wait_before_probing
from gateway.core.inventory import Notebook
from gateway.core.listener import Verdict
from gateway.core.notebook_state import Probed, failure, judge
from gateway.core.status import NotebookState, NotebookStatus, TunnelState
from gateway.core.upstream import TokenOrigin, Upstream
from gateway.errors import ListenerChanged, Reason, UpstreamError, UpstreamTimedOut
from gateway.tunnels.channel import ProtocolFactory
from gateway.tunnels.connection import Connection
from gateway.tunnels.keeper import Keeper, Time
from gateway.tunnels.probing import Reached, probe, still_as_found

log = logging.getLogger(__name__)

PROBE_SECONDS: Final = 25.0
"""More than all limits of a probe's parts; a probe that takes longer is stuck."""
GAP_SECONDS: Final = 0.5
"""At least so long between two probes, however many suspect something."""
LOOK_SECONDS: Final = 2.0
"""At least so long between two probes, however many want what isn't there."""

COMING: Final = {NotebookState.STARTING, NotebookState.RECONNECTING}


class Prober:
    """Probes one notebook: when its tunnel is up, when somebody suspects something, and now and then."""

    def __init__(
        self, notebook: Notebook, keeper: Keeper, *, time: Time, on_change: Callable[[], None]
    ) -> None:
        self.notebook = notebook
        self.keeper = keeper
        self.upstream: Upstream | None = None
        self.status = NotebookStatus(notebook.name, NotebookState.STARTING, time.clock())
        self._time = time
        self._on_change = on_change
        self._reached: Reached | None = None
        self._probed: Probed | None = None
        self._remembered: str | None = None
        """The token that it took before the cut: a line just come back may be too slow to read files."""
        self._probed_at = self._changed_at = time.monotonic()
        self._was_ready = self._warned = False
        self._suspected = False
        self._called = asyncio.Event()
        self._probing = False
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Probe until cancelled."""
        self.keeper.listeners.append(self._tunnel_changed)
        try:
            while True:
                self._called.clear()
                if (connection := self.keeper.connection) is not None:
                    self._probing = True
                    await self._probe(connection)
                self._judge()
                self._let_go()
                await self._rest()
        finally:
            self.keeper.listeners.remove(self._tunnel_changed)

    @property
    def coming(self) -> bool:
        """Whether it may be ready soon, by itself."""
        return self.status.state in COMING

    def suspect(self) -> None:
        """Probe soon, and ping the remote now: somebody saw something odd."""
        self._suspected = True
        self._called.set()
        self.keeper.check()

    def doubt(self) -> None:
        """Ping the remote now, and probe soon: somebody has waited for an answer for a while."""
        self.keeper.check()
        self.look()

    def look(self) -> None:
        """Probe soon: somebody wants a notebook that was not there when we last looked."""
        if self._time.monotonic() - self._probed_at >= LOOK_SECONDS:
            self._called.set()

    async def confirmed(self) -> None:
        """Return when the notebook has been asked within the last seconds, after asking it if need be.

        A notebook that was idle may have been started again, with another token; nothing tells us.
        """
        age = self._time.monotonic() - self._probed_at
        if self._reached is None or (age < LOOK_SECONDS and not self._probing):
            return
        if not self._probing:
            self._called.set()
        await self._looked.wait()

    async def open(self, factory: ProtocolFactory) -> asyncio.Transport:
        """Open a stream to the notebook; raise UpstreamError when it can't be had."""
        if self._reached is None or self.status.state is not NotebookState.READY:
            raise failure(self.status)
        try:
            return await self._reached.approach.open(factory)
        except UpstreamError:
            self.suspect()
            raise

    async def _probe(self, connection: Connection) -> None:
        """Ask the notebook; all of it again if anything may have changed."""
        self._probed_at = self._time.monotonic()
        light = self._reached if not self._suspected else None
        self._suspected = False
        reached: Reached | None = None
        probed: Probed | None
        try:
            async with asyncio.timeout(PROBE_SECONDS), connection.hearing():
                reached = light if light is not None and await _unchanged(light) else None
                reached = reached or await probe(
                    connection,
                    self.notebook,
                    self.keeper.way.remote.host,
                    remembered=self._remembered,
                )
            probed = Probed(reached.upstream)
            self._remembered = None
            self._warn_of(reached)
        except TimeoutError:
            probed = Probed(None, Reason.SILENT_NOTEBOOK, self._placed("a probe took too long"))
        except UpstreamError as exc:
            probed = Probed(None, exc.reason, self._placed(exc.detail))
        # What went through a connection that has ended meanwhile says nothing of the notebook.
        if connection is self.keeper.connection:
            self._reached, self._probed = reached, probed

    def _warn_of(self, reached: Reached) -> None:
        """Say once that nobody knows who listens there."""
        seen = reached.approach.seen
        if seen.verdict is Verdict.UNSEEN and not self._warned:
            log.warning(
                "notebook %s: %s; whoever takes its place while it is down gets what is sent there",
                self.notebook.name,
                seen.detail,
            )
        self._warned = seen.verdict is Verdict.UNSEEN

    def _let_go(self) -> None:
        """Let those go on who waited for this probe; the next ones wait for the next."""
        self._probing = False
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _placed(self, detail: str) -> str:
        place = f"{self.notebook.place} of {self.notebook.remote}"
        return detail if place in detail else f"{place}: {detail}"

    async def _rest(self) -> None:
        """Wait until the next probe is due, or something calls for one."""
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._call_in_time(), name="timer")
            await self._called.wait()
            timer.cancel()
        early = self._probed_at + GAP_SECONDS - self._time.monotonic()
        if self._suspected and early > 0:
            await self._time.sleep(early)

    async def _call_in_time(self) -> None:
        age = self._time.monotonic() - self._changed_at
        status, entropy = self.status, self._time.entropy()
        seconds = wait_before_probing(status.state, entropy, age_seconds=age, reason=status.reason)
        if seconds is not None:
            await self._time.sleep(seconds)
            self._called.set()

    def _tunnel_changed(self) -> None:
        """Forget what was found through another connection, at once: nobody may use it any more."""
        if self._reached and self._reached.upstream.token_origin is TokenOrigin.RUNTIME_FILE:
            self._remembered = self._reached.upstream.token
        self._reached = None
        self._probed = None
        self._judge()
        self._called.set()

    def _judge(self) -> None:
        judgement = judge(self.keeper.status, self._probed, was_ready=self._was_ready)
        self._was_ready |= judgement.state is NotebookState.READY
        self.upstream = judgement.upstream
        before = self.status
        now = judgement.since(self.notebook.name, before.since)
        if now == before:
            return
        if now.state is not before.state:
            now = replace(now, since=self._time.clock())
            self._changed_at = self._time.monotonic()
            self._tell(now)
        self.status = now
        self._on_change()

    def _tell(self, now: NotebookStatus) -> None:
        level = logging.WARNING if now.state is NotebookState.REFUSED else logging.INFO
        found = "" if now.upstream is None else f" ({now.upstream})"
        # What its tunnel says has been said, as has that it sleeps.
        if now.reason is Reason.ASLEEP:
            return
        own = self.keeper.status.state is TunnelState.UP and now.detail
        log.log(
            level,
            "notebook %s: now %s%s%s",
            now.name,
            now.state,
            found,
            f": {now.detail}" if own else "",
        )


async def _unchanged(reached: Reached) -> bool:
    """Say whether a notebook answers as before; one that is silent once may only be busy."""
    try:
        return await still_as_found(reached)
    except (UpstreamTimedOut, ListenerChanged):
        return False
