"""Where a message ends, and which requests are clear enough to be passed on (RFC 9112).

Two programs that read the same bytes differently are how requests are smuggled. So what is doubtful is
refused here, beside what the parser itself refuses; nothing is repaired.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from gateway.core.head import RequestHead, ResponseHead
from gateway.errors import Reason, RequestInvalid, UpstreamMalformed

TARGET: Final = re.compile(rb"/[!-\"$-~]*")
"""Origin form (RFC 9112, section 3.2.1): visible ASCII from a slash on, and no fragment."""
MOST_DIGITS: Final = 18
"""A length that any 64-bit program reads alike."""
WEBSOCKET_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
WEBSOCKET_VERSION: Final = b"13"
BODILESS: Final = frozenset({204, 304})
NOT_PASSED: Final = frozenset({b"CONNECT", b"TRACE"})
"""The one asks for a tunnel; the other would show the client what we add for the notebook alone."""
FRAMING_FIELDS: Final = frozenset({b"content-length", b"transfer-encoding"})
ASKED_OF_A_REQUEST: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"}
)


class BodyKind(Enum):
    """How a body's end is known."""

    NONE = auto()
    SIZED = auto()
    CHUNKED = auto()
    UNTIL_CLOSE = auto()


class Body(NamedTuple):
    """What follows a head; ``size`` counts for SIZED only."""

    kind: BodyKind
    size: int = 0


NO_BODY: Final = Body(BodyKind.NONE)
CHUNKED_BODY: Final = Body(BodyKind.CHUNKED)
BODY_UNTIL_CLOSE: Final = Body(BodyKind.UNTIL_CLOSE)


def check_request(head: RequestHead) -> None:
    """Raise RequestInvalid for what is not one clear HTTP/1.x request in origin form."""
    _check_line(head)
    found: dict[bytes, bytes] = {}
    for name, value in head.headers:
        if name in ASKED_OF_A_REQUEST:
            if name in found:
                raise RequestInvalid(400, f"the field {name.decode()} is there twice")
            found[name] = value
    if not found.get(b"host"):
        raise RequestInvalid(400, "the field host is missing")
    _check_length(head, found)
    if found.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise RequestInvalid(417, "the only expectation that is understood is 100-continue")


def _check_line(head: RequestHead) -> None:
    if head.minor not in (0, 1):
        raise RequestInvalid(505, "this is not HTTP/1.0 or HTTP/1.1")
    if head.method in NOT_PASSED:
        raise RequestInvalid(501, "this method is not passed on")
    if TARGET.fullmatch(head.target) is None:
        raise RequestInvalid(400, "the request target must be a path, and hold no fragment")


def _check_length(head: RequestHead, found: dict[bytes, bytes]) -> None:
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if length is None and coding is None:
        return
    if length is not None and coding is not None:
        raise RequestInvalid(400, "content-length and transfer-encoding contradict each other")
    if length is not None and _size(length) is None:
        raise RequestInvalid(400, "the content-length is not a number")
    if coding is not None:
        if not head.minor:
            raise RequestInvalid(400, "HTTP/1.0 has no transfer-encoding")
        if coding.lower() != b"chunked":
            raise RequestInvalid(501, "the only transfer-encoding that is understood is chunked")
    # Some programs offer h2c with every request, bodies or not; that is ignored, and so harmless.
    if length != b"0" and b"websocket" in found.get(b"upgrade", b"").lower():
        raise RequestInvalid(400, "a request for a WebSocket can't have a body")


def request_body(head: RequestHead) -> Body:
    """Return what follows ``head``, which has passed ``check_request``."""
    length = head.first(b"content-length")
    if length is not None:
        size = int(length)
        return Body(BodyKind.SIZED, size) if size else NO_BODY
    return NO_BODY if head.first(b"transfer-encoding") is None else CHUNKED_BODY


def response_body(head: ResponseHead, method: bytes) -> Body:
    """Return what follows the response ``head`` to ``method``; raise UpstreamMalformed if in doubt.

    RFC 9112, section 6.3; where it lets a recipient guess, this one does not.
    """
    stated: Body | None = None
    for name, value in head.headers:
        if name in FRAMING_FIELDS:
            if stated is not None:
                raise UpstreamMalformed(Reason.NOT_HTTP, "its answer states its length twice")
            stated = _stated(head, name, value)
    if method == b"HEAD" or head.status in BODILESS or head.status < 200:  # noqa: PLR2004 - 1xx
        return NO_BODY
    return BODY_UNTIL_CLOSE if stated is None else stated


def _stated(head: ResponseHead, name: bytes, value: bytes) -> Body:
    if name == b"transfer-encoding":
        if value.lower() != b"chunked" or not head.minor:
            raise UpstreamMalformed(Reason.NOT_HTTP, "its answer has a coding that we do not know")
        return CHUNKED_BODY
    size = _size(value)
    if size is None:
        raise UpstreamMalformed(Reason.NOT_HTTP, "the length of its answer is not a number")
    return Body(BodyKind.SIZED, size) if size else NO_BODY


def keeps_alive(head: RequestHead | ResponseHead) -> bool:
    """Say whether the connection stays open after this message (RFC 9112, section 9.3)."""
    alive = head.minor > 0
    if head.first(b"connection") is None:
        return alive
    for name, value in head.headers:
        if name == b"connection":
            wishes = value.lower()
            if b"close" in wishes:
                return False
            alive = alive or b"keep-alive" in wishes
    return alive


def wants_upgrade(head: RequestHead) -> bool:
    """Say whether ``head`` opens a WebSocket; raise RequestInvalid if it tries to, and wrongly.

    RFC 6455, section 4.2.1. Any other upgrade is ignored, as RFC 9110, section 7.8 allows.
    """
    asked = head.first(b"upgrade")
    if asked is None and head.first(b"sec-websocket-key") is None:
        return False
    keys = head.every(b"sec-websocket-key")
    if asked is None or asked.lower() != b"websocket":
        if keys:
            raise RequestInvalid(400, "a WebSocket needs the field upgrade: websocket")
        return False
    if head.method != b"GET" or not head.minor:
        raise RequestInvalid(400, "a WebSocket is asked for with GET and HTTP/1.1")
    if not any(b"upgrade" in _tokens(value) for value in head.every(b"connection")):
        raise RequestInvalid(400, "a WebSocket needs the field connection: upgrade")
    if head.every(b"sec-websocket-version") != [WEBSOCKET_VERSION]:
        raise RequestInvalid(426, "the only WebSocket version that is understood is 13")
    if len(keys) != 1 or WEBSOCKET_KEY.fullmatch(keys[0]) is None:
        raise RequestInvalid(400, "the sec-websocket-key is not 16 bytes in base64")
    return True


def _size(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= MOST_DIGITS else None


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]
