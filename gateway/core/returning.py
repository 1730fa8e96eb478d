"""A response's head on its way back: addresses and cookies that hold outside, and nothing that reaches beyond."""

import re
from typing import Final

from gateway.core.cookies import cookie_from_notebook
from gateway.core.head import Header, ResponseHead
from gateway.core.mapping import path_outside
from gateway.core.passing import HOP_BY_HOP, named_by_connection
from gateway.core.rewriting import token_spellings
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

DROPPED: Final = HOP_BY_HOP | {
    b"alt-svc",
    b"clear-site-data",  # would log the member out of the gateway
    b"nel",  # would have browsers report on the whole origin, to anybody
    b"public-key-pins",
    b"report-to",
    b"sec-websocket-extensions",
    b"service-worker-allowed",
    b"strict-transport-security",  # speaks for a host that isn't the notebook's
}
LOCATIONS: Final = frozenset({b"location", b"content-location"})
REFERRER_POLICY: Final = b"referrer-policy"
"""The notebook's to say on a host of its own; in path routing the Referer tells routes apart."""
NOT_AS_IT_IS: Final = (DROPPED | LOCATIONS | {b"set-cookie", REFERRER_POLICY}) - {b"content-length"}
"""All others pass at a glance; the length is whoever writes the head's to judge."""
ABSOLUTE: Final = re.compile(rb"(?:https?:)?//([^/?#]*)([^\x00-\x20]*)", re.IGNORECASE)
LOOPBACK: Final = (b"localhost", b"127.0.0.1", b"[::1]")


def from_notebook(
    response: ResponseHead,
    place: AtNotebook,
    upstream: Upstream,
    *,
    secure: bool,
) -> ResponseHead:
    """Return ``response`` as the client gets it; ``secure`` says whether members use https."""
    named = named_by_connection(response)
    by_path = bool(place.prefix)
    headers: list[Header] = []
    for header in response.headers:
        name, value = header
        if name not in NOT_AS_IT_IS:
            if name not in named:
                headers.append(header)
        elif name == b"set-cookie":
            kept = cookie_from_notebook(value, place.name, by_path=by_path, secure=secure)
            if kept is not None:
                headers.append((name, kept))
        elif name in LOCATIONS:
            headers.append((name, _location(value, place, upstream)))
        elif name == REFERRER_POLICY and not by_path:
            headers.append(header)
    return ResponseHead(response.status, response.reason, headers, response.minor)


def _location(value: bytes, place: AtNotebook, upstream: Upstream) -> bytes:
    """Return where ``value`` leads from outside; an address elsewhere stays as it is."""
    for spelling in token_spellings(upstream):
        value = value.replace(spelling, b"")
    absolute = ABSOLUTE.fullmatch(value)
    if absolute is not None and _is_upstream(absolute[1].lower(), upstream):
        value = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
        if value.startswith(b"//"):
            return place.prefix + b"/"
    if not value.startswith(b"/"):
        return value
    return path_outside(place, upstream, value)


def _is_upstream(authority: bytes, upstream: Upstream) -> bool:
    port = upstream.authority.rpartition(b":")[2]
    return authority == upstream.authority or authority in [b"%b:%b" % (a, port) for a in LOOPBACK]
