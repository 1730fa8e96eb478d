"""What administrators do to members: invite, disable, enable, and end what is open."""

import logging
from typing import Final

from gateway.core.audit import Act
from gateway.core.identity import CredentialId, CredentialKind
from gateway.core.names import MemberName
from gateway.errors import CredentialRefused
from gateway.store import statements
from gateway.store.credentials import Credentials
from gateway.store.hashing import digest_of, new_secret
from gateway.store.memory import session_row
from gateway.store.rows import DAY, Account, SessionRow

log = logging.getLogger(__name__)

INVITE_SECONDS: Final = 7 * DAY


class Administering(Credentials):
    """Who may do it is asked before; ``by`` is who does, and else whoever this process acts for."""

    async def accounts(self) -> tuple[Account, ...]:
        """Return how each member that the store has heard of stands, by name."""
        async with self._ledger.database.reading() as connection:
            return await statements.accounts(connection, self._clock())

    def disabled(self) -> frozenset[MemberName]:
        """Return the members who are let in no more, from memory."""
        return self._memory.disabled

    async def invite(
        self, member: MemberName, *, lifetime_seconds: float = INVITE_SECONDS, by: str = ""
    ) -> str:
        """Return the secret of a new invite, good once; any invite before it is void.

        Raises CredentialRefused when the member is disabled.
        """
        secret = new_secret()
        expires_at = self._clock() + lifetime_seconds
        async with self._ledger.changing() as change:
            standing = await statements.standing(change.connection, member)
            if standing.disabled:
                raise CredentialRefused(f"{member} is disabled")
            values = {"password": standing.password}  # none yet, where the account is new
            await statements.save_account(change.connection, member, values)
            await statements.save_invite(change.connection, member, digest_of(secret), expires_at)
            self._note_in(change, Act.INVITED, actor=by or self.actor, subject=member)
        log.info("%s: invited", member)
        return secret

    async def withdraw_invite(self, member: MemberName, *, by: str = "") -> bool:
        """Make the invite that waits for a member void; say whether there was one."""
        async with self._ledger.changing() as change:
            gone = await statements.delete_invite(change.connection, member)
            if gone:
                self._note_in(change, Act.INVITE_ENDED, actor=by or self.actor, subject=member)
        if gone:
            log.info("%s: invite withdrawn", member)
        return gone

    async def disable(self, member: MemberName, *, by: str = "") -> None:
        """Let a member in no more: sessions, tokens and invite end, and shares no longer count."""
        async with self._ledger.changing() as change:
            values = {"disabled_at": self._clock()}
            await statements.save_account(change.connection, member, values)
            await statements.delete_invite(change.connection, member)
            await change.end_all(member, tokens=True)
            change.disabled = await statements.disabled(change.connection)
            self._note_in(change, Act.DISABLED, actor=by or self.actor, subject=member)
        log.info("%s: disabled", member)

    async def enable(self, member: MemberName, *, by: str = "") -> None:
        """Let a disabled member log in again; what ended stays ended, and shares count again."""
        async with self._ledger.changing() as change:
            await statements.save_account(change.connection, member, {"disabled_at": None})
            change.disabled = await statements.disabled(change.connection)
            self._note_in(change, Act.ENABLED, actor=by or self.actor, subject=member)
        log.info("%s: enabled", member)

    async def all_sessions(self) -> tuple[SessionRow, ...]:
        """Return everybody's sessions, oldest first."""
        rows = (session_row(held) for held in self._memory if self._counts(held))
        return tuple(sorted((row for row in rows if row), key=lambda row: row.created_at))

    async def end_session(self, credential: CredentialId, *, by: str = "") -> bool:
        """End a session and those opened from it; say whether there was such a one."""
        held = self._memory.get(credential)
        row = None if held is None or not self._counts(held) else session_row(held)
        if row is None:
            return False
        async with self._ledger.changing() as change:
            await change.end({credential})
            told = {"actor": by or self.actor, "subject": row.member, "detail": credential}
            self._note_in(change, Act.SESSIONS_ENDED, **told)
        log.info("%s: %s ended", row.member, credential)
        return True

    async def end_sessions(self, member: MemberName, *, by: str = "") -> int:
        """End all of a member's sessions, and return how many logs-in these were."""
        held = self._memory.of(member, CredentialKind.SESSION)
        rows = [session_row(one) for one in held if self._counts(one)]
        count = sum(row is not None and row.parent is None for row in rows)
        async with self._ledger.changing() as change:
            await change.end_all(member, tokens=False)
            if count:
                told = {"subject": member, "detail": f"all {count}"}
                self._note_in(change, Act.SESSIONS_ENDED, actor=by or self.actor, **told)
        log.info("%s: all sessions ended", member)
        return count
