"""Who is asking: the member behind a session or a token, and what else must hold for them to be heard.

What FastAPI calls is async here even where it never waits: it would run a plain function in another
thread, and sessions and tunnels belong to the loop's.
"""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request

from gateway.core.credentials import presented
from gateway.core.identity import CredentialKind, Identity
from gateway.core.inventory import Member
from gateway.errors import RequestInvalid
from gateway.web.cookies import cookie_of, head_of, session_cookie
from gateway.web.site import GivenSite, Site

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class LogInFirst(Exception):
    """A page that needs a session was asked for without one; ``wanted`` is where to go afterwards."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member who is here now."""

    member: Member
    identity: Identity
    csrf: str = ""
    """What proves that a form or a script is ours; a token needs none, as browsers add none."""


def visitor_of(site: Site, request: Request) -> Visitor | None:
    """Return whom the session cookie vouches for, here on this host."""
    secret = cookie_of(request, session_cookie(site))
    identity = None if secret is None else site.accounts.session(secret)
    if secret is None or identity is None or identity.audience != site.notebook_host(request):
        return None
    member = site.inventory().members.get(identity.member)
    return None if member is None else Visitor(member, identity, csrf_of(secret))


def csrf_of(secret: str) -> str:
    """Return the CSRF token that belongs to a cookie's secret; the secret can't be had from it."""
    return hmac(secret.encode(), b"csrf", sha256).hexdigest()


def check_csrf(given: str | None, expected: str) -> None:
    """Raise RequestInvalid unless the CSRF token is the expected one."""
    if not expected or not compare_digest((given or "").encode(), expected.encode()):
        raise RequestInvalid(403, "this form is out of date; load the page again")


def check_origin(request: Request, site: Site) -> None:
    """Raise RequestInvalid if the browser says that another site sent this request.

    A client that says neither is no browser of the last years; the CSRF token still stands before it.
    """
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise RequestInvalid(403, "the request comes from another site")
    if origin is not None and origin.lower() != site.origin:
        raise RequestInvalid(403, "the request comes from another site")


async def page_asked_for(request: Request, site: GivenSite) -> None:
    """Raise RequestInvalid where a page of ours is fetched by a script, or put into a frame.

    In path routing a notebook's scripts share our origin: they must not read our pages, nor send our forms.
    """
    if request.headers.get("sec-fetch-dest", "document") != "document":
        raise RequestInvalid(403, "this page is to be opened, not fetched")
    if request.method not in SAFE:
        check_origin(request, site)


async def on_main_host(request: Request, site: GivenSite) -> None:
    """Raise RequestInvalid on a notebook's own host, where this page does not exist."""
    if site.notebook_host(request) is not None:
        raise RequestInvalid(404, "there is no such page here")


async def logged_in(request: Request, site: GivenSite) -> Visitor:
    """Return the visitor, or raise LogInFirst."""
    visitor = visitor_of(site, request)
    if visitor is None:
        query = f"?{request.url.query}" if request.url.query else ""
        raise LogInFirst(request.url.path + query if request.method in SAFE else "/")
    return visitor


async def caller(request: Request, site: GivenSite) -> Visitor:
    """Return who calls the API, by token or by session; raise RequestInvalid where they may not."""
    visitor = asking(site, request)
    if visitor is None:
        raise RequestInvalid(401, "log in, or send an API token of yours that is still good")
    if visitor.identity.kind is CredentialKind.SESSION:
        _check_script(request, site, visitor)
    return visitor


def asking(site: Site, request: Request) -> Visitor | None:
    """Return whom the token vouches for, or where there is none, the session."""
    token = presented(head_of(request), cookie=b"", api_path=False).token
    return visitor_of(site, request) if token is None else _by_token(site, token)


def _by_token(site: Site, secret: str) -> Visitor | None:
    identity = site.accounts.token(secret)
    member = None if identity is None else site.inventory().members.get(identity.member)
    return None if identity is None or member is None else Visitor(member, identity)


def _check_script(request: Request, site: Site, visitor: Visitor) -> None:
    """Raise RequestInvalid unless it is our own pages' script that uses the session."""
    if request.method not in SAFE:
        check_origin(request, site)
        check_csrf(request.headers.get("x-csrf-token"), visitor.csrf)
    elif not _asked_for(request):
        check_csrf(request.headers.get("x-csrf-token"), visitor.csrf)


def _asked_for(request: Request) -> bool:
    """Say whether a request that only reads was typed in, so that nobody's script gets to see the answer.

    In path routing a notebook's script shares our origin, and can name any page of it as its referrer: so
    scripts show the CSRF token to read, too. Browsers that say nothing of the kind (on plain http) are
    believed what they say of the page.
    """
    mode, referer = request.headers.get("sec-fetch-mode"), request.headers.get("referer")
    if mode is not None:
        return mode == "navigate"
    if referer is None:
        return True
    path = urlsplit(referer).path
    return path in {"", "/"} or path.startswith("/-/")


LoggedIn = Annotated[Visitor, Depends(logged_in)]
Caller = Annotated[Visitor, Depends(caller)]
