"""Who may administer: administrators; to all others there is nothing, as where nothing ever was.

A token of an administrator may look at everything and take away: disable, end, revoke, take back. What lets
somebody in (an invite, enabling) takes a session: else a stolen token could make itself a log-in that outlives it.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request

from gateway.core.identity import CredentialKind
from gateway.errors import RequestInvalid
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import Caller, Visitor, asking, logged_in

PAGES: Final = "/-/admin"
CALLS: Final = "/-/api/v1/admin"


async def administrator(request: Request, site: GivenSite) -> Visitor:
    """Return the administrator who asks for a page; raise LogInFirst, or RequestInvalid for other members."""
    return _known(await logged_in(request, site))


async def administrating(visitor: Caller) -> Visitor:
    """Return the administrator who calls the API, by session or token; raise RequestInvalid."""
    return _known(visitor)


async def letting_in(visitor: "AdminCaller") -> Visitor:
    """Return the administrator who is about to let somebody in; raise RequestInvalid for a token."""
    if visitor.identity.kind is not CredentialKind.SESSION:
        raise RequestInvalid(403, "log in for this; a token can't let anybody in")
    return visitor


def is_hidden(request: Request, site: Site) -> bool:
    """Say whether an administrators' address is asked for by somebody else, who must not learn how it is used."""
    path = request.url.path
    visitor = asking(site, request)
    within = any(path == root or path.startswith(f"{root}/") for root in (PAGES, CALLS))
    return within and (visitor is None or not visitor.member.admin)


def _known(visitor: Visitor) -> Visitor:
    if not visitor.member.admin:
        raise RequestInvalid(404, HTTPStatus.NOT_FOUND.phrase)
    return visitor


Administrator = Annotated[Visitor, Depends(administrator)]
AdminCaller = Annotated[Visitor, Depends(administrating)]
AdminLoggedIn = Annotated[Visitor, Depends(letting_in)]
