"""A message's body as it streams by: content in, content out, and where it ends."""

from typing import Final, Protocol

from gateway.core.framing import Body, BodyKind
from gateway.door.chunks import LAST_CHUNK, ChunkDecoder, chunk

JOINED_BYTES: Final = 32 * 1024
"""Up to here it is cheaper to copy content into one write than to write in three."""


class BodyReader(Protocol):
    """Tells content from framing, and knows when the message is over."""

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> bytes:
        """Return the content in ``data``; raise ChunkFault."""


class SizedReader:
    """A body whose length was announced."""

    __slots__ = ("_left", "done", "rest")

    def __init__(self, size: int) -> None:
        self._left = size
        self.done = size == 0
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the content in ``data``; it is copied only where a next message follows."""
        self._left -= len(data)
        if self._left > 0:
            return data
        self.done = True
        if self._left < 0:
            self.rest = data[self._left :]
            return data[: self._left]
        return data


class UntilCloseReader:
    """A response that ends with its connection."""

    __slots__ = ("done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return ``data``."""
        return data


def reader_of(body: Body) -> BodyReader:
    """Return what reads ``body``."""
    match body.kind:
        case BodyKind.NONE:
            return SizedReader(0)
        case BodyKind.SIZED:
            return SizedReader(body.size)
        case BodyKind.CHUNKED:
            return ChunkDecoder()
        case BodyKind.UNTIL_CLOSE:
            return UntilCloseReader()


class Sink(Protocol):
    """What a body is written to."""

    def write(self, data: bytes) -> None:
        """Write ``data`` some time soon, in order."""


def write_content(sink: Sink, content: bytes, *, chunked: bool) -> None:
    """Write some of a body's content, framed anew."""
    if not chunked:
        sink.write(content)
    elif len(content) <= JOINED_BYTES:
        sink.write(chunk(content))
    else:
        sink.write(b"%x\r\n" % len(content))
        sink.write(content)
        sink.write(b"\r\n")


def write_end(sink: Sink, *, chunked: bool) -> None:
    """Write what ends a body."""
    if chunked:
        sink.write(LAST_CHUNK)
