"""Logging in through the identity provider, and hearing of log-outs there."""

import logging
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from gateway.core.browser import safe_next
from gateway.core.provider_answer import Arrival
from gateway.core.provider_metadata import BACKCHANNEL_PATH, CALLBACK_PATH, LOGGED_OUT_PATH
from gateway.errors import (
    AdmissionRefused,
    CredentialRefused,
    CredentialThrottled,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RequestInvalid,
    StoreUnavailable,
)
from gateway.web.client import address_of, device_of
from gateway.web.cookies import hand_session
from gateway.web.forms import read_form
from gateway.web.invite import NO_TRACE
from gateway.web.journeys import Errand, Journey, Purpose
from gateway.web.log_in import held_session, log_in_form
from gateway.web.onward import journey_back, oidc_of, send_to_provider
from gateway.web.pages import page
from gateway.web.proving import Opened
from gateway.web.site import LOGIN_PATH, GivenSite, Site
from gateway.web.views import administrators
from gateway.web.visitor import on_main_host, page_asked_for, visitor_of
from gateway.web.words import wait

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False, dependencies=[Depends(on_main_host)])
shown = [Depends(page_asked_for)]

START_PATH: Final = "/-/oidc/start"
MOST_PARAMETERS: Final = 16

DENIED: Final = "{name} did not let you in, or you turned back. You can try again."
EXPIRED: Final = "That took too long, or was begun in another browser or tab. Please log in again."
AWAY: Final = "{name} can't be reached just now. Please try again in a minute."
AMISS: Final = "{name} answered, but its answer could not be trusted, so nobody was logged in. Please try again; your administrator finds the reason in the gateway's log."
AGAIN: Final = "Too many tries. Please wait {wait}, then try again."


@router.get(START_PATH, dependencies=shown)
async def start(request: Request, site: GivenSite, next: str = "/") -> Response:  # noqa: A002 - the URL's word
    """Send a browser to the provider, one with a session too: logging in again renews it."""
    oidc, server = oidc_of(site), site.inventory().server
    wanted = safe_next(next, server)
    try:
        return await send_to_provider(request, site, Errand(Purpose.LOG_IN, wanted))
    except ProviderUnavailable as exc:
        log.warning("provider: nobody can log in there: %s", exc)
        trouble = AWAY.format(name=oidc.called)
        return log_in_form(request, site, {"next": wanted}, status=503, trouble=trouble)


@router.get(CALLBACK_PATH, dependencies=shown)
async def come_back(request: Request, site: GivenSite, state: str = "") -> Response:
    """Take somebody in who comes back from the provider, for whatever they went there."""
    oidc = oidc_of(site)
    try:
        journey = journey_back(request, site, state)
    except CredentialRefused as exc:
        log.info("provider: somebody from %s is not expected back: %s", address_of(request), exc)
        return log_in_form(request, site, {}, status=400, trouble=EXPIRED)
    try:
        arrival = await _arrival(request, site, journey)
        return await _let_in(request, site, journey, arrival)
    except CredentialThrottled as exc:
        status, trouble = 429, AGAIN.format(wait=wait(exc.retry_after_seconds))
    except AdmissionRefused as exc:
        return _not_let_in(request, site, exc)
    except CredentialRefused:
        context = {"administrators": administrators(site)}
        return page(request, "invite_gone.html", status=410, headers=NO_TRACE, context=context)
    except ProviderUnavailable as exc:
        log.warning("provider: %s", exc)
        status, trouble = 503, AWAY.format(name=oidc.called)
    except ProviderRefused as exc:
        log.warning("provider: log-in from %s refused: %s", address_of(request), exc)
        status, said = (403, DENIED) if exc.denied else (400, AMISS)
        trouble = said.format(name=oidc.called)
    return log_in_form(
        request, site, {"next": journey.errand.wanted}, status=status, trouble=trouble
    )


@router.post(BACKCHANNEL_PATH)
async def end_sessions(request: Request, site: GivenSite) -> Response:
    """End what the provider says has ended there (OpenID Connect Back-Channel Logout 1.0, section 2.5)."""
    oidc_of(site)
    try:
        token = (await read_form(request)).get("logout_token", "")
        told = await site.provider.logged_out(token)
    except (ProviderError, RequestInvalid) as exc:
        # Never slowed down: whoever sends nonsense must not keep a real log-out from being heard.
        log.warning("provider: a log-out told by %s is not acted on: %s", address_of(request), exc)
        away = isinstance(exc, ProviderUnavailable)
        return JSONResponse({"error": "invalid_request"}, 503 if away else 400)
    try:
        await site.links.end_at_provider(told)
    except StoreUnavailable:
        site.provider.forget_logout(told)  # so that it counts when it is sent again
        raise
    return Response(status_code=200)


@router.get(LOGGED_OUT_PATH, dependencies=shown)
async def logged_out(request: Request, site: GivenSite, state: str = "") -> Response:
    """Greet somebody who has logged out at the provider, too."""
    try:
        journey_back(request, site, state)
    except CredentialRefused:
        return RedirectResponse(LOGIN_PATH, 303)
    if visitor_of(site, request) is not None:
        return RedirectResponse("/", 303)
    said = f"You are logged out, here and at {oidc_of(site).called}."
    return log_in_form(request, site, {}, said=said)


async def _arrival(request: Request, site: Site, journey: Journey) -> Arrival:
    if journey.errand.purpose is Purpose.LOG_OUT:
        raise ProviderRefused("somebody who logged out came back with an answer to a log-in")
    address = address_of(request)
    site.journeys.admit(address)
    pairs = request.query_params.multi_items()[:MOST_PARAMETERS]
    if len({name for name, _ in pairs}) != len(pairs):
        raise ProviderRefused("the answer says something twice")
    arrival = await site.provider.arrival(dict(pairs), journey.asked)
    site.journeys.succeeded(address)
    return arrival


async def _let_in(request: Request, site: Site, journey: Journey, arrival: Arrival) -> Response:
    if journey.errand.purpose is Purpose.LINK:
        return await _linked(request, site, journey, arrival)
    opened = await _opened(request, site, journey, arrival)
    answer = RedirectResponse(safe_next(journey.errand.wanted, site.inventory().server), 303)
    hand_session(answer, site, opened.secret, opened.identity)
    return answer


async def _opened(request: Request, site: Site, journey: Journey, arrival: Arrival) -> Opened:
    address, device = address_of(request), device_of(request)
    declared, replaces = site.configured(), held_session(site, request)
    if journey.errand.purpose is Purpose.INVITE:
        return await site.links.take_invite(
            journey.errand.invite,
            arrival,
            declared,
            address=address,
            device=device,
            replaces=replaces,
        )
    return await site.links.arrive(
        arrival, declared, address=address, device=device, replaces=replaces
    )


async def _linked(request: Request, site: Site, journey: Journey, arrival: Arrival) -> Response:
    visitor = visitor_of(site, request)
    if visitor is None or visitor.identity.credential != journey.errand.session:
        return log_in_form(request, site, {"next": "/-/account"}, status=400, trouble=EXPIRED)
    member, address = visitor.member.name, address_of(request)
    await site.links.link(member, arrival, site.configured(), address=address)
    return RedirectResponse("/-/account?done=linked", 303)


def _not_let_in(request: Request, site: Site, refusal: AdmissionRefused) -> Response:
    context = {
        "provider": oidc_of(site),
        "why": refusal.why.value,
        "called": refusal.name,
        "administrators": administrators(site),
    }
    visitor = visitor_of(site, request)
    return page(request, "not_let_in.html", status=403, visitor=visitor, context=context)
