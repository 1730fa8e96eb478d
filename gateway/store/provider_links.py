"""Who comes from the identity provider: let in, linked to a member, logged out, and put out when that no longer holds."""

import logging
from collections.abc import Iterable
from typing import Final

from gateway.core.audit import Act
from gateway.core.identity import CredentialId, Means
from gateway.core.inventory import Inventory
from gateway.core.linking import (
    Link,
    Origin,
    Verdict,
    displaced,
    linked,
    member_of,
    verdict,
)
from gateway.core.names import MemberName
from gateway.core.provider_answer import Arrival
from gateway.core.provider_tokens import LoggedOut
from gateway.errors import AdmissionRefused, CredentialRefused, Hindrance
from gateway.store import link_statements, passkey_statements, rows, statements
from gateway.store.credentials import Credentials
from gateway.store.hashing import digest_of
from gateway.store.ledger import Change
from gateway.store.rows import Opened, ProviderSession

log = logging.getLogger(__name__)

BY_PROVIDER: Final = "through the provider"


class ProviderLinks(Credentials):
    """What can be done with people whom the identity provider vouches for."""

    def links(self) -> tuple[Link, ...]:
        """Return all links, from memory."""
        return self._memory.links

    async def arrive(
        self,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Open a session for whoever arrived from the provider; raise AdmissionRefused.

        What the provider says of somebody known is kept even where they are not let in.
        """
        opened = None
        async with self._ledger.changing_links() as change:
            judged = await self._judged(change, arrival, declared)
            if judged.link is not None:
                await link_statements.save_link(change.connection, judged.link)
            refusal = judged.refusal
            if judged.link is not None and refusal is None:
                member = judged.link.member
                whence = rows.Arrival(address, device, Means.PROVIDER)
                opened = await self._begin_session(change, member, whence, replaces=replaces)
                await self._keep(change, opened, arrival)
                detail = f"{BY_PROVIDER}, {device}"
                self._note_in(change, Act.LOGGED_IN, actor=member, address=address, detail=detail)
        if opened is None:
            failed = refusal or AdmissionRefused(Hindrance.NOT_ADMITTED)
            detail = f"{failed}; subject {arrival.subject}"
            self._audit.note(
                Act.LOG_IN_REFUSED, subject=failed.name, address=address, detail=detail
            )
            log.warning("provider: log-in from %s refused: %s", address, failed)
            raise failed
        identity = opened.identity
        log.info("%s: came from the provider as %s", identity.member, identity.credential)
        return opened

    async def link(
        self, member: MemberName, arrival: Arrival, declared: Inventory, *, address: str
    ) -> None:
        """Link a member to whoever arrived; raise AdmissionRefused."""
        async with self._ledger.changing_links() as change:
            await self._link(change, member, arrival, declared, address=address)
        log.info("%s: linked to %s at the provider", member, arrival.subject)

    async def take_invite(
        self,
        secret: str,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Link the invited member to whoever arrived, void the invite, password and passkeys, and open a session.

        Raises CredentialRefused; after an AdmissionRefused the invite is still good.
        """
        async with self._ledger.changing_links() as change:
            connection, now = change.connection, self._clock()
            member = await statements.invited(connection, digest_of(secret), now)
            if member is None:
                raise CredentialRefused("this invite has been used, replaced or has ended")
            await self._link(change, member, arrival, declared, address=address)
            # As with a new password: who stole something is out.
            await statements.save_account(connection, member, {"password": None})
            await statements.delete_invite(connection, member)
            await passkey_statements.delete_all(connection, member)
            await change.end_all(member, tokens=True)
            await change.end({replaces} if replaces is not None else ())
            whence = rows.Arrival(address, device, Means.PROVIDER)
            opened = await self._open_session(change, member, whence)
            await self._keep(change, opened, arrival)
            self._note_in(
                change, Act.INVITE_TAKEN, actor=member, address=address, detail=BY_PROVIDER
            )
        log.info("%s: took the invite through the provider", member)
        return opened

    async def unlink(self, member: MemberName, *, by: str = "") -> bool:
        """Undo a member's link, and end the sessions that came by it; say whether there was one.

        Whoever was only admitted is forgotten altogether: their name is free for others.
        """
        held = next((link for link in self.links() if link.member == member), None)
        if held is None:
            return False
        async with self._ledger.changing_links() as change:
            gone = await link_statements.delete_link(change.connection, member)
            if held.origin is Origin.ADMITTED:
                await self._forget(change, member)
            else:
                await change.end(await self._sessions_by(change, held))
            actor = by or self.actor
            self._note_in(change, Act.UNLINKED, actor=actor, subject=member, detail=held.subject)
        log.info("%s: no longer linked to %s at the provider", member, held.subject)
        return gone

    async def end_at_provider(self, told: LoggedOut) -> int:
        """End the sessions that a log-out at the provider names; return how many."""
        async with self._ledger.changing() as change:
            ended = await link_statements.sessions_of(
                change.connection, told.issuer, told.subject, told.sid
            )
            await change.end(ended)
            if ended:
                who = {self._member_behind(name) for name in ended}
                for member in sorted(who):
                    self._note_in(change, Act.SESSIONS_ENDED, actor="provider", subject=member)
        if ended:
            log.info("provider: a log-out there ended %s", ", ".join(sorted(ended)))
        return len(ended)

    async def provider_session(self, session: CredentialId) -> ProviderSession | None:
        """Return what the provider said of a session; None if it did not come from there."""
        async with self._ledger.database.reading() as connection:
            return await link_statements.session(connection, session)

    async def has_password(self, member: MemberName) -> bool:
        """Say whether a member can log in by a password."""
        async with self._ledger.database.reading() as connection:
            return (await statements.standing(connection, member)).password is not None

    async def put_out(self, declared: Inventory) -> None:
        """End what came from the provider and no longer holds by ``declared``: sessions, and names given to others."""
        links = self.links()
        gone = displaced(declared, links)
        async with self._ledger.database.reading() as connection:
            ended = set(_ended(declared, links, await link_statements.sessions(connection)))
        if not gone and not ended:
            return
        async with self._ledger.changing_links() as change:
            await change.end(ended)
            for member in sorted(gone):
                await link_statements.delete_link(change.connection, member)
                await self._forget(change, member)
                detail = "the configuration has another member of this name"
                self._note_in(
                    change, Act.UNLINKED, actor="configuration", subject=member, detail=detail
                )
        log.info("provider: %d sessions and %d names no longer hold", len(ended), len(gone))

    async def _judged(self, change: Change, arrival: Arrival, declared: Inventory) -> Verdict:
        connection, now = change.connection, self._clock()
        accounts = await statements.accounts(connection, now)
        links = await link_statements.links(connection)
        taken = [account.member for account in accounts]
        judged = verdict(declared, links, arrival, taken=taken, now=now)
        if judged.link is None or judged.refusal is not None:
            return judged
        member = judged.link.member
        if any(account.member == member and account.disabled for account in accounts):
            return Verdict(judged.link, AdmissionRefused(Hindrance.DISABLED, member))
        if judged.link.origin is Origin.ADMITTED and member not in {one.member for one in links}:
            await self._forget(change, member)  # what a member of that name was given long ago
            self._note_in(change, Act.ADMITTED, subject=member, detail=arrival.subject)
        return judged

    async def _keep(self, change: Change, opened: Opened, arrival: Arrival) -> None:
        """Keep what the provider says of a session, and that its member was here."""
        identity, values = opened.identity, {"last_login_at": self._clock()}
        await statements.save_account(change.connection, identity.member, values)
        await link_statements.save_session(change.connection, identity.credential, arrival)

    async def _link(
        self,
        change: Change,
        member: MemberName,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
    ) -> None:
        links = await link_statements.links(change.connection)
        link = linked(declared, links, arrival, member, self._clock())
        if (await statements.standing(change.connection, member)).disabled:
            raise AdmissionRefused(Hindrance.DISABLED, member)
        await link_statements.save_link(change.connection, link)
        detail = arrival.subject
        self._note_in(
            change, Act.LINKED, actor=member, subject=member, address=address, detail=detail
        )

    async def _sessions_by(self, change: Change, link: Link) -> set[CredentialId]:
        return await link_statements.sessions_of(change.connection, link.issuer, link.subject, None)

    async def _forget(self, change: Change, member: MemberName) -> None:
        await change.end_all(member, tokens=True)
        await passkey_statements.delete_all(change.connection, member)
        await link_statements.forget_member(change.connection, member)

    def _member_behind(self, session: CredentialId) -> str:
        held = self._memory.get(session)
        return "" if held is None else held.identity.member


def _ended(
    declared: Inventory, links: tuple[Link, ...], sessions: Iterable[ProviderSession]
) -> Iterable[CredentialId]:
    """Yield the sessions of those who are no longer, to the provider, whom the session is of."""
    for session in sessions:
        if member_of(declared, links, session.issuer, session.subject) != session.member:
            yield session.credential
