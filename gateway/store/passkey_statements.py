"""Every statement about passkeys, as a function of a connection."""

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof
from gateway.store.tables import passkeys, second_factors


async def of_member(connection: AsyncConnection, member: MemberName) -> tuple[Passkey, ...]:
    """Return a member's passkeys, oldest first."""
    wanted = select(passkeys).where(passkeys.c.member == member).order_by(passkeys.c.created_at)
    return tuple(_passkey(row) for row in await connection.execute(wanted))


async def passkey(connection: AsyncConnection, name: str) -> Passkey | None:
    """Return a passkey."""
    row = (await connection.execute(select(passkeys).where(passkeys.c.id == name))).one_or_none()
    return None if row is None else _passkey(row)


async def insert_passkey(connection: AsyncConnection, one: Passkey) -> None:
    """Keep a new passkey."""
    await connection.execute(
        insert(passkeys).values(
            id=one.id,
            member=one.member,
            label=one.label,
            public_key=one.public_key,
            sign_count=one.sign_count,
            handle=one.handle,
            created_at=one.created_at,
        )
    )


async def use(connection: AsyncConnection, proof: Proof, now: float) -> bool:
    """Write a use down; say whether the passkey still is what it was when it was proved."""
    one = proof.passkey
    same = (passkeys.c.id == one.id, passkeys.c.sign_count == one.sign_count)
    used = update(passkeys).where(*same).values(sign_count=proof.sign_count, used_at=now)
    return (await connection.execute(used)).rowcount == 1


async def delete_passkey(connection: AsyncConnection, member: MemberName, name: str) -> bool:
    """Delete a member's passkey; say whether there was such a one."""
    theirs = delete(passkeys).where(passkeys.c.id == name, passkeys.c.member == member)
    return (await connection.execute(theirs)).rowcount == 1


async def delete_all(connection: AsyncConnection, member: MemberName) -> None:
    """Delete all passkeys of a member, and the wish to be asked for one."""
    await connection.execute(delete(passkeys).where(passkeys.c.member == member))
    await set_asked(connection, member, asked=False)


async def asked(connection: AsyncConnection, member: MemberName) -> bool:
    """Say whether a member wants to be asked for a passkey beside the password."""
    wanted = select(second_factors).where(second_factors.c.member == member)
    return (await connection.execute(wanted)).one_or_none() is not None


async def set_asked(connection: AsyncConnection, member: MemberName, *, asked: bool) -> None:
    """Keep whether a member wants that."""
    await connection.execute(delete(second_factors).where(second_factors.c.member == member))
    if asked:
        await connection.execute(insert(second_factors).values(member=member))


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(
        id=row.id,
        member=MemberName(row.member),
        label=row.label,
        public_key=bytes(row.public_key),
        sign_count=row.sign_count,
        handle=bytes(row.handle),
        created_at=row.created_at,
        used_at=row.used_at,
    )
