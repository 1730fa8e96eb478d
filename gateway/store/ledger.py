"""The ledger: keeps memory true to the database, through our own changes and other processes'.

Every change that memory must know of raises one number in the database, in its own transaction. Who
has seen number n and now sees n + 1 of its own making has missed nothing; anybody else reads all anew
(it is little: a row for each session and token). So a change that was cut off in the middle, a lost
notification and a restart of PostgreSQL all heal the same way.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.audit import Entry
from gateway.core.identity import CredentialId
from gateway.core.linking import Link
from gateway.core.names import MemberName, RemoteName
from gateway.core.sharing import Shared
from gateway.errors import StoreUnavailable
from gateway.store import audit_statements, link_statements, sharing_statements, statements
from gateway.store.database import Database
from gateway.store.following import CHANNEL
from gateway.store.memory import Held, Memory

PinsChanged: TypeAlias = Callable[[Collection[RemoteName]], None]

log = logging.getLogger(__name__)

USE_STEP_SECONDS: Final = 300.0
"""A last use is written down when the one written before is older than this."""


@dataclass(slots=True)
class Change:
    """A change on its way: what the database is told, and what memory will know once it is committed."""

    connection: AsyncConnection
    opened: list[Held] = field(default_factory=list)
    renewed: list[Held] = field(default_factory=list)
    """Sessions that go on, under another secret and with another end."""
    ended: set[CredentialId] = field(default_factory=set)
    pinned: dict[RemoteName, str] = field(default_factory=dict)
    shared: Shared | None = None
    """All shares, where they have changed."""
    disabled: frozenset[MemberName] | None = None
    """All disabled members, where that has changed."""
    links: tuple[Link, ...] | None = None
    """All links to the identity provider, where they have changed."""
    noted: list[Entry] = field(default_factory=list)
    """What the audit log says of it, in the same transaction."""

    async def end(self, credentials: Iterable[CredentialId]) -> None:
        """End credentials, and the children of each."""
        names = set(credentials)
        if names:
            await statements.delete_credentials(self.connection, names)
            self.ended |= names

    async def end_all(
        self, member: MemberName, *, tokens: bool, but: CredentialId | None = None
    ) -> None:
        """End a member's sessions, ``but`` one and its children, and perhaps the tokens."""
        await self.end(await statements.names_of(self.connection, member, tokens=tokens, but=but))


class Ledger:
    """Memory and database, and the one lock that keeps them in step."""

    def __init__(
        self,
        database: Database,
        *,
        idle_seconds: float,
        placed: Callable[[Entry], Entry] = lambda entry: entry,
    ) -> None:
        """Know nothing yet; ``placed`` adds to an audit entry from where it was done."""
        self.database = database
        self.memory = Memory()
        self._idle_seconds = idle_seconds
        self._placed = placed
        self._lock = asyncio.Lock()
        self._seen = -1
        self._unsaved: set[CredentialId] = set()
        self._callbacks: list[Callable[[], None]] = []
        self._pin_callbacks: list[PinsChanged] = []

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called after credentials may have ended, or shares or disabled members changed."""
        self._callbacks.append(callback)

    def live_by(self, idle_seconds: float, now: float) -> None:
        """Have sessions end when they are idle for so long, those that are open too."""
        self._idle_seconds = idle_seconds
        self.memory.live_by(idle_seconds)
        self.drop_expired(now)

    def on_pins(self, callback: PinsChanged) -> None:
        """Have ``callback`` called with the remotes whose pins have changed."""
        self._pin_callbacks.append(callback)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Change]:
        """Hold a change: committed and then known to memory, or, if the block raises, neither."""
        async with self._turn():
            async with self.database.writing() as connection:
                number = await statements.next_number(connection)
                change = Change(connection)
                yield change
                await audit_statements.append(connection, map(self._placed, change.noted))
                if self.database.file is None:
                    await connection.execute(text("SELECT pg_notify(:c, '')"), {"c": CHANNEL})
            self._apply(change)
            if number == self._seen + 1:
                self._seen = number
            else:
                with suppress(StoreUnavailable):  # ours is committed; the rest waits for catch_up
                    await self._load()

    @asynccontextmanager
    async def changing_shares(self) -> AsyncIterator[Change]:
        """Hold a change of what owners have given; memory then knows all of it anew."""
        async with self.changing() as change:
            yield change
            change.shared = await sharing_statements.shared(change.connection)

    @asynccontextmanager
    async def changing_links(self) -> AsyncIterator[Change]:
        """Hold a change of who at the provider is whom; it may be one of shares, accounts and credentials too."""
        async with self.changing_shares() as change:
            yield change
            change.links = await link_statements.links(change.connection)
            change.disabled = await statements.disabled(change.connection)

    async def catch_up(self) -> None:
        """Read all anew if another process has changed anything."""
        async with self._turn():
            async with self.database.reading() as connection:
                number = await statements.number(connection)
            if number != self._seen:
                await self._load()

    async def end(self, credentials: Iterable[CredentialId]) -> None:
        """End credentials here at once, and in the database; if that fails, ``save_endings`` tries again."""
        names = set(credentials)
        self._unsaved |= names
        self._forget(names)
        await self.save_endings()

    async def save_endings(self) -> None:
        """Write down the endings that the database has not heard of."""
        names = frozenset(self._unsaved)
        if names:
            async with self.changing() as change:
                await change.end(names)
            self._unsaved -= names

    async def save_uses(self) -> None:
        """Write down when credentials were last used, where that is news; no other process needs to know."""
        news = [h for h in self.memory if abs(h.used_at - h.saved_at) >= USE_STEP_SECONDS]
        if not news:
            return
        uses = {held.identity.credential: held.used_at for held in news}
        async with self._turn(), self.database.writing() as connection:
            await statements.save_uses(connection, uses)
        for held in news:
            held.saved_at = uses[held.identity.credential]

    def drop_expired(self, now: float) -> None:
        """Drop what has expired from memory."""
        self._forget(self.memory.expired(now))

    async def purge(self, now: float) -> None:
        """Delete what has expired from the database; other processes find out by themselves."""
        # Ours may have been used a little later than the database knows.
        idle_seconds = self._idle_seconds + USE_STEP_SECONDS
        async with self._turn(), self.database.writing() as connection:
            await statements.purge(connection, now, idle_seconds=idle_seconds)
            await sharing_statements.purge(connection, now)

    async def _load(self) -> None:
        async with self.database.reading() as connection:
            # The number first: rows newer than it are merely read twice, rows older would be missed.
            number = await statements.number(connection)
            held = await statements.credentials(connection, idle_seconds=self._idle_seconds)
            pins = await statements.pins(connection)
            shared = await sharing_statements.shared(connection)
            disabled = await statements.disabled(connection)
            links = await link_statements.links(connection)
        wanted = [h for h in held if h.identity.credential not in self._unsaved]
        self._seen = number
        before = self.memory.pins
        ended = self.memory.replace(wanted, pins)
        news = self._know(shared, disabled, links)
        if ended or news:
            self._tell()
        self._tell_of_pins(before)

    def _apply(self, change: Change) -> None:
        for held in change.opened:
            self.memory.put(held)
        for held in change.renewed:
            self.memory.renew(held)
        before, self.memory.pins = self.memory.pins, self.memory.pins | change.pinned
        self._tell_of_pins(before)
        news = self._know(change.shared, change.disabled, change.links)
        if self.memory.end(change.ended) or news:
            self._tell()

    def _forget(self, credentials: Iterable[CredentialId]) -> None:
        if self.memory.end(credentials):
            self._tell()

    def _know(
        self,
        shared: Shared | None,
        disabled: frozenset[MemberName] | None,
        links: tuple[Link, ...] | None,
    ) -> bool:
        """Keep in memory what is given of shares, disabled members and links; say whether any is news."""
        memory = self.memory
        before = memory.shared, memory.disabled, memory.links
        memory.shared = memory.shared if shared is None else shared
        memory.disabled = memory.disabled if disabled is None else disabled
        memory.links = memory.links if links is None else links
        return (memory.shared, memory.disabled, memory.links) != before

    def _tell(self) -> None:
        for callback in self._callbacks:
            callback()

    def _tell_of_pins(self, before: dict[RemoteName, str]) -> None:
        now = self.memory.pins
        changed = {name for name in before | now if before.get(name) != now.get(name)}
        if changed:
            for callback in self._pin_callbacks:
                callback(changed)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.database.busy_seconds):
                await self._lock.acquire()
        except TimeoutError as exc:
            raise StoreUnavailable(f"the store {self.database.name} is busy") from exc
        try:
            yield
        finally:
            self._lock.release()
