"""A viewer's WebSocket: what comes down is spliced as it is; nothing that comes up goes on.

What a viewer's page says only chooses among a few frames that we write ourselves: the question for a room's document,
the Pong that keeps a connection, and, back to the page, what it must hear to be at ease.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Final

from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.core.viewing import View, Viewing
from gateway.core.viewing_frames import (
    FrameInvalid,
    Message,
    Opcode,
    ViewerFrames,
    to_client,
    to_server,
)
from gateway.core.viewing_kernel import LONGEST_QUESTION_BYTES, V1, kernel_answers
from gateway.core.viewing_rooms import LONGEST_SIGN_BYTES, NOTHING, Said, said_in_room
from gateway.door.splice import FarEnd, Splice, SplicedClient
from gateway.door.upstream import Spliced

MOST_ASKED: Final = 64
"""How often one connection may have the notebook answer: a page asks once."""
_PONG: Final = to_server(Opcode.PONG, b"")
"""Jupyter asks for a Pong, not for what is in it."""
_ACCEPT: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""

Hear = Callable[[Message], Said]
Over = Callable[[Splice, int], None]


def splice_for(
    viewing: Viewing | None, request: RequestHead, client: SplicedClient, leg: FarEnd, over: Over
) -> Splice:
    """Return the splice for a WebSocket: a viewer's, or that of somebody who uses the notebook."""
    if viewing is None:
        return Splice(client, leg, over)
    hear: Hear = _said_to_nobody
    most_bytes = 0
    match viewing.view:
        case View.ROOM:
            hear, most_bytes = said_in_room, LONGEST_SIGN_BYTES
        case View.KERNEL:
            hear, most_bytes = (
                partial(_said_to_kernel, v1=_speaks_v1(request)),
                LONGEST_QUESTION_BYTES,
            )
        case _:
            pass
    return ViewedSplice(client, leg, over, hear, most_bytes)


class ViewedSplice(Splice):
    """Two connections of which one only listens."""

    def __init__(
        self, client: SplicedClient, leg: FarEnd, over: Over, hear: Hear, most_bytes: int
    ) -> None:
        super().__init__(client, leg, over)
        self._hear = hear
        self._said = ViewerFrames(most_bytes)
        self._may_ask = MOST_ASKED
        self._full = False

    def from_client(self, data: bytes) -> None:
        """Act on what the client sent; while ending, wait for its Close only."""
        if self._ending:
            super().from_client(data)
            return
        self._heard, self._pinged = True, False
        try:
            for message in self._said.feed(data):
                self._take(message)
                if self._over_already:
                    return
        except FrameInvalid as exc:
            self.stop(exc.code, exc.detail.encode())

    def client_full(self, *, full: bool) -> None:
        """Hold the upstream back while the client takes no more; it is answered nothing then."""
        self._full = full
        super().client_full(full=full)

    def _take(self, message: Message) -> None:
        match message.opcode:
            case Opcode.CLOSE:
                code = message.payload[:2]
                self._tell(to_client(Opcode.CLOSE, code if len(code) > 1 else b""))
                self._finish(self._client.close)
            case Opcode.PING:
                self._tell(to_client(Opcode.PONG, message.payload))
            case Opcode.PONG:
                self._leg.write(_PONG)
            case _:
                self._obey(self._hear(message))

    def _obey(self, said: Said) -> None:
        if said.up and self._may_ask:
            self._may_ask -= 1
            self._leg.write(said.up)
        self._tell(said.down)

    def _tell(self, frames: bytes) -> None:
        """Send the client frames of ours, if they fit in and it takes them."""
        if frames and self._frames.between and not self._frames.closed and not self._full:
            self._client.write(frames)


class Nowhere:
    """The far end of a WebSocket that ends here."""

    def join(self, splice: Spliced) -> None:
        """Have nothing to pass on."""

    def write(self, data: bytes) -> None:
        """Hear nothing."""

    def pause(self) -> None:
        """Read nothing anyway."""

    def resume(self) -> None:
        """Read nothing still."""

    def end_writing(self) -> bool:
        """Say that nobody is left."""
        return False

    def abort(self) -> None:
        """Have nothing to close."""


def agreed(request: RequestHead) -> ResponseHead:
    """Return our own 101 to a handshake for a kernel's WebSocket, which has been checked."""
    key = request.first(b"sec-websocket-key") or b""
    digest = hashlib.sha1(key + _ACCEPT, usedforsecurity=False).digest()
    headers: list[Header] = [(b"sec-websocket-accept", b64encode(digest))]
    if _speaks_v1(request):
        headers.append((b"sec-websocket-protocol", V1))
    return ResponseHead(101, b"Switching Protocols", headers)


def _speaks_v1(request: RequestHead) -> bool:
    offered = b",".join(request.every(b"sec-websocket-protocol"))
    return V1 in [name.strip() for name in offered.split(b",")]


def _said_to_kernel(message: Message, *, v1: bool) -> Said:
    return Said(down=kernel_answers(message, v1=v1))


def _said_to_nobody(_message: Message) -> Said:
    return NOTHING
