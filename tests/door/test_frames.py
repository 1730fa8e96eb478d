"""gateway.door.frames: where frames end, however they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from gateway.door.frames import (
    MOST_FRAMES_AT_ONCE,
    FrameTracker,
    answers_close,
    close_frame,
    ping_frame,
)

FRAMES = st.builds(
    lambda opcode, size, masked: Frame(opcode, b"x" * size).serialize(mask=masked),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000]),
    st.booleans(),
).filter(bool)


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 80_000), max_size=20))
def test_tracker_knows_every_boundary(frames: list[bytes], cuts: list[int]) -> None:
    """It says "between" after each cut exactly where a frame ends."""
    tracker, stream, at = FrameTracker(), b"".join(frames), 0
    ends = {sum(map(len, frames[:i])) for i in range(len(frames) + 1)}
    for size in [*cuts, len(stream)]:
        tracker.feed(stream[at : at + size])
        at = min(at + size, len(stream))

        assert tracker.between is (at in ends)
    assert not tracker.closed


def test_tracker_sees_a_close() -> None:
    """A Close is seen as soon as its header is whole."""
    tracker = FrameTracker()
    tracker.feed(b"\x81\x01x\x88")

    assert not tracker.closed
    tracker.feed(b"\x02")
    assert tracker.closed
    assert not tracker.between


def test_e7_tracker_gives_up_on_a_flood() -> None:
    """Empty frames without end cost little (threat E7)."""
    tracker = FrameTracker()
    tracker.feed(b"\x00\x00" * (MOST_FRAMES_AT_ONCE + 1))

    assert tracker.lost
    assert not tracker.between


def test_e7_tracker_is_not_impressed_by_a_huge_length() -> None:
    """A length of 2^63 is a number to it (threat E7)."""
    tracker = FrameTracker()
    tracker.feed(b"\x82\x7f\x80" + bytes(7) + b"x" * 1000)

    assert not tracker.between


@pytest.mark.parametrize(("frame", "opcode"), [(close_frame(1012, b"x"), 8), (ping_frame(), 9)])
def test_own_frames_are_whole(frame: bytes, opcode: int) -> None:
    """What we put in begins and ends on a boundary, unmasked."""
    tracker = FrameTracker()
    tracker.feed(frame)

    assert tracker.between
    assert frame[0] == 0x80 | opcode
    assert not frame[1] & 0x80


def test_clients_close_is_recognised() -> None:
    """Alone, or at the end of what was read."""
    close = Frame(Opcode.CLOSE, b"\x03\xf0").serialize(mask=True)

    assert answers_close(close)
    assert answers_close(b"\x81\x81aaaab" + close)
    assert not answers_close(b"\x81\x81aaaab")
