"""The chunked coding (RFC 9112, section 7.1), decoded to the letter and written anew.

llhttp would decode it too, but runs on into the message after it without saying where one ended;
the door must stop there. Extensions are read and dropped, and so are trailers.
"""

import re
from enum import Enum, auto
from typing import Final

TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
SIZE_LINE: Final = re.compile(
    rb"([0-9A-Fa-f]{1,15})(?:;%b(?:=(?:%b|\"[^\"\\\x00-\x08\x0a-\x1f\x7f]*\"))?)*" % (TOKEN, TOKEN)
)
TRAILER_LINE: Final = re.compile(rb"%b:[^\x00-\x08\x0a-\x1f\x7f]*" % TOKEN)
LONGEST_LINE: Final = 1024
MOST_TRAILER_BYTES: Final = 8 * 1024
LAST_CHUNK: Final = b"0\r\n\r\n"


class ChunkFault(Exception):
    """A body that is not properly chunked."""


class _Next(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()


class ChunkDecoder:
    """Takes bytes of a chunked body and gives back its content."""

    __slots__ = ("_left", "_next", "_partial", "_trailer_bytes", "done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        """What came after the body's end."""
        self._next = _Next.SIZE
        self._left = 0
        self._partial = b""
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Return the content in ``data``; raise ChunkFault."""
        data, self._partial = self._partial + data, b""
        pieces, at, size = [], 0, len(data)
        while at < size and not self.done:
            if self._next is _Next.DATA:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._next = _Next.DATA_END
                continue
            end = data.find(b"\r\n", at, at + LONGEST_LINE)
            if end < 0:
                self._partial = self._beginning(data[at:])
                break
            self._line(data[at:end])
            at = end + 2
        if self.done:
            self.rest = data[at:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _beginning(self, line: bytes) -> bytes:
        """Return ``line``, whose end has not come yet, unless it can't become a good one."""
        if len(line) >= LONGEST_LINE or b"\n" in line or b"\r" in line[:-1]:
            raise ChunkFault("a chunk's line does not end")
        if self._next is _Next.DATA_END and line != b"\r":
            raise ChunkFault("a chunk is longer than its size")
        return line

    def _line(self, line: bytes) -> None:
        if self._next is _Next.DATA_END:
            if line:
                raise ChunkFault("a chunk is longer than its size")
            self._next = _Next.SIZE
        elif self._next is _Next.SIZE:
            self._size(line)
        else:
            self._trailer(line)

    def _size(self, line: bytes) -> None:
        match = SIZE_LINE.fullmatch(line)
        if match is None:
            raise ChunkFault("a chunk's size can't be read")
        self._left = int(match[1], 16)
        self._next = _Next.DATA if self._left else _Next.TRAILER

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > MOST_TRAILER_BYTES or TRAILER_LINE.fullmatch(line) is None:
            raise ChunkFault("a trailer can't be read")


def chunk(content: bytes) -> bytes:
    """Return ``content`` as one chunk."""
    return b"%x\r\n%b\r\n" % (len(content), content)
