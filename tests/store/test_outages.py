"""gateway.store: a database that is locked, full or away; sessions in memory go on."""

import asyncio
import logging
import resource
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.core.audit import Act, Sound
from gateway.errors import StoreUnavailable
from gateway.store import auditing
from tests.store.fakes import ALICE, BOB, FakeSleep, World, joined, log_in, running

pytestmark = pytest.mark.anyio

KILLED = """
import asyncio, sys, time
from gateway.store.store import open_store

async def main():
    async with open_store(sys.argv[1]) as store:
        secret, _ = await store.create_token("alice", label="", lifetime_seconds=None)
        print(secret, flush=True)
        time.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def world(sqlite_url: str) -> World:
    return World(sqlite_url, busy_seconds=0.3)


def file_of(world: World) -> Path:
    return Path(world.url.removeprefix("sqlite:///"))


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Hold the write lock, as another process does."""
    with closing(sqlite3.connect(file_of(world), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(world: World) -> Iterator[None]:
    """Let no file of this process grow beyond what the write-ahead log has now."""
    wal = file_of(world).with_name("gateway.db-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("outage", [locked, full])
async def test_open_sessions_go_on_and_new_ones_come_back(world: World, outage: object) -> None:
    """Faults 27, 28: only what must be written fails, in our own words, and works again at once."""
    assert callable(outage)
    async with world.store() as store:
        opened = await joined(store)
        token, _ = await store.create_token(ALICE, label="", lifetime_seconds=None)
        with outage(world):
            with pytest.raises(StoreUnavailable, match="can't be written now"):
                await log_in(store)
            with pytest.raises(StoreUnavailable, match="can't be written now"):
                await store.invite(BOB)

            assert store.session(opened.secret) == opened.identity
            assert store.token(token) is not None
            assert [account.member for account in await store.accounts()] == [ALICE]

        assert store.session((await log_in(store)).secret) is not None


async def test_write_waits_for_its_turn_and_the_loop_goes_on(sqlite_url: str) -> None:
    """Fault 28: a lock that is let go in time is not noticed, but as a wait."""
    world = World(sqlite_url, busy_seconds=30)
    async with world.store() as store, asyncio.TaskGroup() as tasks:
        opened = await joined(store)
        with locked(world):
            task = tasks.create_task(log_in(store))
            assert [a.member for a in await store.accounts()] == [ALICE]
            assert store.session(opened.secret) == opened.identity
            assert not task.done()
        await task

        assert store.session(task.result().secret) == task.result().identity


async def test_log_out_counts_although_it_can_not_be_written(world: World) -> None:
    """The session ends here at once, does not rise again, and is gone after a restart."""
    sleep = FakeSleep()
    async with world.store() as store, running(store, sleep=sleep):
        await sleep.asleep()
        opened = await joined(store)
        with locked(world):
            await store.log_out(opened.identity.credential)
            assert store.session(opened.secret) is None
        async with world.store() as cli:
            assert cli.session(opened.secret) is not None
            await cli.disable(BOB)
        await store.catch_up()
        assert store.session(opened.secret) is None

        await sleep.on()

        async with world.store() as cli:
            assert cli.session(opened.secret) is None


async def test_revoking_says_when_it_could_not_be_written(world: World) -> None:
    """The command line must not call a token revoked that would live on; here it is dead anyway."""
    async with world.store() as store:
        secret, row = await store.create_token(ALICE, label="", lifetime_seconds=None)
        with locked(world), pytest.raises(StoreUnavailable):
            await store.revoke_token(row.credential)

        assert store.token(secret) is None
    async with world.store() as store:
        assert store.token(secret) is None


async def test_disable_that_can_not_be_written_changes_nothing(world: World) -> None:
    """All or nothing: memory says what the database says."""
    async with world.store() as store:
        opened = await joined(store)
        with locked(world), pytest.raises(StoreUnavailable):
            await store.disable(ALICE)

        assert store.session(opened.secret) == opened.identity


async def test_log_in_cut_off_leaves_memory_and_database_alike(world: World) -> None:
    """A client that leaves in the middle leaves nothing that does not heal."""
    async with world.store() as store:
        await joined(store)
        with locked(world), pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await log_in(store)

        await log_in(store)
        held = {row.credential for row in await store.sessions(ALICE)}
    async with world.store() as after:
        assert {row.credential for row in await after.sessions(ALICE)} == held


async def test_killed_gateway_leaves_all_that_it_had_answered(world: World) -> None:
    """Fault 26: kill -9 right after the answer loses nothing and leaves a database that opens."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, world.url, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    secret = (await child.stdout.readline()).decode().strip()
    child.kill()
    await child.wait()

    async with world.store() as store:
        identity = store.token(secret)

    assert identity is not None
    assert identity.member == ALICE


async def test_an_outage_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """One line when it begins and one when it is over, whatever is tried in between."""
    async with world.store() as store:
        await joined(store)
        caplog.clear()
        with locked(world):
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    await store.disable(BOB)
                await store.accounts()
        with caplog.at_level(logging.INFO):
            await store.disable(BOB)

    lines = [r.getMessage() for r in caplog.records if r.name == "gateway.store.database"]
    assert len(lines) == 2
    assert "can't be written: database is locked" in lines[0]
    assert "can be written again" in lines[1]


async def test_the_audit_log_waits_while_the_disk_is_full(world: World) -> None:
    """Fault 27: entries are held and counted, and written when there is room again."""
    async with world.store() as store:
        await joined(store)
        with full(world):
            store.audit.note(Act.OPENED, actor="bob", notebook="alice")
            with pytest.raises(StoreUnavailable, match="can't be written now"):
                await store.audit.flush()
            assert (store.audit.held, store.audit.lost) == (1, 0)

        await store.audit.flush()

        assert store.audit.held == 0
        assert (await store.audit.lines())[0].entry.actor == "bob"
        assert isinstance(await store.audit.verify(), Sound)


async def test_what_the_audit_log_loses_is_counted_and_said(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 27: in the log at once, each thing once; in the audit log itself when there is room again."""
    monkeypatch.setattr(auditing, "MOST_HELD", 2)
    caplog.set_level(logging.INFO, "gateway.store.auditing")
    sleep = FakeSleep()
    async with world.store() as store:
        await joined(store)
        task = asyncio.ensure_future(store.audit.run(sleep))
        with full(world):
            for actor in "abcde":
                store.audit.note(Act.OPENED, actor=actor)
            await sleep.asleep()
            await sleep.on()
            assert (store.audit.held, store.audit.lost) == (2, 3)
        task.cancel()
        await store.audit.end()

        lines = await store.audit.lines()
        said = [r.getMessage() for r in caplog.records]
    assert [line.entry.act for line in lines[:3]] == [Act.LOST, Act.OPENED, Act.OPENED]
    assert lines[0].entry.detail == "3 lines"
    assert len([line for line in said if "2 entries wait: the store" in line]) == 1
    assert len([line for line in said if "more are lost, and counted" in line]) == 1


async def test_what_is_lost_at_the_end_is_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway that stops while its disk is full takes what waited with it, and says how much that was."""
    async with world.store() as store:
        await joined(store)
        with full(world):
            store.audit.note(Act.STOPPED, actor="gateway")
            await store.audit.end()

    assert "1 entries are lost at the end: the store" in caplog.text
