"""Which credentials a request shows, and the request's target without them."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.core import token_format
from gateway.core.head import RequestHead

TOKEN_PREFIX: Final = token_format.TOKEN_PREFIX.encode()
TOKEN: Final = re.compile(rb"gwp_[A-Za-z0-9_-]{1,128}")
SESSION: Final = re.compile(rb"[A-Za-z0-9_-]{1,256}")
AUTHORIZATION_SCHEMES: Final = (b"bearer", b"token")
API_PATH: Final = re.compile(
    rb"(?:/[a-z0-9-]+)?/(?:api(?:[/?]|\Z)|files/|terminals/websocket/)"  # also below a base URL
)
"""Where Jupyter's clients can't but put their token into the URL."""


class Presented(NamedTuple):
    """What a request shows: every session cookie of ours, a token of ours, and what is left of its target."""

    sessions: list[str]
    token: str | None
    target: bytes


def is_api_path(rest: bytes) -> bool:
    """Say whether a notebook's path is one that programs call."""
    return API_PATH.match(rest) is not None


def is_our_token(authorization: bytes) -> bool:
    """Say whether the value of an Authorization field is a token of ours."""
    scheme, _, value = authorization.partition(b" ")
    return scheme.lower() in AUTHORIZATION_SCHEMES and value.strip().startswith(TOKEN_PREFIX)


def presented(head: RequestHead, *, cookie: bytes, api_path: bool) -> Presented:
    """Return the credentials in ``head``.

    A session cookie counts by its exact name, and there may be more than one: the caller takes that
    for a trick. A token in the query counts on API paths only, and leaves the target on all. It never
    counts for a page load: else a link could put a stranger's page before whoever follows it.
    """
    sessions: list[str] = []
    token: bytes | None = None
    for name, value in head.headers:
        if name == b"cookie":
            if cookie in value:
                sessions += _cookies(value, cookie)
        elif name == b"authorization" and is_our_token(value):
            token = value.partition(b" ")[2].strip()
    target = head.target
    if b"?" in target:
        target, in_query = without_token(target)
        if token is None and api_path and head.first(b"sec-fetch-mode") != b"navigate":
            token = in_query
    if token is not None and TOKEN.fullmatch(token) is None:
        token = TOKEN_PREFIX  # meant well and no good: refused, and no cookie is asked instead
    return Presented(sessions, None if token is None else token.decode(), target)


def _cookies(line: bytes, wanted: bytes) -> list[str]:
    values = []
    for pair in line.split(b";"):
        if wanted in pair:
            name, _, value = pair.strip(b" \t").partition(b"=")
            if name == wanted and SESSION.fullmatch(value):
                values.append(value.decode())
    return values


def without_token(target: bytes) -> tuple[bytes, bytes | None]:
    """Return ``target`` without our tokens, and the first of them; other pairs keep their bytes."""
    path, _, query = target.partition(b"?")
    if b"token=" not in query and b"%" not in query:
        return target, None
    kept, found = [], None
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        plain = unquote_to_bytes(value)
        if plain.startswith(TOKEN_PREFIX) and unquote_to_bytes(name) == b"token":
            found = found or plain
        else:
            kept.append(pair)
    if found is None:
        return target, None
    return (path + b"?" + b"&".join(kept) if kept else path), found
