"""The account page's part about the identity provider: linking oneself to it, and undoing that."""

import logging

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.linking import Origin
from gateway.errors import CredentialRefused, CredentialThrottled, ProviderUnavailable
from gateway.web.account import account_page, checked_form
from gateway.web.client import address_of
from gateway.web.forms import password_in
from gateway.web.journeys import Errand, Purpose
from gateway.web.onward import oidc_of, send_to_provider
from gateway.web.provider import AWAY
from gateway.web.site import GivenSite
from gateway.web.visitor import LoggedIn, on_main_host, page_asked_for
from gateway.web.words import wait

log = logging.getLogger(__name__)

router = APIRouter(
    prefix="/-/account/provider",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)


@router.post("/link")
async def link(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Send the visitor to the provider, to be linked to whoever they are there.

    They prove to know the password: who found a session open must not leave a door open behind them.
    """
    form, oidc = await checked_form(request, visitor), oidc_of(site)
    session, password = visitor.identity.credential, password_in(form, "current")
    try:
        await site.links.check_password(session, password, address=address_of(request))
        errand = Errand(Purpose.LINK, session=session)
        return await send_to_provider(request, site, errand)
    except CredentialThrottled as exc:
        trouble, status = f"Too many tries. Please wait {wait(exc.retry_after_seconds)}.", 429
    except CredentialRefused:
        trouble, status = "The password is not right. Nothing was changed.", 422
    except ProviderUnavailable as exc:
        log.warning("provider: nobody can be linked: %s", exc)
        trouble, status = AWAY.format(name=oidc.called), 503
    return await account_page(request, site, visitor, status=status, trouble=trouble)


@router.post("/unlink")
async def unlink(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Undo the visitor's link, where another way to log in is left."""
    await checked_form(request, visitor)
    member = visitor.member.name
    held = next((one for one in site.links.links() if one.member == member), None)
    if held is None or held.origin is not Origin.LINKED:
        trouble = "There is no link of yours that you could undo."
        return await account_page(request, site, visitor, status=422, trouble=trouble)
    if not site.inventory().auth.local or not await site.links.has_password(member):
        trouble = "You have no password, and could not log in any more. Ask your administrator for an invite first."
        return await account_page(request, site, visitor, status=422, trouble=trouble)
    await site.links.unlink(member, by=member)
    return RedirectResponse("/-/account?done=unlinked", 303)
