"""Our own cookies' names, and what becomes of a notebook's cookies on their way through.

In path routing all notebooks share one origin, so a notebook's cookie is kept to its route's path and
gets the route's name before its own; two notebooks would log each other out else. ``_xsrf`` keeps its
name, because Jupyter's scripts read it, and so the gateway never owns a cookie of that name.
"""

from typing import Final

from gateway.core.names import NotebookName

SESSION_COOKIE: Final = b"gateway"
RESERVED: Final = (b"gateway", b"__host-", b"__secure-", b"__http-")
"""Beginnings of names, in lower case, that a notebook may not set: ours, and those that bind an origin."""
READ_BY_SCRIPTS: Final = frozenset({b"_xsrf", b"_streamlit_xsrf"})
KEPT_ATTRIBUTES: Final = frozenset({b"expires", b"max-age", b"httponly", b"samesite", b"secure"})


def session_cookie_name(*, secure: bool) -> bytes:
    """Return the session cookie's name; over https the prefix binds it to host and path (RFC 6265bis, 4.1.3)."""
    return b"__Host-" + SESSION_COOKIE if secure else SESSION_COOKIE


def cookies_for_notebook(line: bytes, name: NotebookName, *, by_path: bool) -> bytes:
    """Return of a Cookie field what belongs to the notebook ``name``; perhaps nothing."""
    mark = _mark(name) if by_path else b""
    kept = []
    for pair in line.split(b";"):
        cookie = pair.strip()
        called = cookie.partition(b"=")[0]
        if called in READ_BY_SCRIPTS:
            kept.append(cookie)
        elif not _is_reserved(called) and called.startswith(mark):
            kept.append(cookie[len(mark) :])
    return b"; ".join(kept)


def cookie_from_notebook(
    value: bytes, name: NotebookName, *, by_path: bool, secure: bool
) -> bytes | None:
    """Return a notebook's Set-Cookie as it goes to the browser; None if it may not be set."""
    pair, *attributes = [part.strip() for part in value.split(b";")]
    called, equals, _ = pair.partition(b"=")
    if not equals or not called or _is_reserved(called):
        return None
    if by_path and called not in READ_BY_SCRIPTS:
        pair = _mark(name) + pair
    path = b"/%b/" % name.encode() if by_path else b"/"
    kept = [pair, b"Path=" + path]
    for attribute in attributes:
        what = attribute.partition(b"=")[0].strip().lower()
        if what in KEPT_ATTRIBUTES and (secure or what != b"secure"):
            kept.append(attribute)
    return b"; ".join(kept)


def _mark(name: NotebookName) -> bytes:
    return name.encode() + b"."


def _is_reserved(called: bytes) -> bool:
    return called.lower().startswith(RESERVED)
