"""Join the SSH packets of one turn of the event loop into one write to the socket.

asyncssh writes each packet by itself. An answer's head, its body and the window adjustment are three packets;
joined they are one system call and mostly one segment. This reaches into asyncssh, and so only into the
versions that it was written for.
"""

import asyncio

import asyncssh

from gateway.tunnels.versions import shims_fit


def join_writes(connection: asyncssh.SSHClientConnection) -> bool:
    """Make ``connection`` join its writes; return whether this asyncssh is known."""
    if not shims_fit():
        return False
    transport = connection._transport  # noqa: SLF001  the shim's whole point
    if transport is None:
        return True  # it has ended already
    loop = asyncio.get_running_loop()
    waiting: list[bytes] = []

    def flush() -> None:
        joined = b"".join(waiting)
        waiting.clear()
        if not transport.is_closing():
            transport.write(joined)

    def send(data: bytes) -> None:
        if not waiting:
            loop.call_soon(flush)
        waiting.append(data)

    connection._send = send  # type: ignore[method-assign]  # noqa: SLF001  of this one connection
    return True
