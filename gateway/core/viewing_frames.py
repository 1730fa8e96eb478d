"""A viewer's half of a WebSocket, read strictly (RFC 6455): what is not exactly as it must be ends it.

Whoever uses a notebook is spliced, frame by frame unseen; a viewer's frames are taken apart here, and none goes on.
So the notebook can't read them differently than we do. Of a message no more is kept than is needed to tell what it is.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

PROTOCOL_ERROR: Final = 1002
TOO_BIG: Final = 1009
LARGEST_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_LARGEST_CONTROL_BYTES: Final = 125
_SHORT, _LONG = 126, 127
_EMPTY_MASK: Final = b"\x00\x00\x00\x00"


class Opcode(IntEnum):
    """What a frame is (section 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


_KINDS: Final = frozenset(Opcode)


class Message(NamedTuple):
    """A data message, or a control frame; ``payload`` is its beginning if ``cut``."""

    opcode: Opcode
    payload: bytes
    cut: bool = False


class FrameInvalid(Exception):
    """The viewer's end does not hold to the protocol; ``code`` is the Close that it gets."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ViewerFrames:
    """Reads frames from the bytes that a client sends; keeps ``most_bytes`` of each message."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._header = b""
        self._opcode = Opcode.CONTINUATION
        self._final = True
        self._mask = b""
        self._left: int | None = None
        """How much of the payload is to come; None between frames."""
        self._read = 0
        self._control = b""
        self._message: Opcode | None = None
        """The kind of the message that is under way."""
        self._kept = b""
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield what became whole with ``data``; raise FrameInvalid."""
        while data:
            if self._left is None:
                data = self._read_header(data)
            else:
                data = self._read_payload(data, self._left)
            if self._left == 0:
                self._left = None
                yield from self._finish()

    def _read_header(self, data: bytes) -> bytes:
        """Take a header from ``data``, or what there is of it; return the rest."""
        header = self._header + data[:14]
        size = _header_size(header)
        if size is None or len(header) < size:
            self._header = header
            return data[14:]
        rest = data[size - len(self._header) :]
        self._header = b""
        self._begin(header[:size])
        return rest

    def _begin(self, header: bytes) -> None:
        self._final = bool(header[0] & 0x80)
        self._opcode = Opcode(header[0] & 0x0F)
        self._mask = header[-4:]
        self._left = _length(header)
        self._read = 0
        self._control = b""
        if self._opcode >= Opcode.CLOSE:
            if not self._final or self._left > _LARGEST_CONTROL_BYTES:
                raise FrameInvalid(PROTOCOL_ERROR, "a control frame is in pieces or too long")
            return
        if (self._opcode is Opcode.CONTINUATION) is (self._message is None):
            raise FrameInvalid(PROTOCOL_ERROR, "a message's pieces are out of order")
        if self._message is None:
            self._message, self._kept, self._size = self._opcode, b"", 0
        self._size += self._left
        if self._size > LARGEST_MESSAGE_BYTES:
            raise FrameInvalid(TOO_BIG, "a message is too long")

    def _read_payload(self, data: bytes, left: int) -> bytes:
        """Take payload from ``data``, and keep what there is room for; return the rest."""
        piece, rest = data[:left], data[left:]
        room = self._most_bytes - len(self._kept)
        if self._opcode >= Opcode.CLOSE:
            self._control += self._unmasked(piece)
        elif room > 0:
            self._kept += self._unmasked(piece[:room])
        self._read += len(piece)
        self._left = left - len(piece)
        return rest

    def _unmasked(self, piece: bytes) -> bytes:
        turn = self._read % 4
        mask = self._mask[turn:] + self._mask[:turn]
        wide = (mask * (len(piece) // 4 + 1))[: len(piece)]
        mixed = int.from_bytes(piece, "big") ^ int.from_bytes(wide, "big")
        return mixed.to_bytes(len(piece), "big")

    def _finish(self) -> Iterator[Message]:
        if self._opcode >= Opcode.CLOSE:
            yield Message(self._opcode, self._control)
        elif self._final and self._message is not None:
            kind, self._message = self._message, None
            yield Message(kind, self._kept, cut=self._size > len(self._kept))


def _header_size(header: bytes) -> int | None:
    """Return how long the header is that begins so; None while that can't be known."""
    if not header:
        return None
    if header[0] & 0x70:
        raise FrameInvalid(PROTOCOL_ERROR, "a frame uses an extension that was not agreed on")
    if header[0] & 0x0F not in _KINDS:
        raise FrameInvalid(PROTOCOL_ERROR, "a frame is of no known kind")
    if len(header) == 1:
        return None
    if not header[1] & 0x80:
        raise FrameInvalid(PROTOCOL_ERROR, "a frame is not masked")
    return {_SHORT: 8, _LONG: 14}.get(header[1] & 0x7F, 6)


def _length(header: bytes) -> int:
    stated = header[1] & 0x7F
    if stated < _SHORT:
        return stated
    length = int.from_bytes(header[2:-4], "big")
    least = _SHORT if stated == _SHORT else 1 << 16
    if length < least or length >> 63:
        raise FrameInvalid(PROTOCOL_ERROR, "a frame's length is not told in the shortest way")
    return length


def to_server(opcode: Opcode, payload: bytes) -> bytes:
    """Return a whole frame as a client sends it, for a short payload.

    Masking keeps pages from writing chosen bytes onto a connection; ours are no page's, so nothing is to be hidden.
    """
    return bytes((0x80 | opcode, 0x80 | len(payload))) + _EMPTY_MASK + payload


def to_client(opcode: Opcode, payload: bytes) -> bytes:
    """Return a whole frame as a server sends it."""
    size = len(payload)
    if size < _SHORT:
        head = bytes((0x80 | opcode, size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, _SHORT)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, _LONG)) + size.to_bytes(8, "big")
    return head + payload
