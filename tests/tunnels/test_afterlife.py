"""gateway.tunnels.afterlife: for how long a silent connection is kept; no network, no clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.core.patience import GRACE_MARGIN_SECONDS, LONGEST_SILENCE_SECONDS
from gateway.tunnels.afterlife import Afterlife
from gateway.tunnels.vigil import PING_SECONDS
from tests.tunnels.fakes import FakeTime

pytestmark = pytest.mark.anyio


class FakeConnection:
    """A connection with a WebSocket open through it, which falls silent and is heard when the test says so."""

    def __init__(self) -> None:
        self.silent = self.in_use = True
        self.sign = 0
        self._changed = asyncio.Event()

    def change(self, *, silent: bool = True, in_use: bool = True) -> None:
        self.silent, self.in_use = silent, in_use
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def closed(self) -> None:
        while not self.silent:
            await self._changed.wait()

    async def heard(self) -> None:
        while self.silent:
            await self._changed.wait()

    async def released(self) -> None:
        while self.in_use:
            await self._changed.wait()


class Ghost:
    """A connection's afterlife, under way."""

    def __init__(self, time: FakeTime) -> None:
        self.connection = FakeConnection()
        self.succeeded = asyncio.Event()
        self.time = time
        self.task = asyncio.ensure_future(
            Afterlife(
                self.connection, successor=self._successor, monotonic=time.clock, sleep=time.sleep
            ).over()
        )

    async def _successor(self) -> None:
        await self.succeeded.wait()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def pass_by(self, seconds: float) -> None:
        await self.settle()
        self.time.pass_by(seconds)
        await self.settle()

    @property
    def over(self) -> bool:
        return self.task.done()

    @property
    def given_up(self) -> bool:
        return self.task.result()


@asynccontextmanager
async def haunting(time: FakeTime) -> AsyncIterator[Ghost]:
    ghost = Ghost(time)
    await ghost.settle()
    try:
        yield ghost
    finally:
        ghost.task.cancel()


async def test_nobody_waits_for_ever(time: FakeTime) -> None:
    """While no other connection comes up either."""
    async with haunting(time) as ghost:
        await ghost.pass_by(LONGEST_SILENCE_SECONDS - 1)
        assert not ghost.over

        await ghost.pass_by(2)

        assert ghost.over
        assert ghost.given_up


async def test_with_another_one_up_it_has_as_long_as_it_was_silent(time: FakeTime) -> None:
    """TCP tries again after twice the time."""
    async with haunting(time) as ghost:
        await ghost.pass_by(10)
        ghost.succeeded.set()

        await ghost.pass_by(PING_SECONDS + 10 + GRACE_MARGIN_SECONDS - 1)
        assert not ghost.over
        await ghost.pass_by(2)

        assert ghost.over


async def test_heard_again_it_stays_while_it_is_used(time: FakeTime) -> None:
    """However long that is; then it is of no use to anybody."""
    async with haunting(time) as ghost:
        ghost.succeeded.set()
        ghost.connection.change(silent=False)
        await ghost.pass_by(10 * LONGEST_SILENCE_SECONDS)
        assert not ghost.over

        ghost.connection.change(silent=False, in_use=False)
        await ghost.settle()

        assert ghost.over
        assert not ghost.given_up


async def test_it_may_fall_silent_again(time: FakeTime) -> None:
    """Then all begins anew."""
    async with haunting(time) as ghost:
        ghost.connection.change(silent=False)
        await ghost.pass_by(1000)
        ghost.connection.change(silent=True)
        await ghost.pass_by(LONGEST_SILENCE_SECONDS - 1)
        assert not ghost.over

        await ghost.pass_by(2)

        assert ghost.over


async def test_whatever_comes_is_hope(time: FakeTime) -> None:
    """Bytes arrive already, and the answer to the ping is behind them."""
    async with haunting(time) as ghost:
        await ghost.pass_by(LONGEST_SILENCE_SECONDS - 1)
        ghost.connection.sign += 1

        await ghost.pass_by(2)
        assert not ghost.over
        await ghost.pass_by(LONGEST_SILENCE_SECONDS)

        assert ghost.over


async def test_unused_it_is_over_at_once(time: FakeTime) -> None:
    """The tab is closed meanwhile."""
    async with haunting(time) as ghost:
        ghost.connection.change(in_use=False)
        await ghost.settle()

        assert ghost.over
