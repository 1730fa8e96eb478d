"""What administrators are shown of members and grants, and how they let members in; pages and API ask here alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.audit import Choice, Line
from gateway.core.granted import Granted, granted
from gateway.core.inventory import Member
from gateway.core.names import MemberName, NotebookName
from gateway.core.status import TunnelStatus
from gateway.errors import CredentialRefused, RequestInvalid
from gateway.web.administration import Account
from gateway.web.listed import MemberSession, MemberToken
from gateway.web.site import Site

INVITE_SECONDS: Final = 7 * 24 * 3600.0
MOST_LINES: Final = 200
"""Of the audit log, in one answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member, and how they stand."""

    member: Member
    account: Account | None
    """None where the store has never heard of them."""
    sessions: tuple[MemberSession, ...]
    tokens: tuple[MemberToken, ...]

    @property
    def disabled(self) -> bool:
        """Whether they are let in no more."""
        return self.account is not None and self.account.disabled

    @property
    def has_password(self) -> bool:
        """Whether a password is set."""
        return self.account is not None and self.account.has_password

    @property
    def last_login_at(self) -> float | None:
        """When they last logged in; None is never."""
        return None if self.account is None else self.account.last_login_at

    @property
    def invited_until(self) -> float | None:
        """When the invite that waits for them ends; None if none does."""
        return None if self.account is None else self.account.invited_until


async def standings(site: Site) -> list[Standing]:
    """Return how every member stands, the disabled too, by name; raise StoreUnavailable."""
    store = site.administration.members
    accounts = {account.member: account for account in await store.accounts()}
    sessions, tokens = await logins(site), await store.tokens()
    members = site.administration.declared().members
    return [
        Standing(
            members[name],
            accounts.get(name),
            tuple(row for row in sessions if row.member == name),
            tuple(row for row in tokens if row.member == name),
        )
        for name in sorted(members)
    ]


async def standing(site: Site, name: str) -> Standing:
    """Return how one member stands; raise RequestInvalid where nobody is called so, or StoreUnavailable."""
    found = (one for one in await standings(site) if one.member.name == name)
    if (one := next(found, None)) is None:
        raise RequestInvalid(404, "no member is called so")
    return one


async def logins(site: Site, member: str | None = None) -> list[MemberSession]:
    """Return the sessions of all, or of one; those of notebooks' hosts come and go with them."""
    rows = await site.administration.members.all_sessions()
    return [row for row in rows if row.audience is None and member in {None, row.member}]


async def invite(site: Site, name: MemberName, *, by: MemberName) -> str:
    """Return the address of a new invite, which can't be had again; raise RequestInvalid."""
    if name not in site.administration.declared().members:
        raise RequestInvalid(404, "no member is called so")
    try:
        secret = await site.administration.members.invite(
            name, lifetime_seconds=INVITE_SECONDS, by=by
        )
    except CredentialRefused as exc:
        raise RequestInvalid(403, f"{exc}; enable them first") from exc
    return f"{site.origin}/-/invite/{secret}"


async def enable(site: Site, name: MemberName, *, by: MemberName) -> None:
    """Let a disabled member in again; raise RequestInvalid where nobody is called so."""
    if name not in site.administration.declared().members:
        raise RequestInvalid(404, "no member is called so")
    if name not in site.declared().members:  # who is not disabled needs no entry in the audit log
        await site.administration.members.enable(name, by=by)


def grants(site: Site, notebook: str | None = None) -> Sequence[Granted]:
    """Return all grants, or those of one notebook."""
    found = granted(
        site.administration.declared(), site.declared(), site.sharing.shared(), site.clock()
    )
    return [one for one in found if notebook in {None, one.notebook}]


async def audit_lines(
    site: Site, *, member: str = "", notebook: str = "", limit: int = MOST_LINES
) -> Sequence[Line]:
    """Return the newest lines, of one member or notebook where that is said; raise StoreUnavailable."""
    choice = Choice(notebook=NotebookName(notebook) if notebook else None, member=member or None)
    return await site.audit.lines(choice, limit=limit)


def try_now(site: Site, tunnel: str) -> None:
    """Have a tunnel tried now; raise RequestInvalid where there is none that waits."""
    status = _tunnel(site.notebooks.tunnel_statuses(), tunnel)
    if not site.administration.try_now(status.id):
        raise RequestInvalid(409, f"{tunnel} is not waiting for another try; it is {status.state}")


def _tunnel(statuses: Iterable[TunnelStatus], name: str) -> TunnelStatus:
    found = next((status for status in statuses if str(status.id) == name), None)
    if found is None:
        raise RequestInvalid(404, "there is no such tunnel")
    return found
