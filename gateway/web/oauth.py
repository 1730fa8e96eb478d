"""Where terminals ask to be logged in, and fetch their token: OAuth 2.0 for ``gateway login``, and for nothing else.

There is one client, the command line, which keeps no secret (RFC 6749, section 2.1); it asks by a code that its
member types (RFC 8628) or through the browser of its own machine (RFC 8252). Pages decide: device.py and authorize.py.
"""

from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from gateway.core.device_login import INTERVAL_SECONDS, LIFETIME_SECONDS, Outcome
from gateway.core.names import MemberName
from gateway.core.user_code import spelt
from gateway.errors import CredentialRefused, StoreUnavailable
from gateway.web.client import address_of
from gateway.web.forms import Form, read_form
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import on_main_host

CLIENT: Final = "gateway-cli"
PREFIX: Final = "/-/api/oauth"
DEVICE_PAGE: Final = "/-/device"
TOKEN_SECONDS: Final = 30 * 24 * 3600
LONGEST_TERMINAL: Final = 40
UNNAMED: Final = "an unnamed machine"


class Grant(StrEnum):
    """What a terminal fetches its token for."""

    DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
    BROWSER = "authorization_code"


_WHY: Final = {
    Outcome.PENDING: "nobody has decided yet",
    Outcome.SLOW_DOWN: "ask 5 seconds more slowly from now on",
    Outcome.DENIED: "the log-in was refused in the browser",
    Outcome.EXPIRED: "there is no such log-in any more; begin again",
}

router = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[Depends(on_main_host)])


@router.post("/device")
async def begin(request: Request, site: GivenSite) -> Response:
    """Give a terminal the code that its member is to type (RFC 8628, section 3.2)."""
    form = await read_form(request)
    if (stranger := _stranger(form)) is not None:
        return stranger
    device_code, login = site.terminals.begin(terminal_in(form), address_of(request))
    page = f"{site.origin}{DEVICE_PAGE}"
    code = spelt(login.user_code)
    return JSONResponse(
        {
            "device_code": device_code,
            "user_code": code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={code}",
            "expires_in": int(LIFETIME_SECONDS),
            "interval": int(INTERVAL_SECONDS),
        }
    )


@router.post("/token")
async def token(request: Request, site: GivenSite) -> Response:
    """Give a terminal the token that its member let it have, once (RFC 6749, section 5)."""
    form = await read_form(request)
    if (stranger := _stranger(form)) is not None:
        return stranger
    match form.get("grant_type"):
        case Grant.DEVICE:
            return await _by_device(site, form)
        case Grant.BROWSER:
            return await _by_browser(site, form)
        case _:
            known = " or ".join(Grant)
            return _refused("unsupported_grant_type", f"grant_type is {known}")


def terminal_in(form: Form) -> str:
    """Return what a terminal calls itself, as it may be shown."""
    text = "".join(c for c in form.get("terminal", "").strip() if c.isprintable())
    return text[:LONGEST_TERMINAL] or UNNAMED


async def _by_device(site: Site, form: Form) -> Response:
    device_code = form.get("device_code", "")
    answered = site.terminals.poll(device_code)
    if answered.outcome is not Outcome.GRANTED:
        return _refused(answered.outcome, _WHY[answered.outcome])
    login = answered.login
    if login is None or login.member is None:
        raise RuntimeError("a log-in was granted that nobody approved")
    try:
        return await _handed(site, login.member, login.terminal)
    except StoreUnavailable:
        site.terminals.put_back(device_code, login)
        raise


async def _by_browser(site: Site, form: Form) -> Response:
    code, verifier = form.get("code", ""), form.get("code_verifier", "")
    try:
        brought = site.terminals.receive(code, verifier, form.get("redirect_uri", ""))
    except CredentialRefused as exc:
        return _refused("invalid_grant", str(exc))
    return await _handed(site, brought.member, brought.terminal)


async def _handed(site: Site, member: MemberName, terminal: str) -> Response:
    if member not in site.inventory().members:
        return _refused(Outcome.DENIED, f"{member} is no member any more")
    label = f"gateway login on {terminal}"
    try:
        secret, _ = await site.accounts.create_token(
            member, label=label, lifetime_seconds=TOKEN_SECONDS, by=member
        )
    except CredentialRefused as exc:
        return _refused(Outcome.DENIED, f"no token was made: {exc}")
    return JSONResponse(
        {"access_token": secret, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    )


def _stranger(form: Form) -> Response | None:
    if form.get("client_id") == CLIENT:
        return None
    return _refused("invalid_client", f"the only client is {CLIENT}", status=401)


def _refused(error: str, why: str, *, status: int = 400) -> Response:
    """Return a refusal (RFC 6749, section 5.2)."""
    return JSONResponse({"error": error, "error_description": why}, status)
