"""The home page and the status page: what there is, and how it stands."""

from fastapi import APIRouter, Depends, Request, Response

from gateway.core.audit import Standing
from gateway.core.sayings import because
from gateway.web.pages import page
from gateway.web.site import GivenSite
from gateway.web.views import administrators, all_views, credential_for, tunnels_for, views_for
from gateway.web.visitor import LoggedIn, on_main_host, page_asked_for
from gateway.web.words import TUNNEL_SUMMARIES

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(page_asked_for), Depends(on_main_host)]
)


@router.api_route("/", methods=["GET", "HEAD"])
async def show_home(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Show the notebooks that the visitor may open."""
    context = {
        "notebooks": views_for(site, visitor.member.name),
        "administrators": administrators(site),
    }
    return page(request, "home.html", visitor=visitor, context=context)


@router.api_route("/-/status", methods=["GET", "HEAD"])
async def show_status(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Show notebooks and tunnels with their reasons: an administrator all, others their own."""
    member, now = visitor.member, site.clock()
    views = all_views if member.admin else views_for
    context = {
        "notebooks": views(site, member.name),
        "tunnels": [
            {
                "status": status,
                "summary": TUNNEL_SUMMARIES[status.state],
                "because": because(status.reason),
                "seconds": max(0.0, now - status.since),
                "credential": credential_for(member, status, now),
            }
            for status in tunnels_for(site, member)
        ],
        "host_key_changes": site.notebooks.host_key_changes() if member.admin else (),
        "audit": site.audit_standing() if member.admin else Standing(),
        "problems": site.configuration_problems(),
        "now": now,
    }
    return page(request, "status.html", visitor=visitor, context=context)
