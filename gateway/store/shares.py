"""What owners give: shares, links and asks, opened, looked up and ended."""

import logging
import secrets
from collections.abc import Callable

from gateway.core.grants import Level
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Ask, LinkId, Share, Shared, ShareId, ShareLink
from gateway.errors import CredentialRefused
from gateway.store import sharing_statements as statements
from gateway.store.hashing import digest_of, new_secret
from gateway.store.ledger import Ledger

log = logging.getLogger(__name__)


class Shares:
    """What can be done with shares; who may do it is asked before."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock

    def shared(self) -> Shared:
        """Return all that is given and asked for, from memory; some of it may be over."""
        return self._ledger.memory.shared

    async def share(
        self,
        notebook: NotebookName,
        to: MemberName | GroupName,
        *,
        is_group: bool = False,
        level: Level,
        by: MemberName,
        lifetime_seconds: float,
    ) -> Share:
        """Give a share, in place of any given to the same before; what they asked for is answered."""
        share = Share(
            id=_new_share_id(),
            notebook=notebook,
            level=level,
            granted_by=by,
            created_at=self._clock(),
            expires_at=self._clock() + lifetime_seconds,
            member=None if is_group else MemberName(to),
            group=GroupName(to) if is_group else None,
        )
        async with self._ledger.changing_shares() as connection:
            await statements.insert_share(connection, share)
            if share.member is not None:
                await statements.delete_ask(connection, notebook, share.member)
        log.info("%s: shared with %s to %s by %s", notebook, share.to, level, by)
        return share

    async def unshare(self, share: ShareId) -> bool:
        """Take a share back; say whether there was such a one."""
        async with self._ledger.changing_shares() as connection:
            gone = await statements.delete_share(connection, share)
        if gone:
            log.info("%s: taken back", share)
        return gone

    async def make_link(
        self, notebook: NotebookName, *, level: Level, by: MemberName, lifetime_seconds: float
    ) -> tuple[str, ShareLink]:
        """Return the secret of a new link, which can't be had again, and what is kept of it."""
        secret, now = new_secret(), self._clock()
        link = ShareLink(
            id=_new_link_id(),
            notebook=notebook,
            level=level,
            granted_by=by,
            created_at=now,
            expires_at=now + lifetime_seconds,
        )
        async with self._ledger.changing_shares() as connection:
            await statements.insert_link(connection, digest_of(secret), link)
        log.info("%s: link to %s made by %s", notebook, level, by)
        return secret, link

    async def link_of(self, secret: str) -> ShareLink:
        """Return the link that a secret opens; raise CredentialRefused where there is none, or none any more."""
        async with self._ledger.database.reading() as connection:
            link = await statements.link_of(connection, digest_of(secret))
        if link is None or link.expires_at <= self._clock():
            raise CredentialRefused("this link has been taken back, or its time is over")
        return link

    async def take_link(self, secret: str, member: MemberName) -> Share:
        """Give ``member`` the share that the link promises; raise CredentialRefused."""
        link = await self.link_of(secret)
        share = Share(
            id=_new_share_id(),
            notebook=link.notebook,
            level=link.level,
            granted_by=link.granted_by,
            created_at=self._clock(),
            expires_at=link.expires_at,
            member=member,
            link=link.id,
        )
        async with self._ledger.changing_shares() as connection:
            if await statements.link_of(connection, digest_of(secret)) != link:
                raise CredentialRefused("this link has just been taken back")
            await statements.insert_share(connection, share)
        log.info("%s: opened to %s by a link of %s", link.notebook, member, link.granted_by)
        return share

    async def end_link(self, link: LinkId) -> bool:
        """Take a link back, and the shares that came by it; say whether there was such a one."""
        async with self._ledger.changing_shares() as connection:
            gone = await statements.delete_link(connection, link)
        if gone:
            log.info("%s: taken back", link)
        return gone

    async def ask(self, notebook: NotebookName, member: MemberName) -> None:
        """Note that ``member`` would like a share."""
        async with self._ledger.changing_shares() as connection:
            await statements.save_ask(connection, Ask(notebook, member, self._clock()))
        log.info("%s: asked for by %s", notebook, member)

    async def decline(self, notebook: NotebookName, member: MemberName) -> None:
        """Forget what ``member`` asked for."""
        async with self._ledger.changing_shares() as connection:
            await statements.delete_ask(connection, notebook, member)


def _new_share_id() -> ShareId:
    return ShareId(f"share:{secrets.token_urlsafe(12)}")


def _new_link_id() -> LinkId:
    return LinkId(f"link:{secrets.token_urlsafe(12)}")
