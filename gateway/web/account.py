"""The account page: the visitor's name, password, sessions and API tokens."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.identity import CredentialId
from gateway.errors import CredentialRefused, CredentialThrottled, PasswordTooWeak, RequestInvalid
from gateway.web.client import address_of
from gateway.web.forms import CSRF_FIELD, Form, label_in, password_in, read_form
from gateway.web.pages import page
from gateway.web.sessions import sessions_of
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for
from gateway.web.words import wait

router = APIRouter(
    prefix="/-/account",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

DAY_SECONDS: Final = 24 * 3600.0
LIFETIMES: Final = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
"""How long a token may live: days, and what to call them."""

SAYINGS: Final = {
    "password": "Your password is changed. Your other sessions have ended.",
    "sessions": "Your other sessions have ended.",
    "linked": "You are linked, and can log in that way from now on.",
    "unlinked": "You are no longer linked. Sessions that came that way have ended.",
    "session": "The session has ended. What was open in its name is closed.",
    "token": "The token is revoked. What used it is logged out.",
}


@router.api_route("", methods=["GET", "HEAD"])
async def show_account(
    request: Request, site: GivenSite, visitor: LoggedIn, done: str = ""
) -> Response:
    """Show the account."""
    return await account_page(request, site, visitor, said=SAYINGS.get(done, ""))


@router.post("/password")
async def change_password(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Change the visitor's password, who proves to know the current one."""
    form = await checked_form(request, visitor)
    current, password = password_in(form, "current"), password_in(form)
    if form.get("again", password) != password:
        trouble = "The two new passwords are not the same. Please type them again."
        return await account_page(request, site, visitor, status=422, trouble=trouble)
    try:
        await site.accounts.change_password(
            visitor.identity.credential, current, password, address=address_of(request)
        )
    except PasswordTooWeak as exc:
        trouble, status = f"Please choose another password: {exc}.", 422
    except CredentialThrottled as exc:
        trouble, status = f"Too many tries. Please wait {wait(exc.retry_after_seconds)}.", 429
    except CredentialRefused:
        trouble, status = "The current password is not right. Nothing was changed.", 422
    else:
        return RedirectResponse("/-/account?done=password", 303)
    return await account_page(request, site, visitor, status=status, trouble=trouble)


@router.post("/tokens")
async def create_token(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Make an API token, and show it this once."""
    form = await checked_form(request, visitor)
    label, days = label_in(form), form.get("days", "90")
    if days not in LIFETIMES:
        raise RequestInvalid(422, "a token can't live that long")
    try:
        secret, row = await site.accounts.create_token(
            visitor.member.name,
            label=label,
            lifetime_seconds=int(days) * DAY_SECONDS,
            by=visitor.member.name,
        )
    except CredentialRefused:
        trouble = "No token was made: you have too many. Revoke those that you no longer need."
        return await account_page(request, site, visitor, status=422, trouble=trouble)
    return await account_page(request, site, visitor, status=201, made=(row.label, secret))


@router.post("/tokens/{credential}/revoke")
async def revoke_token(
    request: Request, site: GivenSite, visitor: LoggedIn, credential: CredentialId
) -> Response:
    """Revoke a token of the visitor's."""
    await checked_form(request, visitor)
    mine = await site.accounts.tokens(visitor.member.name)
    if credential not in {row.credential for row in mine}:
        raise RequestInvalid(404, "there is no such token")
    await site.accounts.revoke_token(credential, by=visitor.member.name)
    return RedirectResponse("/-/account?done=token", 303)


async def checked_form(request: Request, visitor: Visitor) -> Form:
    """Return a form that the visitor sent from a page of ours; raise RequestInvalid."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    return form


async def account_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    status: int = 200,
    **shown: str | tuple[str, str],
) -> Response:
    """Return the account page."""
    member = visitor.member.name
    context: dict[str, object] = {
        "said": "",
        "trouble": "",
        "made": None,
        "sessions": await sessions_of(site, visitor),
        "provider": site.inventory().auth.oidc,
        "link": next((one for one in site.links.links() if one.member == member), None),
        "has_password": await site.links.has_password(member),
        "tokens": await site.accounts.tokens(visitor.member.name),
        "lifetimes": LIFETIMES,
        "local": site.inventory().auth.local,
    }
    return page(request, "account.html", status=status, visitor=visitor, context=context | shown)
