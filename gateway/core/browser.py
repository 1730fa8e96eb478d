"""What a request says about the browser it comes from: page or script, and from which site."""

import re
from typing import Final

from gateway.core.head import RequestHead
from gateway.core.inventory import Routing, Server
from gateway.core.names import NAME
from gateway.errors import RequestInvalid

SAFE_METHODS: Final = frozenset({b"GET", b"HEAD", b"OPTIONS"})
FRAMES: Final = frozenset({b"iframe", b"frame", b"embed", b"object"})
"""Where Sec-Fetch-Dest puts a page inside another."""
OWN_SITE: Final = frozenset({None, b"same-origin", b"none"})
"""What Sec-Fetch-Site says of our pages and the address bar; None is a browser that does not say."""
NEXT: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path on the same origin: visible ASCII, no backslash, no second slash."""
LONGEST_NEXT: Final = 2048


def asks_for_page(head: RequestHead) -> bool:
    """Say whether a browser asks for something to show, rather than a script for something to use.

    Browsers say so (Fetch Metadata) on https and loopback only; elsewhere what they accept tells.
    """
    if head.method not in (b"GET", b"HEAD"):
        return False
    mode = head.first(b"sec-fetch-mode")
    if mode is not None:
        return mode == b"navigate"
    if head.first(b"authorization") is not None or head.first(b"upgrade") is not None:
        return False
    return b"text/html" in (head.first(b"accept") or b"")


def from_open_page(head: RequestHead) -> bool:
    """Say whether a script of a page that is already open asks."""
    mode = head.first(b"sec-fetch-mode")
    if mode is not None:
        return mode != b"navigate"
    if head.first(b"authorization") is not None or b"token=gwp_" in head.target:
        return False  # a program with a token of its own, though it may say Origin as browsers do
    traces = (b"origin", b"referer", b"x-xsrftoken")
    return not asks_for_page(head) and any(head.first(name) is not None for name in traces)


def check_site(head: RequestHead, *, origin: bytes, by_token: bool) -> None:
    """Raise RequestInvalid (403) if another site may be behind a request that can change something.

    A notebook whose token we add checks neither origin nor XSRF token: this check is all there is.
    A token of ours is proof enough, for no browser adds it by itself.
    """
    if head.first(b"service-worker") is not None:
        raise RequestInvalid(403, "service workers are not served: they would outlive the page")
    if by_token:
        return
    site = head.first(b"sec-fetch-site")
    if head.method in SAFE_METHODS and head.first(b"upgrade") is None:
        # A sibling (same-site) is another site too: in host routing it may be another notebook.
        if site not in OWN_SITE and head.first(b"sec-fetch-mode") != b"navigate":
            raise RequestInvalid(403, "this was asked for by another site")
        return
    if site not in OWN_SITE:
        raise RequestInvalid(403, "this was sent by another site")
    if not _sent_by(origin, head, site):
        raise RequestInvalid(403, "this was not sent by a page of this site")


def check_route(head: RequestHead, *, base: bytes) -> None:
    """Raise RequestInvalid (403) if a page of another route is behind a request that loads no page.

    In path routing all routes share one origin, and the Referer is all that tells them apart: ``base`` is
    the address that it must begin with. A script can say another page of the origin there, so this stops
    what does not know of the gateway, and no more; see docs/explanation/threat-model.md.
    """
    mode = head.first(b"sec-fetch-mode")
    framed = head.first(b"sec-fetch-dest") in FRAMES
    loads_page = mode == b"navigate" and head.method in SAFE_METHODS and not framed
    if loads_page or head.first(b"upgrade") is not None:
        return  # browsers send no Referer with a WebSocket
    referer = head.first(b"referer")
    if referer is None:
        # Without Fetch Metadata it may be a program, which sends none.
        if mode is not None:
            raise RequestInvalid(403, "this does not say which page asks for it")
    elif not referer.startswith(base) and not (mode is None and asks_for_page(head)):
        raise RequestInvalid(403, "this was asked for by a page of another notebook")


def _sent_by(origin: bytes, head: RequestHead, site: bytes | None) -> bool:
    origins = head.every(b"origin")
    if origins:
        return origins == [origin]
    if head.first(b"upgrade") is not None:
        return False  # browsers send Origin with every WebSocket (RFC 6455, section 4.1)
    if site is not None:
        return site == b"same-origin"
    return (head.first(b"referer") or b"").startswith(origin + b"/")


def safe_next(text: str, server: Server) -> str:
    """Return ``text`` if it leads to a page of ours or of a notebook's own host, else ``/``."""
    if len(text) > LONGEST_NEXT:
        return "/"
    if NEXT.fullmatch(text) is not None:
        return text
    if server.routing is Routing.HOST and _on_notebook_host(text, server):
        return text
    return "/"


def _on_notebook_host(text: str, server: Server) -> bool:
    scheme, _, after = text.partition("://")
    authority, slash, path = after.partition("/")
    label = authority.partition(".")[0]
    return (
        NAME.fullmatch(label) is not None
        and f"{scheme}://{authority}" == server.public_url.beneath(label).origin
        and NEXT.fullmatch(slash + path) is not None
    )
