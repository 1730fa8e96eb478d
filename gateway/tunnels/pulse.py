"""Ask the far end of an SSH connection for a sign of life, and see whether anything came.

A thin line that is busy with a download may be slow to answer a ping, and is still alive: whatever arrives,
even a part of a packet, is a sign of life. asyncssh has no public call for either, so this reaches into
it, and only into the versions that it was written for.
"""

from typing import Final

import asyncssh

from gateway.tunnels.versions import shims_fit

PING: Final = b"keepalive@openssh.com"


async def ping(connection: asyncssh.SSHClientConnection) -> None:
    """Return when the far end has answered, or the connection has ended."""
    if shims_fit():
        await connection._make_global_request(PING)  # noqa: SLF001  the shim's whole point


def pulse(connection: asyncssh.SSHClientConnection) -> tuple[int, int]:
    """Return a value that differs from an earlier one if bytes arrived in between."""
    if not shims_fit():
        return (0, 0)
    return connection._recv_seq, len(connection._inpbuf)  # noqa: SLF001  the shim's whole point
