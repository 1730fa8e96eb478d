"""Every statement about shares, links and asks, as a function of a connection."""

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.grants import Level
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Ask, LinkId, Share, Shared, ShareId, ShareLink
from gateway.store import tables


async def shared(connection: AsyncConnection) -> Shared:
    """Return all there is."""
    shares = await connection.execute(select(tables.shares).order_by(tables.shares.c.created_at))
    links = await connection.execute(
        select(tables.share_links).order_by(tables.share_links.c.created_at)
    )
    asks = await connection.execute(select(tables.asks).order_by(tables.asks.c.asked_at))
    askable = await connection.scalars(select(tables.askable.c.notebook))
    return Shared(
        shares=tuple(_share(row) for row in shares),
        links=tuple(_link(row) for row in links),
        asks=tuple(
            Ask(NotebookName(row.notebook), MemberName(row.member), row.asked_at) for row in asks
        ),
        askable=frozenset(NotebookName(name) for name in askable),
    )


async def insert_share(connection: AsyncConnection, share: Share) -> None:
    """Keep a new share, in place of any that names the same grantee for the same notebook, by the same way."""
    held = tables.shares.c
    same = delete(tables.shares).where(
        held.notebook == share.notebook,
        held.member.is_not_distinct_from(share.member),
        held.grouped.is_not_distinct_from(share.group),
        held.link.is_not_distinct_from(share.link),
    )
    await connection.execute(same)
    await connection.execute(
        insert(tables.shares).values(
            **_given(share), id=share.id, member=share.member, grouped=share.group, link=share.link
        )
    )


async def insert_link(connection: AsyncConnection, digest: bytes, link: ShareLink) -> None:
    """Keep a new link."""
    values = {**_given(link), "id": link.id, "digest": digest}
    await connection.execute(insert(tables.share_links).values(**values))


async def link_of(connection: AsyncConnection, digest: bytes) -> ShareLink | None:
    """Return the link with this secret's digest."""
    wanted = select(tables.share_links).where(tables.share_links.c.digest == digest)
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else _link(row)


async def delete_share(connection: AsyncConnection, share: ShareId) -> bool:
    """Delete a share; say whether there was such a one."""
    gone = await connection.execute(delete(tables.shares).where(tables.shares.c.id == share))
    return gone.rowcount > 0


async def delete_link(connection: AsyncConnection, link: LinkId) -> bool:
    """Delete a link, and with it the shares that came by it; say whether there was such a one."""
    gone = await connection.execute(
        delete(tables.share_links).where(tables.share_links.c.id == link)
    )
    return gone.rowcount > 0


async def save_ask(connection: AsyncConnection, ask: Ask) -> None:
    """Keep a wish; asking again is no second wish."""
    await delete_ask(connection, ask.notebook, ask.member)
    values = {"notebook": ask.notebook, "member": ask.member, "asked_at": ask.asked_at}
    await connection.execute(insert(tables.asks).values(**values))


async def delete_ask(
    connection: AsyncConnection, notebook: NotebookName, member: MemberName
) -> None:
    """Delete a wish, granted or not."""
    held = tables.asks.c
    gone = delete(tables.asks).where(held.notebook == notebook, held.member == member)
    await connection.execute(gone)


async def let_ask(connection: AsyncConnection, notebook: NotebookName, *, may: bool) -> None:
    """Keep whether members may ask for a share; where they may not, nobody has asked."""
    held = tables.askable
    await connection.execute(delete(held).where(held.c.notebook == notebook))
    if may:
        await connection.execute(insert(held).values(notebook=notebook))
    else:
        await connection.execute(delete(tables.asks).where(tables.asks.c.notebook == notebook))


async def purge(connection: AsyncConnection, now: float) -> None:
    """Delete the shares and links whose time is over."""
    for table in (tables.shares, tables.share_links):
        await connection.execute(delete(table).where(table.c.expires_at <= now))


def _given(one: Share | ShareLink) -> dict[str, object]:
    return {
        "notebook": one.notebook,
        "level": one.level.value,
        "granted_by": one.granted_by,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
    }


def _share(row: Row[tuple[object, ...]]) -> Share:
    return Share(
        id=ShareId(row.id),
        notebook=NotebookName(row.notebook),
        level=Level(row.level),
        granted_by=MemberName(row.granted_by),
        created_at=row.created_at,
        expires_at=row.expires_at,
        member=None if row.member is None else MemberName(row.member),
        group=None if row.grouped is None else GroupName(row.grouped),
        link=None if row.link is None else LinkId(row.link),
    )


def _link(row: Row[tuple[object, ...]]) -> ShareLink:
    return ShareLink(
        id=LinkId(row.id),
        notebook=NotebookName(row.notebook),
        level=Level(row.level),
        granted_by=MemberName(row.granted_by),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
