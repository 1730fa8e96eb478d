"""The way to a notebook: channels that lead to the process that was looked at, and to no other.

A channel is opened, then it is looked who listens; only if that is still whom the last look saw are the two
joined to whoever wanted the channel, and only then can a byte be sent. Between two equal sightings the listener
was the same (``core.listener``), so that it cannot have been replaced while the channel opened. Requests on
idle connections that are used again need no look: those end with the process that took them.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, cast

from gateway.core.inventory import Notebook
from gateway.core.listener import UNCHECKED, Sighting, Verdict, objection, unlisted
from gateway.errors import ListenerChanged, Reason, UpstreamLost
from gateway.tunnels.channel import Channel, ProtocolFactory
from gateway.tunnels.connection import LOOPBACK, Connection
from gateway.tunnels.tls import Judge, open_tls

NOT_LOOKED_AT: Final = {Verdict.UNCHECKED, Verdict.UNSEEN}


@dataclass(frozen=True, slots=True)
class Approach:
    """How to open a stream to a notebook: through what, under which name, to whom, with TLS or without."""

    connection: Connection
    notebook: Notebook
    host: str = LOOPBACK
    judge: Judge | None = None
    seen: Sighting = UNCHECKED
    """Who listened there when it was last judged."""

    async def open(self, factory: ProtocolFactory) -> asyncio.Transport:
        """Open a stream, TLS done where there is TLS; raise UpstreamError when it can't be had."""
        if self.judge is None:
            return await self._plain(factory)
        return await open_tls(self._plain, factory, self.judge)

    async def unchanged(self) -> bool:
        """Say whether the listener is the one that was judged, as far as can be seen."""
        return self.seen.verdict in NOT_LOOKED_AT or await self._look() == self.seen

    async def _plain(self, factory: ProtocolFactory) -> asyncio.Transport:
        if self.seen.verdict in NOT_LOOKED_AT:
            return await self.connection.open(self.notebook, factory, host=self.host)
        channel = await self.connection.open(self.notebook, _Held, host=self.host)
        try:
            await self._check_again()
        except BaseException:
            channel.abort()
            raise
        return _handed_over(channel, factory)

    async def _check_again(self) -> None:
        now = await self._look()
        if now != self.seen:
            detail = f"another process listens at {self._place} than a moment ago"
            raise ListenerChanged(Reason.UNSURE_LISTENER, detail)
        if now.verdict is Verdict.NOBODY:
            raise unlisted(self.notebook)

    async def _look(self) -> Sighting:
        async with self.connection.hearing():
            return await self.connection.lookout.look(self.notebook, self.host)

    @property
    def _place(self) -> str:
        return f"{self.notebook.place} of {self.notebook.remote}"


async def approach_to(connection: Connection, notebook: Notebook, host: str) -> Approach:
    """Look who listens, and return the way there; raise ListenerRefused if nothing may be sent to them."""
    seen = await connection.lookout.look(notebook, host)
    if (refused := objection(seen, notebook)) is not None:
        raise refused
    return Approach(connection, notebook, host, seen=seen)


class _Held(asyncio.Protocol):
    """Takes the place of a channel's protocol until it is known where the channel leads."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Leave what comes where it is."""
        cast("Channel", transport).pause_reading()


def _handed_over(channel: Channel, factory: ProtocolFactory) -> Channel:
    if channel.is_closing():
        raise UpstreamLost(Reason.LOST, "it hung up at once")
    channel.hand_to(factory())
    channel.resume_reading()
    return channel
