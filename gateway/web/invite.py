"""Invites: a member's first password, set by the member alone."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.inventory import Member
from gateway.errors import CredentialRefused, PasswordTooWeak, RequestInvalid
from gateway.web.client import address_of, device_of
from gateway.web.cookies import FORM_COOKIE, hand_session, own_cookie, set_cookie
from gateway.web.forms import CSRF_FIELD, Form, form_key, password_in, read_form
from gateway.web.log_in import EXPIRED, held_session
from gateway.web.pages import page
from gateway.web.passkey_pages import passkeys_required
from gateway.web.site import GivenSite, Site
from gateway.web.views import administrators
from gateway.web.visitor import check_csrf, csrf_of, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/invite",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

# The secret is in the address, so no request may tell of it. "no-referrer" would make browsers send
# "Origin: null" with the form (Fetch, section 3.2), which says nothing of where it came from.
NO_TRACE = {"Referrer-Policy": "strict-origin"}


@router.api_route("/{secret}", methods=["GET", "HEAD"])
async def show_invite(request: Request, site: GivenSite, secret: str) -> Response:
    """Show whom the invite is for, and ask for a password."""
    member = await invited(site, secret)
    return gone(request, site) if member is None else invite_page(request, site, secret, member)


@router.post("/{secret}")
async def accept_invite(request: Request, site: GivenSite, secret: str) -> Response:
    """Set the password, and log the member in; the invite is void from now on."""
    form = await read_form(request)
    member = await invited(site, secret)
    if member is None:
        return gone(request, site)
    status, trouble = _looked_over(request, site, form)
    if trouble:
        return invite_page(request, site, secret, member, status=status, trouble=trouble)
    try:
        return await _accepted(request, site, secret, form)
    except PasswordTooWeak as exc:
        return invite_page(
            request, site, secret, member, status=422, trouble=f"Please choose another: {exc}."
        )
    except CredentialRefused:
        return gone(request, site)


def _looked_over(request: Request, site: Site, form: Form) -> tuple[int, str]:
    """Return what is wrong with the form, and the status to say so with; empty when nothing is."""
    try:
        check_csrf(form.get(CSRF_FIELD), csrf_of(form_key(site, request)[0]))
    except RequestInvalid as exc:
        return exc.status, EXPIRED
    password = password_in(form)
    if form.get("again", password) != password:
        return 422, "The two passwords are not the same. Please type them again."
    return 200, ""


async def _accepted(request: Request, site: Site, secret: str, form: Form) -> Response:
    opened = await site.accounts.accept_invite(
        secret,
        password_in(form),
        address=address_of(request),
        device=device_of(request),
        replaces=held_session(site, request),
    )
    # Where a passkey is required, nobody comes back without one.
    leads = "/-/account/passkeys" if passkeys_required(site) else "/"
    answer = RedirectResponse(leads, 303, NO_TRACE)
    hand_session(answer, site, opened.secret, opened.identity)
    return answer


async def invited(site: Site, secret: str) -> Member | None:
    """Return whom an invite is for; None if it is good for nobody."""
    try:
        return site.inventory().members.get(await site.accounts.invited(secret))
    except CredentialRefused:
        return None


def invite_page(
    request: Request,
    site: Site,
    secret: str,
    member: Member,
    *,
    status: int = 200,
    trouble: str = "",
) -> Response:
    """Return the page on which an invite is taken, by each of the ways that there are."""
    key, new = form_key(site, request)
    context = {
        "csrf": csrf_of(key),
        "member": member,
        "trouble": trouble,
        "secret": secret,
        "local": site.inventory().auth.local,
        "provider": site.inventory().auth.oidc,
    }
    answer = page(request, "invite.html", status=status, headers=NO_TRACE, context=context)
    if new:
        set_cookie(answer, site, own_cookie(site, FORM_COOKIE), key)
    return answer


def gone(request: Request, site: Site) -> Response:
    """Return the page that says that an invite is good no more."""
    context = {"administrators": administrators(site)}
    return page(request, "invite_gone.html", status=410, headers=NO_TRACE, context=context)
