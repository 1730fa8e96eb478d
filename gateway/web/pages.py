"""Making a page: a template, what every page shows, and the status it is sent with."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.web.site import site_of
from gateway.web.visitor import Visitor


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    visitor: Visitor | None = None,
    headers: Mapping[str, str] | None = None,
    context: Mapping[str, object] | None = None,
) -> HTMLResponse:
    """Return a page."""
    site = site_of(request)
    # On a notebook's own host our other pages are elsewhere.
    main = "" if site.notebook_host(request) is None else site.origin
    shown: dict[str, object] = {
        "visitor": visitor,
        "main": main,
        "here": request.url.path,
        "now": site.clock(),
    }
    return HTMLResponse(site.looks.render(template, shown | dict(context or {})), status, headers)
