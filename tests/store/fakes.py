"""Stand-ins for the store's surroundings: clocks that we set, a hasher that counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from argon2.exceptions import VerifyMismatchError

from gateway.core.names import MemberName
from gateway.store.following import Sleep
from gateway.store.rows import Opened
from gateway.store.store import Store, open_store

ALICE, BOB = MemberName("alice"), MemberName("bob")
PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.1"
START = 1_800_000_000.0


class FakeClock:
    """A clock that goes when it is told to."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeHasher:
    """Hashes by writing down; counts the work, which is what a log-in's time is made of."""

    version: int = 1
    work: int = 0

    def hash(self, password: bytes) -> str:
        self.work += 1
        return f"{self.version}${password.hex()}"

    def verify(self, encoded: str, password: bytes) -> bool:
        self.work += 1
        if encoded.partition("$")[2] != password.hex():
            raise VerifyMismatchError
        return True

    def check_needs_rehash(self, encoded: str) -> bool:
        return not encoded.startswith(f"{self.version}$")


@dataclass
class World:
    """A database and the clocks of all who open it."""

    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    monotonic: FakeClock = field(default_factory=lambda: FakeClock(0.0))
    hasher: FakeHasher = field(default_factory=FakeHasher)
    busy_seconds: float = 5.0

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Hold the store, as one process does."""
        async with open_store(
            self.url,
            clock=self.clock,
            monotonic=self.monotonic,
            hasher=self.hasher,
            busy_seconds=self.busy_seconds,
        ) as store:
            yield store


class Changes:
    """Notes a store's changes, and lets a test wait for one."""

    def __init__(self, store: Store) -> None:
        self.count = 0
        self._event = asyncio.Event()
        store.on_change(self._note)

    def _note(self) -> None:
        self.count += 1
        self._event.set()

    async def wait(self) -> None:
        """Return when there was a change since the last wait."""
        async with asyncio.timeout(5):
            await self._event.wait()
        self._event.clear()


class FakeSleep:
    """Sleeps until the test says on."""

    def __init__(self) -> None:
        self._asleep = asyncio.Event()
        self._on = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self._asleep.set()
        await self._on.wait()
        self._on.clear()

    async def on(self) -> None:
        """Wake the sleeper and return when it sleeps again."""
        self._asleep.clear()
        self._on.set()
        await self.asleep()

    async def asleep(self) -> None:
        """Return when somebody sleeps."""
        async with asyncio.timeout(5):
            await self._asleep.wait()


@asynccontextmanager
async def running(store: Store, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
    """Hold the store's own task."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(store.run(sleep=sleep))
        try:
            yield
        finally:
            task.cancel()


async def joined(store: Store, member: MemberName = ALICE) -> Opened:
    """Have a member take an invite, and return the session."""
    secret = await store.invite(member)
    return await store.accept_invite(secret, PASSWORD, address=ADDRESS, device="Firefox")


async def log_in(store: Store, member: MemberName = ALICE, password: str = PASSWORD) -> Opened:
    """Log a member in."""
    return await store.log_in(member, password, address=ADDRESS, device="Firefox")
