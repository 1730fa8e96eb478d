"""How a log-in gets to a notebook's own host: by one-time code, never by a cookie for the whole domain."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.browser import safe_next
from gateway.core.grants import level_of
from gateway.core.inventory import Routing
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused, RequestInvalid
from gateway.web.cookies import (
    NONCE_COOKIE,
    NONCE_SECONDS,
    cookie_of,
    drop_cookie,
    hand_session,
    own_cookie,
    set_cookie,
)
from gateway.web.handover import new_nonce, proof_of
from gateway.web.pages import page
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import logged_in, page_asked_for, visitor_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(page_asked_for)])

LONGEST_PROOF: Final = 64


@router.get("/-/enter")
async def enter(
    request: Request,
    site: GivenSite,
    next: str = "/",  # noqa: A002 - the URL's word
    code: str = "",
    notebook: str = "",
    proof: str = "",
) -> Response:
    """Take one step of the way: ask the main host, be sent back with a code, have it exchanged."""
    here = site.notebook_host(request)
    if here is None:
        return await _send_back(request, site, NotebookName(notebook), proof=proof, wanted=next)
    if visitor_of(site, request) is not None:
        return RedirectResponse(_path(site, next), 303)
    if code:
        return await _exchange(request, site, here, code, next)
    return _ask(request, site, here, next)


def _ask(request: Request, site: Site, here: NotebookName, wanted: str) -> Response:
    """Bind this browser by a nonce, and send it to the main host with the nonce's hash."""
    name = own_cookie(site, NONCE_COOKIE)
    nonce = cookie_of(request, name) or new_nonce()
    query = urlencode({"notebook": here, "proof": proof_of(nonce), "next": _path(site, wanted)})
    answer = RedirectResponse(f"{site.origin}/-/enter?{query}", 303)
    set_cookie(answer, site, name, nonce, seconds=NONCE_SECONDS)
    return answer


async def _send_back(
    request: Request, site: Site, notebook: NotebookName, *, proof: str, wanted: str
) -> Response:
    """On the main host: send a member who may open the notebook back to it with a code."""
    if site.inventory().server.routing is not Routing.HOST or len(proof) != LONGEST_PROOF:
        raise RequestInvalid(404, "there is no such page here")
    visitor = await logged_in(request, site)
    if level_of(site.inventory(), visitor.member.name, notebook) is None:
        context = {"notebook": notebook}
        return page(request, "missing.html", status=404, visitor=visitor, context=context)
    code = site.handovers.begin(visitor.identity.credential, notebook, proof)
    query = urlencode({"code": code, "next": _path(site, wanted)})
    return RedirectResponse(f"{site.notebook_url(notebook)}-/enter?{query}", 303)


async def _exchange(
    request: Request, site: Site, here: NotebookName, code: str, wanted: str
) -> Response:
    """Back on the notebook's host: open its session, if this is the browser that asked."""
    name = own_cookie(site, NONCE_COOKIE)
    try:
        parent = site.handovers.finish(code, here, cookie_of(request, name) or "")
        opened = await site.accounts.open_host_session(parent, here)
    except CredentialRefused:
        return page(
            request, "enter_failed.html", status=400, context={"again": _path(site, wanted)}
        )
    answer = RedirectResponse(_path(site, wanted), 303)
    hand_session(answer, site, opened.secret, opened.identity)
    drop_cookie(answer, site, name)
    return answer


def _path(site: Site, wanted: str) -> str:
    """Return the path and query that somebody wants of a notebook's host; ``/`` for anything else."""
    parts = urlsplit(safe_next(wanted, site.inventory().server))
    query = f"?{parts.query}" if parts.query else ""
    return "/" + parts.path.lstrip("/\\") + query
