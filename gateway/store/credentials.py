"""Live credentials: sessions, tokens and pins, opened, looked up and ended."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import IntegrityError

from gateway.core.audit import Act, entry
from gateway.core.identity import CredentialId, CredentialKind, Identity
from gateway.core.inventory import Lifetimes
from gateway.core.names import MemberName, NotebookName, RemoteName
from gateway.core.token_format import is_token
from gateway.errors import CredentialRefused, StoreUnavailable
from gateway.store import statements
from gateway.store.auditing import Auditing
from gateway.store.hashing import digest_of, new_id, new_secret, new_token
from gateway.store.ledger import Change, Ledger, PinsChanged
from gateway.store.memory import Held, held_session, held_token, session_row, token_row
from gateway.store.rows import (
    LONGEST_ADDRESS,
    LONGEST_DEVICE,
    LONGEST_LABEL,
    Arrival,
    Opened,
    SessionRow,
    TokenRow,
    printable,
)

log = logging.getLogger(__name__)

MOST_SESSIONS: Final = 200
"""A member's sessions; beyond, the one used longest ago ends."""
MOST_TOKENS: Final = 200

Clock = Callable[[], float]


class Credentials:
    """What can be done with a credential, whoever it belongs to and however it was earned."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Clock,
        lifetimes: Lifetimes,
        audit: Auditing,
    ) -> None:
        self.actor = "gateway"
        """Who the audit log says did what nobody else is named for."""
        self._audit = audit
        self._ledger = ledger
        self._memory = ledger.memory
        self._clock = clock
        self._lifetimes = lifetimes

    def live_by(self, lifetimes: Lifetimes) -> None:
        """Take on other lifetimes: how idle a session may be changes at once, its end at the next log-in."""
        self._lifetimes = lifetimes
        self._ledger.live_by(lifetimes.idle_seconds, self._clock())

    # --- The hot path: memory only ---

    def session(self, secret: str) -> Identity | None:
        """Return whom the session with this secret vouches for; None if it does not count."""
        return self._used(self._memory.sessions.get(digest_of(secret)))

    def token(self, secret: str) -> Identity | None:
        """Return whom this API token vouches for; None if it does not count."""
        if not is_token(secret):
            return None
        return self._used(self._memory.tokens.get(digest_of(secret)))

    def holds(self, credential: CredentialId) -> bool:
        """Say whether a session or token still counts; asking is not using."""
        held = self._memory.get(credential)
        return held is not None and held.alive(self._clock())

    def pinned(self, remote: RemoteName) -> str | None:
        """Return the fingerprint of the host key that was accepted at first sight."""
        return self._memory.pins.get(remote)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called after any change that may have ended a credential.

        It is called synchronously, once memory has changed, and must neither wait nor raise.
        """
        self._ledger.on_change(callback)

    def on_pins(self, callback: PinsChanged) -> None:
        """Have ``callback`` called, as above, with the remotes whose pins have changed."""
        self._ledger.on_pins(callback)

    # --- Sessions ---

    async def open_host_session(self, parent: CredentialId, audience: NotebookName) -> Opened:
        """Open a session for one notebook's host, which ends with ``parent`` at the latest.

        Raises CredentialRefused when the parent is no live session of the main host.
        """
        held = self._memory.get(parent)
        row = None if held is None or not self.holds(parent) else session_row(held)
        if row is None or row.audience is not None:
            raise CredentialRefused("the session has ended")
        try:
            async with self._ledger.changing() as change:
                return await self._open_session(
                    change,
                    row.member,
                    Arrival(row.address, row.device, row.means),
                    parent=row,
                    audience=audience,
                )
        except IntegrityError as exc:  # another process ended the parent just now
            raise CredentialRefused("the session has ended") from exc

    def session_end(self, secret: str) -> float | None:
        """Return when a session ends if it is not used before; asking is not using."""
        held = self._memory.sessions.get(digest_of(secret))
        return held.end if held is not None and self._counts(held) else None

    async def log_out(self, credential: CredentialId) -> None:
        """End a session and those opened from it: here at once, whether the database can be written or not."""
        held = self._memory.get(credential)
        if held is not None:
            self._audit.note(Act.LOGGED_OUT, actor=held.identity.member, subject=credential)
        try:
            await self._ledger.end({credential})
        except StoreUnavailable as exc:
            log.warning("%s: ended here, and in the store when it is back: %s", credential, exc)

    async def sessions(self, member: MemberName) -> tuple[SessionRow, ...]:
        """Return a member's sessions, oldest first."""
        rows = (session_row(held) for held in self._memory.of(member) if self._counts(held))
        return tuple(row for row in rows if row is not None)

    # --- Tokens and pins ---

    async def create_token(
        self, member: MemberName, *, label: str, lifetime_seconds: float | None, by: str = ""
    ) -> tuple[str, TokenRow]:
        """Return a new API token and what is kept of it; the token itself can't be had again.

        Raises CredentialRefused when the member is disabled or has too many.
        """
        now, secret = self._clock(), new_token()
        row = TokenRow(
            credential=new_id(CredentialKind.TOKEN),
            member=member,
            label=printable(label, LONGEST_LABEL),
            created_at=now,
            expires_at=None if lifetime_seconds is None else now + lifetime_seconds,
            used_at=None,
        )
        async with self._ledger.changing() as change:
            if (await statements.standing(change.connection, member)).disabled:
                raise CredentialRefused(f"{member} is disabled")
            if len(self._memory.of(member, CredentialKind.TOKEN)) >= MOST_TOKENS:
                raise CredentialRefused(f"{member} has {MOST_TOKENS} tokens already")
            await statements.insert_token(change.connection, digest_of(secret), row)
            change.opened.append(held_token(digest_of(secret), row))
            told = f"{row.credential} {row.label}".rstrip()
            actor = by or self.actor
            self._note_in(change, Act.TOKEN_MADE, actor=actor, subject=member, detail=told)
        log.info("%s: made %s", member, row.credential)
        return secret, row

    async def tokens(self, member: MemberName | None = None) -> tuple[TokenRow, ...]:
        """Return the live tokens, of one member or of all, oldest first."""
        rows = (token_row(held) for held in self._memory if self._counts(held))
        theirs = [row for row in rows if row is not None and member in {None, row.member}]
        return tuple(sorted(theirs, key=lambda row: row.created_at))

    async def revoke_token(self, credential: CredentialId, *, by: str = "") -> bool:
        """End a token; say whether there was such a one.

        It ends here at once. StoreUnavailable means: not yet in the database, which is tried again.
        """
        held = self._memory.get(credential)
        if held is None or token_row(held) is None:
            return False
        member = held.identity.member
        self._audit.note(
            Act.TOKEN_REVOKED, actor=by or self.actor, subject=member, detail=credential
        )
        await self._ledger.end({credential})
        log.info("%s: revoked %s", member, credential)
        return True

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        """Keep the fingerprint of a remote's host key, in place of any before it."""
        async with self._ledger.changing() as change:
            await statements.pin(change.connection, remote, fingerprint, self._clock())
            change.pinned[remote] = fingerprint
            self._note_in(change, Act.HOST_KEY_PINNED, subject=remote, detail=fingerprint)
        log.info("remote %s: host key pinned", remote)

    def _note_in(self, change: Change, act: Act, **texts: str) -> None:
        """Have the audit log say what a change does, if it is made at all."""
        change.noted.append(entry(act, self._clock(), **{"actor": self.actor, **texts}))

    def _used(self, held: Held | None) -> Identity | None:
        if held is None:
            return None
        now = self._clock()
        if not held.alive(now):
            return None
        held.use(now)
        return held.identity

    async def _begin_session(
        self,
        change: Change,
        member: MemberName,
        arrival: Arrival,
        *,
        replaces: CredentialId | None,
    ) -> Opened:
        """Open a session in place of ``replaces``, the browser's old one.

        Where that was the same member's it goes on, under a new secret and with a new end: what is open
        in its name stays open. Its old secret is worth nothing from then on (threat D6).
        """
        row = self._renewable(replaces, member)
        if row is not None:
            secret, renewed = new_secret(), self._renewed(row, arrival)
            if await statements.renew_session(change.connection, digest_of(secret), renewed):
                change.renewed.append(self._held(secret, renewed))
                return Opened(secret, change.renewed[-1].identity)
        await change.end({replaces} if replaces is not None else ())
        return await self._open_session(change, member, arrival)

    def _renewable(self, session: CredentialId | None, member: MemberName) -> SessionRow | None:
        held = None if session is None else self._memory.get(session)
        row = None if held is None or not self._counts(held) else session_row(held)
        return row if row is not None and (row.member, row.audience) == (member, None) else None

    def _renewed(self, row: SessionRow, arrival: Arrival) -> SessionRow:
        now = self._clock()
        return replace(
            row,
            expires_at=now + self._lifetimes.session_seconds,
            used_at=now,
            address=printable(arrival.address, LONGEST_ADDRESS),
            device=printable(arrival.device, LONGEST_DEVICE),
            means=arrival.means,
        )

    async def _open_session(
        self,
        change: Change,
        member: MemberName,
        arrival: Arrival,
        *,
        parent: SessionRow | None = None,
        audience: NotebookName | None = None,
    ) -> Opened:
        now, secret = self._clock(), new_secret()
        row = SessionRow(
            credential=new_id(CredentialKind.SESSION),
            member=member,
            created_at=now,
            expires_at=parent.expires_at if parent else now + self._lifetimes.session_seconds,
            used_at=now,
            address=printable(arrival.address, LONGEST_ADDRESS),
            device=printable(arrival.device, LONGEST_DEVICE),
            means=arrival.means,
            parent=parent.credential if parent else None,
            audience=audience,
        )
        await change.end(self._surplus(member, keep=row.parent))
        await statements.insert_session(change.connection, digest_of(secret), row)
        held = self._held(secret, row)
        change.opened.append(held)
        return Opened(secret, held.identity)

    def _held(self, secret: str, row: SessionRow) -> Held:
        return held_session(digest_of(secret), row, idle_seconds=self._lifetimes.idle_seconds)

    def _surplus(self, member: MemberName, *, keep: CredentialId | None) -> set[CredentialId]:
        held = self._memory.of(member, CredentialKind.SESSION)
        if len(held) < MOST_SESSIONS:
            return set()
        oldest = sorted(held, key=lambda one: one.used_at)
        names = [one.identity.credential for one in oldest if one.identity.credential != keep]
        return set(names[: len(held) - MOST_SESSIONS + 1])

    def _counts(self, held: Held) -> bool:
        return held.alive(self._clock())
