"""gateway.core.forwarded: whose word on the client counts."""

from ipaddress import ip_network

import pytest

from gateway.core.forwarded import Client, client_of
from gateway.core.head import RequestHead

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def asked(*forwarded: bytes, proto: bytes | None = None) -> RequestHead:
    headers = [(b"host", b"gw"), *((b"x-forwarded-for", line) for line in forwarded)]
    if proto is not None:
        headers.append((b"x-forwarded-proto", proto))
    return RequestHead(b"GET", b"/", headers)


def test_c4_nobody_is_believed_by_default() -> None:
    """Threat C4."""
    head = asked(b"127.0.0.1", proto=b"https")

    assert client_of(head, peer="10.0.0.1", secure=False, trusted=()) == Client(
        "10.0.0.1", "http", b"gw"
    )


def test_c4_a_stranger_is_not_believed() -> None:
    """Threat C4."""
    found = client_of(asked(b"127.0.0.1"), peer="192.0.2.1", secure=True, trusted=TRUSTED)

    assert found == Client("192.0.2.1", "https", b"gw")


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ([b"192.0.2.7"], "192.0.2.7"),
        ([b"1.1.1.1, 192.0.2.7"], "192.0.2.7"),
        ([b"1.1.1.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ([b"1.1.1.1", b"192.0.2.7"], "192.0.2.7"),
        ([b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ([b"192.0.2.7, nonsense"], "10.0.0.1"),
        ([b"2001:db8::1"], "2001:db8::1"),
        ([b"[2001:db8::1]"], "2001:db8::1"),
        ([b"::ffff:192.0.2.7"], "192.0.2.7"),
        ([b""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_first_from_the_right_that_is_no_proxy(lines: list[bytes], address: str) -> None:
    found = client_of(asked(*lines), peer="10.0.0.1", secure=False, trusted=TRUSTED)

    assert found.address == address


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        (b"https", "https"),
        (b"HTTPS", "https"),
        (b"http, https", "https"),
        (b"https, http", "http"),
        (b"ftp", "http"),
        (b"", "http"),
        (None, "http"),
    ],
)
def test_a_trusted_proxy_knows_the_scheme(proto: bytes | None, scheme: str) -> None:
    found = client_of(asked(proto=proto), peer="10.0.0.1", secure=False, trusted=TRUSTED)

    assert found.scheme == scheme
