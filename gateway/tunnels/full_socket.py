"""Learn when the socket under an SSH connection is full, which asyncssh ignores.

Without this, each upload may put its channel's whole window into memory. This replaces two empty methods of
one connection, and only in the versions that it was written for.
"""

from collections.abc import Callable
from typing import Final

import asyncssh

from gateway.tunnels.versions import shims_fit

HIGH_BYTES: Final = 512 * 1024
"""What may wait for the socket; less would not keep a long line full."""


def watch_socket(
    connection: asyncssh.SSHClientConnection,
    on_full: Callable[[], None],
    on_room: Callable[[], None],
) -> bool:
    """Call back when the socket is full and when it has room; return whether this asyncssh is known."""
    if not shims_fit():
        return False
    connection.pause_writing = on_full  # type: ignore[method-assign]  # of this one connection
    connection.resume_writing = on_room  # type: ignore[method-assign]  # of this one connection
    if connection._transport is not None:  # noqa: SLF001  the shim's whole point
        connection._transport.set_write_buffer_limits(HIGH_BYTES)  # noqa: SLF001  the shim's whole point
    return True
