"""Take a channel's data out of arriving SSH packets by the short way.

A packet takes asyncssh some twenty calls, and nearly all packets are data of open channels. Such a one is opened and
delivered here. Any other (incomplete, forged, of another kind, or against the channel's window) is left as it
is, uncounted, for asyncssh to take from the start and to judge: no rule of SSH is decided here.
This reaches into asyncssh, and so only into the versions that it was written for.
"""
# ruff: noqa: SLF001  the shim's whole point

from typing import Final

import asyncssh
from asyncssh.channel import SSHChannel

from gateway.tunnels.aes_gcm import AesGcm
from gateway.tunnels.versions import shims_fit

HEADER_BYTES: Final = 4
TAG_BYTES: Final = 16
CONTENT_AT: Final = 10
"""Behind the padding's length, the type, the channel's number and the content's length (RFC 4254, 5.2)."""
MSG_CHANNEL_DATA: Final = 94


def receive_lean(connection: asyncssh.SSHClientConnection) -> bool:
    """Make ``connection``, logged in, receive leanly; return whether this asyncssh is known."""
    if not shims_fit():
        return False
    plain = connection._recv_pkthdr
    aes_gcm = AesGcm()

    def take_packet() -> bool:
        return _take_data(connection, aes_gcm) or plain()

    connection._recv_pkthdr = take_packet  # type: ignore[method-assign]  # of this one connection
    if connection._recv_handler == plain:
        connection._recv_handler = take_packet
    return True


def _take_data(connection: asyncssh.SSHClientConnection, aes_gcm: AesGcm) -> bool:
    """Deliver the packet at hand if it is whole and data for an open channel, else touch nothing."""
    arrived = connection._inpbuf
    size = int.from_bytes(arrived[:HEADER_BYTES])
    end = HEADER_BYTES + size + TAG_BYTES
    if len(arrived) < end or size > connection._max_recv_pktlen or connection._decompressor:
        return False
    if not aes_gcm.follow(connection._recv_encryption):
        return False
    packet = aes_gcm.peek(arrived[:HEADER_BYTES], arrived[HEADER_BYTES:end])
    if packet is None or len(packet) < CONTENT_AT or packet[1] != MSG_CHANNEL_DATA:
        return False
    channel = connection._channels.get(int.from_bytes(packet[2:6]))
    content = packet[CONTENT_AT : -packet[0]]
    if channel is None or not _is_due(channel, content, packet):
        return False
    aes_gcm.count()
    connection._inpbuf = arrived[end:]
    connection._auth_final = True
    connection._recv_seq = (connection._recv_seq + 1) & 0xFFFFFFFF
    channel._accept_data(content)
    return True


def _is_due(channel: SSHChannel[bytes], content: bytes, packet: bytes) -> bool:
    """Say whether ``channel`` may be sent ``content``, and ``packet`` is of one piece."""
    return (
        channel._recv_state == "open"
        and len(content) == int.from_bytes(packet[6:CONTENT_AT])
        and len(content) <= channel._recv_window
    )
