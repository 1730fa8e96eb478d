"""gateway.door.chunks: chunked bodies to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.door.chunks import LAST_CHUNK, ChunkDecoder, ChunkFault, chunk

PIECES = st.lists(st.binary(min_size=1, max_size=300), max_size=6)


def feed(decoder: ChunkDecoder, raw: bytes, size: int) -> bytes:
    """Feed ``raw`` in pieces of ``size`` until the body is over; ``rest`` then holds the rest."""
    content = b""
    for at in range(0, len(raw), size):
        content += decoder.feed(raw[at : at + size])
        if decoder.done:
            decoder.rest += raw[at + size :]
            break
    return content


@given(PIECES, st.integers(1, 50), st.sampled_from([b"", b"T: t\r\n", b"A: b\r\nC:d\r\n"]))
def test_content_survives_any_cut(pieces: list[bytes], size: int, trailers: bytes) -> None:
    """Content comes out as it went in, and what follows is left alone."""
    raw = b"".join(map(chunk, pieces)) + b"0\r\n" + trailers + b"\r\n" + b"GET / HTTP/1.1"
    decoder = ChunkDecoder()

    assert feed(decoder, raw, size) == b"".join(pieces)
    assert decoder.done
    assert decoder.rest == b"GET / HTTP/1.1"


@pytest.mark.parametrize("line", [b"5;a", b"5;a=b", b'5;a="b c";d=e', b"0005", b"5;" + b"a" * 900])
def test_extensions_are_dropped(line: bytes) -> None:
    """What is allowed behind a size is read and forgotten."""
    decoder = ChunkDecoder()

    assert decoder.feed(line + b"\r\nhello\r\n" + LAST_CHUNK) == b"hello"
    assert decoder.done


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    "raw",
    [
        b"5\r\nhelloX\r\n", b"5\nhello\r\n", b"5\rhello\r\n", b"5;a\nb\r\n", b"0x5\r\n", b"+5\r\n", b"-1\r\n",
        b" 5\r\n", b"5 \r\n", b"\r\n", b"g\r\n", b"5;\r\n", b"5; a\r\n", b"5,5\r\n", b"1" * 16 + b"\r\n",
        b"0\r\nX : y\r\n", b"0\r\n folded\r\n", b"0\r\nnone\r\n", b"0\n\n", b"5;" + b"a" * 2000,
        b"0\r\n" + b"X: y\r\n" * 4000, b'5;a="\n"\r\n', b"5\r\nhello0\r\n\r\n", b"0\r\nX: \x00\r\n",
    ],
)  # fmt: skip
def test_faults_are_found_however_they_are_cut(raw: bytes, size: int) -> None:
    """A fault is one, whether it comes at once or byte by byte (threats B4, B5)."""
    with pytest.raises(ChunkFault):
        feed(ChunkDecoder(), raw, size)
