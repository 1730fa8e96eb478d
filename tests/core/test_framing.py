"""gateway.core.framing: what is one clear request, and where messages end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.framing import (
    Body,
    BodyKind,
    check_request,
    keeps_alive,
    request_body,
    response_body,
    wants_upgrade,
)
from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.errors import RequestInvalid, UpstreamMalformed

HOST: Header = (b"host", b"gw")


def request(*headers: Header, target: bytes = b"/alice/", minor: int = 1) -> RequestHead:
    return RequestHead(b"POST", target, [HOST, *headers], minor)


def refused(head: RequestHead) -> int:
    with pytest.raises(RequestInvalid) as refusal:
        check_request(head)
    return refusal.value.status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param([(b"content-length", b"5"), (b"transfer-encoding", b"chunked")], 400, id="B1"),
        pytest.param([(b"content-length", b"5"), (b"content-length", b"6")], 400, id="B2-two"),
        pytest.param([(b"content-length", b"5"), (b"content-length", b"5")], 400, id="B2-same"),
        pytest.param([(b"content-length", b"+5")], 400, id="B2-plus"),
        pytest.param([(b"content-length", b"5, 5")], 400, id="B2-list"),
        pytest.param([(b"content-length", b"0x5")], 400, id="B2-hex"),
        pytest.param([(b"content-length", b"-1")], 400, id="B2-negative"),
        pytest.param([(b"content-length", b"")], 400, id="B2-empty"),
        pytest.param([(b"content-length", "\u0665".encode())], 400, id="B2-arabic"),
        pytest.param([(b"transfer-encoding", b"xchunked")], 501, id="B3-x"),
        pytest.param([(b"transfer-encoding", b"\x0bchunked")], 501, id="B3-vt"),
        pytest.param([(b"transfer-encoding", b"chunked, identity")], 501, id="B3-list"),
        pytest.param([(b"transfer-encoding", b"gzip, chunked")], 501, id="B3-gzip"),
        pytest.param(
            [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
            400,
            id="B3-two",
        ),
        pytest.param([(b"upgrade", b"websocket"), (b"content-length", b"5")], 400, id="B8-sized"),
        pytest.param(
            [(b"upgrade", b"websocket"), (b"transfer-encoding", b"chunked")], 400, id="B8-chunked"
        ),
        pytest.param(
            [(b"upgrade", b"h2c, WebSocket"), (b"content-length", b"5")], 400, id="B8-list"
        ),
        pytest.param([(b"content-length", b"9" * 21)], 400, id="B20"),
        pytest.param([(b"host", b"bob")], 400, id="A11"),
        pytest.param([(b"host", b"gw")], 400, id="A11-same"),
        pytest.param([(b"expect", b"200-maybe")], 417, id="expect"),
    ],
)
def test_doubtful_framing_is_refused(headers: list[Header], status: int) -> None:
    assert refused(request(*headers)) == status


def test_chunked_in_http_1_0_is_refused() -> None:
    """Threat B19."""
    assert refused(request((b"transfer-encoding", b"chunked"), minor=0)) == 400


@pytest.mark.parametrize("headers", [[], [(b"host", b"")]])
def test_host_is_needed(headers: list[Header]) -> None:
    """Threats A12 and A13."""
    assert refused(RequestHead(b"GET", b"/", headers)) == 400


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE"])
def test_methods_that_show_or_tunnel_are_refused(method: bytes) -> None:
    assert refused(RequestHead(method, b"/alice/", [HOST])) == 501


def test_an_offer_of_h2c_does_not_forbid_a_body() -> None:
    """Java's client makes it with every request; that it is not taken is all there is to it."""
    head = request((b"upgrade", b"h2c"), (b"content-length", b"5"))

    check_request(head)

    assert not wants_upgrade(head)
    assert request_body(head) == Body(BodyKind.SIZED, 5)


def test_other_versions_are_refused() -> None:
    """Threat B7."""
    assert refused(request(minor=9)) == 505


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"http://bob.gw/x", id="A14"),
        pytest.param(b"/alice/x#/bob", id="A15"),
        pytest.param(b"*", id="asterisk"),
        pytest.param(b"", id="empty"),
        pytest.param(b"alice", id="relative"),
        pytest.param(b"/a b", id="space"),
        pytest.param(b"/a\x00", id="A17-nul"),
        pytest.param(b"/a\r\nx: y", id="A17-crlf"),
        pytest.param("/é".encode(), id="non-ascii"),
        pytest.param(b"/a\x7f", id="delete"),
    ],
)
def test_target_is_in_origin_form(target: bytes) -> None:
    assert refused(request(target=target)) == 400


@pytest.mark.parametrize("target", [b"/", b"/a%00%0d%0a?x=%2f", b"/a?x=a+b&c='\"<>{}|^`"])
def test_clear_requests_pass(target: bytes) -> None:
    check_request(request((b"content-length", b"5"), target=target))


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ((b"accept", b"x"), Body(BodyKind.NONE)),
        ((b"content-length", b"0"), Body(BodyKind.NONE)),
        ((b"content-length", b"12"), Body(BodyKind.SIZED, 12)),
        ((b"transfer-encoding", b"Chunked"), Body(BodyKind.CHUNKED)),
    ],
)
def test_body_of_a_request(header: Header, body: Body) -> None:
    head = request(header)
    check_request(head)

    assert request_body(head) == body


@pytest.mark.parametrize(
    ("method", "status", "header", "body"),
    [
        (b"GET", 200, (b"content-length", b"12"), Body(BodyKind.SIZED, 12)),
        (b"GET", 200, (b"content-length", b"0"), Body(BodyKind.NONE)),
        (b"GET", 200, (b"transfer-encoding", b"chunked"), Body(BodyKind.CHUNKED)),
        (b"GET", 200, (b"x", b"y"), Body(BodyKind.UNTIL_CLOSE)),
        (b"HEAD", 200, (b"content-length", b"12"), Body(BodyKind.NONE)),
        (b"GET", 204, (b"content-length", b"12"), Body(BodyKind.NONE)),
        (b"GET", 304, (b"content-length", b"12"), Body(BodyKind.NONE)),
        (b"GET", 101, (b"x", b"y"), Body(BodyKind.NONE)),
    ],
)
def test_body_of_a_response(method: bytes, status: int, header: Header, body: Body) -> None:
    """Threat B16: what has no body has none, whatever its head says."""
    assert response_body(ResponseHead(status, b"", [header]), method) == body


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"5"), (b"content-length", b"6")],
        [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")],
        [(b"content-length", b"x")],
        [(b"transfer-encoding", b"gzip")],
        [(b"transfer-encoding", b"chunked, chunked")],
    ],
)
def test_doubtful_responses_are_refused(headers: list[Header]) -> None:
    """Threat B14."""
    with pytest.raises(UpstreamMalformed):
        response_body(ResponseHead(200, b"", headers), b"GET")


@pytest.mark.parametrize(
    ("minor", "connection", "alive"),
    [
        (1, None, True),
        (1, b"close", False),
        (1, b"Keep-Alive, Close", False),
        (0, None, False),
        (0, b"Keep-Alive", True),
        (0, b"close", False),
    ],
)
def test_keeping_alive(minor: int, connection: bytes | None, alive: bool) -> None:  # noqa: FBT001 - a table
    headers = [] if connection is None else [(b"connection", connection)]

    assert keeps_alive(RequestHead(b"GET", b"/", headers, minor)) is alive


WEBSOCKET: list[Header] = [
    (b"upgrade", b"WebSocket"),
    (b"connection", b"keep-alive, Upgrade"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
]


def asking(**changes: bytes | None) -> RequestHead:
    """A WebSocket's request with some fields changed, or left out."""
    wanted = {name.encode().replace(b"_", b"-"): value for name, value in changes.items()}
    fields = [(name, wanted.get(name, value)) for name, value in WEBSOCKET]
    return RequestHead(b"GET", b"/", [(n, v) for n, v in fields if v is not None])


def test_websocket_is_recognised() -> None:
    assert wants_upgrade(asking())


@pytest.mark.parametrize(
    "head", [RequestHead(b"GET", b"/"), RequestHead(b"GET", b"/", [(b"upgrade", b"h2c")])]
)
def test_other_upgrades_are_ignored(head: RequestHead) -> None:
    assert not wants_upgrade(head)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (asking(sec_websocket_version=b"7"), 426),
        (asking(sec_websocket_version=None), 426),
        (asking(connection=b"keep-alive"), 400),
        (asking(connection=None), 400),
        (asking(upgrade=None), 400),
        (asking(upgrade=b"h2c"), 400),
        (asking(sec_websocket_key=b"short"), 400),
        (asking(sec_websocket_key=None), 400),
        (RequestHead(b"POST", b"/", WEBSOCKET), 400),
        (RequestHead(b"GET", b"/", WEBSOCKET, 0), 400),
    ],
)
def test_wrong_websockets_are_refused(head: RequestHead, status: int) -> None:
    """Threat E8."""
    with pytest.raises(RequestInvalid) as refusal:
        wants_upgrade(head)
    assert refusal.value.status == status


@given(st.binary(max_size=40), st.sampled_from([b"content-length", b"transfer-encoding"]))
def test_framing_fields_never_crash(value: bytes, name: bytes) -> None:
    """Whatever a framing field holds, there is a body or a refusal."""
    head = request((name, value))
    try:
        check_request(head)
    except RequestInvalid:
        return
    assert request_body(head).kind is not BodyKind.UNTIL_CLOSE
