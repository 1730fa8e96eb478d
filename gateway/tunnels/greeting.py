"""The greeting: what an SSH server says first, to whoever connects; to read it takes no log-in."""

import asyncio
from typing import Final

import asyncssh

from gateway.core.inventory import Remote
from gateway.tunnels.connection import Connection
from gateway.tunnels.knocking import Knocker

GREETING: Final = b"SSH-"
LONGEST_BYTES: Final = 8192
"""A server may say something else before (RFC 4253, section 4.2)."""
GREETING_SECONDS: Final = 5.0
NONE: Final = "took the connection, and did not greet"


async def greeting(remote: Remote, through: Connection | None, knocker: Knocker) -> None:
    """Return when the remote's SSH server has greeted us; raise OSError or asyncssh.Error if it does not."""
    if through is not None:
        await _through(remote, through)
        return
    loop = asyncio.get_running_loop()
    with await knocker.open(remote.host, remote.port) as line:
        said = b""
        async with asyncio.timeout(GREETING_SECONDS):
            while GREETING not in said and len(said) < LONGEST_BYTES:
                piece = await loop.sock_recv(line, LONGEST_BYTES)
                if not piece:
                    raise ConnectionError(NONE)
                said += piece
    if GREETING not in said:
        raise ConnectionError(NONE)


async def _through(remote: Remote, through: Connection) -> None:
    """Knock from the remote before it on the way."""
    listener = _Listener()
    channel, _ = await through.create_connection(lambda: listener, remote.host, remote.port)
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            await listener.greeted
    finally:
        channel.abort()


class _Listener(asyncssh.SSHTCPSession[bytes]):
    """Waits for a greeting at the end of a channel."""

    def __init__(self) -> None:
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._said = b""

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:  # noqa: ARG002  asyncssh's signature
        """Look for the greeting in what has come."""
        self._said = (self._said + data)[:LONGEST_BYTES]
        if GREETING in self._said and not self.greeted.done():
            self.greeted.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that none comes."""
        if not self.greeted.done():
            self.greeted.set_exception(exc or ConnectionError(NONE))
