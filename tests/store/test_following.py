"""gateway.store.following: a directory that can't be watched is looked at."""

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path

import pytest

from gateway.store import following
from gateway.store.database import Database
from tests.store.fakes import ALICE, Changes, FakeSleep, World, joined, running

pytestmark = pytest.mark.anyio


async def test_directory_that_can_not_be_watched_is_looked_at(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the kernel has no watch left, changes are still followed, and the log says how."""
    world = World(sqlite_url)

    def awatch(*_paths: Path, **_options: object) -> object:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(following, "awatch", awatch)
    sleep = FakeSleep()
    async with world.store() as store, running(store, sleep=sleep), world.store() as cli:
        await sleep.asleep()
        opened, changes = await joined(store), Changes(store)
        await cli.disable(ALICE)
        await sleep.on()
        await changes.wait()

    assert store.session(opened.secret) is None
    assert [r.levelno for r in caplog.records if "can't be watched" in r.getMessage()] == [
        logging.WARNING
    ]


async def test_change_before_the_first_look_is_noticed(sqlite_url: str) -> None:
    """Watching begins with the first step, so a change right after it wakes us."""
    world = World(sqlite_url)
    async with world.store() as store, aclosing(following.wakes(Database(sqlite_url))) as wakes:
        async with asyncio.timeout(3), asyncio.TaskGroup() as tasks:
            step = tasks.create_task(anext(wakes))
            await asyncio.sleep(0)
            await store.disable(ALICE)

        assert step.result() is None
