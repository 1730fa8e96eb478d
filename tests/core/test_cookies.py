"""gateway.core.cookies: names, and what becomes of cookies on their way through."""

import pytest

from gateway.core.cookies import cookie_from_notebook, cookies_for_notebook, session_cookie_name
from gateway.core.names import NotebookName

ALICE = NotebookName("alice")


def test_session_cookie_is_bound_to_its_host_over_https() -> None:
    assert session_cookie_name(secure=True) == b"__Host-gateway"
    assert session_cookie_name(secure=False) == b"gateway"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b"gateway=s; _xsrf=1", b"_xsrf=1"),  # C6
        (b"__Host-gateway=s", b""),  # C6
        (
            b"alice.username-localhost-7001=x; bob.username-localhost-7002=y",
            b"username-localhost-7001=x",
        ),
        (b"stranger=1", b""),
        (b"alice.gateway=x; a=b", b"gateway=x"),
    ],
)
def test_c6_a_notebook_gets_its_own_cookies(line: bytes, kept: bytes) -> None:
    assert cookies_for_notebook(line, ALICE, by_path=True) == kept


def test_on_its_own_host_a_notebook_gets_all_but_ours() -> None:
    line = b"__Host-gateway=s; gateway_state=x; username=1; _xsrf=2; a=b=c"

    assert cookies_for_notebook(line, ALICE, by_path=False) == b"username=1; _xsrf=2; a=b=c"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"u=1; Path=/; HttpOnly; Domain=gw.example", b"alice.u=1; Path=/alice/; HttpOnly"),
        (b"_xsrf=2; Path=/", b"_xsrf=2; Path=/alice/"),  # C7
        (b"u=1; expires=Thu, 01 Jan 2026 00:00:00 GMT; Secure", b"alice.u=1; Path=/alice/; expires=Thu, 01 Jan 2026 00:00:00 GMT"),
        (b'u=""; Max-Age=0; SameSite=Lax; Priority=High', b'alice.u=""; Path=/alice/; Max-Age=0; SameSite=Lax'),
    ],
)  # fmt: skip
def test_a_notebooks_cookie_is_kept_to_its_route(value: bytes, kept: bytes) -> None:
    assert cookie_from_notebook(value, ALICE, by_path=True, secure=False) == kept


@pytest.mark.parametrize(
    "value",
    [b"gateway=x", b"__Host-gateway=x; Path=/", b"gateway=x; Domain=gw.example", b"GATEWAY=x",
     b"gateway_state=x", b"__Secure-x=1", b"no-value", b"=x", b""],
)  # fmt: skip
def test_c7_a_notebook_can_not_set_cookies_like_ours(value: bytes) -> None:
    """Threat C7."""
    assert cookie_from_notebook(value, ALICE, by_path=True, secure=True) is None
    assert cookie_from_notebook(value, ALICE, by_path=False, secure=True) is None


def test_over_https_secure_stays() -> None:
    kept = cookie_from_notebook(b"u=1; Secure", ALICE, by_path=False, secure=True)

    assert kept == b"u=1; Path=/; Secure"


def test_what_is_set_comes_back() -> None:
    """A cookie that the browser was given is the one that the notebook gets."""
    kept = cookie_from_notebook(b"u=1; Path=/", ALICE, by_path=True, secure=False) or b""

    assert cookies_for_notebook(kept.partition(b";")[0], ALICE, by_path=True) == b"u=1"
