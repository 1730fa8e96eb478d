"""Finding out where the way to a notebook ends: a walk along the hops, on a connection of its own.

It is the gateway's own dialer, gate and probe that are watched; there is no second way of doing what they do.
The live tunnel is not touched, and at most one log-in is refused.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Final

from gateway.core.diagnosis import Diagnosis, stations
from gateway.core.names import RemoteName
from gateway.core.remote_advice import took_too_long
from gateway.core.situation import Situation
from gateway.errors import Reason
from gateway.tunnels.case import Case
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer
from gateway.tunnels.gate import Gate
from gateway.tunnels.keeper import Time
from gateway.tunnels.notebook_hops import NotebookHops
from gateway.tunnels.remote_hops import RemoteHops
from gateway.tunnels.rights import Rights
from gateway.tunnels.walk import Tell, Walk

LONGEST_SECONDS: Final = 90.0
"""For the hops; each has a limit of its own, which is nearer."""
RIGHTS_SECONDS: Final = 20.0


class Doctor:
    """Diagnoses notebooks; knows how, and keeps nothing."""

    def __init__(
        self, *, dialer: Dialer, gate_of: Callable[[RemoteName], Gate], time: Time
    ) -> None:
        self._dialer = dialer
        self._gate_of = gate_of
        self._time = time

    async def diagnose(self, case: Case, *, tell: Tell, with_rights: bool) -> Diagnosis:
        """Walk the hops, telling each as it is found, and return all that was found."""
        planned = stations([way.remote.name for way in case.ways], case.notebook.name)
        at, walk = self._time.clock(), Walk(planned, tell, self._time.monotonic)
        async with AsyncExitStack() as held:
            connection: Connection | None = None
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    connection = await self._walk(walk, case, held)
            except TimeoutError:
                advice = took_too_long(Situation(case.notebook, case.way.remote, case.way.login))
                walk.stopped(walk.ahead, "", "no answer", reason=Reason.TIMED_OUT, advice=advice)
            walk.end()
            if with_rights and connection is not None and connection.alive:
                with suppress(TimeoutError):
                    async with asyncio.timeout(RIGHTS_SECONDS):
                        await Rights(walk, case, connection).tell()
        return Diagnosis(case.notebook.name, at, walk.hops, walk.rights)

    async def _walk(self, walk: Walk, case: Case, held: AsyncExitStack) -> Connection | None:
        """Walk the hops; return the connection that leads to the notebook, if one does."""
        connection: Connection | None = None
        for way in case.ways:
            hops = RemoteHops(walk, way, case)
            holding = await hops.dial(self._dialer, self._gate_of(way.remote.name), connection)
            if holding is None:
                return None
            connection = await held.enter_async_context(holding)
        if connection is not None:
            await NotebookHops(walk, case, connection).tell()
        return connection
