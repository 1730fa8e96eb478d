"""What owners give: shares, links and asks, opened, looked up and ended."""

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from gateway.core.audit import Act, Entry, entry
from gateway.core.grants import Level
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Ask, LinkId, Share, Shared, ShareId, ShareLink
from gateway.errors import CredentialRefused
from gateway.store import sharing_statements as statements
from gateway.store.hashing import digest_of, new_secret
from gateway.store.ledger import Ledger

log = logging.getLogger(__name__)

MOST_ASKS: Final = 20
"""A member's wishes that nobody has answered."""


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
        async with self._ledger.changing_shares() as change:
            await statements.insert_share(change.connection, share)
            if share.member is not None:
                await statements.delete_ask(change.connection, notebook, share.member)
            change.noted.append(self._noted(Act.SHARED, share, by))
        log.info("%s: shared with %s to %s by %s", notebook, share.to, level, by)
        return share

    async def unshare(self, share: ShareId, *, by: str) -> bool:
        """Take a share back; say whether there was such a one."""
        held = next((one for one in self.shared().shares if one.id == share), None)
        if held is None:
            return False
        async with self._ledger.changing_shares() as change:
            gone = await statements.delete_share(change.connection, share)
            if gone:
                change.noted.append(self._noted(Act.UNSHARED, held, by))
        log.info("%s: taken back from %s by %s", held.notebook, held.to, by)
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
        async with self._ledger.changing_shares() as change:
            await statements.insert_link(change.connection, digest_of(secret), link)
            change.noted.append(self._noted(Act.LINK_MADE, link, by))
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
        async with self._ledger.changing_shares() as change:
            if await statements.link_of(change.connection, digest_of(secret)) != link:
                raise CredentialRefused("this link has just been taken back")
            await statements.insert_share(change.connection, share)
            change.noted.append(self._noted(Act.LINK_TAKEN, share, member))
        log.info("%s: opened to %s by a link of %s", link.notebook, member, link.granted_by)
        return share

    async def end_link(self, link: LinkId, *, by: str) -> bool:
        """Take a link back, and the shares that came by it; say whether there was such a one."""
        held = next((one for one in self.shared().links if one.id == link), None)
        if held is None:
            return False
        async with self._ledger.changing_shares() as change:
            gone = await statements.delete_link(change.connection, link)
            if gone:
                change.noted.append(self._noted(Act.LINK_ENDED, held, by))
        log.info("%s: link taken back by %s", held.notebook, by)
        return gone

    async def let_ask(self, notebook: NotebookName, *, may: bool) -> None:
        """Let members ask for a share of ``notebook``, or no longer."""
        async with self._ledger.changing_shares() as change:
            await statements.let_ask(change.connection, notebook, may=may)

    async def ask(self, notebook: NotebookName, member: MemberName) -> bool:
        """Note that ``member`` would like a share; say whether its owner takes wishes, and they not too many."""
        shared = self.shared()
        theirs = [ask for ask in shared.asks if ask.member == member]
        if notebook not in shared.askable or len(theirs) >= MOST_ASKS:
            return False
        async with self._ledger.changing_shares() as change:
            await statements.save_ask(change.connection, Ask(notebook, member, self._clock()))
            asked = entry(Act.ASKED, self._clock(), actor=member, notebook=notebook)
            change.noted.append(asked)
        log.info("%s: asked for by %s", notebook, member)
        return True

    async def decline(self, notebook: NotebookName, member: MemberName, *, by: str) -> None:
        """Forget what ``member`` asked for."""
        async with self._ledger.changing_shares() as change:
            await statements.delete_ask(change.connection, notebook, member)
            told = {"actor": by, "notebook": notebook, "subject": member}
            change.noted.append(entry(Act.DECLINED, self._clock(), **told))

    def _noted(self, act: Act, given: Share | ShareLink, by: str) -> Entry:
        """Return what the audit log says of a share or a link."""
        end = datetime.fromtimestamp(given.expires_at, UTC).isoformat(timespec="seconds")
        return entry(
            act,
            self._clock(),
            actor=by,
            notebook=given.notebook,
            subject=given.to if isinstance(given, Share) else given.id,
            detail=f"{given.level} until {end}",
        )


def _new_share_id() -> ShareId:
    return ShareId(f"share:{secrets.token_urlsafe(12)}")


def _new_link_id() -> LinkId:
    return LinkId(f"link:{secrets.token_urlsafe(12)}")
