"""One HTTP/1.1 connection at either end of the local port: h11 on a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, TypeAlias

import h11

LARGEST_HEAD_BYTES: Final = 64 * 1024
LINGER_SECONDS: Final = 2.0
READ_BYTES: Final = 64 * 1024

Role: TypeAlias = type[h11.CLIENT] | type[h11.SERVER]


class Leg:
    """A connection, and where its protocol stands."""

    def __init__(
        self, role: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=LARGEST_HEAD_BYTES)
        self._reader = reader
        self._writer = writer

    @property
    def fresh(self) -> bool:
        """Whether it can carry another exchange."""
        return self.http.states == {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE} and not (
            self._reader.at_eof() or self._writer.is_closing()
        )

    async def receive(self) -> h11.Event | type[h11.PAUSED]:
        """Return what comes next; raise h11.RemoteProtocolError for what is no HTTP."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self._reader.read(READ_BYTES))
        return event  # type: ignore[return-value]  # h11 types its sentinels as values of themselves

    async def send(self, event: h11.Event) -> None:
        """Send something, and wait until there is room for more."""
        sent = self.http.send(event)
        if sent:
            self._writer.write(sent)
            await self._writer.drain()

    def turn(self) -> None:
        """Make ready for another exchange, if this one ended as it should."""
        if self.http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self.http.start_next_cycle()

    async def raw(self) -> AsyncIterator[bytes]:
        """Yield the bytes that come once the protocol was switched."""
        trailing, _ = self.http.trailing_data
        if trailing:
            yield trailing
        while received := await self._reader.read(READ_BYTES):
            yield received

    async def send_raw(self, sent: bytes) -> None:
        """Send bytes of the protocol that was switched to."""
        self._writer.write(sent)
        await self._writer.drain()

    async def linger(self) -> None:
        """Say that nothing more comes, and let the other side finish for a moment.

        Closed with bytes unread, the connection would be reset, and the answer lost (RFC 9112, section 9.6).
        """
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                self._writer.write_eof()
                while await self._reader.read(READ_BYTES):
                    pass

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
