"""The store: who may log in, and every session, token, pin and share; looked up in memory, kept in a database."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from gateway.core.audit import Act
from gateway.core.identity import CredentialId, Means
from gateway.core.inventory import Lifetimes
from gateway.core.names import MemberName, is_name
from gateway.core.passwords import check_password
from gateway.errors import CredentialRefused, CredentialThrottled, StoreUnavailable
from gateway.store import link_statements, passkey_statements, statements
from gateway.store.administering import Administering
from gateway.store.auditing import Auditing
from gateway.store.credentials import Clock, Credentials
from gateway.store.database import BUSY_SECONDS, Database
from gateway.store.following import Sleep, wakes
from gateway.store.hashing import Hasher, Passwords, argon2id, digest_of
from gateway.store.ledger import Change, Ledger
from gateway.store.memory import session_row
from gateway.store.passkeys import Passkeys
from gateway.store.provider_links import ProviderLinks
from gateway.store.rows import Arrival, Opened
from gateway.store.shares import Shares
from gateway.store.statements import Standing
from gateway.store.turnstile import Turnstile

log = logging.getLogger(__name__)

EXPIRY_STEP_SECONDS: Final = 15.0
"""How often expired credentials are looked for at least. No credential is made for a shorter life than this: so
each is known one step before its end, and ends on time for what is open already; new requests see it anyway."""
HOUSEKEEPING_SECONDS: Final = 300.0


@asynccontextmanager
async def open_store(
    url: str,
    *,
    clock: Clock = time.time,
    monotonic: Clock = time.monotonic,
    lifetimes: Lifetimes = Lifetimes(),  # noqa: B008 - frozen
    hasher: Hasher | None = None,
    busy_seconds: float = BUSY_SECONDS,
) -> AsyncIterator["Store"]:
    """Hold the store of ``url``: its schema brought up to date, its credentials in memory.

    Raises ConfigurationInvalid or StoreUnavailable.
    """
    database = Database(url, busy_seconds=busy_seconds)
    passwords = Passwords(argon2id() if hasher is None else hasher)
    store = Store(database, passwords, Turnstile(monotonic), clock=clock, lifetimes=lifetimes)
    try:
        await store.open()
        yield store
        await store.settle()
    finally:
        passwords.close()
        await database.close()


class Store(Passkeys, Administering, ProviderLinks, Shares):
    """What must last of who is who; the door asks it for every request, and it never makes the door wait."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        turnstile: Turnstile,
        *,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> None:
        self.audit = Auditing(database, clock=clock)
        ledger = Ledger(database, idle_seconds=lifetimes.idle_seconds, placed=self.audit.placed)
        Credentials.__init__(self, ledger, clock=clock, lifetimes=lifetimes, audit=self.audit)
        Shares.__init__(self, ledger, clock=clock)
        self._database = database
        self._passwords = passwords
        self._turnstile = turnstile

    # --- Its own life ---

    async def open(self) -> None:
        """Bring the schema up to date and read all credentials into memory."""
        await self._database.open()
        await self._ledger.catch_up()

    async def run(self, *, sleep: Sleep = asyncio.sleep) -> None:
        """Follow other processes' changes, drop what expires, write down last uses; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(sleep), name="store: follow changes")
            tasks.create_task(self._keep_house(sleep), name="store: keep house")
            tasks.create_task(self.audit.run(sleep), name="store: write the audit log")

    async def catch_up(self) -> None:
        """Learn now what other processes have changed; ``run`` does it when they do."""
        await self._ledger.catch_up()

    async def settle(self) -> None:
        """Write down what only memory knows, if the database takes it now."""
        with suppress(StoreUnavailable):
            await self._ledger.save_endings()
            await self._ledger.save_uses()
            self.audit.note_refusals(all_of_them=True)
            await self.audit.flush()

    async def _follow(self, sleep: Sleep) -> None:
        async for _ in wakes(self._database, sleep=sleep):
            with suppress(StoreUnavailable):  # logged where it arose; housekeeping looks again
                await self._ledger.catch_up()

    async def _keep_house(self, sleep: Sleep) -> None:
        kept = self._clock() - HOUSEKEEPING_SECONDS
        while True:
            now = self._clock()
            self._ledger.drop_expired(now)
            self.audit.note_refusals()
            if abs(now - kept) >= HOUSEKEEPING_SECONDS:
                kept = now
                with suppress(StoreUnavailable):
                    await self._ledger.catch_up()
                    await self._ledger.save_uses()
                    await self._ledger.purge(now)
                    await self.audit.drop_old()
            with suppress(StoreUnavailable):
                await self._ledger.save_endings()
            left = self._memory.next_end(now) - now
            await sleep(max(0.0, min(left, EXPIRY_STEP_SECONDS)))

    # --- Log-in and accounts ---

    async def log_in(
        self,
        member: MemberName,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
        passkey_required: bool = False,
    ) -> Opened:
        """Open a session for who knows the password; ``replaces``, the browser's old one, ends.

        Raises PasskeyNeeded where the password is right and not enough, CredentialThrottled, or CredentialRefused with nothing in it, or in the time that it
        takes, about whether the account exists.
        """
        standing = await self._verified(member, password, address=address)
        values: dict[str, object] = {"last_login_at": self._clock()}
        if standing.password is not None and self._passwords.is_outdated(standing.password):
            values["password"] = await self._passwords.hash(password)
        async with self._ledger.changing() as change:
            if await statements.standing(change.connection, member) != standing:
                raise _refused()  # disabled, or given a new password, while we looked
            await self._check_second_factor(change, member, required=passkey_required)
            await statements.save_account(change.connection, member, values)
            arrival = Arrival(address, device, Means.PASSWORD)
            opened = await self._begin_session(change, member, arrival, replaces=replaces)
            self._note_in(change, Act.LOGGED_IN, actor=member, address=address, detail=device)
        log.info("%s: logged in from %s as %s", member, address, opened.identity.credential)
        return opened

    async def invited(self, secret: str) -> MemberName:
        """Return whom an invite is for, or raise CredentialRefused."""
        async with self._database.reading() as connection:
            member = await statements.invited(connection, digest_of(secret), self._clock())
        if member is None:
            raise CredentialRefused("this invite has been used, replaced or has ended")
        return member

    async def accept_invite(
        self,
        secret: str,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Set the invited member's password, void the invite, and open a session.

        Raises CredentialRefused, or PasswordTooWeak, after which the invite is still good.
        """
        member = await self.invited(secret)
        check_password(password, member)
        encoded = await self._passwords.hash(password)
        async with self._ledger.changing() as change:
            digest = digest_of(secret)
            if await statements.invited(change.connection, digest, self._clock()) != member:
                raise CredentialRefused("this invite has been used, replaced or has ended")
            await self._reset(change, member, encoded)
            await statements.save_account(
                change.connection, member, {"last_login_at": self._clock()}
            )
            await change.end({replaces} if replaces is not None else ())
            arrival = Arrival(address, device, Means.INVITE)
            opened = await self._open_session(change, member, arrival)
            self._note_in(change, Act.INVITE_TAKEN, actor=member, address=address, detail=device)
        log.info("%s: took the invite from %s as %s", member, address, opened.identity.credential)
        return opened

    async def set_password(self, member: MemberName, password: str) -> None:
        """Set a password: all the member's sessions end, passkeys go and, where one is replaced, the tokens too.

        Raises PasswordTooWeak.
        """
        check_password(password, member)
        encoded = await self._passwords.hash(password)
        async with self._ledger.changing() as change:
            await self._reset(change, member, encoded)
            self._note_in(change, Act.PASSWORD_SET, subject=member)
        log.info("%s: password set", member)

    async def change_password(
        self, session: CredentialId, current: str, password: str, *, address: str
    ) -> None:
        """Change the password of the session's member; the member's other sessions end.

        Raises CredentialRefused, CredentialThrottled or PasswordTooWeak.
        """
        member = self._member_of(session)
        check_password(password, member)
        standing = await self._verified(member, current, address=address)
        encoded = await self._passwords.hash(password)
        async with self._ledger.changing() as change:
            if await statements.standing(change.connection, member) != standing:
                raise _refused()
            await statements.save_account(change.connection, member, {"password": encoded})
            await change.end_all(member, tokens=False, but=session)
            self._note_in(change, Act.PASSWORD_CHANGED, actor=member, address=address)
        log.info("%s: password changed from %s", member, address)

    async def check_password(self, session: CredentialId, password: str, *, address: str) -> None:
        """Raise CredentialRefused or CredentialThrottled unless this is the password of the session's member."""
        await self._verified(self._member_of(session), password, address=address)

    def _member_of(self, session: CredentialId) -> MemberName:
        held = self._memory.get(session)
        if held is None or not self._counts(held):
            raise CredentialRefused("the session has ended")
        return held.identity.member

    async def _verified(self, member: MemberName, password: str, *, address: str) -> Standing:
        known = is_name(member)
        admission = self._turnstile.admit(
            member if known else MemberName(""), address, familiar=self._familiar(member, address)
        )
        try:
            standing = await self._standing(member) if known else Standing()
            right = await self._passwords.verify(password, standing.password)
        except (StoreUnavailable, CredentialThrottled):
            self._turnstile.give_back(admission)
            raise
        if not right or standing.disabled:
            log.warning("%s: log-in from %s refused", member if known else "no such name", address)
            self.audit.note_refusal(member if known else "no such name", address)
            raise _refused()
        self._turnstile.succeeded(admission)
        return standing

    async def _standing(self, member: MemberName) -> Standing:
        async with self._database.reading() as connection:
            return await statements.standing(connection, member)

    def _familiar(self, member: MemberName, address: str) -> bool:
        rows = (session_row(held) for held in self._memory.of(member) if self._counts(held))
        return any(row is not None and row.address == address for row in rows)

    async def _reset(self, change: Change, member: MemberName, encoded: str) -> None:
        """Set a password that nobody proved to know the old one for: who stole something is out."""
        before = await statements.standing(change.connection, member)
        await statements.save_account(change.connection, member, {"password": encoded})
        await statements.delete_invite(change.connection, member)
        await passkey_statements.delete_all(change.connection, member)
        await link_statements.delete_own_link(change.connection, member)
        change.links = await link_statements.links(change.connection)
        await change.end_all(member, tokens=before.password is not None)


def _refused() -> CredentialRefused:
    return CredentialRefused("this name and password don't go together")
