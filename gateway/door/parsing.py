"""Heads off the wire: cut out by us, parsed by llhttp in strict mode."""

from typing import Final

import httptools

from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.core.inventory import Limits
from gateway.door.head_guard import VERSIONS, HeadFault, check_lines, request_line
from gateway.errors import Reason, RequestInvalid, UpstreamMalformed

RESPONSE_HEAD_BYTES: Final = 256 * 1024
RESPONSE_HEADERS: Final = 500


class _Fields:
    """Takes header fields from the parser: names in lower case, values without white space around."""

    __slots__ = ("headers",)

    def __init__(self) -> None:
        self.headers: list[Header] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(b" \t")))


def read_request(raw: bytes, limits: Limits) -> RequestHead:
    """Return the request whose whole head is ``raw``; raise RequestInvalid.

    A fresh parser each time costs half a microsecond more than a kept one, and can't carry anything
    over from the message before.
    """
    fields = _Fields()
    try:
        check_lines(raw, most_bytes=limits.head_bytes, most_lines=limits.header_count)
        httptools.HttpRequestParser(fields).feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # the head is complete; what follows it is ours to judge
    except HeadFault as fault:
        raise RequestInvalid(fault.status, fault.detail) from fault
    except httptools.HttpParserInvalidMethodError as exc:
        raise RequestInvalid(501, "this method is not known") from exc
    except httptools.HttpParserError as exc:
        raise RequestInvalid(400, str(exc)) from exc
    method, target, minor = request_line(raw)
    return RequestHead(method, target, fields.headers, minor)


def read_response(raw: bytes) -> ResponseHead:
    """Return the response whose whole head is ``raw``; raise UpstreamMalformed."""
    fields = _Fields()
    parser = httptools.HttpResponseParser(fields)
    try:
        check_lines(raw, most_bytes=RESPONSE_HEAD_BYTES, most_lines=RESPONSE_HEADERS)
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except (HeadFault, httptools.HttpParserError) as exc:
        raise UpstreamMalformed(Reason.NOT_HTTP, f"its answer is not HTTP: {exc}") from exc
    version, _, rest = raw[: raw.index(b"\r\n")].partition(b" ")
    if version not in VERSIONS:
        raise UpstreamMalformed(Reason.NOT_HTTP, "it does not speak HTTP/1.0 or HTTP/1.1")
    return ResponseHead(parser.get_status_code(), rest[4:], fields.headers, VERSIONS[version])
