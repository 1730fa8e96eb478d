"""The REST API's part for administrators; to others it is not there."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from gateway.core.names import MemberName
from gateway.web import administering, deeds
from gateway.web.admin_documents import (
    AuditLineDocument,
    ConfigurationDocument,
    GrantDocument,
    InviteDocument,
    MemberSessionDocument,
    MemberTokenDocument,
    StandingDocument,
)
from gateway.web.administering import INVITE_SECONDS, MOST_LINES
from gateway.web.administrators import CALLS, AdminCaller, AdminLoggedIn, administrating
from gateway.web.api import json_only, missing, refusals
from gateway.web.documents import NotebookDocument, Problem, moment
from gateway.web.site import GivenSite
from gateway.web.views import all_views
from gateway.web.visitor import on_main_host

_unreadable: Final[dict[int | str, dict[str, object]]] = {
    503: {"model": Problem, "description": "The store can't be used now; Retry-After says when"}
}

router = APIRouter(
    prefix=CALLS,
    dependencies=[Depends(administrating), Depends(on_main_host), Depends(json_only)],
    responses=refusals | missing | _unreadable,
)


@router.get("/members")
async def list_members(site: GivenSite) -> list[StandingDocument]:
    """List all members, the disabled too, and how each stands."""
    return [StandingDocument.of(one) for one in await administering.standings(site)]


@router.get("/members/{name}")
async def show_member(site: GivenSite, name: str) -> StandingDocument:
    """Show how one member stands."""
    return StandingDocument.of(await administering.standing(site, name))


@router.post("/members/{name}/invite", status_code=201)
async def invite(site: GivenSite, visitor: AdminLoggedIn, name: str) -> InviteDocument:
    """Make an invite, in place of any before; log in for it, as a token can't let anybody in."""
    expires_at = moment(site.clock() + INVITE_SECONDS)
    url = await administering.invite(site, MemberName(name), by=visitor.member.name)
    return InviteDocument(url=url, expires_at=expires_at)


@router.delete("/members/{name}/invite", status_code=204)
async def withdraw_invite(site: GivenSite, visitor: AdminCaller, name: str) -> Response:
    """Take back the invite that waits for a member."""
    return await _done(deeds.withdraw_invite, site, visitor, name)


@router.post("/members/{name}/disable", status_code=204)
async def disable(site: GivenSite, visitor: AdminCaller, name: str) -> Response:
    """Let a member in no more; all they have open closes within a second."""
    return await _done(deeds.disable, site, visitor, name)


@router.post("/members/{name}/enable", status_code=204)
async def enable(site: GivenSite, visitor: AdminLoggedIn, name: str) -> Response:
    """Let a disabled member in again; log in for it, as a token can't let anybody in."""
    await administering.enable(site, MemberName(name), by=visitor.member.name)
    return Response(status_code=204)


@router.delete("/members/{name}/sessions", status_code=204)
async def end_sessions(site: GivenSite, visitor: AdminCaller, name: str) -> Response:
    """End all sessions of a member; API tokens stay good."""
    return await _done(deeds.end_sessions, site, visitor, name)


@router.get("/sessions")
async def list_sessions(site: GivenSite, member: str | None = None) -> list[MemberSessionDocument]:
    """List the sessions of all members, or of one, oldest first."""
    return [MemberSessionDocument.of(row) for row in await administering.logins(site, member)]


@router.delete("/sessions/{session}", status_code=204)
async def end_session(site: GivenSite, visitor: AdminCaller, session: str) -> Response:
    """End one session."""
    return await _done(deeds.end_session, site, visitor, session)


@router.get("/tokens")
async def list_tokens(site: GivenSite, member: str | None = None) -> list[MemberTokenDocument]:
    """List the API tokens of all members, or of one, oldest first."""
    name = None if member is None else MemberName(member)
    rows = await site.administration.members.tokens(name)
    return [MemberTokenDocument.of_member(row) for row in rows]


@router.delete("/tokens/{token}", status_code=204)
async def revoke_token(site: GivenSite, visitor: AdminCaller, token: str) -> Response:
    """Revoke anybody's API token."""
    return await _done(deeds.revoke_token, site, visitor, token)


@router.get("/grants")
async def list_grants(site: GivenSite, notebook: str | None = None) -> list[GrantDocument]:
    """List all grants, or those of one notebook: declared, shared, and links."""
    return [GrantDocument.of(one) for one in administering.grants(site, notebook)]


@router.delete("/grants/{grant}", status_code=204)
async def take_back(site: GivenSite, visitor: AdminCaller, grant: str) -> Response:
    """Take a share or a link back; what the configuration grants, only the configuration takes back."""
    return await _done(deeds.take_back, site, visitor, grant)


@router.get("/notebooks")
async def list_notebooks(site: GivenSite, visitor: AdminCaller) -> list[NotebookDocument]:
    """List all notebooks and how each stands, also those that you may not open."""
    return [NotebookDocument.of(view) for view in all_views(site, visitor.member.name)]


@router.post(
    "/tunnels/{name}/try",
    status_code=204,
    responses={409: {"model": Problem, "description": "It does not wait for another try"}},
)
async def try_now(site: GivenSite, name: str) -> Response:
    """Try a tunnel now, as in `alice@lab`, whose next try is waited for; `/tunnels` lists them."""
    administering.try_now(site, name)
    return Response(status_code=204)


@router.get("/audit")
async def list_audit(
    site: GivenSite,
    member: Annotated[str, Query(description="Who did it, or whom it was done to.")] = "",
    notebook: str = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = MOST_LINES,
) -> list[AuditLineDocument]:
    """List the newest lines of the audit log, the newest first."""
    lines = await administering.audit_lines(site, member=member, notebook=notebook, limit=limit)
    return [AuditLineDocument.of(line) for line in lines]


@router.get("/configuration")
async def show_configuration(site: GivenSite) -> ConfigurationDocument:
    """Show the configuration in effect, and what is wrong with a newer one."""
    return ConfigurationDocument(
        yaml=site.administration.configuration(), problems=list(site.configuration_problems())
    )


async def _done(
    planned: deeds.Planned, site: GivenSite, visitor: AdminCaller, subject: str
) -> Response:
    deed = await planned(site, visitor.member.name, subject)
    await deed.do()
    return Response(status_code=204)
