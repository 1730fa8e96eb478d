"""The page where a member types a terminal's code, sees what asks, and decides (RFC 8628, section 3.3)."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.device_login import DeviceLogin
from gateway.core.user_code import spelt, typed
from gateway.errors import RequestInvalid
from gateway.web.client import address_of
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.oauth import DEVICE_PAGE, TOKEN_SECONDS
from gateway.web.pages import page
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for
from gateway.web.words import wait

router = APIRouter(
    prefix=DEVICE_PAGE,
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

NONE = "No terminal shows this code now. Codes end after ten minutes: please look again, or begin anew."


@router.api_route("", methods=["GET", "HEAD"])
async def show_device(
    request: Request, site: GivenSite, visitor: LoggedIn, user_code: str = "", done: str = ""
) -> Response:
    """Ask for the code, or show what asks by it; looking decides nothing."""
    if done in {"approved", "refused"}:
        return page(request, "device_done.html", visitor=visitor, context={"done": done})
    return _look(request, site, visitor, user_code) if user_code else _ask(request, visitor)


@router.post("")
async def decide(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Take the member's decision."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    decision = form.get("decision")
    if decision not in {"approve", "refuse"}:
        raise RequestInvalid(422, "the decision is approve or refuse")
    code = form.get("user_code", "")
    login = _found(site, visitor, code)
    if isinstance(login, str):
        return _ask(request, visitor, code=code, trouble=login, status=422)
    member = visitor.member.name if decision == "approve" else None
    site.terminals.decide(login, member)
    done = "refused" if member is None else "approved"
    return RedirectResponse(f"{DEVICE_PAGE}?done={done}", 303)


def _look(request: Request, site: Site, visitor: Visitor, code: str) -> Response:
    login = _found(site, visitor, code)
    if isinstance(login, str):
        return _ask(request, visitor, code=code, trouble=login, status=422)
    here = address_of(request)
    context = {
        "login": login,
        "code": spelt(login.user_code),
        "here_address": here,
        "elsewhere": login.address != here,
        "days": TOKEN_SECONDS // (24 * 3600),
    }
    return page(request, "device.html", visitor=visitor, context=context)


def _found(site: Site, visitor: Visitor, code: str) -> DeviceLogin | str:
    """Return the log-in of a code, or what to say where there is none."""
    try:
        login = site.terminals.find(typed(code), visitor.member.name)
    except RequestInvalid as exc:
        return f"Too many codes that are none. Please wait {wait(exc.retry_after_seconds or 1)}."
    return NONE if login is None else login


def _ask(
    request: Request, visitor: Visitor, *, code: str = "", trouble: str = "", status: int = 200
) -> Response:
    shown = code if len(code) <= len("WDJB-MJHT") + 1 else ""
    context = {"code": shown, "trouble": trouble}
    return page(request, "device_code.html", status=status, visitor=visitor, context=context)
