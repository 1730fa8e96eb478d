"""Logging in by passkey, alone or beside the password."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.browser import safe_next
from gateway.core.identity import Means
from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof
from gateway.errors import CredentialRefused, RequestInvalid
from gateway.web.ceremonies import Answer, answer_in, proved
from gateway.web.challenges import Purpose
from gateway.web.client import address_of, device_of
from gateway.web.cookies import hand_session
from gateway.web.forms import CSRF_FIELD, Form, form_key, read_form
from gateway.web.log_in import EXPIRED, held_session, log_in_form
from gateway.web.passkey_pages import place_of
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import check_csrf, csrf_of, on_main_host, page_asked_for

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(page_asked_for), Depends(on_main_host)]
)

WRONG = "This passkey is not good here, or not any more. Try another, or log in with your password."


@router.post("/-/login/passkey")
async def log_in_by_passkey(request: Request, site: GivenSite) -> Response:
    """Open a session for who shows a passkey."""
    form = await read_form(request)
    key = form_key(site, request)[0]
    try:
        check_csrf(form.get(CSRF_FIELD), csrf_of(key))
    except RequestInvalid:
        return log_in_form(request, site, form, status=403, trouble=EXPIRED)
    try:
        return await _logged_in(request, site, form, key)
    except CredentialRefused:
        return log_in_form(request, site, form, status=401, trouble=WRONG)


async def _logged_in(request: Request, site: Site, form: Form, key: str) -> Response:
    if not site.inventory().auth.local:
        raise RequestInvalid(403, "members log in elsewhere")
    answer = answer_in(form.get("credential", ""))
    passkey = await site.passkeys.passkey(answer.passkey)
    try:
        proof, means = _proved(site, answer, passkey, key)
    except CredentialRefused:
        member = None if passkey is None else passkey.member
        site.passkeys.passkey_refused(member, address=address_of(request))
        raise
    return await _opened(request, site, form, proof, means)


def _proved(site: Site, answer: Answer, passkey: Passkey | None, key: str) -> tuple[Proof, Means]:
    """Return the proof, and what it was for; between the look at its challenge and spending it nothing waits."""
    if passkey is None or passkey.member not in site.inventory().members:
        raise CredentialRefused("no passkey of a member")
    means = _means(site, answer, key, passkey.member)
    proof = proved(place_of(site), answer, passkey)
    site.challenges.spend(answer.challenge)
    return proof, means


def _means(site: Site, answer: Answer, key: str, member: MemberName) -> Means:
    """Return what the challenge was made for; raise CredentialRefused where it was made for neither.

    One that follows a password is good for that password's member alone.
    """
    try:
        site.challenges.check(answer.challenge, Purpose.BESIDES, key, member)
    except CredentialRefused:
        site.challenges.check(answer.challenge, Purpose.LOG_IN, key)
        if answer.handle is None:
            raise CredentialRefused("the passkey does not say whose it is") from None
        return Means.PASSKEY
    return Means.BOTH


async def _opened(request: Request, site: Site, form: Form, proof: Proof, means: Means) -> Response:
    opened = await site.passkeys.log_in_with_passkey(
        proof,
        means=means,
        address=address_of(request),
        device=device_of(request),
        replaces=held_session(site, request),
    )
    answer = RedirectResponse(safe_next(form.get("next", "/"), site.inventory().server), 303)
    hand_session(answer, site, opened.secret, opened.identity)
    return answer
