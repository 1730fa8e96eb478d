"""gateway.core.cookies: names, and what becomes of cookies on their way through."""

from gateway.core.cookies import session_cookie_name


def test_session_cookie_is_bound_to_its_host_over_https() -> None:
    assert session_cookie_name(secure=True) == b"__Host-gateway"
    assert session_cookie_name(secure=False) == b"gateway"
