"""The page that stands in for a notebook until it can be opened, and the one for what is not there.

The door serves them in place of the page that was asked for: the browser's address stays, and all that
the page needs is named from the root.
"""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from gateway.core.names import NotebookName, is_name
from gateway.errors import Reason
from gateway.web.pages import page
from gateway.web.problems import problem
from gateway.web.site import LOGIN_PATH, GivenSite
from gateway.web.views import NotebookView, administrators, as_met, view_for
from gateway.web.visitor import Visitor, visitor_of
from gateway.web.way import way_to

router = APIRouter(include_in_schema=False)

LEAST_RELOAD_SECONDS: Final = 2
"""Without a script the page loads itself again; each time the door holds it for a while."""


async def visitor_if_any(request: Request, site: GivenSite) -> Visitor | None:
    """Return the visitor, if the browser has a session here."""
    return visitor_of(site, request)


Anybody = Annotated[Visitor | None, Depends(visitor_if_any)]


@router.api_route("/-/waiting/{name}", methods=["GET", "HEAD"])
async def show_waiting(
    request: Request,
    site: GivenSite,
    visitor: Anybody,
    name: NotebookName,
    seen: Reason | None = None,
) -> Response:
    """Say why the notebook can't be opened now, what there is to do, and come back by itself.

    ``seen`` is what the door has met when it tried.
    """
    if visitor is None:
        wanted = quote(site.notebook_url(name).removeprefix(site.origin), safe="")
        return RedirectResponse(f"{site.origin}{LOGIN_PATH}?next={wanted}", 303)
    view = _view(request, site, visitor, name)
    if view is None:
        return _missing(request, visitor, name)
    if seen is not None:
        view = as_met(view, seen)
    seconds = view.outage.retry_after_seconds
    return page(
        request,
        "waiting.html",
        status=503,
        visitor=visitor,
        headers={"Retry-After": str(seconds)},
        context={
            "notebook": view,
            "mine": view.notebook.owner == visitor.member.name,
            "administrators": administrators(site),
            "seconds": max(seconds, LEAST_RELOAD_SECONDS),
            "way": way_to(view),
            "besides": _besides(view),
        },
    )


@router.get("/-/waiting/{name}/state")
async def say_state(
    request: Request, site: GivenSite, visitor: Anybody, name: NotebookName
) -> Response:
    """Say how the notebook stands, for the page that waits for it."""
    if visitor is None:
        return problem(401, "there is no session")
    view = _view(request, site, visitor, name)
    if view is None:
        return problem(404, "there is no such notebook, or it is not yours to open")
    return JSONResponse(
        {
            "state": view.look,
            "summary": view.summary,
            "because": _besides(view),
            "hop": view.outage.hop,
            "retry_at": view.status.retry_at,
            "retry_after": view.outage.retry_after_seconds,
        }
    )


@router.api_route("/-/missing", methods=["GET", "HEAD"])
async def show_missing(request: Request, visitor: Anybody, notebook: str = "") -> Response:
    """Say that there is no such page, or that it is not the visitor's: nobody can tell which."""
    return _missing(request, visitor, notebook)


def _view(
    request: Request, site: GivenSite, visitor: Visitor, name: NotebookName
) -> NotebookView | None:
    if site.notebook_host(request) not in {None, name}:
        return None
    return view_for(site, visitor.member.name, name)


def _missing(request: Request, visitor: Visitor | None, notebook: str) -> Response:
    context = {"notebook": notebook if is_name(notebook) else ""}
    return page(request, "missing.html", status=404, visitor=visitor, context=context)


def _besides(view: NotebookView) -> str:
    """Return why, beside that the connection was lost, which the page says anyway."""
    return "" if view.status.reason is Reason.LOST else view.because
