"""Passkeys: kept, removed, and logged in with."""

import logging
from typing import Final

from gateway.core.audit import Act
from gateway.core.identity import CredentialId, Means
from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof
from gateway.errors import CredentialRefused, PasskeyNeeded
from gateway.store import passkey_statements as kept
from gateway.store import statements
from gateway.store.credentials import Credentials
from gateway.store.ledger import Change
from gateway.store.rows import Arrival, Opened

log = logging.getLogger(__name__)

MOST_PASSKEYS: Final = 20
"""A member's; nobody has so many devices."""


class Passkeys(Credentials):
    """What can be done with passkeys; that one is at hand is proved before."""

    async def passkeys(self, member: MemberName) -> tuple[Passkey, ...]:
        """Return a member's passkeys, oldest first."""
        async with self._ledger.database.reading() as connection:
            return await kept.of_member(connection, member)

    async def passkey(self, name: str) -> Passkey | None:
        """Return the passkey of this name, whoever has it."""
        async with self._ledger.database.reading() as connection:
            return await kept.passkey(connection, name)

    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a new passkey, or raise CredentialRefused."""
        member = passkey.member
        async with self._ledger.changing() as change:
            if (await statements.standing(change.connection, member)).disabled:
                raise CredentialRefused(f"{member} is disabled")
            if len(await kept.of_member(change.connection, member)) >= MOST_PASSKEYS:
                raise CredentialRefused(f"{member} has {MOST_PASSKEYS} passkeys already")
            if await kept.passkey(change.connection, passkey.id) is not None:
                raise CredentialRefused("this passkey is kept already")
            await kept.insert_passkey(change.connection, passkey)
            self._note_in(change, Act.PASSKEY_ADDED, actor=member, detail=passkey.label)
        log.info("%s: added the passkey %s", member, passkey.label)

    async def remove_passkey(self, member: MemberName, name: str, *, but_last: bool) -> bool:
        """Remove a member's passkey; say whether there was such a one.

        Raises CredentialRefused for the last one, where ``but_last`` says that it must stay.
        """
        async with self._ledger.changing() as change:
            theirs = await kept.of_member(change.connection, member)
            if but_last and [one.id for one in theirs] == [name]:
                raise CredentialRefused("this is the last one, and one is asked for")
            if not await kept.delete_passkey(change.connection, member, name):
                return False
            if len(theirs) == 1:  # there is nothing left to ask for
                await kept.set_asked(change.connection, member, asked=False)
            label = next(one.label for one in theirs if one.id == name)
            self._note_in(change, Act.PASSKEY_REMOVED, actor=member, detail=label)
        log.info("%s: removed the passkey %s", member, label)
        return True

    async def asks_for_passkey(self, member: MemberName) -> bool:
        """Say whether a member chose to be asked for a passkey beside the password."""
        async with self._ledger.database.reading() as connection:
            return await kept.asked(connection, member)

    async def ask_for_passkey(self, member: MemberName, *, asked: bool) -> None:
        """Keep that choice; raise CredentialRefused where there is no passkey to ask for."""
        async with self._ledger.changing() as change:
            if asked and not await kept.of_member(change.connection, member):
                raise CredentialRefused(f"{member} has no passkey to be asked for")
            await kept.set_asked(change.connection, member, asked=asked)
            detail = "asked for a passkey" if asked else "no longer asked for a passkey"
            self._note_in(change, Act.SECOND_FACTOR_SET, actor=member, detail=detail)
        log.info("%s: now %s beside the password", member, detail)

    async def log_in_with_passkey(
        self,
        proof: Proof,
        *,
        means: Means,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Open a session for who has proved to hold a passkey, or raise CredentialRefused."""
        member = proof.passkey.member
        async with self._ledger.changing() as change:
            standing = await statements.standing(change.connection, member)
            if standing.disabled or not await kept.use(change.connection, proof, self._clock()):
                raise CredentialRefused("the passkey is good no longer")  # removed, used, disabled
            values = {"last_login_at": self._clock()}
            await statements.save_account(change.connection, member, values)
            arrival = Arrival(address, device, means)
            opened = await self._begin_session(change, member, arrival, replaces=replaces)
            told = f"{device}, {means}: {proof.passkey.label}"
            self._note_in(change, Act.LOGGED_IN, actor=member, address=address, detail=told)
        log.info("%s: logged in from %s as %s", member, address, opened.identity.credential)
        return opened

    def passkey_refused(self, member: MemberName | None, *, address: str) -> None:
        """Have it known that somebody showed a passkey that does not count.

        One that is nobody's is not told to the audit log: anybody can make up any number of them.
        """
        log.warning("%s: log-in by passkey from %s refused", member or "nobody", address)
        if member is not None:
            self._audit.note(
                Act.LOG_IN_REFUSED, subject=member, address=address, detail=Means.PASSKEY
            )

    async def _check_second_factor(
        self, change: Change, member: MemberName, *, required: bool
    ) -> None:
        """Raise PasskeyNeeded where a password alone is not enough."""
        if required or await kept.asked(change.connection, member):
            theirs = await kept.of_member(change.connection, member)
            raise PasskeyNeeded([one.id for one in theirs])
