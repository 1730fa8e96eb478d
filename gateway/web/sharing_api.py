"""The REST API's part about sharing."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from gateway.core.inventory import Notebook
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import LinkId, ShareId
from gateway.errors import RequestInvalid
from gateway.web.api import API, json_only, missing, refusals, too_many
from gateway.web.documents import Problem
from gateway.web.giving import access_to, check_links, grantee, may_be_shared_by
from gateway.web.past_visits import past_visits
from gateway.web.sharing_documents import (
    AccessDocument,
    AskingWish,
    LinkDocument,
    LinkWish,
    NewLinkDocument,
    ShareDocument,
    ShareWish,
    VisitDocument,
)
from gateway.web.site import GivenSite
from gateway.web.visitor import Caller, on_main_host

needless: Final[dict[int | str, dict[str, object]]] = {
    409: {"model": Problem, "description": "It names the notebook's owner"}
}
GONE: Final = "there is no such share of yours"

router = APIRouter(
    prefix=f"{API}/notebooks/{{name}}",
    dependencies=[Depends(on_main_host), Depends(json_only)],
    responses=refusals | missing,
)


async def to_share(site: GivenSite, visitor: Caller, name: str) -> Notebook:
    """Return the notebook, if it is the caller's to share."""
    return may_be_shared_by(site.inventory(), visitor.member, NotebookName(name))


Mine = Annotated[Notebook, Depends(to_share)]


@router.get("/access")
async def show_access(site: GivenSite, mine: Mine) -> AccessDocument:
    """Show who may open a notebook of yours, and who is in it now."""
    now = site.clock()
    access = access_to(site.declared(), site.sharing.shared(), mine, site.present, now)
    return AccessDocument.of(access, now)


@router.get("/visits")
async def list_visits(site: GivenSite, mine: Mine) -> list[VisitDocument]:
    """List the last visits to a notebook of yours, the newest first."""
    return [VisitDocument.of(visit) for visit in await past_visits(site, mine.name)]


@router.post("/shares", status_code=201, responses=needless)
async def share(site: GivenSite, visitor: Caller, mine: Mine, wish: ShareWish) -> ShareDocument:
    """Share a notebook of yours with a member or a group, until an end."""
    name, is_group = grantee(site.inventory(), mine, wish.to)
    given = await site.sharing.share(
        mine.name,
        GroupName(name) if is_group else MemberName(name),
        is_group=is_group,
        level=wish.level,
        by=visitor.member.name,
        lifetime_seconds=wish.lifetime_seconds,
    )
    return ShareDocument.of(given)


@router.delete("/shares/{share}", status_code=204)
async def unshare(site: GivenSite, visitor: Caller, mine: Mine, share: str) -> Response:
    """Take a share back; what was open through it is closed."""
    held = {one.id for one in site.sharing.shared().shares if one.notebook == mine.name}
    if share not in held or not await site.sharing.unshare(ShareId(share), by=visitor.member.name):
        raise RequestInvalid(404, GONE)
    return Response(status_code=204)


@router.post("/links", status_code=201, responses=too_many)
async def make_link(
    site: GivenSite, visitor: Caller, mine: Mine, wish: LinkWish
) -> NewLinkDocument:
    """Make a link that gives a share to whoever opens it and logs in."""
    check_links(site.sharing.shared(), mine, site.clock())
    secret, link = await site.sharing.make_link(
        mine.name,
        level=wish.level,
        by=visitor.member.name,
        lifetime_seconds=wish.lifetime_seconds,
    )
    url = f"{site.origin}/-/link/{secret}"
    return NewLinkDocument(**LinkDocument.of(link).model_dump(), url=url)


@router.delete("/links/{link}", status_code=204)
async def end_link(site: GivenSite, visitor: Caller, mine: Mine, link: str) -> Response:
    """Take a link back, and all shares that came by it."""
    held = {one.id for one in site.sharing.shared().links if one.notebook == mine.name}
    if link not in held or not await site.sharing.end_link(LinkId(link), by=visitor.member.name):
        raise RequestInvalid(404, GONE)
    return Response(status_code=204)


@router.put("/asking", status_code=204)
async def let_ask(site: GivenSite, mine: Mine, wish: AskingWish) -> Response:
    """Let members ask for a notebook of yours, or no longer."""
    await site.sharing.let_ask(mine.name, may=wish.askable)
    return Response(status_code=204)


@router.delete("/asks/{member}", status_code=204)
async def decline(site: GivenSite, visitor: Caller, mine: Mine, member: str) -> Response:
    """Decline what a member asked for."""
    await site.sharing.decline(mine.name, MemberName(member), by=visitor.member.name)
    return Response(status_code=204)
