"""A member's passkeys on the account page: add one, remove one, choose to be asked for one."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.passkeys import Passkey, why_impossible
from gateway.errors import CredentialRefused, CredentialThrottled, RequestInvalid
from gateway.web.ceremonies import asked_to_add, challenge_in, handle_for, made
from gateway.web.challenges import Purpose
from gateway.web.client import address_of
from gateway.web.forms import CSRF_FIELD, Form, label_in, password_in, read_form
from gateway.web.pages import page
from gateway.web.passkey_pages import passkeys_required, place_of
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for
from gateway.web.words import wait

router = APIRouter(
    prefix="/-/account/passkeys",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

SAYINGS = {
    "added": "The passkey is added. You can log in with it from now on.",
    "removed": "The passkey is removed. It no longer logs you in.",
    "asked": "From now on you are asked for a passkey beside your password.",
    "not-asked": "You are no longer asked for a passkey beside your password.",
}


@router.api_route("", methods=["GET", "HEAD"])
async def show_passkeys(
    request: Request, site: GivenSite, visitor: LoggedIn, done: str = ""
) -> Response:
    """Show the visitor's passkeys."""
    return await _shown(request, site, visitor, said=SAYINGS.get(done, ""))


@router.post("/new")
async def begin_passkey(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Have the browser make a passkey, for who proves to know the password: it outlives the session."""
    form = await _checked(request, site, visitor)
    label, password = label_in(form), password_in(form, "current")
    try:
        await site.accounts.check_password(
            visitor.identity.credential, password, address=address_of(request)
        )
    except CredentialThrottled as exc:
        trouble = f"Too many tries. Please wait {wait(exc.retry_after_seconds)}."
        return await _shown(request, site, visitor, status=429, trouble=trouble)
    except CredentialRefused:
        trouble = "The password is not right. No passkey was added."
        return await _shown(request, site, visitor, status=422, trouble=trouble)
    member = visitor.member
    held = await site.passkeys.passkeys(member.name)
    handle = handle_for(held)
    subject = _subject(visitor, handle.hex())
    challenge = site.challenges.make(Purpose.ADD, visitor.identity.credential, subject)
    asked = asked_to_add(place_of(site), member, challenge=challenge, held=held, handle=handle)
    context = {"label": label, "asked": asked, "handle": handle.hex()}
    return page(request, "passkey_new.html", visitor=visitor, context=context)


@router.post("")
async def add_passkey(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Keep the passkey that the browser made."""
    form = await _checked(request, site, visitor)
    try:
        await site.passkeys.add_passkey(await _made(site, visitor, form))
    except CredentialRefused as exc:
        trouble = f"No passkey was added: {exc}. Please try again."
        return await _shown(request, site, visitor, status=422, trouble=trouble)
    return _done("added")


@router.post("/asked")
async def choose(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Have the visitor asked for a passkey beside the password from now on, or no longer."""
    form = await _checked(request, site, visitor)
    asked = form.get("asked") == "yes"
    try:
        await site.passkeys.ask_for_passkey(visitor.member.name, asked=asked)
    except CredentialRefused:
        trouble = "You have no passkey that you could be asked for. Add one first."
        return await _shown(request, site, visitor, status=422, trouble=trouble)
    return _done("asked" if asked else "not-asked")


@router.post("/{name}/remove")
async def remove_passkey(
    request: Request, site: GivenSite, visitor: LoggedIn, name: str
) -> Response:
    """Remove a passkey of the visitor's, but not the last where one is required."""
    await _checked(request, site, visitor)
    member = visitor.member.name
    try:
        found = await site.passkeys.remove_passkey(member, name, but_last=passkeys_required(site))
    except CredentialRefused:
        trouble = "This is your only passkey, and one is required here. Add another one first."
        return await _shown(request, site, visitor, status=422, trouble=trouble)
    if not found:
        raise RequestInvalid(404, "there is no such passkey")
    return _done("removed")


async def _made(site: Site, visitor: Visitor, form: Form) -> Passkey:
    answer, handle = form.get("credential", ""), form.get("handle", "")
    challenge, subject = challenge_in(answer), _subject(visitor, handle)
    site.challenges.check(challenge, Purpose.ADD, visitor.identity.credential, subject)
    name, public_key, count = made(place_of(site), answer, challenge)
    site.challenges.spend(challenge)
    return Passkey(
        id=name,
        member=visitor.member.name,
        label=label_in(form),
        public_key=public_key,
        sign_count=count,
        handle=bytes.fromhex(handle),
        created_at=site.clock(),
    )


def _subject(visitor: Visitor, handle: str) -> str:
    """Return what a challenge to add a passkey is for: nobody else's, and under this handle."""
    return f"{visitor.member.name} {handle}"


async def _checked(request: Request, site: Site, visitor: Visitor) -> Form:
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    inventory = site.inventory()
    if not inventory.auth.local:
        raise RequestInvalid(403, "members log in elsewhere")
    if impossible := why_impossible(inventory.server.public_url):
        raise RequestInvalid(403, f"there are no passkeys here: {impossible}")
    return form


def _done(what: str) -> Response:
    return RedirectResponse(f"/-/account/passkeys?done={what}", 303)


async def _shown(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    status: int = 200,
    said: str = "",
    trouble: str = "",
) -> Response:
    member, inventory = visitor.member.name, site.inventory()
    context: dict[str, object] = {
        "said": said,
        "trouble": trouble,
        "passkeys": await site.passkeys.passkeys(member),
        "asked": await site.passkeys.asks_for_passkey(member),
        "required": passkeys_required(site),
        "local": inventory.auth.local,
        "impossible": why_impossible(inventory.server.public_url),
    }
    return page(request, "passkeys.html", status=status, visitor=visitor, context=context)
