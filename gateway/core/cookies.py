"""Our own cookies' names, and what becomes of cookies on their way through."""

from typing import Final

SESSION_COOKIE: Final = b"gateway"


def session_cookie_name(*, secure: bool) -> bytes:
    """Return the session cookie's name; over https the prefix binds it to host and path (RFC 6265bis, 4.1.3)."""
    return b"__Host-" + SESSION_COOKIE if secure else SESSION_COOKIE
