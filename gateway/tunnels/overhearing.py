"""Overhear what an SSH server says while we log in: asyncssh keeps to itself when it greets and what it offers.

This replaces the table of packet handlers of one connection, and only in the versions that it was written for;
every packet still goes to asyncssh, untouched.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import asyncssh
from asyncssh.packet import SSHPacket

from gateway.tunnels.versions import shims_fit

MSG_KEXINIT: Final = 20
MSG_NEWKEYS: Final = 21
MSG_USERAUTH_FAILURE: Final = 51
"""RFC 4253, section 12, and RFC 4252, section 6."""

Ear: TypeAlias = Callable[[], None]
Handler: TypeAlias = Callable[..., Awaitable[None] | None]
Listing: TypeAlias = Callable[[tuple[str, ...]], None]


def overhear(
    connection: asyncssh.SSHClientConnection, *, greeted: Ear, keyed: Ear, offered: Listing
) -> bool:
    """Call back when the server has greeted, has proved its key, and lists the ways to log in.

    Return whether this asyncssh is known.
    """
    if not shims_fit():
        return False
    told = {
        MSG_KEXINIT: lambda _packet: greeted(),
        MSG_NEWKEYS: lambda _packet: keyed(),
        MSG_USERAUTH_FAILURE: lambda packet: offered(_methods(packet)),
    }
    plain = connection._packet_handlers  # noqa: SLF001  the shim's whole point
    heard = {kind: _hearing(plain[kind], tell) for kind, tell in told.items()}
    connection._packet_handlers = {**plain, **heard}  # noqa: SLF001  of this one connection
    return True


def babbled(connection: asyncssh.SSHClientConnection) -> bool:
    """Say whether a server spoke before it greeted, as one does that is no SSH server at all."""
    return shims_fit() and connection._banner_lines > 0  # noqa: SLF001  the shim's whole point


def _hearing(plain: Handler, tell: Callable[[SSHPacket], None]) -> Handler:
    def handle(
        connection: asyncssh.SSHClientConnection, kind: int, number: int, packet: SSHPacket
    ) -> Awaitable[None] | None:
        tell(packet)
        return plain(connection, kind, number, packet)

    return handle


def _methods(packet: SSHPacket) -> tuple[str, ...]:
    """Return the name-list that begins what is left of a packet (RFC 4251, section 5)."""
    content = packet.get_remaining_payload()
    names = content[4 : 4 + int.from_bytes(content[:4])].decode("ascii", "replace")
    return tuple(name for name in names.split(",") if name)
