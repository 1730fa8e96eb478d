"""What was sent on a connection and has not arrived: only the kernel knows."""

import asyncio
import fcntl
import struct
import termios


def unacknowledged(transport: asyncio.Transport) -> int:
    """Return how many bytes the kernel holds that the client has not acknowledged."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.fileno() < 0:
        return 0
    try:
        packed = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", packed)[0])
