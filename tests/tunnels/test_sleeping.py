"""Tunnels that sleep when nobody uses them, against asyncssh on loopback; time passes as the tests say."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import pytest

from gateway.core.inventory import Inventory, Remote
from gateway.core.names import LoginName, RemoteName
from gateway.core.status import NotebookState, TunnelState
from gateway.errors import Reason, TunnelDown, UpstreamLost
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakePins, FakeTime, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import PATIENCE_SECONDS, running, tunnel_states, until, until_state

pytestmark = pytest.mark.anyio

IDLE_SECONDS = 1800.0
LONGER_THAN_A_PROBE_WAITS = 100.0


@dataclass
class House:
    """Running tunnels, and who uses them."""

    tunnels: Tunnels
    time: FakeTime
    used: bool = False

    async def look(self, times: int = 1) -> None:
        """Let it be looked so many times."""
        for _ in range(times):
            self.time.pass_by(await self.time.asleep(LONGER_THAN_A_PROBE_WAITS))
            await asyncio.sleep(0)

    async def until_asleep(self) -> None:
        """Return when the tunnels are asleep, having let their time pass."""
        while set(tunnel_states(self.tunnels).values()) != {TunnelState.ASLEEP}:
            await self.look()


@asynccontextmanager
async def house(wanted: Inventory, time: FakeTime) -> AsyncIterator[House]:
    it = House(Tunnels(pins=FakePins(), **time.injected), time)  # type: ignore[arg-type]  # a test's shorthand
    it.tunnels.ask_about_use(lambda _: 0.0 if it.used else inf)
    it.tunnels.apply(wanted)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(it.tunnels.run())
        try:
            await until_state(it.tunnels, NotebookState.READY)
            yield it
        finally:
            task.cancel()


def sleepy(remote: FakeRemote, keys: Keys, **options: object) -> Remote:
    return remote.config(keys, idle_seconds=IDLE_SECONDS, **options)


async def test_closes_its_connection_in_good_order(
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    time: FakeTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The remote sees no connection; nobody probes; the log says it in one line."""
    caplog.set_level(logging.INFO, "gateway")
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        await it.look()

        await remote.until_connected(0)
        status = it.tunnels.status(ALICE)
        assert status is not None
        assert (status.state, status.reason) == (NotebookState.STARTING, Reason.ASLEEP)
        assert status.detail == "nobody has used it for 30m"
        asked = len(notebook.asked)
        time.pass_by(10 * IDLE_SECONDS)
        await asyncio.sleep(0)
        assert (len(notebook.asked), remote.log_ins) == (asked, ["alice"])
    told = [record.getMessage() for record in caplog.records]
    assert [line for line in told if "sleep" in line or "starting" in line] == [
        "tunnel alice@lab: idled, now asleep: nobody has used it for 30m"
    ]


async def test_whoever_wants_a_notebook_wakes_it(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """The request waits until the notebook is ready; looking at its state wakes nothing."""
    notebook.write_runtime_file(remote.home or Path())
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        before = it.tunnels.upstream_nowait(ALICE)
        await it.look()
        await remote.until_connected(0)
        assert it.tunnels.upstream_nowait(ALICE) is None
        it.tunnels.suspect(ALICE)
        time.pass_by(1)
        await it.tunnels.settled(within_seconds=5)
        assert tunnel_states(it.tunnels) == {"alice@lab": TunnelState.ASLEEP}

        upstream = await it.tunnels.upstream(ALICE, within_seconds=10)

        assert upstream == before
        listener = Listener()
        await it.tunnels.open_channel(ALICE, lambda: listener)
        assert listener.told == ["made"]
        assert remote.log_ins == ["alice", "alice"]


async def test_waking_may_take_longer_than_a_request_is_held(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Whoever wakes it is served, as long as nothing goes wrong; what goes wrong is told at once."""
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        await it.until_asleep()
        await it.tunnels.upstream(ALICE, within_seconds=0)
        await it.until_asleep()
        await remote.stop()

        with pytest.raises(TunnelDown) as raised:
            await it.tunnels.upstream(ALICE, within_seconds=0)

        assert raised.value.reason is Reason.UNREACHABLE


async def test_idle_connections_of_the_door_do_not_keep_it_awake(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Use is what the door says; a channel that it kept for later ends with the connection."""
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        kept = Listener()
        await it.tunnels.open_channel(ALICE, lambda: kept)

        await it.look()

        assert isinstance(await kept.lost, UpstreamLost)
        await remote.until_connected(0)


async def test_a_used_tunnel_stays(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """As long as the door tells of a use."""
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        it.used = True

        await it.look(5)

        assert tunnel_states(it.tunnels) == {"alice@lab": TunnelState.UP}
        assert remote.log_ins == ["alice"]


async def test_stays_where_nobody_knows_who_uses_it(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """As in a check, which has no door."""
    wanted = inventory(alices(notebook.port), remotes=(sleepy(remote, keys),))
    async with running(wanted, **time.injected) as tunnels:
        await until_state(tunnels, NotebookState.READY)

        for _ in range(3):
            time.pass_by(await time.asleep(LONGER_THAN_A_PROBE_WAITS))
            await asyncio.sleep(0)

        assert tunnel_states(tunnels) == {"alice@lab": TunnelState.UP}


async def test_waking_wakes_the_whole_chain(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime, tmp_path: Path
) -> None:
    """The jump sleeps after those who lead through it, and is dialled before them."""
    async with FakeRemote(keys, home=tmp_path / "inner", name=RemoteName("inner")) as inner:
        bastion = sleepy(remote, keys, login=LoginName("bob"))
        target = sleepy(inner, keys, jump=bastion.name)
        wanted = inventory(alices(notebook.port, remote=target.name), remotes=(bastion, target))
        async with house(wanted, time) as it:
            await it.until_asleep()
            await remote.until_connected(0)
            await inner.until_connected(0)

            await it.tunnels.upstream(ALICE, within_seconds=10)

            assert (remote.log_ins, inner.log_ins) == (["bob"] * 2, ["alice"] * 2)


async def test_reload_changes_idle_without_dropping_a_tunnel(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """The time that a tunnel may be idle is taken anew while it is up, and may be taken away."""
    config, alice = remote.config(keys), alices(notebook.port)
    async with house(inventory(alice, remotes=(config,)), time) as it:
        it.tunnels.apply(inventory(alice, remotes=(replace(config, idle_seconds=7200.0),)))
        it.tunnels.apply(inventory(alice, remotes=(sleepy(remote, keys),)))
        assert tunnel_states(it.tunnels) == {"alice@lab": TunnelState.UP}
        assert remote.log_ins == ["alice"]
        await it.look()
        await remote.until_connected(0)

        it.tunnels.apply(inventory(alice, remotes=(config,)))

        await until_state(it.tunnels, NotebookState.READY)
        assert remote.log_ins == ["alice"] * 2


async def test_a_tunnel_that_cannot_be_had_goes_on_trying(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Asleep, it would hide its trouble until somebody needs it."""
    async with house(inventory(alices(notebook.port), remotes=(sleepy(remote, keys),)), time) as it:
        remote.allowed.clear()
        time.pass_by(60)
        await remote.drop()
        await until(
            it.tunnels, lambda: tunnel_states(it.tunnels) == {"alice@lab": TunnelState.PARKED}
        )

        await it.look(2)

        await until(it.tunnels, lambda: len(remote.log_ins) > 2)
        assert tunnel_states(it.tunnels) != {"alice@lab": TunnelState.ASLEEP}
