"""A request's head on its way to an upstream: what stays behind, what is put in place, what is added."""

from functools import lru_cache
from typing import Final

from gateway.core.cookies import cookies_for_notebook
from gateway.core.credentials import is_our_token, without_token
from gateway.core.forwarded import Client
from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.core.mapping import target_inside
from gateway.core.rewriting import may_be_rewritten
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

PASSED: Final = frozenset(
    {
        b"accept", b"accept-language", b"cache-control", b"content-type", b"if-match", b"if-none-match",
        b"if-modified-since", b"if-unmodified-since", b"if-range", b"pragma", b"priority", b"range",
        b"sec-ch-ua", b"sec-ch-ua-mobile", b"sec-ch-ua-platform", b"sec-fetch-dest", b"sec-fetch-mode",
        b"sec-fetch-site", b"sec-fetch-user", b"sec-websocket-key", b"sec-websocket-protocol",
        b"sec-websocket-version", b"user-agent", b"x-xsrftoken", b"expect",
    }
)  # fmt: skip
"""What most requests consist of, and needs no second look unless Connection names it."""
HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
        b"te", b"trailer", b"transfer-encoding", b"content-length", b"upgrade", b"http2-settings",
    }
)  # fmt: skip
"""Belongs to one connection (RFC 9110, section 7.6.1), or is said again by whoever writes the head."""
DROPPED: Final = frozenset(
    {
        b"sec-websocket-extensions",  # no compression: the bytes are spliced, and Jupyter offers none
        b"proxy",  # HTTP_PROXY for whatever is a CGI program (CVE-2016-5385)
        b"forwarded", b"x-forwarded", b"x-real-ip", b"x-script-name", b"x-username", b"x-email",
        b"x-original-url", b"x-rewrite-url",
        b"x-http-method-override", b"x-http-method", b"x-method-override", b"x-original-host",
        b"x-host", b"x-client-ip", b"x-cluster-client-ip", b"true-client-ip", b"cf-connecting-ip",
    }
)  # fmt: skip
NONE: Final[frozenset[bytes]] = frozenset()
IDENTITY_BEGINNINGS: Final = (
    b"x-forwarded-", b"x-remote-", b"remote-", b"x-gateway-", b"x-gw-", b"x-user-", b"x-webauth-",
    b"x-auth-", b"x-authenticated-", b"x-authentik-", b"x-authelia-", b"x-pomerium-", b"cf-access-",
    b"x-goog-authenticated-", b"x-goog-iap-", b"x-ms-client-principal", b"x-amzn-oidc-",
)  # fmt: skip
"""By such fields proxies tell applications who is asking; nobody outside may say that."""


def to_notebook(
    head: RequestHead, place: AtNotebook, upstream: Upstream, client: Client, *, target: bytes
) -> RequestHead:
    """Return ``head`` as the notebook gets it, for the raw ``target`` that members used.

    The notebook sees its own host and origin, its own token, its own cookies, and nothing of ours.
    """
    headers: list[Header] = [(b"host", upstream.authority)]
    if upstream.token is not None:
        headers.append((b"authorization", b"token " + upstream.token.encode("latin-1")))
    named = named_by_connection(head)
    passed = PASSED - named if named else PASSED
    for header in head.headers:
        name = header[0]
        if name in passed:
            headers.append(header)
        elif name != b"host" and name not in named and not _stays_behind(name):
            value = _adapted(header, place, upstream)
            if value is not None:
                headers.append((name, value))
    headers += _forwarded(client)
    return RequestHead(head.method, target_inside(place, upstream, target), headers, 1)


def _adapted(header: Header, place: AtNotebook, upstream: Upstream) -> bytes | None:
    """Return the value with which a field goes to the notebook; None leaves it out."""
    name, value = header
    if name == b"cookie":
        return cookies_for_notebook(value, place.name, by_path=bool(place.prefix)) or None
    if name == b"origin":
        value = upstream.origin
    elif name == b"referer":
        value = upstream.origin + _referer(value, place, upstream)
    elif name == b"accept-encoding" and may_be_rewritten(place, upstream):
        value = b"identity"
    elif name == b"authorization" and (upstream.token is not None or is_our_token(value)):
        return None
    return value


def to_control(head: RequestHead, client: Client) -> RequestHead:
    """Return ``head`` as the control plane gets it: with our credentials, and our word on the client."""
    named = named_by_connection(head)
    headers = [
        header
        for header in head.headers
        if header[0] in PASSED or not (header[0] in named or _stays_behind(header[0]))
    ]
    return RequestHead(head.method, head.target, headers + _forwarded(client), 1)


def named_by_connection(head: RequestHead | ResponseHead) -> frozenset[bytes]:
    """Return the fields that ``head`` says are for this connection only (RFC 9110, section 7.6.1)."""
    if head.first(b"connection") is None:
        return NONE
    return NONE.union(*(_names_in(value) for value in head.every(b"connection")))


@lru_cache(maxsize=64)
def _names_in(value: bytes) -> frozenset[bytes]:
    return frozenset(name.strip() for name in value.lower().split(b","))


@lru_cache(maxsize=512)
def _stays_behind(name: bytes) -> bool:
    """Say whether a field is not for an upstream, however it is spelt.

    Many applications take ``_`` and ``.`` in a field's name for ``-`` (as CGI did).
    """
    spelt = name.replace(b"_", b"-").replace(b".", b"-")
    return spelt in HOP_BY_HOP or spelt in DROPPED or spelt.startswith(IDENTITY_BEGINNINGS)


def _forwarded(client: Client) -> list[Header]:
    return [
        (b"x-forwarded-for", client.address.encode()),
        (b"x-forwarded-proto", client.scheme.encode()),
        (b"x-forwarded-host", client.host),
    ]


def _referer(value: bytes, place: AtNotebook, upstream: Upstream) -> bytes:
    path = without_token(b"/" + value.partition(b"://")[2].partition(b"/")[2])[0]
    if not place.prefix:
        return path
    within = path.startswith(place.prefix + b"/")
    return target_inside(place, upstream, path) if within else upstream.base_path
