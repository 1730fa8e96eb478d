"""Taking an invite by logging in at the identity provider instead of choosing a password."""

import logging

from fastapi import APIRouter, Depends, Request, Response

from gateway.errors import ProviderUnavailable, RequestInvalid
from gateway.web.forms import CSRF_FIELD, form_key, read_form
from gateway.web.invite import gone, invite_page, invited
from gateway.web.journeys import Errand, Purpose
from gateway.web.log_in import EXPIRED
from gateway.web.onward import oidc_of, send_to_provider
from gateway.web.provider import AWAY
from gateway.web.site import GivenSite
from gateway.web.visitor import check_csrf, csrf_of, on_main_host, page_asked_for

log = logging.getLogger(__name__)

router = APIRouter(
    prefix="/-/invite",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)


@router.post("/{secret}/provider")
async def take_invite(request: Request, site: GivenSite, secret: str) -> Response:
    """Send whoever was invited to the provider; the invite is taken when they come back."""
    form, member = await read_form(request), await invited(site, secret)
    if member is None:
        return gone(request, site)
    try:
        check_csrf(form.get(CSRF_FIELD), csrf_of(form_key(site, request)[0]))
    except RequestInvalid as exc:
        return invite_page(request, site, secret, member, status=exc.status, trouble=EXPIRED)
    oidc = oidc_of(site)
    try:
        return await send_to_provider(request, site, Errand(Purpose.INVITE, invite=secret))
    except ProviderUnavailable as exc:
        log.warning("provider: no invite can be taken there: %s", exc)
        trouble = AWAY.format(name=oidc.called)
    return invite_page(request, site, secret, member, status=503, trouble=trouble)
