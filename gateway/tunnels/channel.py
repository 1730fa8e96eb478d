"""A channel: one stream through an SSH connection, as an asyncio transport.

It is asyncssh's session and asyncio's transport in one object, so that bytes go from asyncssh straight to the
protocol. What differs from asyncssh's ways is made as with TCP: writing after the end is no error,
a falsy ``eof_received()`` closes, an end that the far end makes while reading is paused is told in order, and the
protocol learns of its own ``close()`` without waiting for the far end to agree.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

import asyncssh
from asyncssh.channel import SSHChannel

from gateway.core.upstream import OUTLAST_SILENCE
from gateway.errors import Reason, UpstreamLost
from gateway.tunnels.lean_packets import write_lean
from gateway.tunnels.versions import shims_fit

ProtocolFactory: TypeAlias = Callable[[], asyncio.BaseProtocol]
SshChannel: TypeAlias = asyncssh.SSHTCPChannel[bytes] | asyncssh.SSHUNIXChannel[bytes]


class Channel(asyncio.Transport, asyncssh.SSHTCPSession[bytes], asyncssh.SSHUNIXSession[bytes]):
    """One stream to a notebook."""

    def __init__(self, factory: ProtocolFactory, *, wanted: Callable[[], bool]) -> None:
        """Prepare a channel; when it opens and is still ``wanted``, ``factory`` makes its protocol."""
        super().__init__()
        self.on_end: Callable[[], None] = _rest
        self._factory = factory
        self._wanted = wanted
        self._ssh: SshChannel | None = None
        self._protocol: asyncio.BaseProtocol | None = None
        self._deliver: Callable[[bytes], None] = _nothing
        self._send = write_lean if shims_fit() else _write_plain
        self._closing = False  # by our side
        self._ended = False  # connection_lost() is called, or about to be
        self._at_eof = False
        self._reading = True
        self.outlasts_silence = False
        """Whether it is kept when the remote falls silent, as what comes late is better than nothing."""
        self._pauses = 0  # who holds up writing: the channel's window, the connection's socket

    # What asyncssh tells us.

    def connection_made(self, chan: SshChannel) -> None:
        """Hand the open channel to a new protocol, or close it if its caller has left."""
        self._ssh = chan
        if not self._wanted():
            self._closing = self._ended = True
            chan.abort()
            return
        self.hand_to(self._factory())

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:  # noqa: ARG002  asyncssh's signature
        """Pass bytes on."""
        self._deliver(data)

    def eof_received(self) -> bool:
        """Tell the protocol of the far end's end; close unless it wants to go on writing."""
        if not self._tell_eof():
            self.close()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol that all is over, and whether it ended as it should."""
        if self._ended:
            self._forget()
            return
        if exc is None and not self._line_is_up():
            exc = ConnectionError("the SSH connection ended")
        self._ended = True
        if exc is None:
            self._tell_eof()
        lost = None if exc is None else UpstreamLost(Reason.LOST, f"the tunnel ended: {exc}")
        self._tell_end(lost)

    def pause_writing(self) -> None:
        """Hold up the protocol: the window is full, or the connection's socket is."""
        self._pauses += 1
        if self._pauses == 1 and self._protocol is not None and not self._ended:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Let the protocol write again, once nothing holds it up."""
        self._pauses -= 1
        if self._pauses == 0 and self._protocol is not None and not self._ended:
            self._protocol.resume_writing()

    # What the protocol asks of us.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes; as much as the window allows at once, the rest when it opens."""
        if self._ssh is not None:
            try:
                self._send(self._ssh, cast("bytes", data))
            except BrokenPipeError:
                return  # it ended; connection_lost() tells or has told

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send several pieces as one."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """Send no more; go on reading."""
        if self._ssh is not None:
            self._ssh.write_eof()

    def can_write_eof(self) -> bool:
        """Say that a channel can be half-closed."""
        return True

    def pause_reading(self) -> None:
        """Deliver nothing for now; the far end is held up when the window is full."""
        if self._reading and self._ssh is not None and not self.is_closing():
            self._reading = False
            self._ssh.pause_reading()

    def resume_reading(self) -> None:
        """Deliver again."""
        if not self._reading and self._ssh is not None and not self.is_closing():
            self._reading = True
            self._ssh.resume_reading()

    def is_reading(self) -> bool:
        """Say whether bytes are delivered as they come."""
        return self._reading and not self.is_closing()

    def close(self) -> None:
        """Send what is left, then close; the protocol hears of it as soon as nothing is left."""
        if self._closing or self._ended or self._ssh is None:
            return
        self._closing = True
        flushed = not self._ssh.get_write_buffer_size()
        self._ssh.close()
        if flushed:
            self._end_soon()

    def abort(self) -> None:
        """Close at once; what is left is lost."""
        self._closing = True
        if self._ssh is None:
            self._forget()
        else:
            self._ssh.abort()
            self._end_soon()

    def is_closing(self) -> bool:
        """Say whether the channel is closing or closed."""
        return self._closing or self._ended

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait for the window."""
        return 0 if self._ssh is None else self._ssh.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when the protocol is held up and let go."""
        if self._ssh is not None:
            self._ssh.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what asyncssh knows of the channel or its connection, or how to have it outlast a silence."""
        if name == OUTLAST_SILENCE:
            return self._outlast_silence
        return default if self._ssh is None else self._ssh.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let ``protocol`` have what comes from now on."""
        self._protocol = protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            self._deliver = _into_buffers(protocol)
        else:
            self._deliver = cast("asyncio.Protocol", protocol).data_received

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that has what comes."""
        if self._protocol is None:
            raise UpstreamLost(Reason.LOST, "the channel is closed")
        return self._protocol

    # Our own.

    def hand_to(self, protocol: asyncio.BaseProtocol) -> None:
        """Let ``protocol`` have the stream as if it had been there from the beginning."""
        self.set_protocol(protocol)
        protocol.connection_made(self)
        if self._pauses:
            protocol.pause_writing()

    def lose(self, why: str) -> None:
        """Tell the protocol that all is over, whatever the far end believes."""
        self._force_close(UpstreamLost(Reason.LOST, why))

    def _outlast_silence(self) -> None:
        self.outlasts_silence = True

    def _line_is_up(self) -> bool:
        # asyncssh forgets its transport first, then tells the channels; a remote's orderly
        # disconnect must not pass for the end of an answer.
        if self._ssh is None:
            return False
        return self._ssh.get_connection().get_extra_info("peername") is not None

    def _tell_eof(self) -> bool:
        """Tell the protocol, once, that no more comes; return whether it wants to go on writing."""
        if self._protocol is None or self._at_eof or self._closing:
            return False
        self._at_eof = True
        return bool(cast("asyncio.Protocol", self._protocol).eof_received())

    def _force_close(self, exc: Exception | None) -> None:
        """Close at once because of ``exc``; asyncio's TLS calls it."""
        if self._ssh is not None:
            self._closing = True
            self._ssh.abort()
            self._end_soon(exc)

    def _end_soon(self, exc: Exception | None = None) -> None:
        if not self._ended:
            self._ended = True
            asyncio.get_running_loop().call_soon(self._tell_end, exc)

    def _tell_end(self, exc: Exception | None) -> None:
        protocol, self._protocol = self._protocol, None
        self._forget()
        if protocol is not None:
            protocol.connection_lost(exc)

    def _forget(self) -> None:
        self._deliver = _nothing
        self._factory = _no_protocol
        on_end, self.on_end = self.on_end, _rest
        on_end()


def _write_plain(channel: SSHChannel[bytes], content: bytes) -> None:
    channel.write(content)


def _nothing(_: object) -> None:
    """Do nothing."""


def _rest() -> None:
    """Do nothing."""


def _no_protocol() -> asyncio.BaseProtocol:
    return asyncio.BaseProtocol()


def _into_buffers(protocol: asyncio.BufferedProtocol) -> Callable[[bytes], None]:
    """Return what feeds bytes to a protocol that brings its own buffers."""

    def deliver(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            buffer = memoryview(protocol.get_buffer(len(rest))).cast("B")
            size = min(len(buffer), len(rest))
            buffer[:size] = rest[:size]
            protocol.buffer_updated(size)
            rest = rest[size:]

    return deliver
