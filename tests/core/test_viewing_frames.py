"""gateway.core.viewing_frames: a viewer's frames, read as RFC 6455 has them and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.viewing_frames import (
    LARGEST_MESSAGE_BYTES,
    FrameInvalid,
    Message,
    Opcode,
    ViewerFrames,
    to_client,
    to_server,
)

KEPT = 8
MASK = b"\x01\x7f\xff\x10"


def masked(payload: bytes, mask: bytes = MASK) -> bytes:
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def frame(first: int, payload: bytes, *, mask: bytes = MASK, stated: int | None = None) -> bytes:
    """Return a client's frame, whose length is told in the shortest way unless ``stated`` says how."""
    size = len(payload)
    stated = stated or (size if size < 126 else 126 if size < 65536 else 127)
    longer = {126: 2, 127: 8}.get(stated, 0)
    head = bytes((first, 0x80 | stated)) + size.to_bytes(8, "big")[8 - longer :]
    return head + mask + masked(payload, mask)


def read(*pieces: bytes, most_bytes: int = KEPT) -> list[Message]:
    frames = ViewerFrames(most_bytes)
    return [message for piece in pieces for message in frames.feed(piece)]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 125, 126, 127, 65535, 65536, 100_000])
def test_messages_are_read_and_cut(size: int) -> None:
    """All lengths; no more is kept than was asked for."""
    payload = bytes(i % 251 for i in range(size))

    [message] = read(frame(0x82, payload))

    assert message == Message(Opcode.BINARY, payload[:KEPT], cut=size > KEPT)


def test_pieces_are_one_message_with_control_frames_between() -> None:
    """Section 5.4."""
    stream = frame(1, b"ab") + frame(0x89, b"ping") + frame(0, b"") + frame(0x80, b"cdef")

    assert read(stream) == [Message(Opcode.PING, b"ping"), Message(Opcode.TEXT, b"abcdef")]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"\x82\x01a", 1002),  # not masked
        (b"\x82\x00", 1002),
        (frame(0xC2, b"x"), 1002),  # RSV1, RSV2, RSV3: no extension was agreed on (threat E6)
        (frame(0xA2, b"x"), 1002),
        (frame(0x92, b"x"), 1002),
        *((frame(0x80 | opcode, b"x"), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        (frame(0x80, b"x"), 1002),  # a piece of nothing
        (frame(1, b"x") + frame(0x81, b"y"), 1002),  # a message within a message
        (frame(9, b"x"), 1002),  # a control frame in pieces
        (frame(0x88, b"x" * 126), 1002),  # a control frame that is too long
        (frame(0x82, b"x" * 5, stated=126), 1002),  # a length told in too many bytes
        (frame(0x82, b"x" * 300, stated=127), 1002),
        (b"\x82\xff" + (1 << 63).to_bytes(8, "big") + MASK, 1002),  # threat E7
        (b"\x82\xff" + (LARGEST_MESSAGE_BYTES + 1).to_bytes(8, "big") + MASK, 1009),
        (frame(2, b"x") + b"\x00\xff" + LARGEST_MESSAGE_BYTES.to_bytes(8, "big") + MASK, 1009),
    ],
)
def test_whatever_is_not_as_it_must_be_ends_it(stream: bytes, code: int) -> None:
    """Nothing is guessed."""
    with pytest.raises(FrameInvalid) as caught:
        read(stream)

    assert caught.value.code == code


def test_a_broken_frame_is_refused_before_its_payload_comes() -> None:
    """The first byte is enough, and the second."""
    for beginning in (b"\xc2", b"\x83", b"\x82\x05"):
        with pytest.raises(FrameInvalid):
            read(beginning)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.lists(st.binary(max_size=300), min_size=1))),
    st.binary(min_size=4, max_size=4),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_it_does_not_matter_how_the_bytes_arrive(
    messages: list[tuple[int, list[bytes]]], mask: bytes, sizes: list[int]
) -> None:
    """Any message, in any pieces, in any portions, under any mask."""
    stream = b""
    for kind, pieces in messages:
        for i, piece in enumerate(pieces):
            first = (kind if i == 0 else 0) | (0x80 if i == len(pieces) - 1 else 0)
            stream += frame(first, piece, mask=mask)
    portions, at = [], 0
    while at < len(stream):
        size = sizes[len(portions) % len(sizes)]
        portions.append(stream[at : at + size])
        at += size

    found = read(*portions)

    wanted = [(Opcode(kind), b"".join(pieces)) for kind, pieces in messages]
    assert [(m.opcode, m.payload) for m in found] == [(k, whole[:KEPT]) for k, whole in wanted]
    assert [m.cut for m in found] == [len(whole) > KEPT for _, whole in wanted]


@given(st.lists(st.binary(max_size=200)))
def test_garbage_is_read_or_refused(pieces: list[bytes]) -> None:
    """Nothing else can come of it."""
    try:
        found = read(*pieces)
    except FrameInvalid:
        return
    assert all(len(message.payload) <= 125 for message in found)


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65535, 65536])
def test_our_own_frames_are_frames(size: int) -> None:
    """What we send is told in the shortest way too."""
    payload = b"z" * size
    told = to_client(Opcode.BINARY, payload)

    size_bytes = len(told) - size
    assert size_bytes == (2 if size < 126 else 4 if size < 65536 else 10)
    assert told.endswith(payload)
    if size <= 125:
        assert read(to_server(Opcode.PONG, payload)) == [Message(Opcode.PONG, payload)]
