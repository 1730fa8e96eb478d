"""Logging in and out."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.browser import safe_next
from gateway.core.identity import CredentialId
from gateway.core.names import MemberName
from gateway.errors import (
    CredentialRefused,
    CredentialThrottled,
    PasskeyNeeded,
    RequestInvalid,
)
from gateway.web.client import address_of, device_of
from gateway.web.cookies import (
    FORM_COOKIE,
    drop_cookie,
    hand_session,
    own_cookie,
    session_cookie,
    set_cookie,
)
from gateway.web.forms import CSRF_FIELD, Form, form_key, member_in, password_in, read_form
from gateway.web.onward import provider_session, send_out
from gateway.web.pages import page
from gateway.web.passkey_pages import asked_to_log_in, passkeys_required, second_factor
from gateway.web.proving import Opened
from gateway.web.site import LOGIN_PATH, GivenSite, Site
from gateway.web.visitor import (
    LoggedIn,
    check_csrf,
    csrf_of,
    on_main_host,
    page_asked_for,
    visitor_of,
)
from gateway.web.words import wait

router = APIRouter(include_in_schema=False, dependencies=[Depends(page_asked_for)])
on_main = [Depends(on_main_host)]

WRONG = "The member and the password don't go together. Please try again."
EXPIRED = "This page had been open for too long. Please try again."


@router.api_route(LOGIN_PATH, methods=["GET", "HEAD"], dependencies=on_main)
async def show_log_in(request: Request, site: GivenSite, next: str = "/") -> Response:  # noqa: A002 - the URL's word
    """Show the log-in form, or go on if there is a session already."""
    if visitor_of(site, request) is not None:
        return RedirectResponse(safe_next(next, site.inventory().server), 303)
    return log_in_form(request, site, {"next": next})


@router.post(LOGIN_PATH, dependencies=on_main)
async def log_in(request: Request, site: GivenSite) -> Response:
    """Open a session for who knows the password."""
    form = await read_form(request)
    try:
        check_csrf(form.get(CSRF_FIELD), csrf_of(form_key(site, request)[0]))
    except RequestInvalid:
        return log_in_form(request, site, form, status=403, trouble=EXPIRED)
    member, password = member_in(form), password_in(form)
    try:
        opened = await _opened(request, site, member, password)
    except CredentialThrottled as exc:
        trouble = f"Too many tries. Please wait {wait(exc.retry_after_seconds)}, then try again."
        seconds = max(1, -int(-exc.retry_after_seconds // 1))
        answer = log_in_form(request, site, form, status=429, trouble=trouble)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    except PasskeyNeeded as exc:
        return second_factor(request, site, form, member=member, passkeys=exc.passkeys)
    except CredentialRefused:
        return log_in_form(request, site, form, status=401, trouble=WRONG)
    answer = RedirectResponse(safe_next(form.get("next", "/"), site.inventory().server), 303)
    hand_session(answer, site, opened.secret, opened.identity)
    return answer


@router.api_route("/-/logout", methods=["GET", "HEAD"])
async def show_log_out(request: Request, site: GivenSite) -> Response:
    """Show the button that logs out; a notebook's own host sends here."""
    if site.notebook_host(request) is not None:
        return RedirectResponse(f"{site.origin}/-/logout", 303)
    visitor = visitor_of(site, request)
    if visitor is None:
        return RedirectResponse(LOGIN_PATH, 303)
    return page(request, "logout.html", visitor=visitor)


@router.post("/-/logout", dependencies=on_main)
async def log_out(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """End the session, those of the notebooks' hosts that came from it, and the provider's where it came from there."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    session = visitor.identity.credential
    held = await provider_session(site, session)
    await site.accounts.log_out(session)
    onward = None if held is None else await send_out(request, site, held)
    answer = RedirectResponse(LOGIN_PATH, 303) if onward is None else onward
    drop_cookie(answer, site, session_cookie(site))
    return answer


def held_session(site: Site, request: Request) -> CredentialId | None:
    """Return the session that this browser has now; a new one takes its place, never its id (threat D6)."""
    visitor = visitor_of(site, request)
    return None if visitor is None else visitor.identity.credential


async def _opened(request: Request, site: Site, member: MemberName, password: str) -> Opened:
    inventory = site.inventory()
    if not inventory.auth.local:
        raise RequestInvalid(403, "members log in elsewhere")
    opened = await site.accounts.log_in(
        member,
        password,
        address=address_of(request),
        device=device_of(request),
        replaces=held_session(site, request),
        passkey_required=passkeys_required(site),
    )
    if opened.identity.member not in inventory.members:  # in the store, but no member any more
        await site.accounts.log_out(opened.identity.credential)
        raise CredentialRefused("not a member")
    return opened


def log_in_form(
    request: Request,
    site: Site,
    form: Form | Mapping[str, str],
    *,
    status: int = HTTPStatus.OK,
    trouble: str = "",
    said: str = "",
) -> Response:
    """Return the log-in page, with what was typed in and what is wrong with it."""
    key, new = form_key(site, request)
    context = {
        "csrf": csrf_of(key),
        "member": form.get("member", ""),
        "next": safe_next(form.get("next", "/"), site.inventory().server),
        "trouble": trouble,
        "said": said,
        "local": site.inventory().auth.local,
        "provider": site.inventory().auth.oidc,
        "asked": asked_to_log_in(site, key),
    }
    answer = page(request, "login.html", status=status, context=context)
    if new:
        set_cookie(answer, site, own_cookie(site, FORM_COOKIE), key)
    return answer
