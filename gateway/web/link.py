"""A link to a share: whoever opens it logs in, sees what it gives, and takes it."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.sharing import ShareLink, counts
from gateway.errors import CredentialRefused
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.invite import NO_TRACE
from gateway.web.pages import page
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/link",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)


@router.api_route("/{secret}", methods=["GET", "HEAD"])
async def show_link(request: Request, site: GivenSite, visitor: LoggedIn, secret: str) -> Response:
    """Say what the link gives, and until when; looking takes nothing."""
    link = await _good(site, secret)
    if link is None:
        return _gone(request, visitor)
    context = {"link": link, "by": site.inventory().members[link.granted_by]}
    return page(request, "link.html", visitor=visitor, headers=NO_TRACE, context=context)


@router.post("/{secret}")
async def take_link(request: Request, site: GivenSite, visitor: LoggedIn, secret: str) -> Response:
    """Take what the link gives, and go there."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    link = await _good(site, secret)
    if link is None:
        return _gone(request, visitor)
    notebook = site.inventory().notebooks[link.notebook]
    if notebook.owner != visitor.member.name:  # who has it all gains nothing
        try:
            await site.sharing.take_link(secret, visitor.member.name)
        except CredentialRefused:
            return _gone(request, visitor)
    return RedirectResponse(site.notebook_url(link.notebook), 303, NO_TRACE)


async def _good(site: Site, secret: str) -> ShareLink | None:
    try:
        link = await site.sharing.link_of(secret)
    except CredentialRefused:
        return None
    return link if counts(site.declared(), link, site.clock()) else None


def _gone(request: Request, visitor: Visitor) -> Response:
    return page(request, "link_gone.html", status=410, visitor=visitor, headers=NO_TRACE)
