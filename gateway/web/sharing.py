"""The page on which an owner shares a notebook: who may open it, who is in it, who would like to be."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.grants import Level
from gateway.core.inventory import Notebook
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import LinkId, ShareId
from gateway.core.visits import PastVisit
from gateway.errors import RequestInvalid, StoreUnavailable
from gateway.web.forms import Form, own_form
from gateway.web.giving import (
    GROUP,
    access_to,
    check_lifetime,
    check_links,
    grantee,
    may_be_shared_by,
)
from gateway.web.pages import page
from gateway.web.past_visits import past_visits
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/share/{name}",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

UNITS: Final = {"minutes": 60, "hours": 3600, "days": 24 * 3600}
LONGEST_COUNT: Final = 6
"""Digits; 366 days have that many minutes."""
SAYINGS: Final = {
    "shared": "Shared. It ends by itself, and you can take it back at any time.",
    "taken-back": "Taken back. Whatever was open through it is closed.",
    "declined": "Declined.",
    "asking": "Members may ask you now.",
    "no-asking": "Members can no longer ask.",
}


async def to_share(site: GivenSite, visitor: LoggedIn, name: NotebookName) -> Notebook:
    """Return the notebook, if it is the visitor's to share."""
    return may_be_shared_by(site.inventory(), visitor.member, name)


Mine = Annotated[Notebook, Depends(to_share)]


@router.api_route("", methods=["GET", "HEAD"])
async def show_sharing(
    request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine, done: str = ""
) -> Response:
    """Show who may open the notebook, and who is in it."""
    return await _page(request, site, visitor, mine, said=SAYINGS.get(done, ""))


@router.post("")
async def share(request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine) -> Response:
    """Give a share to a member or a group."""
    form = await own_form(request, visitor)
    try:
        name, is_group = grantee(site.inventory(), mine, form.get("to", "").strip().lower())
        seconds = _lifetime_in(form)
    except RequestInvalid as exc:
        return await _page(request, site, visitor, mine, status=422, trouble=_sentence(exc))
    await site.sharing.share(
        mine.name,
        GroupName(name) if is_group else MemberName(name),
        is_group=is_group,
        level=_level_in(form),
        by=visitor.member.name,
        lifetime_seconds=seconds,
    )
    return _done(mine, "shared")


@router.post("/links")
async def make_link(request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine) -> Response:
    """Make a link, and show it this once."""
    form = await own_form(request, visitor)
    try:
        check_links(site.sharing.shared(), mine, site.clock())
        seconds = _lifetime_in(form)
    except RequestInvalid as exc:
        return await _page(request, site, visitor, mine, status=exc.status, trouble=_sentence(exc))
    secret, _ = await site.sharing.make_link(
        mine.name, level=_level_in(form), by=visitor.member.name, lifetime_seconds=seconds
    )
    return await _page(
        request, site, visitor, mine, status=201, made=f"{site.origin}/-/link/{secret}"
    )


@router.post("/take-back/{given}")
async def take_back(
    request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine, given: str
) -> Response:
    """Take a share or a link back."""
    await own_form(request, visitor)
    shared, by = site.sharing.shared(), visitor.member.name
    if any(one.id == given and one.notebook == mine.name for one in shared.shares):
        await site.sharing.unshare(ShareId(given), by=by)
    elif any(one.id == given and one.notebook == mine.name for one in shared.links):
        await site.sharing.end_link(LinkId(given), by=by)
    return _done(mine, "taken-back")  # what is not there any more is what was wanted


@router.post("/asks/{member}/decline")
async def decline(
    request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine, member: MemberName
) -> Response:
    """Decline what a member asked for."""
    await own_form(request, visitor)
    await site.sharing.decline(mine.name, member, by=visitor.member.name)
    return _done(mine, "declined")


@router.post("/asking")
async def let_ask(request: Request, site: GivenSite, visitor: LoggedIn, mine: Mine) -> Response:
    """Let members ask for the notebook, or no longer."""
    form = await own_form(request, visitor)
    may = form.get("may") == "yes"
    await site.sharing.let_ask(mine.name, may=may)
    return _done(mine, "asking" if may else "no-asking")


def _lifetime_in(form: Form) -> float:
    count, unit = form.get("count", "1"), form.get("unit", "days")
    if (
        not (count.isascii() and count.isdigit() and len(count) <= LONGEST_COUNT)
        or unit not in UNITS
    ):
        raise RequestInvalid(422, "say how long: a whole number of minutes, hours or days")
    return check_lifetime(float(int(count) * UNITS[unit]))


def _level_in(form: Form) -> Level:
    try:
        return Level(form.get("level", ""))
    except ValueError as exc:
        raise RequestInvalid(422, "a share is to use or to view") from exc


def _sentence(exc: RequestInvalid) -> str:
    return f"{exc.detail[:1].upper()}{exc.detail[1:]}."


def _done(notebook: Notebook, what: str) -> Response:
    return RedirectResponse(f"/-/share/{notebook.name}?done={what}", 303)


async def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    notebook: Notebook,
    *,
    status: int = 200,
    **shown: str,
) -> Response:
    inventory, now = site.inventory(), site.clock()
    others = [m for m in inventory.members.values() if m.name != notebook.owner]
    groups = {group for member in inventory.members.values() for group in member.groups}
    context: dict[str, object] = {
        "said": "",
        "trouble": "",
        "made": "",
        "visits": await _past_visits(site, notebook),
        "access": access_to(site.declared(), site.sharing.shared(), notebook, site.present, now),
        "members": inventory.members,
        "choices": [
            *sorted(f"{GROUP}{group}" for group in groups),
            *sorted(m.name for m in others),
        ],
        "units": UNITS,
    }
    return page(request, "sharing.html", status=status, visitor=visitor, context=context | shown)


async def _past_visits(site: Site, notebook: Notebook) -> Sequence[PastVisit] | None:
    """Return them; None where they can't be read, which must not keep an owner from taking a share back."""
    try:
        return await past_visits(site, notebook.name)
    except StoreUnavailable:
        return None
