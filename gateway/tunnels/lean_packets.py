"""Send SSH packets with no more work than they need: no empty MSG_IGNORE, and a short way for data.

asyncssh sends an empty packet before each one, which blurs what is known of the next one's first block; only CBC
ciphers need that (RFC 4251, section 9.3.1), and we offer none. With an AEAD cipher it is a second encryption and
a second packet on the wire, for nothing. And a channel's data, which is nearly all there is to send, passes through
eight calls; with AES-GCM it is sealed here in one. Whatever else there is to send goes asyncssh's own way.
This reaches into asyncssh, and so only into the versions that it was written for.
"""
# ruff: noqa: SLF001  the shim's whole point

import os
import time
from typing import Final

import asyncssh
from asyncssh.channel import SSHChannel

from gateway.tunnels.aes_gcm import AesGcm
from gateway.tunnels.algorithms import AEAD
from gateway.tunnels.versions import shims_fit

MSG_IGNORE: Final = 2
MSG_CHANNEL_DATA: Final = 94
EMPTY: Final = b"\0\0\0\0"
BLOCK_BYTES: Final = 16
LEAST_PADDING: Final = 4
"""RFC 4253, section 6."""


def send_lean(connection: asyncssh.SSHClientConnection) -> bool:
    """Make ``connection``, logged in, send leanly; return whether this asyncssh is known."""
    if not shims_fit():
        return False
    plain = connection.send_packet
    aes_gcm = AesGcm()

    def send_packet(pkttype: int, *args: bytes, **options: object) -> None:
        if pkttype == MSG_IGNORE and args == (EMPTY,) and _is_aead(connection):
            return
        fits = pkttype == MSG_CHANNEL_DATA and aes_gcm.follow(connection._send_encryption)
        if fits and _is_settled(connection):
            _send_data(connection, aes_gcm, b"\x5e" + b"".join(args))
        else:
            plain(pkttype, *args, **options)  # type: ignore[arg-type]  # handler=, passed on as it came

    connection.send_packet = send_packet  # type: ignore[method-assign]  # of this one connection
    return True


def write_lean(channel: SSHChannel[bytes], content: bytes) -> None:
    """Do as ``channel.write(content)`` does, without its buffer if nothing waits there and it fits."""
    size = len(content)
    ahead = channel._send_buf or channel._send_state != "open" or not size
    if ahead or size > channel._send_window or size > channel._send_pktsize:
        channel.write(content)
        return
    channel._send_window -= size
    channel.send_packet(MSG_CHANNEL_DATA, size.to_bytes(4) + content)


def _is_aead(connection: asyncssh.SSHClientConnection) -> bool:
    return connection.get_extra_info("send_cipher") in AEAD


def _is_settled(connection: asyncssh.SSHClientConnection) -> bool:
    """Say whether keys are neither being exchanged nor due to be."""
    return (
        connection._kex_complete
        and connection._compressor is None
        and connection._rekey_bytes_sent < connection._rekey_bytes
        and not (connection._rekey_seconds and time.monotonic() >= connection._rekey_time)
    )


def _send_data(connection: asyncssh.SSHClientConnection, aes_gcm: AesGcm, payload: bytes) -> None:
    """Send ``payload`` as one packet (RFC 4253, section 6; RFC 5647, section 7.2)."""
    padding = -(1 + len(payload)) % BLOCK_BYTES
    if padding < LEAST_PADDING:
        padding += BLOCK_BYTES
    packet = b"%c%b%b" % (padding, payload, os.urandom(padding))
    header = len(packet).to_bytes(4)
    connection._send(header + aes_gcm.seal(header, packet))
    connection._send_seq = (connection._send_seq + 1) & 0xFFFFFFFF
    connection._rekey_bytes_sent += len(packet)
