"""Every statement about the identity provider's people and sessions, as a function of a connection."""

import json

from sqlalchemy import Row, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.identity import CredentialId
from gateway.core.linking import Link, Origin
from gateway.core.names import GroupName, MemberName
from gateway.core.provider_answer import Arrival
from gateway.store import tables
from gateway.store.rows import ProviderSession

_links, _sessions = tables.provider_links, tables.provider_sessions


async def links(connection: AsyncConnection) -> tuple[Link, ...]:
    """Return all there is, by member."""
    rows = await connection.execute(select(_links).order_by(_links.c.member))
    return tuple(_link(row) for row in rows)


async def save_link(connection: AsyncConnection, link: Link) -> None:
    """Keep a link, in place of any of the same person or of the same member."""
    same = (_links.c.issuer == link.issuer) & (_links.c.subject == link.subject)
    await connection.execute(delete(_links).where(or_(same, _links.c.member == link.member)))
    await connection.execute(
        insert(_links).values(
            issuer=link.issuer,
            subject=link.subject,
            member=link.member,
            origin=link.origin.value,
            claimed=json.dumps(sorted(link.groups)),
            full_name=link.full_name,
            email=link.email,
            linked_at=link.linked_at,
            seen_at=link.seen_at,
        )
    )


async def delete_link(connection: AsyncConnection, member: MemberName) -> bool:
    """Delete a member's link; say whether there was one."""
    gone = await connection.execute(delete(_links).where(_links.c.member == member))
    return gone.rowcount > 0


async def delete_own_link(connection: AsyncConnection, member: MemberName) -> None:
    """Delete the link that a member made; what the configuration or a group says stays."""
    made = _links.c.origin == Origin.LINKED.value
    await connection.execute(delete(_links).where(_links.c.member == member, made))


async def save_session(
    connection: AsyncConnection, session: CredentialId, arrival: Arrival
) -> None:
    """Keep what the provider said of a session, in place of what it said when it began."""
    await connection.execute(delete(_sessions).where(_sessions.c.session == session))
    await connection.execute(
        insert(_sessions).values(
            session=session,
            issuer=arrival.issuer,
            subject=arrival.subject,
            sid=arrival.sid,
            id_token=arrival.id_token,
        )
    )


async def sessions(connection: AsyncConnection) -> list[ProviderSession]:
    """Return all sessions that came from a provider."""
    joined = select(_sessions, tables.sessions.c.member).join(tables.sessions)
    return [_session(row) for row in await connection.execute(joined)]


async def session(connection: AsyncConnection, name: CredentialId) -> ProviderSession | None:
    """Return what the provider said of a session; None if it said nothing."""
    joined = select(_sessions, tables.sessions.c.member).join(tables.sessions)
    row = (await connection.execute(joined.where(_sessions.c.session == name))).one_or_none()
    return None if row is None else _session(row)


async def sessions_of(
    connection: AsyncConnection, issuer: str, subject: str | None, sid: str | None
) -> set[CredentialId]:
    """Return the sessions that a log-out names: those of ``sid``, or without one, all of ``subject``."""
    wanted = select(_sessions.c.session).where(_sessions.c.issuer == issuer)
    if subject is not None:
        wanted = wanted.where(_sessions.c.subject == subject)
    if sid is not None:
        wanted = wanted.where(_sessions.c.sid == sid)
    return {CredentialId(name) for name in await connection.scalars(wanted)}


async def forget_member(connection: AsyncConnection, member: MemberName) -> None:
    """Delete what a name was given, so that whoever is called so next has nothing of it."""
    for table in (tables.shares, tables.asks, tables.invites, tables.accounts):
        await connection.execute(delete(table).where(table.c.member == member))


def _link(row: Row[tuple[object, ...]]) -> Link:
    return Link(
        issuer=row.issuer,
        subject=row.subject,
        member=MemberName(row.member),
        origin=Origin(row.origin),
        groups=frozenset(GroupName(group) for group in json.loads(row.claimed)),
        full_name=row.full_name,
        email=row.email,
        linked_at=row.linked_at,
        seen_at=row.seen_at,
    )


def _session(row: Row[tuple[object, ...]]) -> ProviderSession:
    return ProviderSession(
        credential=CredentialId(row.session),
        member=MemberName(row.member),
        issuer=row.issuer,
        subject=row.subject,
        sid=row.sid,
        id_token=row.id_token,
    )
