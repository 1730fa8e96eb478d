"""The administrators' pages: members, sessions, grants, notebooks, the audit log, the configuration."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.names import MemberName
from gateway.core.sayings import because
from gateway.core.status import TunnelState
from gateway.errors import RequestInvalid
from gateway.web import administering
from gateway.web.administrators import PAGES, Administrator, administrator
from gateway.web.deeds import DEEDS, Deed, member_page
from gateway.web.forms import own_form
from gateway.web.pages import page
from gateway.web.site import GivenSite, Site
from gateway.web.views import all_views, credential_for, tunnels_for
from gateway.web.visitor import Visitor, on_main_host, page_asked_for
from gateway.web.words import TUNNEL_SUMMARIES

router = APIRouter(
    prefix=PAGES,
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(administrator), Depends(on_main_host)],
)

SHOWN: Final = ["GET", "HEAD"]
SAYINGS: Final = {
    "disable": "Disabled. They are out everywhere.",
    "enable": "Enabled. They can log in again, and their shares count again; what had ended stays ended.",
    "withdraw-invite": "The invite is taken back.",
    "end-sessions": "All their sessions have ended.",
    "end-session": "The session has ended.",
    "revoke-token": "The token is revoked.",
    "take-back": "Taken back. Whatever was open through it is closed.",
    "try": "It is being tried now. Load this page again to see what came of it.",
}
RESTING: Final = frozenset({TunnelState.PARKED, TunnelState.WAITING})
"""A tunnel that stands so can be tried at once."""


@router.api_route("", methods=SHOWN)
async def show_members(request: Request, site: GivenSite, visitor: Administrator) -> Response:
    """Show how every member stands."""
    return _page(
        request, visitor, "admin_members.html", standings=await administering.standings(site)
    )


@router.api_route("/members/{name}", methods=SHOWN)
async def show_member(
    request: Request, site: GivenSite, visitor: Administrator, name: str, done: str = ""
) -> Response:
    """Show how one member stands, and what can be done about it."""
    return await _member(request, site, visitor, name, done=done)


@router.api_route("/members/{name}/invite", methods=SHOWN)
@router.api_route("/members/{name}/enable", methods=SHOWN)
async def show_nothing(name: str) -> Response:
    """Lead back who comes without having asked for it: these are acts, not pages."""
    return RedirectResponse(member_page(name), 303)


@router.post("/members/{name}/invite")
async def invite(request: Request, site: GivenSite, visitor: Administrator, name: str) -> Response:
    """Make an invite, and show its link this once."""
    await own_form(request, visitor)
    link = await administering.invite(site, MemberName(name), by=visitor.member.name)
    return await _member(request, site, visitor, name, status=201, made=link)


@router.post("/members/{name}/enable")
async def enable(request: Request, site: GivenSite, visitor: Administrator, name: str) -> Response:
    """Let a disabled member in again."""
    await own_form(request, visitor)
    await administering.enable(site, MemberName(name), by=visitor.member.name)
    return RedirectResponse(f"{member_page(name)}?done=enable", 303)


@router.api_route("/act/{act}/{subject}", methods=SHOWN)
async def ask(
    request: Request, site: GivenSite, visitor: Administrator, act: str, subject: str
) -> Response:
    """Ask before something ends."""
    return _page(
        request, visitor, "admin_ask.html", deed=await _planned(site, visitor, act, subject)
    )


@router.post("/act/{act}/{subject}")
async def do(
    request: Request, site: GivenSite, visitor: Administrator, act: str, subject: str
) -> Response:
    """End it."""
    await own_form(request, visitor)
    deed = await _planned(site, visitor, act, subject)
    await deed.do()
    return RedirectResponse(f"{deed.back}?done={act}", 303)


@router.api_route("/sessions", methods=SHOWN)
async def show_sessions(
    request: Request, site: GivenSite, visitor: Administrator, done: str = ""
) -> Response:
    """Show who is logged in, and where."""
    sessions = await administering.logins(site)
    return _page(request, visitor, "admin_sessions.html", done=done, sessions=sessions)


@router.api_route("/grants", methods=SHOWN)
async def show_grants(
    request: Request, site: GivenSite, visitor: Administrator, done: str = ""
) -> Response:
    """Show who may open what, by whose leave and until when."""
    return _page(
        request, visitor, "admin_grants.html", done=done, grants=administering.grants(site)
    )


@router.api_route("/notebooks", methods=SHOWN)
async def show_notebooks(
    request: Request, site: GivenSite, visitor: Administrator, done: str = ""
) -> Response:
    """Show how all notebooks and tunnels stand, since when, and where the way ends."""
    now = site.clock()
    tunnels = [
        {
            "status": status,
            "summary": TUNNEL_SUMMARIES[status.state],
            "because": because(status.reason),
            "seconds": max(0.0, now - status.since),
            "credential": credential_for(visitor.member, status, now),
            "resting": status.state in RESTING,
        }
        for status in tunnels_for(site, visitor.member)
    ]
    notebooks = all_views(site, visitor.member.name)
    return _page(
        request, visitor, "admin_notebooks.html", done=done, notebooks=notebooks, tunnels=tunnels
    )


@router.api_route("/tunnels/{name}/try", methods=SHOWN)
async def show_no_try(name: str) -> Response:  # noqa: ARG001 - the path's
    """Lead back who comes without having asked for it."""
    return RedirectResponse(f"{PAGES}/notebooks", 303)


@router.post("/tunnels/{name}/try")
async def try_now(request: Request, site: GivenSite, visitor: Administrator, name: str) -> Response:
    """Try a tunnel now that waits for its next try."""
    await own_form(request, visitor)
    administering.try_now(site, name)
    return RedirectResponse(f"{PAGES}/notebooks?done=try", 303)


@router.api_route("/audit", methods=SHOWN)
async def show_audit(
    request: Request, site: GivenSite, visitor: Administrator, member: str = "", notebook: str = ""
) -> Response:
    """Show the newest lines of the audit log."""
    declared = site.administration.declared()
    return _page(
        request,
        visitor,
        "admin_audit.html",
        lines=await administering.audit_lines(site, member=member, notebook=notebook),
        most=administering.MOST_LINES,
        members=sorted(declared.members),
        notebooks=sorted(declared.notebooks),
        chosen={"member": member, "notebook": notebook},
    )


@router.api_route("/configuration", methods=SHOWN)
async def show_configuration(request: Request, site: GivenSite, visitor: Administrator) -> Response:
    """Show the configuration in effect, and what is wrong with a newer one."""
    return _page(
        request,
        visitor,
        "admin_configuration.html",
        configuration=site.administration.configuration(),
        problems=site.configuration_problems(),
    )


@router.api_route("/{rest:path}", methods=SHOWN)
async def show_missing(rest: str) -> Response:  # noqa: ARG001 - the path's
    """Say that there is no such page: strangers log in first, so that they can't tell."""
    raise RequestInvalid(404, "there is no such page")


async def _planned(site: Site, visitor: Visitor, act: str, subject: str) -> Deed:
    if act not in DEEDS:
        raise RequestInvalid(404, "there is no such page")
    return await DEEDS[act](site, visitor.member.name, subject)


async def _member(  # noqa: PLR0913 - what a page shows
    request: Request,
    site: Site,
    visitor: Visitor,
    name: str,
    *,
    status: int = 200,
    done: str = "",
    made: str = "",
) -> Response:
    standing = await administering.standing(site, name)
    theirs = [one for one in administering.grants(site) if name in {one.to, one.granted_by}]
    return _page(
        request,
        visitor,
        "admin_member.html",
        status=status,
        done=done,
        standing=standing,
        made=made,
        grants=theirs,
    )


def _page(
    request: Request,
    visitor: Visitor,
    template: str,
    *,
    status: int = 200,
    done: str = "",
    **shown: object,
) -> Response:
    context = {"said": SAYINGS.get(done, ""), **shown}
    return page(request, template, status=status, visitor=visitor, context=context)
