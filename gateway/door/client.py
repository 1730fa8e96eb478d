"""The client's leg: one connection of a browser or a script, request after request, in order."""

import asyncio
import socket
import struct
from typing import Final, Protocol, cast

from gateway.core.framing import Body, BodyKind, check_request, request_body, wants_upgrade
from gateway.core.head import RequestHead
from gateway.door.answers import Answer, crowded, protocol_error
from gateway.door.bodies import BodyReader, reader_of
from gateway.door.chunks import ChunkFault
from gateway.door.deadlines import Deadline
from gateway.door.exchange import Exchange, Inside
from gateway.door.frames import SERVICE_RESTART
from gateway.door.head_guard import HEAD_END, HeadFault, check_beginning
from gateway.door.parsing import read_request
from gateway.door.room import Place
from gateway.door.splice import Splice
from gateway.door.unacknowledged import unacknowledged
from gateway.errors import RequestInvalid

WRITE_BUFFER_BYTES: Final = 256 * 1024
LINGER_SECONDS: Final = 2.0
"""How long we listen after a last answer: closing on unread bytes would destroy it (RFC 9112, 9.6)."""
DOUBT_SECONDS: Final = 1.5
"""An answer may take longer; but then it is time to see whether the line to the remote is cut."""
TRICKLE_BYTES: Final = 1024
"""What a body must bring within ``body_idle_seconds``: a byte now and then would hold a place for hours."""


class House(Inside, Protocol):
    """What the client's leg needs of the door."""

    requests: int

    def joined(self, leg: "ClientLeg") -> Place:
        """Count ``leg`` in; return whether there is room for it."""

    def left(self, leg: "ClientLeg") -> None:
        """Count ``leg`` out."""


class ClientLeg(asyncio.Protocol):
    """Reads requests, one at a time, and lends its connection to the exchange under way."""

    __slots__ = (
        "_advancing", "_arrived", "_buffer", "_deadline", "_discarding", "_door", "_doubted", "_exchange",
        "_head_begun", "_held_back", "_peer", "_reader", "_reading", "_secure", "_splice",
        "_trickled", "_written", "full", "transport",
    )  # fmt: skip

    def __init__(self, door: House) -> None:
        self._door = door
        self._deadline = Deadline(asyncio.get_running_loop(), self._expired)
        self.transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._splice: Splice | None = None
        self._reader: BodyReader | None = None
        self._buffer = b""
        self._peer = ""
        self._secure = False
        self._head_begun = self._advancing = self._discarding = self._doubted = False
        self.full = self._held_back = False
        self._reading = True
        self._written = self._arrived = self._trickled = 0

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen, if there is room."""
        # uvloop's transports are Transports by shape only.
        self.transport = transport = cast("asyncio.Transport", transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._secure = transport.get_extra_info("sslcontext") is not None
        match self._door.joined(self):
            case Place.FREE:
                self.expire_in(self._door.limits.head_seconds)
            case Place.NONE:
                self._turn_away()
                self._linger()
            case Place.LAST:
                self._turn_away()
                self.close()

    def data_received(self, data: bytes) -> None:
        """Give ``data`` to whom it belongs: the splice, the body under way, or the next head."""
        if self._splice is not None:
            self._splice.from_client(data)
        elif self._reader is not None and self._exchange is not None:
            self._read_body(self._exchange, self._reader, data)
        elif not self._discarding:
            self._buffer += data
            self._advance()

    def eof_received(self) -> bool:
        """Take a client that closes for one that left; a WebSocket's other half may go on."""
        if self._splice is not None:
            return self._splice.client_ended() and not self._secure
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """Let go of everything."""
        self.transport = None
        self._deadline.cancel()
        splice, exchange = self._splice, self._exchange
        self._splice = self._exchange = None
        if splice is not None:
            splice.client_gone()
        if exchange is not None:
            exchange.client_gone()
        self._door.left(self)

    def pause_writing(self) -> None:
        """Hold the upstream back: the client does not keep up."""
        self._tell_full(full=True)

    def resume_writing(self) -> None:
        """Let the upstream go on."""
        self._tell_full(full=False)
        self._advance()

    @property
    def descriptor(self) -> int:
        """Return the number of its file descriptor; -1 where it has none."""
        connection = None if self.transport is None else self.transport.get_extra_info("socket")
        return -1 if connection is None else int(connection.fileno())

    # What an exchange and a splice call.

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        if self.transport is not None:
            self._written += len(data)
            self.transport.write(data)

    def pause(self) -> None:
        """Read no more for now."""
        self._held_back = True
        self._choose_reading()

    def resume(self) -> None:
        """Read again."""
        if self._held_back:
            self._held_back = False
            self._choose_reading()
            self.progressed()

    def close(self) -> None:
        """Close once all is sent; a client that does not take it is cut off in time."""
        if self.transport is not None:
            self.transport.close()
            self._discarding = True
            self.expire_in(self._door.limits.body_idle_seconds)

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def reset(self) -> None:
        """Close at once with a TCP reset: the answer so far must not pass for a whole one."""
        if self.transport is not None:
            connection = self.transport.get_extra_info("socket")
            if connection is not None and not self.transport.is_closing():
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()

    def progressed(self) -> None:
        """Take note that the exchange moves on, and set the time limit of its next step."""
        exchange = self._exchange
        if exchange is None:
            return
        limits = self._door.limits
        if self.full or not (exchange.request_whole or self._held_back):
            self.expire_in(limits.body_idle_seconds)  # it is the client that we wait for
        else:
            self._doubted = False
            self.expire_in(min(DOUBT_SECONDS, limits.upstream_seconds))

    def exchange_over(self, *, keep: bool) -> None:
        """Go on with the next request, or close."""
        exchange, self._exchange, self._reader = self._exchange, None, None
        if keep:
            self._held_back = False
            self.expire_in(self._door.limits.keepalive_seconds)
            if self._buffer or not self._reading:
                self._advance()
        elif exchange is not None and not exchange.request_whole:
            self._linger()
        else:
            self.close()

    def spliced(self, splice: Splice) -> bytes:
        """Pass all bytes to ``splice`` from now on; return those that came early."""
        self._splice, self._exchange = splice, None
        early, self._buffer = self._buffer, b""
        self._choose_reading()
        return early

    def expire_in(self, seconds: float) -> None:
        """Set the time limit of whatever goes on now."""
        self._deadline.set(self._door.now() + seconds)

    def still_taking(self) -> bool:
        """Say whether what was sent is on its way, and some of it arrived since this was last asked."""
        if self.transport is None:
            return False
        outstanding = self.transport.get_write_buffer_size() + unacknowledged(self.transport)
        before, self._arrived = self._arrived, self._written - outstanding
        return outstanding > 0 and self._arrived > before

    # What the door calls.

    def drain(self) -> None:
        """Close as soon as that is in good order: WebSockets and idle connections now."""
        if self._splice is not None:
            self._splice.stop(SERVICE_RESTART, b"the gateway restarts")
        elif self._exchange is None and not self._discarding:
            self.close()

    # Requests, one after the other.

    def _advance(self) -> None:
        """Take up requests from the buffer until one has to be waited for."""
        if not self._advancing:
            self._advancing = True
            while self._may_advance() and self._next_request():
                pass
            self._advancing = False
            self._choose_reading()

    def _may_advance(self) -> bool:
        idle = self._exchange is None and self._splice is None
        return idle and bool(self._buffer) and not self.full and not self._discarding

    def _next_request(self) -> bool:
        """Take up the next request; return False if it is not whole yet, or none."""
        data = self._buffer.removeprefix(b"\r\n")  # RFC 9112, section 2.2: ignore one empty line
        end = data.find(HEAD_END) + len(HEAD_END)
        try:
            if end < len(HEAD_END):
                self._await_head(data)
                return False
            self._buffer = data[end:]
            self._head_begun = False
            head = read_request(data[:end], self._door.limits)
            check_request(head)
            body, upgrade = request_body(head), wants_upgrade(head)
            if upgrade and body.kind is not BodyKind.NONE:
                self._refuse(400, "a WebSocket begins without a body")
                return False
            self._begin(head, body, upgrade=upgrade)
        except RequestInvalid as exc:
            self._refuse(exc.status, exc.detail)
        except (HeadFault, ChunkFault) as fault:
            self._refuse(fault.status if isinstance(fault, HeadFault) else 400, str(fault))
        return True

    def _await_head(self, data: bytes) -> None:
        check_beginning(data, most_bytes=self._door.limits.head_bytes)
        if not self._head_begun:
            self._head_begun = True
            self.expire_in(self._door.limits.head_seconds)

    def _begin(self, head: RequestHead, body: Body, *, upgrade: bool) -> None:
        self._door.requests += 1
        exchange = Exchange(self._door, self, head, body, upgrade=upgrade)
        self._exchange = exchange
        if not exchange.request_whole:
            self._reader = reader_of(body)
            data, self._buffer = self._buffer, b""
            self._take_content(exchange, self._reader, data)
        self.progressed()
        exchange.begin(self._door.decider.decide(head, peer=self._peer, secure=self._secure))

    def _read_body(self, exchange: Exchange, reader: BodyReader, data: bytes) -> None:
        try:
            self._take_content(exchange, reader, data)
        except ChunkFault as fault:
            self._break_off(exchange, 400, str(fault))
            return
        self._trickled += len(data)
        if self._trickled >= TRICKLE_BYTES or exchange.request_whole:
            self._trickled = 0
            self.progressed()
        self._choose_reading()

    def _take_content(self, exchange: Exchange, reader: BodyReader, data: bytes) -> None:
        content = reader.feed(data)
        if content:
            exchange.request_content(content)
        if reader.done:
            self._reader, self._buffer = None, reader.rest
            exchange.request_over()

    # When it does not go well.

    def _refuse(self, status: int, detail: str) -> None:
        """Answer what is no acceptable request, and hear no more."""
        self._exchange = self._reader = None
        self._say(protocol_error(status, detail))
        self._linger()

    def _turn_away(self) -> None:
        """Answer who comes when there is no room, whatever is asked."""
        self._say(crowded())

    def _say(self, answer: Answer) -> None:
        """Send a last answer, to whatever was asked."""
        secure = self._door.decider.secure
        self.write(answer.wire(method=b"GET", closes=True, secure=secure))

    def _break_off(self, exchange: Exchange, status: int, detail: str) -> None:
        """End an exchange whose client does not hold to the protocol."""
        if exchange.answered:
            self.abort()
        else:
            exchange.answer(protocol_error(status, detail))

    def _linger(self) -> None:
        """Send all, say that it was all, and read on for a while without listening."""
        self._discarding = True
        self._buffer = b""
        self._held_back = False
        self._choose_reading()
        if self.transport is not None and self.transport.can_write_eof():
            self.transport.write_eof()
        self.expire_in(LINGER_SECONDS)

    def _expired(self) -> None:
        """Act on the time limit of whatever goes on now."""
        exchange = self._exchange
        if self._splice is not None:
            self._splice.expired()
        elif exchange is not None:
            self._exchange_expired(exchange)
        elif self._discarding:
            self.abort()
        elif self._head_begun:
            self._refuse(408, "the request did not come in time")
        else:
            self.close()

    def _exchange_expired(self, exchange: Exchange) -> None:
        if self.full:
            if self.still_taking():
                self.progressed()
            else:
                self.abort()
        elif exchange.request_whole or self._held_back:
            self._upstream_is_silent(exchange)
        else:
            self._break_off(exchange, 408, "the request's body did not come in time")

    def _upstream_is_silent(self, exchange: Exchange) -> None:
        """Doubt the line first, and give up when the time is up."""
        if self._doubted:
            exchange.timed_out()
            return
        self._doubted = True
        exchange.doubt()
        self.expire_in(max(0.0, self._door.limits.upstream_seconds - DOUBT_SECONDS))

    def _tell_full(self, *, full: bool) -> None:
        self.full = full
        if self._splice is not None:
            self._splice.client_full(full=full)
        elif self._exchange is not None:
            self._exchange.client_full(full=full)
            self.progressed()

    def _choose_reading(self) -> None:
        """Read, unless what was read already has to wait: that bounds what a client can pile up."""
        waiting = self._splice is None and bool(self._buffer)
        behind = waiting and (self._exchange is not None or self.full)
        wanted = not (behind or self._held_back)
        if wanted is self._reading or self.transport is None or self.transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()
