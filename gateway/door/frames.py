"""Where one WebSocket frame ends and the next begins, so that we may put in one of our own.

What an upstream sends is spliced, not parsed: this reads frame headers only (RFC 6455, section 5.2)
and judges nothing. A control frame may stand between any two frames, also inside a fragmented
message (section 5.4), so to be between frames is all that we need.
"""

from typing import Final

POLICY_VIOLATION: Final = 1008
SERVICE_RESTART: Final = 1012
MOST_FRAMES_AT_ONCE: Final = 4096
"""More in one read is a flood of empty frames: then not tracking costs less than tracking."""

_CLOSE: Final = 8
_PING_FRAME: Final = b"\x89\x00"


class FrameTracker:
    """Follows the frames that pass by, in one direction."""

    __slots__ = ("_header", "_skip", "closed", "lost")

    def __init__(self) -> None:
        self.closed = False
        """Whether a Close frame has gone by: nothing may follow it."""
        self.lost = False
        """Whether tracking was given up."""
        self._skip = 0
        self._header = b""

    @property
    def between(self) -> bool:
        """Whether the last byte seen was the last of a frame."""
        return not (self._skip or self._header or self.lost)

    def feed(self, data: bytes) -> None:
        """Follow ``data``, the next bytes of the stream."""
        if self.lost:
            return
        if self._skip >= len(data):
            self._skip -= len(data)
            return
        buffer, at = self._header + data, self._skip
        size = len(buffer)
        for _ in range(MOST_FRAMES_AT_ONCE):
            end = self._end(buffer, at)
            if end is None:
                break
            at = end
        else:
            self.lost = True
        self._skip = max(at - size, 0)
        self._header = buffer[at:]

    def _end(self, buffer: bytes, at: int) -> int | None:
        """Return where the frame that begins at ``at`` ends; None while its header is not whole."""
        start = at + 2
        if start > len(buffer):
            return None
        length = buffer[at + 1] & 0x7F
        if length > 125:  # noqa: PLR2004 - 126 and 127 announce a longer length
            first, start = start, start + (2 if length == 126 else 8)  # noqa: PLR2004
            if start > len(buffer):
                return None
            length = int.from_bytes(buffer[first:start], "big")
        if buffer[at] & 0x0F == _CLOSE:
            self.closed = True
        masked = 4 if buffer[at + 1] & 0x80 else 0
        return start + masked + length


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """Return a Close frame as a server sends it: unmasked."""
    payload = code.to_bytes(2, "big") + reason[:123]
    return bytes((0x88, len(payload))) + payload


def ping_frame() -> bytes:
    """Return an empty Ping as a server sends it."""
    return _PING_FRAME


def answers_close(data: bytes) -> bool:
    """Say whether ``data`` from a client looks like its half of the closing handshake.

    A guess, used only to hang up sooner: a masked Close with a code is eight bytes, alone or last.
    """
    return data[:1] == b"\x88" or data[-8:-7] == b"\x88"
