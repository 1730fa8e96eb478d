"""gateway.web.client: browsers and addresses, as a member knows them again."""

import pytest
from starlette.requests import Request

from gateway.web.client import address_of, device_of


def request(**headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.14", "curl"),
        ("", "an unknown browser"),
        ("\x1b[2J\r\nSet-Cookie: x", "an unknown browser"),
    ],
)  # fmt: skip
def test_device_is_said_in_short(agent: str, said: str) -> None:
    """Never in the client's own words (threat D12)."""
    assert device_of(request(user_agent=agent)) == said


@pytest.mark.parametrize(
    ("forwarded", "said"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "unknown"),
        ("1.2.3.4\x1b[2J", "1.2.3.42J"),
        ("1" * 999, "1" * 64),
    ],
)
def test_c4_d12_address_is_the_doors_word(forwarded: str, said: str) -> None:
    """And short, and harmless in a log, whatever it is (threats C4, D12)."""
    assert address_of(request(x_forwarded_for=forwarded)) == said
