"""What ends something: the question before it, its consequences in plain words, and the deed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from gateway.core.granted import LINK
from gateway.core.identity import CredentialId
from gateway.core.names import MemberName
from gateway.core.sharing import LinkId, ShareId
from gateway.errors import RequestInvalid
from gateway.web.administering import grants, logins, standing
from gateway.web.administrators import PAGES
from gateway.web.site import Site
from gateway.web.words import day

Done = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that ends something, found to be possible."""

    question: str
    consequences: str
    button: str
    back: str
    """Where to go afterwards, or instead."""
    do: Done


Planned = Callable[[Site, MemberName, str], Awaitable[Deed]]
"""Returns what a member is about to do to something; raises RequestInvalid where that can't be done."""


async def disable(site: Site, by: MemberName, name: str) -> Deed:
    """Plan to let a member in no more."""
    one = await standing(site, name)
    if name == by:
        raise RequestInvalid(403, "you can't disable yourself; another administrator can")
    member = one.member.name
    return Deed(
        f"Disable {one.member.called}?",
        f"{one.member.called} is out everywhere within a second: what is open closes, sessions ({len(one.sessions)}), "
        f"API tokens ({len(one.tokens)}) and an invite that waits end. What they shared, and what is shared "
        f"with them, does not count while they are disabled. Their notebooks go on for whom the configuration lets in.",
        "Disable",
        member_page(name),
        lambda: site.administration.members.disable(member, by=by),
    )


async def withdraw_invite(site: Site, by: MemberName, name: str) -> Deed:
    """Plan to make an invite void."""
    one = await standing(site, name)
    if one.invited_until is None:
        raise RequestInvalid(404, "no invite waits for them")
    member = one.member.name
    return Deed(
        f"Take the invite of {one.member.called} back?",
        "The link no longer works. You can make another at any time.",
        "Take back",
        member_page(name),
        lambda: site.administration.members.withdraw_invite(member, by=by),
    )


async def end_sessions(site: Site, by: MemberName, name: str) -> Deed:
    """Plan to log a member out everywhere."""
    one = await standing(site, name)
    member = one.member.name
    return Deed(
        f"End all sessions of {one.member.called}?",
        f"Each browser is logged out ({len(one.sessions)} now) and what it has open closes. API tokens stay good, "
        f"and {one.member.called} can log in again.",
        "End all",
        member_page(name),
        lambda: site.administration.members.end_sessions(member, by=by),
    )


async def end_session(site: Site, by: MemberName, credential: str) -> Deed:
    """Plan to end one session."""
    row = next((row for row in await logins(site) if row.credential == credential), None)
    if row is None:
        raise RequestInvalid(404, "there is no such session")
    name = CredentialId(credential)
    return Deed(
        f"End this session of {row.member}?",
        f"{row.device or 'An unknown browser'} from {row.address or 'an unknown address'}, logged in since "
        f"{day(row.created_at)}, is logged out and what it has open closes. {row.member} can log in again.",
        "End it",
        f"{PAGES}/sessions",
        lambda: site.administration.members.end_session(name, by=by),
    )


async def revoke_token(site: Site, by: MemberName, credential: str) -> Deed:
    """Plan to revoke an API token."""
    rows = await site.administration.members.tokens()
    row = next((row for row in rows if row.credential == credential), None)
    if row is None:
        raise RequestInvalid(404, "there is no such token")
    name = CredentialId(credential)
    return Deed(
        f"Revoke the token “{row.label or row.credential}” of {row.member}?",
        "What uses it is refused from now on, and what it has open closes. It can't be had back.",
        "Revoke",
        member_page(row.member),
        lambda: site.administration.members.revoke_token(name, by=by),
    )


async def take_back(site: Site, by: MemberName, given: str) -> Deed:
    """Plan to take a share or a link back."""
    one = next((one for one in grants(site) if one.id == given), None)
    if one is None:
        raise RequestInvalid(404, "there is no such share or link")
    is_link = one.to == LINK
    what = "Who came by the link is out" if is_link else f"{one.to} is out"
    return Deed(
        f"Take {one.notebook} back from {one.to}?",
        f"{what}, and what is open through it closes, unless another grant lets them in.",
        "Take back",
        f"{PAGES}/grants",
        (lambda: site.sharing.end_link(LinkId(given), by=by))
        if is_link
        else (lambda: site.sharing.unshare(ShareId(given), by=by)),
    )


def member_page(name: str) -> str:
    """Return where a member's page is."""
    return f"{PAGES}/members/{quote(name, safe='')}"


DEEDS: Final[Mapping[str, Planned]] = {
    "disable": disable,
    "withdraw-invite": withdraw_invite,
    "end-sessions": end_sessions,
    "end-session": end_session,
    "revoke-token": revoke_token,
    "take-back": take_back,
}
