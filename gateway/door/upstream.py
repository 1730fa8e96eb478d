"""The upstream's leg: one connection to a notebook or to the control plane, and its parser."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

from gateway.core.framing import Body, BodyKind, keeps_alive, response_body
from gateway.core.head import ResponseHead
from gateway.core.upstream import OUTLAST_SILENCE, Upstream
from gateway.door.bodies import BodyReader, reader_of
from gateway.door.chunks import ChunkFault
from gateway.door.head_guard import HEAD_END
from gateway.door.parsing import RESPONSE_HEAD_BYTES, read_response
from gateway.errors import Reason, TunnelDown, UpstreamError, UpstreamLost, UpstreamMalformed

MOST_INTERIM: Final = 32
WRITE_BUFFER_BYTES: Final = 256 * 1024
SWITCHING: Final = 101


class Asker(Protocol):
    """What an upstream leg tells the exchange that it serves."""

    upgrade: bool

    def interim(self, head: ResponseHead) -> None:
        """Take a 1xx answer."""

    def switched(self, head: ResponseHead, early: bytes) -> None:
        """Take the 101 that ends HTTP on this connection, and the bytes that came behind it."""

    def response(self, head: ResponseHead, body: Body) -> None:
        """Take the answer's head."""

    def content(self, content: bytes) -> None:
        """Take some of the answer's body."""

    def flush(self) -> None:
        """Take note that what follows the head has not come yet."""

    def response_over(self, *, reusable: bool) -> None:
        """Take note that the answer is whole."""

    def upstream_failed(self, failure: UpstreamError) -> None:
        """Take note that no more comes."""

    def upstream_full(self, *, full: bool) -> None:
        """Take note that the upstream takes no more for now, or takes more again."""


class Spliced(Protocol):
    """What an upstream leg tells the splice that took it over."""

    def from_upstream(self, data: bytes) -> None:
        """Take bytes."""

    def upstream_gone(self) -> None:
        """Take note that the connection is closed."""

    def upstream_full(self, *, full: bool) -> None:
        """Take note that the upstream takes no more for now, or takes more again."""


class UpstreamLeg(asyncio.Protocol):
    """Sends one request at a time and reads its answer; what it does not expect, it does not take."""

    def __init__(self, upstream: Upstream | None) -> None:
        self.upstream = upstream
        """How the notebook at its end was spoken to; None is the control plane."""
        self.transport: asyncio.Transport | None = None
        self.reused = False
        """Whether it has served a request before this one."""
        self.idle_since = 0.0
        self.left_idle: Callable[[], None] | None = None
        """Set while a pool holds it."""
        self._asker: Asker | None = None
        self._splice: Spliced | None = None
        self._method = b""
        self._buffer = b""
        self._reader: BodyReader | None = None
        self._keeps_alive = False
        self._until_close = False
        self._interim = 0
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are Transports by shape only.
        self.transport = transport = cast("asyncio.Transport", transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)

    @property
    def alive(self) -> bool:
        """Whether it can be written to."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def answering(self) -> bool:
        """Whether part of an answer's head, or an interim answer, has come."""
        return bool(self._buffer or self._interim)

    def ask(self, asker: Asker, method: bytes, head: bytes) -> bool:
        """Send a request's ``head``; the answer to ``method`` goes to ``asker``. False: it is dead."""
        if not self.alive:
            return False
        self._asker = asker
        self._method = method
        self._interim = 0
        self.write(head)
        return True

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        if self.transport is not None:
            self.transport.write(data)

    def pause(self) -> None:
        """Read no more for now."""
        if not self._paused and self.transport is not None and self.alive:
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._paused and self.transport is not None and self.alive:
            self._paused = False
            self.transport.resume_reading()

    def join(self, splice: Spliced) -> None:
        """Pass bytes to ``splice`` from now on: this is no longer HTTP."""
        self._splice = splice
        self._asker = None
        outlast = self.transport and self.transport.get_extra_info(OUTLAST_SILENCE)
        if callable(outlast):
            outlast()

    def end_writing(self) -> bool:
        """Send an end of file; return whether the connection can stay half open."""
        if self.transport is None or not self.transport.can_write_eof():
            return False
        self.transport.write_eof()
        return True

    def close(self) -> None:
        """Close in good order; nobody is told."""
        self._forget()
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once, and drop what is not yet sent; nobody is told."""
        self._forget()
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Pass on what was spliced; parse the rest."""
        if self._splice is not None:
            self._splice.from_upstream(data)
        elif self._asker is None:
            self.abort()  # nobody asked (threat B14)
        else:
            self._parse(self._asker, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for bytes that none will come."""
        asker, splice, until_close = self._asker, self._splice, self._until_close
        self._forget()
        self.transport = None
        if splice is not None:
            splice.upstream_gone()
        elif asker is None:
            return
        elif until_close and exc is None:
            asker.response_over(reusable=False)
        else:
            asker.upstream_failed(_loss(exc))

    def pause_writing(self) -> None:
        """Pass on that the upstream is full."""
        self._tell_full(full=True)

    def resume_writing(self) -> None:
        """Pass on that the upstream takes more."""
        self._tell_full(full=False)

    def _tell_full(self, *, full: bool) -> None:
        told = self._splice if self._splice is not None else self._asker
        if told is not None:
            told.upstream_full(full=full)

    def _forget(self) -> None:
        if self.left_idle is not None:
            self.left_idle()
        self._asker = self._splice = self._reader = None
        self._until_close = False

    def _parse(self, asker: Asker, data: bytes) -> None:
        try:
            if self._reader is None:
                self._read_head(asker, data)
            else:
                self._read_body(asker, self._reader, data)
        except ChunkFault as fault:
            self._fail(asker, UpstreamMalformed(Reason.NOT_HTTP, str(fault)))
        except UpstreamMalformed as failure:
            self._fail(asker, failure)

    def _fail(self, asker: Asker, failure: UpstreamMalformed) -> None:
        self.abort()
        asker.upstream_failed(failure)

    def _read_head(self, asker: Asker, data: bytes) -> None:
        if self._buffer:
            data, self._buffer = self._buffer + data, b""
        end = data.find(HEAD_END)
        if end < 0:
            if len(data) > RESPONSE_HEAD_BYTES:
                raise UpstreamMalformed(Reason.NOT_HTTP, "its answer's head has no end")
            self._buffer = data
            return
        end += len(HEAD_END)
        head, rest = read_response(data[:end]), data[end:]
        if head.status < 200:  # noqa: PLR2004 - interim, RFC 9110, section 15.2
            self._take_interim(asker, head, rest)
            return
        body = response_body(head, self._method)
        self._reader = reader_of(body)
        self._keeps_alive = body.kind is not BodyKind.UNTIL_CLOSE and keeps_alive(head)
        self._until_close = body.kind is BodyKind.UNTIL_CLOSE
        asker.response(head, body)
        if self._reader is not None:  # else the asker has let go of us meanwhile
            self._read_body(asker, self._reader, rest)
            asker.flush()

    def _take_interim(self, asker: Asker, head: ResponseHead, rest: bytes) -> None:
        self._interim += 1
        if self._interim > MOST_INTERIM:
            raise UpstreamMalformed(Reason.NOT_HTTP, "it never comes to an answer")
        if head.status != SWITCHING:
            asker.interim(head)
            if rest and self._asker is asker:
                self._read_head(asker, rest)
            return
        if not asker.upgrade:
            raise UpstreamMalformed(Reason.NOT_HTTP, "it switched protocols unasked")
        asker.switched(head, rest)

    def _read_body(self, asker: Asker, reader: BodyReader, data: bytes) -> None:
        content = reader.feed(data) if data else b""
        if content:
            asker.content(content)
        if reader.done and self._asker is asker:
            # Bytes beyond the end answer nothing that was asked (threat B14).
            reusable = self._keeps_alive and not reader.rest
            self._asker = self._reader = None
            self.reused = True
            asker.response_over(reusable=reusable)


def _loss(exc: Exception | None) -> UpstreamError:
    """Tell a tunnel that ended, which hurts a request by chance, from a notebook that hung up on it."""
    if isinstance(exc, UpstreamLost):
        return TunnelDown(exc.reason, exc.detail)
    return UpstreamLost(Reason.HUNG_UP, "the notebook hung up")
