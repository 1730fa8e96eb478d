"""The cookies of the control plane's own: read exactly, set narrowly."""

from typing import Final

from fastapi import Request, Response

from gateway.core.cookies import session_cookie_name
from gateway.core.credentials import presented
from gateway.core.head import RequestHead
from gateway.core.identity import Identity
from gateway.web.site import Site

FORM_COOKIE: Final = "gateway-form"
"""Binds a form to the browser it was shown in, while there is no session to bind it to."""
NONCE_COOKIE: Final = "gateway-enter"
"""Binds a one-time code to the browser that it is for."""
NONCE_SECONDS: Final = 600


def session_cookie(site: Site) -> str:
    """Return the name of the cookie that holds a session's secret."""
    return session_cookie_name(secure=site.secure).decode()


def own_cookie(site: Site, name: str) -> str:
    """Return what a cookie of ours is called: over https bound to host and path (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if site.secure else name


def cookie_of(request: Request, name: str) -> str | None:
    """Return the value of the cookie of exactly this name; sent twice, it counts as not sent.

    Another host of the same domain can plant a second one beside ours, and we can't tell them apart.
    """
    values = presented(head_of(request), cookie=name.encode(), api_path=False).sessions
    return values[0] if len(values) == 1 else None


def head_of(request: Request) -> RequestHead:
    """Return the request's head as the door judges it, so that both judge alike; its query is no matter here."""
    return RequestHead(request.method.encode(), b"/", list(request.headers.raw))


def set_cookie(
    response: Response, site: Site, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Set a cookie for this host alone, out of the reach of scripts and of other sites' requests."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=site.secure, httponly=True, samesite="lax"
    )


def drop_cookie(response: Response, site: Site, name: str) -> None:
    """Have the browser forget a cookie of ours."""
    response.delete_cookie(name, path="/", secure=site.secure, httponly=True, samesite="lax")


def hand_session(response: Response, site: Site, secret: str, identity: Identity) -> None:
    """Give the browser its session; the cookie lives as long as the session may."""
    seconds = max(0, int(identity.expires_at - site.clock()))
    set_cookie(response, site, session_cookie(site), secret, seconds=seconds)
