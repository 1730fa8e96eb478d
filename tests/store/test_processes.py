"""gateway.store: two processes on one database, as the command line beside a running gateway."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.core.names import NotebookName, RemoteName
from gateway.core.throttle import PER_ACCOUNT
from gateway.errors import StoreUnavailable
from gateway.store.rows import DAY
from gateway.store.store import Store
from tests.store.fakes import (
    ALICE,
    BOB,
    Changes,
    FakeSleep,
    World,
    joined,
    log_in,
    running,
)
from tests.store.postgres import Server

pytestmark = pytest.mark.anyio


async def revoke_all(store: Store) -> None:
    for row in await store.tokens(ALICE):
        await store.revoke_token(row.credential)


async def log_out_all(store: Store) -> None:
    for row in await store.sessions(ALICE):
        await store.log_out(row.credential)


@pytest.mark.parametrize(
    "end",
    [
        lambda cli: cli.disable(ALICE),
        lambda cli: cli.set_password(ALICE, "battery staple horse"),
        log_out_all,
    ],
    ids=["disable", "password", "log_out"],
)
async def test_sessions_ended_by_another_process_end_here(
    world: World, end: Callable[[Store], Awaitable[None]]
) -> None:
    """The running gateway hears of it, closes what is open, and knows the session no more."""
    async with world.store() as store, running(store), world.store() as cli:
        opened = await joined(store)
        await store.open_host_session(opened.identity.credential, NotebookName("alice"))
        await cli.catch_up()
        changes = Changes(store)

        await end(cli)
        await changes.wait()

        assert store.session(opened.secret) is None
        assert await store.sessions(ALICE) == ()


async def test_token_revoked_by_another_process_ends_here(world: World) -> None:
    """`gateway tokens revoke` reaches the running gateway."""
    async with world.store() as store, running(store):
        secret, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)
        changes = Changes(store)
        async with world.store() as cli:
            await revoke_all(cli)
            await changes.wait()

        assert store.token(secret) is None


async def test_what_another_process_opens_counts_here(world: World) -> None:
    """Once memory has caught up, tokens and pins made elsewhere are as good as our own."""
    async with world.store() as store, world.store() as cli:
        secret, row = await cli.create_token(BOB, label="", lifetime_seconds=None)
        await cli.pin(RemoteName("lab"), "SHA256:key")

        await store.catch_up()

        identity = store.token(secret)
        assert identity is not None
        assert identity.credential == row.credential
        assert store.pinned(RemoteName("lab")) == "SHA256:key"


async def test_changed_pins_are_told(world: World) -> None:
    """Our own and those of other processes, each once, and nothing else is."""
    async with world.store() as store, world.store() as cli:
        told: list[set[RemoteName]] = []
        store.on_pins(lambda remotes: told.append(set(remotes)))

        await store.pin(RemoteName("lab"), "SHA256:first")
        await cli.pin(RemoteName("farm"), "SHA256:new")
        await cli.pin(RemoteName("lab"), "SHA256:new")
        await store.catch_up()
        await cli.create_token(BOB, label="", lifetime_seconds=None)
        await store.catch_up()

        assert told == [{"lab"}, {"lab", "farm"}]
        assert store.pinned(RemoteName("lab")) == "SHA256:new"


async def test_own_change_after_a_foreign_one_misses_nothing(world: World) -> None:
    """A write of our own in between does not hide the other process's."""
    async with world.store() as store, world.store() as cli:
        opened = await joined(store)
        await cli.disable(ALICE)

        await joined(store, BOB)

        assert store.session(opened.secret) is None


async def test_catching_up_forgets_no_use(world: World) -> None:
    """A use that only memory knows of is not lost when all is read anew."""
    async with world.store() as store, world.store() as cli:
        opened = await joined(store)
        world.clock.now += 5 * DAY
        store.session(opened.secret)
        await cli.disable(BOB)

        await store.catch_up()
        world.clock.now += 5 * DAY

        assert store.session(opened.secret) == opened.identity


async def test_nothing_ended_tells_nobody(world: World) -> None:
    """A foreign change that ends nothing closes nothing."""
    async with world.store() as store, world.store() as cli:
        opened, changes = await joined(store), Changes(store)
        await cli.invite(BOB)

        await store.catch_up()

        assert changes.count == 0
        assert store.session(opened.secret) == opened.identity


async def test_two_log_ins_at_once_are_two_sessions(world: World) -> None:
    """Processes and tasks take turns; none loses the other's session."""
    async with world.store() as store, world.store() as other:
        await joined(store)
        async with asyncio.TaskGroup() as tasks:
            tries = [tasks.create_task(log_in(s)) for s in (store, other) * 5]
        await store.catch_up()

        assert len(await store.sessions(ALICE)) == 11
        assert all(store.session(task.result().secret) for task in tries)


async def test_e4_expired_credentials_end_while_running(world: World) -> None:
    """What is open on a session that expires is told; the database forgets it, with old invites."""
    sleep = FakeSleep()
    async with world.store() as store:
        await joined(store)
        await store.create_token(ALICE, label="", lifetime_seconds=60)
        await store.invite(BOB, lifetime_seconds=60)
        changes = Changes(store)
        async with running(store, sleep=sleep):
            await sleep.asleep()
            world.clock.now += 60
            await sleep.on()
            assert changes.count == 1
            assert await store.tokens() == ()

            world.clock.now += 40 * DAY
            await sleep.on()
            assert changes.count == 2
            assert await store.sessions(ALICE) == ()
    world.clock.now -= 41 * DAY  # nothing is left that could count again
    async with world.store() as store:
        assert await store.sessions(ALICE) == await store.tokens() == ()


@pytest.mark.postgres
async def test_changes_are_followed_again_after_postgresql_restarts(server: Server) -> None:
    """Memory serves while it is away, tries to log in cost nobody anything, and changes are heard again."""
    world = World(server.new_database())
    async with world.store() as store, running(store):
        opened, changes = await joined(store), Changes(store)
        await asyncio.to_thread(server.stop)

        assert store.session(opened.secret) == opened.identity
        for _ in range(2 * PER_ACCOUNT.free):
            with pytest.raises(StoreUnavailable):
                await log_in(store)

        await asyncio.to_thread(server.start)
        await log_in(store)
        async with world.store() as cli:
            await cli.disable(ALICE)
            await changes.wait()
        assert store.session(opened.secret) is None
