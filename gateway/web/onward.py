"""Sending a browser to the identity provider, and knowing it again when it comes back."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.identity import CredentialId
from gateway.core.inventory import Oidc
from gateway.core.provider_answer import Asked
from gateway.core.provider_metadata import CALLBACK_PATH, LOGGED_OUT_PATH
from gateway.errors import CredentialRefused, RequestInvalid, StoreUnavailable
from gateway.web.client import address_of
from gateway.web.cookies import cookie_of, own_cookie, set_cookie
from gateway.web.journeys import LIFETIME_SECONDS, Errand, Journey, Purpose, new_browser
from gateway.web.pages import page
from gateway.web.providing import ProviderSession
from gateway.web.site import Site

JOURNEY_COOKIE: Final = "gateway-journey"
"""Binds a journey to the browser that left."""


def oidc_of(site: Site) -> Oidc:
    """Return the provider's settings; raise RequestInvalid where there is none."""
    oidc = site.configured().auth.oidc
    if oidc is None:
        raise RequestInvalid(404, "nobody logs in through an identity provider here")
    return oidc


async def send_to_provider(request: Request, site: Site, errand: Errand) -> Response:
    """Send a browser to log in at the provider; raise ProviderUnavailable."""
    browser, asked = _begun(request, site, errand, CALLBACK_PATH)
    return _leave(request, site, await site.provider.way_in(asked), browser)


async def provider_session(site: Site, session: CredentialId) -> ProviderSession | None:
    """Return what the provider said of a session; None where it said nothing, or that can't be read."""
    try:
        return await site.links.provider_session(session)
    except StoreUnavailable:
        return None  # logged where it arose; whoever wants to leave is not kept


async def send_out(request: Request, site: Site, held: ProviderSession) -> Response | None:
    """Return what sends a browser to log out at the provider, too; None where there is no such way."""
    if site.configured().auth.oidc is None:
        return None
    browser, asked = _begun(request, site, Errand(Purpose.LOG_OUT), LOGGED_OUT_PATH)
    url = await site.provider.way_out(
        back=asked.redirect_uri, state=asked.state, id_token=held.id_token
    )
    return None if url is None else _leave(request, site, url, browser)


def journey_back(request: Request, site: Site, state: str) -> Journey:
    """Return the journey that this browser comes back from; raise CredentialRefused."""
    browser = cookie_of(request, own_cookie(site, JOURNEY_COOKIE))
    if browser is None:
        raise CredentialRefused("this browser did not leave, or its cookies are gone")
    return site.journeys.end(state, browser)


def _begun(request: Request, site: Site, errand: Errand, back: str) -> tuple[str, Asked]:
    """Return the secret that the browser is known by on its journeys, and what a new one begins with."""
    browser = cookie_of(request, own_cookie(site, JOURNEY_COOKIE)) or new_browser()
    address = address_of(request)
    return browser, site.journeys.begin(errand, browser, site.origin + back, address=address)


def _leave(request: Request, site: Site, url: str, browser: str) -> Response:
    """Answer with the way to ``url``, and bind the browser to what it was begun with.

    Chromium holds a form's redirects against form-action, wherever they lead: so a form is answered with a page
    that goes on by itself.
    """
    answer: Response
    if request.method == "GET":
        answer = RedirectResponse(url, 303)
    else:
        context = {"url": url, "name": oidc_of(site).called, "host": urlsplit(url).netloc}
        answer = page(request, "onward.html", context=context)
    name = own_cookie(site, JOURNEY_COOKIE)
    set_cookie(answer, site, name, browser, seconds=int(LIFETIME_SECONDS))
    return answer
