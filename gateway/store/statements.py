"""Every statement that the store makes, as a function of a connection."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.identity import CredentialId, Means
from gateway.core.names import MemberName, NotebookName, RemoteName
from gateway.store import tables
from gateway.store.memory import Held, held_session, held_token
from gateway.store.rows import Account, SessionRow, TokenRow

Columns = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a log-in must know of an account."""

    password: str | None = None
    disabled: bool = False


async def number(connection: AsyncConnection) -> int:
    """Return how many changes there have been."""
    return int((await connection.execute(select(tables.changes.c.number))).scalar_one())


async def next_number(connection: AsyncConnection) -> int:
    """Count a change, and so take the turn among all processes that change something."""
    counted = update(tables.changes).values(number=tables.changes.c.number + 1)
    return int((await connection.execute(counted.returning(tables.changes.c.number))).scalar_one())


async def credentials(connection: AsyncConnection, *, idle_seconds: float) -> list[Held]:
    """Return all sessions and tokens."""
    sessions = await connection.execute(select(tables.sessions))
    held = [held_session(row.digest, _session(row), idle_seconds=idle_seconds) for row in sessions]
    tokens = await connection.execute(select(tables.tokens))
    return held + [held_token(row.digest, _token(row)) for row in tokens]


async def pins(connection: AsyncConnection) -> dict[RemoteName, str]:
    """Return the host keys that were accepted at first sight."""
    rows = await connection.execute(select(tables.pins))
    return {RemoteName(row.remote): str(row.fingerprint) for row in rows}


async def pin(
    connection: AsyncConnection, remote: RemoteName, fingerprint: str, now: float
) -> None:
    """Keep a host key's fingerprint in place of any before it."""
    values = {"fingerprint": fingerprint, "pinned_at": now}
    await _upsert(
        connection, tables.pins, tables.pins.c.remote == remote, {"remote": remote}, values
    )


async def insert_session(connection: AsyncConnection, digest: bytes, row: SessionRow) -> None:
    """Keep a new session."""
    await connection.execute(
        insert(tables.sessions).values(
            id=row.credential,
            digest=digest,
            member=row.member,
            parent=row.parent,
            audience=row.audience,
            address=row.address,
            device=row.device,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            means=row.means,
        )
    )


async def renew_session(connection: AsyncConnection, digest: bytes, row: SessionRow) -> bool:
    """Give a session a new secret and a new end, which its children share; say whether it is there still."""
    sessions = tables.sessions
    values = {"expires_at": row.expires_at, "used_at": row.used_at}
    renewed = update(sessions).where(sessions.c.id == row.credential)
    here = {"address": row.address, "device": row.device, "means": row.means, "digest": digest}
    found = await connection.execute(renewed.values(**values, **here))
    children = update(sessions).where(sessions.c.parent == row.credential)
    await connection.execute(children.values(**values))
    return found.rowcount == 1


async def insert_token(connection: AsyncConnection, digest: bytes, row: TokenRow) -> None:
    """Keep a new token."""
    await connection.execute(
        insert(tables.tokens).values(
            id=row.credential,
            digest=digest,
            member=row.member,
            label=row.label,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
    )


async def names_of(
    connection: AsyncConnection, member: MemberName, *, tokens: bool, but: CredentialId | None
) -> set[CredentialId]:
    """Return the names of a member's sessions, ``but`` one and its children, and perhaps tokens."""
    sessions = tables.sessions
    wanted = select(sessions.c.id).where(sessions.c.member == member)
    if but is not None:
        others = or_(sessions.c.parent.is_(None), sessions.c.parent != but)
        wanted = wanted.where(sessions.c.id != but, others)
    names = {CredentialId(name) for name in await connection.scalars(wanted)}
    if tokens:
        theirs = select(tables.tokens.c.id).where(tables.tokens.c.member == member)
        names |= {CredentialId(name) for name in await connection.scalars(theirs)}
    return names


async def delete_credentials(connection: AsyncConnection, names: AbstractSet[CredentialId]) -> None:
    """Delete sessions and tokens; the children of a session go with it."""
    for table in (tables.sessions, tables.tokens):
        await connection.execute(delete(table).where(table.c.id.in_(names)))


async def save_uses(connection: AsyncConnection, uses: Mapping[CredentialId, float]) -> None:
    """Write down last uses."""
    values = [{"name": name, "at": at} for name, at in uses.items()]
    for table in (tables.sessions, tables.tokens):
        used = update(table).where(table.c.id == bindparam("name"))
        await connection.execute(used.values(used_at=bindparam("at")), values)


async def purge(connection: AsyncConnection, now: float, *, idle_seconds: float) -> None:
    """Delete what has expired."""
    sessions, tokens, invites = tables.sessions, tables.tokens, tables.invites
    idle = sessions.c.used_at <= now - idle_seconds
    await connection.execute(delete(sessions).where(or_(sessions.c.expires_at <= now, idle)))
    await connection.execute(delete(tokens).where(tokens.c.expires_at <= now))
    await connection.execute(delete(invites).where(invites.c.expires_at <= now))


async def standing(connection: AsyncConnection, member: MemberName) -> Standing:
    """Return how an account stands; one that is not there has no password."""
    wanted = select(tables.accounts).where(tables.accounts.c.member == member)
    row = (await connection.execute(wanted)).one_or_none()
    return Standing() if row is None else Standing(row.password, row.disabled_at is not None)


async def disabled(connection: AsyncConnection) -> frozenset[MemberName]:
    """Return the members who are disabled."""
    people = tables.accounts.c
    names = await connection.scalars(select(people.member).where(people.disabled_at.is_not(None)))
    return frozenset(MemberName(name) for name in names)


async def save_account(connection: AsyncConnection, member: MemberName, values: Columns) -> None:
    """Set columns of an account, which is made where there is none."""
    key = tables.accounts.c.member == member
    await _upsert(connection, tables.accounts, key, {"member": member}, values)


async def accounts(connection: AsyncConnection, now: float) -> tuple[Account, ...]:
    """Return all accounts, by name."""
    people, invites = tables.accounts, tables.invites
    live = and_(people.c.member == invites.c.member, invites.c.expires_at > now)
    joined = people.outerjoin(invites, live)
    wanted = select(people, invites.c.expires_at).select_from(joined).order_by(people.c.member)
    return tuple(
        Account(
            MemberName(row.member),
            has_password=row.password is not None,
            disabled=row.disabled_at is not None,
            last_login_at=row.last_login_at,
            invited_until=row.expires_at,
        )
        for row in await connection.execute(wanted)
    )


async def save_invite(
    connection: AsyncConnection, member: MemberName, digest: bytes, expires_at: float
) -> None:
    """Keep a member's invite in place of any before it."""
    values = {"digest": digest, "expires_at": expires_at}
    key = tables.invites.c.member == member
    await _upsert(connection, tables.invites, key, {"member": member}, values)


async def invited(connection: AsyncConnection, digest: bytes, now: float) -> MemberName | None:
    """Return whom an invite is for; None if it is none, or none any more."""
    invites = tables.invites
    wanted = select(invites.c.member).where(invites.c.digest == digest, invites.c.expires_at > now)
    member = (await connection.execute(wanted)).scalar_one_or_none()
    return None if member is None else MemberName(member)


async def delete_invite(connection: AsyncConnection, member: MemberName) -> bool:
    """Delete a member's invite; say whether there was one."""
    theirs = delete(tables.invites).where(tables.invites.c.member == member)
    return (await connection.execute(theirs)).rowcount > 0


async def _upsert(
    connection: AsyncConnection,
    table: Table,
    key: ColumnElement[bool],
    names: Columns,
    values: Columns,
) -> None:
    # Whoever changes anything has taken the turn (next_number), so nobody comes between the two.
    updated = await connection.execute(update(table).where(key).values(**values))
    if updated.rowcount == 0:
        await connection.execute(insert(table).values(**names, **values))


def _session(row: Row[tuple[object, ...]]) -> SessionRow:
    return SessionRow(
        credential=CredentialId(row.id),
        member=MemberName(row.member),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        address=row.address,
        device=row.device,
        parent=None if row.parent is None else CredentialId(row.parent),
        audience=None if row.audience is None else NotebookName(row.audience),
        means=None if row.means is None else Means(row.means),
    )


def _token(row: Row[tuple[object, ...]]) -> TokenRow:
    return TokenRow(
        credential=CredentialId(row.id),
        member=MemberName(row.member),
        label=row.label,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
