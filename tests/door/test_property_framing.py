"""The door and h11 never disagree about where a message ends, when both accept it."""

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.core.framing import check_request, request_body, response_body
from gateway.core.inventory import Limits
from gateway.door.bodies import reader_of
from gateway.door.chunks import ChunkFault
from gateway.door.head_guard import HEAD_END
from gateway.door.parsing import read_request, read_response
from gateway.errors import RequestInvalid, UpstreamMalformed

Read = tuple[bytes, bytes]
"""A body's content, and what is left after the message; the whole is refused as None."""

FIELD = st.sampled_from(
    [
        b"Content-Length: 5", b"Content-Length: 3", b"content-length: 05", b"Content-Length: 0",
        b"Content-Length: 5, 5", b"Content-Length: +5", b"Content-Length:5 ", b"Content-Length: ",
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked", b"Transfer-Encoding: chunked ",
        b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding:\tchunked",
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b"X: y", b"X:", b"X: a\x00b",
        b"Connection: close", b"Connection: keep-alive", b"Expect: 100-continue", b"X: a\rb", b"X: a\nb",
        b"Connection: Transfer-Encoding", b"Upgrade: h2c", b"TE: trailers", b" folded: x", b"\x0bX: y",
    ]
)  # fmt: skip
BODY = st.one_of(
    st.sampled_from(
        [
            b"hello", b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\nT: t\r\n\r\n",
            b"5\nhello\n0\n\n", b"5;\r\nhello\r\n0\r\n\r\n", b"005\r\nhello\r\n0\r\n\r\n", b"A\r\n0123456789\r\n0\r\n\r\n",
            b"5 \r\nhello\r\n0\r\n\r\n", b"0\r\n\n", b"5\r\nhelloX0\r\n\r\n", b"5\r\nhello\r\n0\r\nX:y\r\n\r\n",
        ]
    ),
    st.binary(max_size=20),
)  # fmt: skip
NEXT = b"GET /next HTTP/1.1\r\nHost: gw.test\r\n\r\n"


def door_reads(raw: bytes, *, response: bool) -> Read | None:
    """Return what the door takes for the body; None if it refuses, or wants more."""
    end = raw.find(HEAD_END) + len(HEAD_END)
    try:
        if response:
            body = response_body(read_response(raw[:end]), b"GET")
        else:
            head = read_request(raw[:end], Limits())
            check_request(head)
            body = request_body(head)
        reader = reader_of(body)
        if reader.done:
            return b"", raw[end:]
        content = reader.feed(raw[end:])
    except (RequestInvalid, UpstreamMalformed, ChunkFault):
        return None
    return (content, reader.rest) if reader.done else None


def h11_reads(raw: bytes, *, response: bool) -> Read | None:
    """Return what h11 takes for the body; None if it refuses, or wants more."""
    connection = h11.Connection(h11.CLIENT if response else h11.SERVER)
    if response:
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    content = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Data):
                content += event.data
            elif isinstance(event, h11.EndOfMessage):
                return content, connection.trailing_data[0]
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None


@settings(max_examples=1000)
@given(st.sampled_from([b"POST", b"GET", b"PUT"]), st.lists(FIELD, max_size=4), BODY)
@example(b"POST", [b"Content-Length: 5", b"Transfer-Encoding: chunked"], b"0\r\n\r\n")
@example(b"POST", [b"Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\nT: t\r\n\r\n")
def test_requests_end_where_h11_says(method: bytes, fields: list[bytes], body: bytes) -> None:
    """Both take the same bytes for the body, and leave the same for the next request."""
    lines = [method + b" /alice/x HTTP/1.1", b"Host: gw.test", *fields, b"", b""]
    raw = b"\r\n".join(lines) + body + NEXT
    ours, theirs = door_reads(raw, response=False), h11_reads(raw, response=False)

    assert ours is None or theirs is None or ours == theirs


@settings(max_examples=1000)
@given(st.sampled_from([b"200", b"204", b"304", b"404"]), st.lists(FIELD, max_size=4), BODY)
def test_responses_end_where_h11_says(status: bytes, fields: list[bytes], body: bytes) -> None:
    """The same for answers."""
    lines = [b"HTTP/1.1 " + status + b" Whatever", *fields, b"", b""]
    raw = b"\r\n".join(lines) + body + b"HTTP/1.1 200 OK\r\n\r\n"
    ours, theirs = door_reads(raw, response=True), h11_reads(raw, response=True)

    assert ours is None or theirs is None or ours == theirs


@settings(max_examples=500)
@given(st.integers(0, 10**7), st.sampled_from([b"", b" ", b"\t"]))
def test_good_requests_are_accepted(size: int, space: bytes) -> None:
    """A sized body of any size is taken: the properties above are not empty."""
    raw = b"PUT /alice/x HTTP/1.1\r\nHost: gw.test\r\nContent-Length:%b%d\r\n\r\n" % (space, size)
    head = read_request(raw, Limits())
    check_request(head)

    assert request_body(head).size == size
