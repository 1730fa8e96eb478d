"""What pages say to have a browser ask for a passkey."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from gateway.core.browser import safe_next
from gateway.core.inventory import SecondFactor
from gateway.core.names import MemberName
from gateway.core.passkeys import why_impossible
from gateway.web.ceremonies import Place, asked_to_prove
from gateway.web.challenges import Purpose
from gateway.web.cookies import FORM_COOKIE, own_cookie, set_cookie
from gateway.web.forms import form_key
from gateway.web.pages import page
from gateway.web.site import Site
from gateway.web.views import administrators
from gateway.web.visitor import csrf_of


def place_of(site: Site) -> Place:
    """Return where passkeys are good."""
    return Place(site.inventory().server.public_url)


def passkeys_required(site: Site) -> bool:
    """Say whether every member is asked for a passkey beside the password."""
    return site.inventory().auth.second_factor is SecondFactor.REQUIRED


def asked_to_log_in(site: Site, browser: str) -> str:
    """Return what the log-in page has a browser ask by; empty where there can be no passkey."""
    inventory = site.inventory()
    if not inventory.auth.local or why_impossible(inventory.server.public_url):
        return ""
    challenge = site.challenges.make(Purpose.LOG_IN, browser)
    return asked_to_prove(place_of(site), challenge=challenge)


def second_factor(
    request: Request,
    site: Site,
    form: Mapping[str, str],
    *,
    member: MemberName,
    passkeys: Sequence[str],
) -> Response:
    """Return the page that asks for a passkey of ``member``, whose password was right."""
    key, new = form_key(site, request)
    challenge = site.challenges.make(Purpose.BESIDES, key, member)
    context: dict[str, object] = {
        "csrf": csrf_of(key),
        "next": safe_next(form.get("next", "/"), site.inventory().server),
        "member": member,
        "asked": asked_to_prove(place_of(site), challenge=challenge, passkeys=passkeys),
        "has_some": bool(passkeys),
        "administrators": administrators(site),
    }
    answer = page(request, "second_factor.html", status=401, context=context)
    if new:
        set_cookie(answer, site, own_cookie(site, FORM_COOKIE), key)
    return answer
