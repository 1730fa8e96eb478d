"""gateway.tunnels.idler: when a tunnel may sleep; no network, no clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import cast

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from gateway.core.status import TunnelState, TunnelStatus
from gateway.tunnels.idler import Idler, idlers
from gateway.tunnels.keeper import Keeper
from tests.tunnels.fakes import ALICE, LAB, FakeTime, alices, inventory

pytestmark = pytest.mark.anyio

IDLE_SECONDS = 1800.0
BASTION = RemoteName("bastion")


@dataclass(eq=False)
class FakeKeeper:
    """A tunnel that is up until it is put to sleep."""

    id: TunnelId = field(default_factory=lambda: TunnelId(LAB, LoginName("alice")))
    jump: "FakeKeeper | None" = None
    connection: str | None = "a connection"
    why: str = ""

    def __post_init__(self) -> None:
        self.changed = asyncio.Event()

    @property
    def status(self) -> TunnelStatus:
        state = TunnelState.ASLEEP if self.connection is None else TunnelState.UP
        return TunnelStatus(self.id, state, 0.0)

    async def until_up(self) -> None:
        while self.connection is None:
            self.changed.clear()
            await self.changed.wait()

    def fall_asleep(self, why: str) -> None:
        self.connection, self.why = None, why

    def wake(self) -> None:
        self.connection = "another"
        self.changed.set()


class FakeUse:
    """For how long nobody has used the notebooks; the test says when somebody did."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.open = False
        self.seen = -inf
        self.asked: list[frozenset[NotebookName]] = []

    def __call__(self, names: frozenset[NotebookName]) -> float:
        self.asked.append(names)
        return 0.0 if self.open else self.time.now - self.seen


@dataclass
class Night:
    """An idler at work, and what it goes by."""

    keeper: FakeKeeper
    rider: FakeKeeper
    use: FakeUse
    time: FakeTime

    async def look(self) -> float:
        """Let the idler look when it wants to; say how long that took."""
        seconds = await self.time.asleep()
        await self.pass_by(seconds)
        return seconds

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and whoever wakes do what it does."""
        self.time.pass_by(seconds)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@asynccontextmanager
async def night(time: FakeTime) -> AsyncIterator[Night]:
    keeper, rider, use = FakeKeeper(), FakeKeeper(connection=None), FakeUse(time)
    idler = Idler(
        cast("Keeper", keeper),
        IDLE_SECONDS,
        frozenset({ALICE}),
        (cast("Keeper", rider),),
        use,
        time.time,
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(idler.run())
        try:
            yield Night(keeper, rider, use, time)
        finally:
            task.cancel()


async def test_sleeps_when_nobody_came(time: FakeTime) -> None:
    """After its time without use, and not before."""
    async with night(time) as it:
        await time.asleep()
        await it.pass_by(IDLE_SECONDS - 1)
        assert it.keeper.connection

        await it.pass_by(1)

        assert it.keeper.connection is None
        assert it.keeper.why == "nobody has used it for 30m"
        assert it.use.asked == [frozenset({ALICE})]


async def test_the_last_use_counts(time: FakeTime) -> None:
    """It looks again when its time since then will be over."""
    async with night(time) as it:
        it.use.seen = time.now + 600

        assert await it.look() == IDLE_SECONDS
        assert it.keeper.connection
        assert await it.look() == 600

        assert it.keeper.connection is None


async def test_stays_while_somebody_is_there(time: FakeTime) -> None:
    """An open WebSocket keeps a tunnel awake for ever."""
    async with night(time) as it:
        it.use.open = True

        for _ in range(10):
            await it.look()

        assert it.keeper.connection


async def test_stays_while_a_tunnel_leads_through_it(time: FakeTime) -> None:
    """A jump sleeps only when all that jump there are asleep."""
    async with night(time) as it:
        it.rider.wake()
        await it.look()
        assert it.keeper.connection

        it.rider.fall_asleep("")
        await it.look()

        assert it.keeper.connection is None


async def test_looks_at_nothing_while_it_sleeps(time: FakeTime) -> None:
    """Asleep, it costs nothing; woken, its time begins anew."""
    async with night(time) as it:
        await it.look()
        await it.pass_by(10 * IDLE_SECONDS)
        assert time.waits == [IDLE_SECONDS]

        it.keeper.wake()

        assert await it.look() == IDLE_SECONDS
        assert it.keeper.connection is None


async def test_a_lost_connection_starts_the_time_anew(time: FakeTime) -> None:
    """A tunnel that is being dialled is not put to sleep."""
    async with night(time) as it:
        await time.asleep()
        it.keeper.connection = None
        await it.look()
        it.keeper.connection = "another"

        assert await it.look() == IDLE_SECONDS

        assert it.keeper.connection is None


def test_one_for_each_tunnel_that_may_sleep(time: FakeTime) -> None:
    """Its remote says for how long; it knows its notebooks, and who leads through it."""
    bastion = Remote(BASTION, "bastion.example.org", login=LoginName("hop"), idle_seconds=60.0)
    lab = Remote(LAB, "lab.example.org", jump=BASTION)
    hop = FakeKeeper(TunnelId(BASTION, LoginName("hop")))
    alice = FakeKeeper(jump=hop)
    keepers = cast("list[Keeper]", [hop, alice])
    wanted = inventory(alices(7001), remotes=(bastion, lab))

    made = list(idlers(wanted, keepers, quiet=FakeUse(time), time=time.time))

    assert [(one.keeper, one.seconds, one.notebooks) for one in made] == [(hop, 60.0, frozenset())]
    assert made[0].riders == (alice,)
