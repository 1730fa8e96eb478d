"""Heads onto the wire: written anew, with framing that is ours alone.

What frames a message or belongs to one connection (RFC 9110, section 7.6.1) is never copied from
the head that came in; it is said again from what we understood.
"""

from typing import Final

from gateway.core.framing import Body, BodyKind
from gateway.core.head import Header, RequestHead, ResponseHead

OURS: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_UPGRADE: Final = b"\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n"


def request_bytes(head: RequestHead, body: Body, *, upgrade: bool) -> bytes:
    """Return ``head`` as we send it upstream, always as HTTP/1.1."""
    lines = [b"%b %b HTTP/1.1" % (head.method, head.target)]
    lines += [b": ".join(header) for header in head.headers if header[0] not in OURS]
    return b"\r\n".join(lines) + (_UPGRADE if upgrade else _ending(_framing(body)))


def response_bytes(head: ResponseHead, body: Body, *, connection: bytes) -> bytes:
    """Return ``head`` as we send it to a client, always as HTTP/1.1."""
    return _response_start(head) + _ending(
        _framing(body) if body.kind is not BodyKind.NONE else _told_length(head),
        connection,
    )


def interim_bytes(head: ResponseHead) -> bytes:
    """Return the interim response ``head`` (1xx), which has no framing at all."""
    return _response_start(head) + b"\r\n\r\n"


def switching_bytes(head: ResponseHead) -> bytes:
    """Return the answer that ends HTTP on this connection: the upstream's 101."""
    return _response_start(head) + _UPGRADE


def _response_start(head: ResponseHead) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (head.status, head.reason)]
    lines += [b": ".join(header) for header in head.headers if header[0] not in OURS]
    return b"\r\n".join(lines)


def _ending(framing: bytes | None, connection: bytes = b"") -> bytes:
    ending = b"\r\n\r\n" if framing is None else b"\r\n%b\r\n\r\n" % framing
    return b"\r\nconnection: %b%b" % (connection, ending) if connection else ending


def _framing(body: Body) -> bytes | None:
    match body.kind:
        case BodyKind.SIZED:
            return b"content-length: %d" % body.size
        case BodyKind.CHUNKED:
            return b"transfer-encoding: chunked"
        case BodyKind.NONE | BodyKind.UNTIL_CLOSE:
            return None


def _told_length(head: ResponseHead) -> bytes | None:
    """Return what a bodiless answer to HEAD, or a 304, says about the body it stands for."""
    length = head.first(b"content-length")
    if length is None or not length.isdigit() or head.status == 204:  # noqa: PLR2004 - No Content
        return None
    return b"content-length: " + length


def without(headers: list[Header], *names: bytes) -> list[Header]:
    """Return ``headers`` without those called one of ``names``."""
    return [header for header in headers if header[0] not in names]
