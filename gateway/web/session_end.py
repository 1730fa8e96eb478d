"""When the log-in ends: asked by the notice on notebooks' pages, and how one stays logged in."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from gateway.core.session_notice import warning_seconds
from gateway.errors import RequestInvalid
from gateway.web.cookies import cookie_of, session_cookie, set_cookie
from gateway.web.log_in import log_in_form
from gateway.web.pages import page
from gateway.web.site import GivenSite
from gateway.web.visitor import LoggedIn, on_main_host, page_asked_for

STAYED = "/-/stayed"

router = APIRouter(include_in_schema=False)
on_main = [Depends(page_asked_for), Depends(on_main_host)]


async def asked_by_own_origin(request: Request) -> None:
    """Raise RequestInvalid where another site's page asks."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise RequestInvalid(403, "this was asked for by another site")


@router.get("/-/session", dependencies=[Depends(asked_by_own_origin)])
async def tell_end(request: Request, site: GivenSite) -> Response:
    """Tell in how many seconds the browser's session ends, if it is not used before; asking is not using.

    On a notebook's own host its cookie is told the end anew: the session may go on for longer than it was made for.
    """
    lives, host = site.inventory().auth.sessions, site.notebook_host(request)
    secret = cookie_of(request, session_cookie(site))
    end = None if secret is None else site.accounts.session_end(secret)
    left = 0.0 if end is None else max(0.0, end - site.clock())
    leads = "/-/enter?next=/" if host is not None else f"/-/login?next={STAYED}"
    warn = warning_seconds(idle_seconds=lives.idle_seconds, session_seconds=lives.session_seconds)
    told = {
        "ends_in": round(left, 1),
        "warn_before": warn,
        "stay": leads if end is None else f"{site.origin}/-/stay",
    }
    answer = JSONResponse(told)
    if secret is not None and end is not None and host is not None:
        set_cookie(answer, site, session_cookie(site), secret, seconds=int(lives.session_seconds))
    return answer


@router.api_route("/-/stay", methods=["GET", "HEAD"], dependencies=on_main)
async def show_stay(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Show the log-in form to who is logged in still: doing it again begins the session's life anew."""
    return log_in_form(request, site, {"member": visitor.member.name, "next": STAYED})


@router.api_route(STAYED, methods=["GET", "HEAD"], dependencies=on_main)
async def show_stayed(request: Request, visitor: LoggedIn) -> Response:
    """Say until when the visitor is logged in; the tab has done its part."""
    return page(
        request, "stayed.html", visitor=visitor, context={"end": visitor.identity.expires_at}
    )
