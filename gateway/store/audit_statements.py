"""Every statement about the audit log, as a function of a connection."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Row, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.audit import Act, Anchor, Choice, Entry, Line, chained
from gateway.store import tables

ALL: Final = Choice()


async def append(connection: AsyncConnection, entries: Iterable[Entry]) -> Sequence[Line]:
    """Append entries, and return them as lines."""
    lines = chained(await _last_locked(connection), entries)
    if lines:
        rows = [
            {"number": line.number, "digest": line.digest, **asdict(line.entry)} for line in lines
        ]
        await connection.execute(insert(tables.audit), rows)
        last = {"number": lines[-1].number, "digest": lines[-1].digest}
        await connection.execute(update(tables.audit_head).values(**last))
    return lines


async def last(connection: AsyncConnection) -> Anchor:
    """Return the number and digest of the last line."""
    head = tables.audit_head.c
    row = (await connection.execute(select(head.number, head.digest))).one()
    return Anchor(row.number, row.digest)


async def anchor(connection: AsyncConnection) -> Anchor:
    """Return what the first line that is there follows."""
    head = tables.audit_head.c
    row = (await connection.execute(select(head.pruned_number, head.pruned_digest))).one()
    return Anchor(row.pruned_number, row.pruned_digest)


async def told(connection: AsyncConnection) -> int:
    """Return the number of the last line that was told as JSON."""
    number = (await connection.execute(select(tables.audit_head.c.told))).scalar_one()
    return int(number)


async def save_told(connection: AsyncConnection, number: int) -> None:
    """Write down the last line that was told."""
    await connection.execute(update(tables.audit_head).values(told=number))


async def after(
    connection: AsyncConnection,
    number: int,
    *,
    limit: int,
    choice: Choice = ALL,
    until: int | None = None,
) -> list[Line]:
    """Return the chosen lines after ``number``, and up to ``until``, the oldest first."""
    wanted = _chosen(choice).where(tables.audit.c.number > number)
    if until is not None:
        wanted = wanted.where(tables.audit.c.number <= until)
    rows = await connection.execute(wanted.order_by(tables.audit.c.number).limit(limit))
    return [_line(row) for row in rows]


async def newest(connection: AsyncConnection, choice: Choice, *, limit: int) -> list[Line]:
    """Return the newest of the chosen lines, the newest first."""
    wanted = _chosen(choice).order_by(tables.audit.c.number.desc()).limit(limit)
    return [_line(row) for row in await connection.execute(wanted)]


async def prune(connection: AsyncConnection, before: float) -> int:
    """Delete the lines at the front that are older than ``before``; return how many."""
    await _last_locked(connection)
    start = await anchor(connection)
    held = tables.audit.c
    kept = select(held.number).where(held.at >= before).order_by(held.number).limit(1)
    first_kept = (await connection.execute(kept)).scalar_one_or_none()
    old = select(held.number, held.digest).order_by(held.number.desc()).limit(1)
    if first_kept is not None:
        old = old.where(held.number < first_kept)
    row = (await connection.execute(old)).one_or_none()
    if row is None:
        return 0
    await connection.execute(delete(tables.audit).where(held.number <= row.number))
    pruned = {"pruned_number": row.number, "pruned_digest": row.digest}
    await connection.execute(update(tables.audit_head).values(**pruned))
    return int(row.number) - start.number


async def _last_locked(connection: AsyncConnection) -> Anchor:
    """Take the turn among all who append, and return the last line's number and digest."""
    head = tables.audit_head
    taken = update(head).values(number=head.c.number).returning(head.c.number, head.c.digest)
    row = (await connection.execute(taken)).one()
    return Anchor(row.number, row.digest)


def _chosen(choice: Choice) -> Select[tuple[object, ...]]:
    held = tables.audit.c
    wanted = select(tables.audit)
    if choice.notebook is not None:
        wanted = wanted.where(held.notebook == choice.notebook)
    if choice.member is not None:
        wanted = wanted.where(or_(held.actor == choice.member, held.subject == choice.member))
    if choice.since is not None:
        wanted = wanted.where(held.at >= choice.since)
    if choice.acts:
        wanted = wanted.where(held.act.in_(choice.acts))
    return wanted


def _line(row: Row[tuple[object, ...]]) -> Line:
    texts = (row.actor, row.notebook, row.subject, row.address, row.detail)
    return Line(row.number, Entry(row.at, Act(row.act), *texts), row.digest)
