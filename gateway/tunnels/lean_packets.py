"""Leave out the empty MSG_IGNORE that asyncssh sends before each packet.

The packet in front blurs what is known of the next one's first block, which only CBC ciphers need (RFC 4251,
section 9.3.1), and we offer none. With an AEAD cipher it is a second encryption and a second packet on the
wire, for nothing. This reaches into asyncssh, and so only into the versions that it was written for.
"""

from typing import Final

import asyncssh

from gateway.tunnels.algorithms import AEAD
from gateway.tunnels.versions import shims_fit

MSG_IGNORE: Final = 2
EMPTY: Final = b"\0\0\0\0"


def send_lean(connection: asyncssh.SSHClientConnection) -> bool:
    """Make ``connection`` send no empty MSG_IGNORE; return whether this asyncssh is known."""
    if not shims_fit():
        return False
    plain = connection.send_packet

    def send_packet(pkttype: int, *args: bytes, **options: object) -> None:
        if pkttype == MSG_IGNORE and args == (EMPTY,) and _is_aead(connection):
            return
        plain(pkttype, *args, **options)  # type: ignore[arg-type]  # handler=, passed on as it came

    connection.send_packet = send_packet  # type: ignore[method-assign]  # of this one connection
    return True


def _is_aead(connection: asyncssh.SSHClientConnection) -> bool:
    return connection.get_extra_info("send_cipher") in AEAD
