"""The page where a member lets a terminal on the same machine log in, through the browser there (RFC 8252)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core import loopback, pkce
from gateway.errors import RequestInvalid
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.headers import policy
from gateway.web.oauth import CLIENT, TOKEN_SECONDS, terminal_in
from gateway.web.pages import page
from gateway.web.site import GivenSite
from gateway.web.visitor import LoggedIn, check_csrf, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/authorize",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

LONGEST_STATE: Final = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """What a terminal asks through the browser."""

    terminal: str
    redirect: str
    origin: str
    """Where ``redirect`` leads: a port of the member's own machine."""
    challenge: str
    state: str


@router.api_route("", methods=["GET", "HEAD"])
async def show_authorize(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Show what asks; looking decides nothing.

    It is always asked: any program on the member's machine can open this page (RFC 8252, section 8.6).
    """
    asked = _asked(request.query_params)
    context = {"asked": asked, "days": TOKEN_SECONDS // (24 * 3600)}
    # Chromium applies form-action to the redirects that follow.
    headers = {"Content-Security-Policy": policy(site, f" {asked.origin}")}
    return page(request, "authorize.html", visitor=visitor, headers=headers, context=context)


@router.post("")
async def authorize(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Send the browser to the terminal with the member's decision (RFC 6749, section 4.1.2)."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    asked = _asked(form)
    answer = {"state": asked.state, "iss": site.origin}  # RFC 9207
    match form.get("decision"):
        case "approve":
            answer["code"] = site.terminals.send(
                visitor.member.name, asked.terminal, asked.challenge, asked.redirect
            )
        case "refuse":
            answer["error"] = "access_denied"
        case _:
            raise RequestInvalid(422, "the decision is approve or refuse")
    return RedirectResponse(loopback.with_answer(asked.redirect, **answer), 303)


def _asked(fields: Mapping[str, str]) -> Asked:
    """Return what is asked, or raise RequestInvalid; nothing is sent to a redirect that isn't good (section 4.1.2.1)."""
    redirect, challenge = fields.get("redirect_uri", ""), fields.get("code_challenge", "")
    origin, state = loopback.origin_of(redirect), fields.get("state", "")
    if origin is None:
        raise RequestInvalid(422, "redirect_uri leads to no port of your own machine")
    if fields.get("client_id") != CLIENT or fields.get("response_type") != "code":
        raise RequestInvalid(422, f"only {CLIENT} asks here, for a code")
    if fields.get("code_challenge_method") != pkce.METHOD or not pkce.is_challenge(challenge):
        raise RequestInvalid(422, f"code_challenge is not one of {pkce.METHOD}")
    if not state or len(state) > LONGEST_STATE:
        raise RequestInvalid(422, f"state takes 1 to {LONGEST_STATE} characters")
    return Asked(terminal_in(fields), redirect, origin, challenge, state)
