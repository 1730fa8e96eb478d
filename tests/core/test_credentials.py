"""gateway.core.credentials: what a request shows, and its target without it."""

import pytest

from gateway.core.credentials import is_api_path, is_our_token, presented
from gateway.core.head import Header, RequestHead

COOKIE = b"gateway"


def shown(
    *headers: Header, target: bytes = b"/alice/", api: bool = True
) -> tuple[list[str], str | None, bytes]:
    return presented(RequestHead(b"GET", target, list(headers)), cookie=COOKIE, api_path=api)


@pytest.mark.parametrize(
    ("lines", "sessions"),
    [
        ([b"gateway=abc"], ["abc"]),
        ([b"a=1; gateway=abc; b=2"], ["abc"]),
        ([b"a=1", b"gateway=abc"], ["abc"]),
        ([b"gateway=abc; gateway=def"], ["abc", "def"]),  # C7: the caller takes two for none
        ([b"gateway=abc", b"gateway=abc"], ["abc", "abc"]),
        ([b"xgateway=abc; gateway2=abc; GATEWAY=abc; alice.gateway=x"], []),  # C8
        ([b'a="x; gateway=stolen"'], []),  # C8
        ([b"gateway=", b"gateway"], []),
        ([b"gateway=a b", b"gateway=\xff"], []),
        ([b"gateway =abc", b"x gateway=abc", b"gateway=abc=d", b'gateway="abc"'], []),
        ([b"a;gateway=abc ; b"], ["abc"]),
        ([b"\tgateway=abc;gateway=def"], ["abc", "def"]),
    ],
)
def test_c8_session_cookies_by_exact_name(lines: list[bytes], sessions: list[str]) -> None:
    assert shown(*[(b"cookie", line) for line in lines])[0] == sessions


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (b"Bearer gwp_abc", "gwp_abc"),
        (b"token gwp_abc", "gwp_abc"),
        (b"TOKEN  gwp_abc", "gwp_abc"),
        (b"Basic gwp_abc", None),
        (b"token 0123", None),  # C9: the notebook's own
        (b"gwp_abc", None),
        (b"Bearer gwp_\xff", "gwp_"),
    ],
)
def test_tokens_in_authorization(value: bytes, token: str | None) -> None:
    assert shown((b"authorization", value))[1] == token
    assert is_our_token(value) is (token is not None)


@pytest.mark.parametrize(
    ("target", "token", "left"),
    [
        (b"/alice/api?token=gwp_a", "gwp_a", b"/alice/api"),
        (b"/alice/api?x=%2F&token=gwp_a&y=a+b", "gwp_a", b"/alice/api?x=%2F&y=a+b"),
        (b"/alice/api?token=gwp_a&token=gwp_b", "gwp_a", b"/alice/api"),
        (b"/alice/api?token=gwp%5Fa", "gwp_a", b"/alice/api"),
        (b"/alice/api?%74oken=gwp_a&x", "gwp_a", b"/alice/api?x"),
        (b"/alice/api?token%3Dgwp_a", None, b"/alice/api?token%3Dgwp_a"),
        (b"/alice/api?token=abc", None, b"/alice/api?token=abc"),
        (b"/alice/api?xtoken=gwp_a", None, b"/alice/api?xtoken=gwp_a"),
        (b"/alice/token=gwp_a", None, b"/alice/token=gwp_a"),
    ],
)
def test_tokens_in_the_query(target: bytes, token: str | None, left: bytes) -> None:
    assert shown(target=target)[1:] == (token, left)


def test_a_token_in_a_pages_address_is_taken_out_and_does_not_count() -> None:
    """Threat D11."""
    assert shown(target=b"/alice/lab?token=gwp_a", api=False)[1:] == (None, b"/alice/lab")


def test_a_token_in_a_link_does_not_count() -> None:
    """Else a link could put one member's page before another who has no grant for it."""
    found = shown((b"sec-fetch-mode", b"navigate"), target=b"/alice/files/x.html?token=gwp_a")

    assert found[1:] == (None, b"/alice/files/x.html")


def test_the_header_comes_first() -> None:
    found = shown((b"authorization", b"Bearer gwp_a"), target=b"/alice/api?token=gwp_b")

    assert found[1:] == ("gwp_a", b"/alice/api")


@pytest.mark.parametrize(
    ("rest", "api"),
    [
        (b"/api", True),
        (b"/api?x", True),
        (b"/api/kernels", True),
        (b"/files/x.ipynb", True),
        (b"/terminals/websocket/1", True),
        (b"/alice/api/kernels", True),
        (b"/lab/api/settings", True),
        (b"/a/b/api/kernels", False),
        (b"//api/kernels", False),
        (b"/apix", False),
        (b"/lab", False),
        (b"/", False),
        (b"/terminals/1", False),
    ],
)
def test_api_paths(rest: bytes, api: bool) -> None:  # noqa: FBT001 - a table
    assert is_api_path(rest) is api
