"""gateway.tunnels.rehearser: tunnels that could not be dialled again are found out in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from gateway.core.names import LoginName, TunnelId
from gateway.core.status import TunnelState, TunnelStatus
from gateway.errors import Reason, RemoteUnreachable
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.keeper import Keeper
from gateway.tunnels.rehearser import CALLED_SECONDS, Rehearser, rehearsed
from tests.tunnels.fakes import ALICE, LAB, FakeTime, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import NotebookState, running, until_state

pytestmark = pytest.mark.anyio

SECONDS = 180.0
CLOSED = RemoteUnreachable(Reason.UNREACHABLE, "port 22: refused")


class Door:
    """A remote's port: open, or not."""

    def __init__(self) -> None:
        self.failure: RemoteUnreachable | None = None
        self.knocks = 0
        self.knocked = asyncio.Event()

    async def knock(self, way: Way, through: Connection | None) -> None:
        self.knocks += 1
        self.knocked.set()
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure


@dataclass(eq=False)
class FakeKeeper:
    """A tunnel in the state that the test says."""

    id: TunnelId
    status: TunnelStatus
    way: None = None
    jump: None = None
    listeners: list[object] = field(default_factory=list)

    def enter(self, state: TunnelState, since: float, reason: Reason | None = None) -> None:
        self.status = TunnelStatus(self.id, state, since, reason)
        for listener in self.listeners:
            listener()  # type: ignore[operator]  # it is one


@dataclass
class Rehearsal:
    """A rehearser at work, and what it sees."""

    rehearser: Rehearser
    door: Door
    alice: FakeKeeper
    bob: FakeKeeper
    time: FakeTime

    async def knock(self) -> float:
        """Let the next knock be due, and return after how long that was."""
        wait = await self.time.asleep()
        self.door.knocked.clear()
        self.time.pass_by(wait)
        await self.door.knocked.wait()
        await self.time.asleep()
        return wait


@asynccontextmanager
async def rehearsing(time: FakeTime) -> AsyncIterator[Rehearsal]:
    alice, bob = (_keeper(name, time.now) for name in ("alice", "bob"))
    door, gate = Door(), Gate(clock=time.clock, sleep=time.sleep)
    rehearser = Rehearser(LAB, dialer=door, gate=gate, time=time.time)
    rehearser.follow([alice, bob], SECONDS)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(rehearser.run())
        yield Rehearsal(rehearser, door, alice, bob, time)
        task.cancel()


def _keeper(login: str, now: float) -> "Keeper":
    tunnel = TunnelId(LAB, LoginName(login))
    return FakeKeeper(  # type: ignore[return-value]  # it does all that a rehearser asks of one
        tunnel, TunnelStatus(tunnel, TunnelState.UP, now)
    )


async def test_an_open_door_is_knocked_at_now_and_then(time: FakeTime) -> None:
    """One knock for all logins; nothing is wrong."""
    async with rehearsing(time) as rehearsal:
        waits = [await rehearsal.knock() for _ in range(3)]

        assert waits == pytest.approx([SECONDS * 0.875] * 3)
        assert rehearsal.rehearser.degraded is None


async def test_a_closed_door_degrades(time: FakeTime, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 2: after a second knock a few seconds later; said once; over with the first that is heard."""
    async with rehearsing(time) as rehearsal:
        rehearsal.door.failure = CLOSED

        await rehearsal.knock()
        assert rehearsal.rehearser.degraded is None
        assert await rehearsal.knock() < 5
        degraded = rehearsal.rehearser.degraded
        since = rehearsal.time.now
        assert await rehearsal.knock() < 15

        assert degraded is not None
        assert (degraded.since, degraded.reason, degraded.detail) == (
            since, Reason.UNREACHABLE, CLOSED.detail,
        )  # fmt: skip
        assert rehearsal.rehearser.degraded == degraded
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        rehearsal.door.failure = None
        await rehearsal.knock()
        assert rehearsal.rehearser.degraded is None


async def test_a_tunnel_that_comes_up_proves_it_open(time: FakeTime) -> None:
    """Nobody needs to knock to know."""
    async with rehearsing(time) as rehearsal:
        rehearsal.door.failure = CLOSED
        await rehearsal.knock()
        await rehearsal.knock()

        rehearsal.bob.enter(TunnelState.UP, rehearsal.time.now + 1)

        assert rehearsal.rehearser.degraded is None


async def test_anothers_trouble_calls_for_a_knock(time: FakeTime) -> None:
    """Where one finds the door closed, it is looked at at once; once a minute at most."""
    async with rehearsing(time) as rehearsal:
        rehearsal.time.pass_by(CALLED_SECONDS)
        rehearsal.door.failure = CLOSED

        rehearsal.bob.enter(TunnelState.WAITING, rehearsal.time.now, Reason.UNREACHABLE)
        await rehearsal.door.knocked.wait()
        rehearsal.bob.enter(TunnelState.WAITING, rehearsal.time.now, Reason.UNREACHABLE)
        await rehearsal.time.asleep()

        assert rehearsal.door.knocks == 1


async def test_own_trouble_calls_for_none(time: FakeTime) -> None:
    """A refused key says nothing of the door."""
    async with rehearsing(time) as rehearsal:
        rehearsal.time.pass_by(CALLED_SECONDS)

        rehearsal.bob.enter(TunnelState.PARKED, rehearsal.time.now, Reason.LOGIN_REFUSED)
        await asyncio.sleep(0)

        assert rehearsal.door.knocks == 0


async def test_no_tunnel_no_knock(time: FakeTime) -> None:
    """Whoever dials tells how it is."""
    async with rehearsing(time) as rehearsal:
        for keeper in (rehearsal.alice, rehearsal.bob):
            keeper.enter(TunnelState.ASLEEP, rehearsal.time.now)

        rehearsal.time.pass_by(await rehearsal.time.asleep())
        await asyncio.sleep(0)

        assert rehearsal.door.knocks == 0


async def test_none_where_nobody_wants_it(keys: Keys, remote: FakeRemote) -> None:
    wanted = inventory(alices(1), remotes=(remote.config(keys, knock_seconds=None),))

    assert list(rehearsed(wanted, [_keeper("alice", 0.0)])) == []


async def test_listener_gone_and_back(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Fault 2 on loopback: the notebook stays ready and its tunnel up; both are degraded until sshd is back."""
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys, knock_seconds=SECONDS),))
    async with running(wanted, **time.injected) as tunnels:
        await until_state(tunnels, NotebookState.READY)
        remote.take_nobody()

        while (degraded := tunnels.degraded(ALICE)) is None:
            time.pass_by(await time.asleep())
            await asyncio.sleep(0.001)  # the real knock

        (told,) = tunnels.tunnel_statuses()
        assert (told.state, told.degraded) == (TunnelState.UP, degraded)
        assert degraded.reason is Reason.UNREACHABLE
        assert tunnels.upstream_nowait(ALICE) is not None
        found = await tunnels.diagnose(ALICE, with_rights=False)
        assert found.failed is not None
        assert "The tunnel that is open still works" in str(found.failed.advice)
        await remote.start()
        while tunnels.degraded(ALICE) is not None:
            time.pass_by(await time.asleep())
            await asyncio.sleep(0.001)
        assert len(remote.connections) == 1


async def test_another_pace_disturbs_no_tunnel(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """It is no part of the way."""
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys, knock_seconds=SECONDS),))
    async with running(wanted) as tunnels:
        await until_state(tunnels, NotebookState.READY)

        slower = {name: replace(one, knock_seconds=None) for name, one in wanted.remotes.items()}
        tunnels.apply(replace(wanted, remotes=slower))

        assert tunnels.upstream_nowait(ALICE) is not None
    assert len(remote.log_ins) == 1
