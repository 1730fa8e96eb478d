"""A member's sessions on the account page: end one, or all but this one."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.identity import CredentialId
from gateway.errors import RequestInvalid
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.listed import SessionRow
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/account/sessions",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)


@router.post("/end")
async def end_others(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """End all the visitor's sessions but this one, and those that this one opened."""
    check_csrf((await read_form(request)).get(CSRF_FIELD), visitor.csrf)
    await end_other_sessions(site, visitor)
    return RedirectResponse("/-/account?done=sessions", 303)


@router.post("/{credential}/end")
async def end_one(
    request: Request, site: GivenSite, visitor: LoggedIn, credential: CredentialId
) -> Response:
    """End a session of the visitor's, and those that it opened."""
    check_csrf((await read_form(request)).get(CSRF_FIELD), visitor.csrf)
    await end_session(site, visitor, credential)
    return RedirectResponse("/-/account?done=session", 303)


async def sessions_of(site: Site, visitor: Visitor) -> list[SessionRow]:
    """Return the visitor's log-ins; what they opened for notebooks' own hosts is no log-in of its own."""
    rows = await site.accounts.sessions(visitor.member.name)
    return [row for row in rows if row.audience is None]


async def end_session(site: Site, visitor: Visitor, credential: CredentialId) -> None:
    """End a session of the visitor's; raise RequestInvalid where there is none of theirs."""
    if credential not in {row.credential for row in await sessions_of(site, visitor)}:
        raise RequestInvalid(404, "there is no such session of yours")
    await site.accounts.log_out(credential)


async def end_other_sessions(site: Site, visitor: Visitor) -> None:
    """End all the visitor's sessions but the one that asks."""
    for row in await sessions_of(site, visitor):
        if row.credential != visitor.identity.credential:
            await site.accounts.log_out(row.credential)
