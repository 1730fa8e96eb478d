"""gateway.tunnels.keeper and gate: dialing, waiting, parking; no network, no clock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.status import TunnelState
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.keeper import CREDENTIAL_REASONS, HOST_KEY_REASONS, Keeper
from gateway.tunnels.vigil import PING_SECONDS
from tests.tunnels.fakes import LAB, FakeTime

pytestmark = pytest.mark.anyio

WAY = Way(Remote(LAB, "lab.example.org"), LoginName("alice"))
AWAY = RemoteUnreachable(Reason.UNREACHABLE, "no route")
REFUSED = RemoteRejected(Reason.LOGIN_REFUSED, "no")


class FakeConnection:
    """A connection that ends when the test says so."""

    silent = in_use = False

    def __init__(self, reason: Reason = Reason.LOST) -> None:
        self.over = asyncio.Event()
        self.reason = reason
        self.checks = 0

    async def closed(self) -> Reason:
        await self.over.wait()
        return self.reason

    def check(self) -> None:
        self.checks += 1

    def hang_up(self) -> None:
        self.over.set()


class FakeDialer:
    """Meets each dial with the next outcome of a script, then with silence."""

    def __init__(self, *outcomes: RemoteError | FakeConnection) -> None:
        self.outcomes: Iterator[RemoteError | FakeConnection] = iter(outcomes)
        self.dials = 0
        self.dialing = asyncio.Event()

    async def dial(
        self, way: Way, through: Connection | None
    ) -> AbstractAsyncContextManager[Connection]:
        self.dials += 1
        self.dialing.set()
        await asyncio.sleep(0)
        outcome = next(self.outcomes, None)
        match outcome:
            case None:
                await asyncio.get_running_loop().create_future()
            case RemoteError():
                raise outcome
            case connection:
                return _held(connection)
        raise AssertionError


@asynccontextmanager
async def _held(connection: FakeConnection) -> AsyncIterator[Connection]:
    yield connection  # type: ignore[misc]  # it does all that a keeper asks of one


@asynccontextmanager
async def keeping(dialer: FakeDialer, time: FakeTime) -> AsyncIterator[Keeper]:
    gate = Gate(clock=time.clock, sleep=time.sleep)
    keeper = Keeper(WAY, dialer=dialer, gate=gate, time=time.time)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(keeper.run())
        try:
            yield keeper
        finally:
            task.cancel()


async def until(keeper: Keeper, state: TunnelState) -> None:
    changed = asyncio.Event()
    keeper.listeners.append(changed.set)
    while keeper.status.state is not state:
        changed.clear()
        await changed.wait()
    keeper.listeners.remove(changed.set)


async def test_tries_again_after_longer_and_longer_waits(time: FakeTime) -> None:
    """An unreachable remote is dialed again, ever more patiently."""
    async with keeping(FakeDialer(AWAY, AWAY, AWAY), time) as keeper:
        for _ in range(3):
            wait = await time.asleep()
            assert keeper.status.state is TunnelState.WAITING
            assert keeper.status.reason is Reason.UNREACHABLE
            time.pass_by(wait)
        await until(keeper, TunnelState.DIALING)

    assert time.waits == pytest.approx([0.3 * 0.75, 0.6 * 0.75, 1.0 * 0.75])


async def test_a_loss_is_mended_at_once(time: FakeTime) -> None:
    """A connection that lasted and is lost is dialed again without a wait."""
    first, second = FakeConnection(), FakeConnection()
    async with keeping(FakeDialer(first, second), time) as keeper:
        await until(keeper, TunnelState.UP)
        time.pass_by(60)
        states: list[TunnelState] = []
        keeper.listeners.append(lambda: states.append(keeper.status.state))

        first.over.set()
        await until(keeper, TunnelState.DIALING)
        await until(keeper, TunnelState.UP)

        assert states == [TunnelState.DIALING, TunnelState.UP]
    assert time.waits == []


@pytest.mark.parametrize(
    ("reason", "seconds"), [(Reason.LOST, 2.0), (Reason.SILENT, 2.0 + PING_SECONDS)]
)
async def test_outage_has_an_age(time: FakeTime, reason: Reason, seconds: float) -> None:
    """It begins with the loss; with the silence, where it took a while to understand it."""
    connection = FakeConnection(reason)
    async with keeping(FakeDialer(connection), time) as keeper:
        await until(keeper, TunnelState.UP)
        time.pass_by(60)
        assert keeper.outage_seconds == 0

        connection.over.set()
        await until(keeper, TunnelState.DIALING)
        time.pass_by(2)

        assert keeper.outage_seconds == seconds


async def test_a_remote_that_hangs_up_at_once_is_not_beaten_on(time: FakeTime) -> None:
    """A connection that ends as soon as it is up counts as a failure."""
    connections = [FakeConnection() for _ in range(3)]
    for connection in connections:
        connection.over.set()
    async with keeping(FakeDialer(*connections), time) as keeper:
        for _ in connections:
            wait = await time.asleep()
            assert keeper.status.state is TunnelState.WAITING
            time.pass_by(wait)
        await until(keeper, TunnelState.DIALING)

    assert time.waits == pytest.approx([0.3 * 0.75, 0.6 * 0.75, 1.2 * 0.75])


async def test_f9_a_rejection_parks(time: FakeTime) -> None:
    """Threat F9: the next look is a minute away, or more."""
    dialer = FakeDialer(REFUSED)
    async with keeping(dialer, time) as keeper:
        await until(keeper, TunnelState.PARKED)

        assert await time.asleep() >= 60
        time.pass_by(59.9)
        assert dialer.dials == 1
        time.pass_by(30)
        await until(keeper, TunnelState.DIALING)


@pytest.mark.parametrize("reason", [Reason.HOST_KEY_CHANGED, Reason.HOST_KEY_UNKNOWN])
async def test_a_host_key_that_is_known_now_is_tried_at_once(
    time: FakeTime, reason: Reason
) -> None:
    """Fault 20: a new pin need not wait for the minute to be over."""
    dialer = FakeDialer(RemoteRejected(reason, "no"), FakeConnection())
    async with keeping(dialer, time) as keeper:
        await until(keeper, TunnelState.PARKED)

        keeper.look_again(HOST_KEY_REASONS)

        await until(keeper, TunnelState.UP)
    assert time.now == FakeTime().now


async def test_a_host_key_that_is_known_while_we_dial_is_tried_too(time: FakeTime) -> None:
    """The dial under way may have begun with the old pin."""
    dialer = FakeDialer(RemoteRejected(Reason.HOST_KEY_CHANGED, "no"), FakeConnection())
    async with keeping(dialer, time) as keeper:
        await dialer.dialing.wait()
        keeper.look_again(HOST_KEY_REASONS)

        await until(keeper, TunnelState.UP)


async def test_f9_a_known_host_key_lets_nobody_else_in(time: FakeTime) -> None:
    """Threat F9: a refused log-in waits its minute all the same, and what is up stays up."""
    connection = FakeConnection()
    dialer = FakeDialer(REFUSED, connection)
    async with keeping(dialer, time) as keeper:
        await until(keeper, TunnelState.PARKED)
        wait = await time.asleep()
        keeper.look_again(HOST_KEY_REASONS)
        assert keeper.status.state is TunnelState.PARKED
        time.pass_by(wait)
        await until(keeper, TunnelState.UP)

        keeper.look_again(HOST_KEY_REASONS)

        assert keeper.connection is not None
    assert dialer.dials == 2


@pytest.mark.parametrize(
    ("failure", "state"), [(REFUSED, TunnelState.PARKED), (AWAY, TunnelState.WAITING)]
)
async def test_an_administrator_need_not_wait(
    time: FakeTime, failure: RemoteError, state: TunnelState
) -> None:
    """The credential is mended: the minute need not be over. What is up is left alone."""
    dialer = FakeDialer(failure, FakeConnection())
    async with keeping(dialer, time) as keeper:
        await until(keeper, state)
        await time.asleep()

        assert keeper.try_now()

        await until(keeper, TunnelState.DIALING)
        assert not keeper.try_now()


async def test_a_state_has_its_time(time: FakeTime) -> None:
    """The status says since when."""
    async with keeping(FakeDialer(FakeConnection()), time) as keeper:
        await until(keeper, TunnelState.UP)

        assert keeper.status.since == time.now


async def test_a_wait_has_its_end(time: FakeTime) -> None:
    """While the next try is waited for, the status says when it comes; else there is no such time."""
    async with keeping(FakeDialer(AWAY), time) as keeper:
        assert keeper.status.retry_at is None

        wait = await time.asleep()
        assert keeper.status.retry_at == time.now + wait

        time.pass_by(wait)
        await until(keeper, TunnelState.DIALING)
        assert keeper.status.retry_at is None


async def test_a_check_needs_a_connection(time: FakeTime) -> None:
    """A check goes to the connection, if there is one."""
    connection = FakeConnection()
    async with keeping(FakeDialer(connection), time) as keeper:
        keeper.check()
        await until(keeper, TunnelState.UP)

        keeper.check()

        assert connection.checks == 1


async def test_sleeps_until_woken(time: FakeTime) -> None:
    """Put to sleep, it closes its connection and dials no more; woken, it dials at once."""
    first, second = FakeConnection(), FakeConnection()
    dialer = FakeDialer(first, second)
    async with keeping(dialer, time) as keeper:
        await until(keeper, TunnelState.UP)

        keeper.fall_asleep("nobody has used it for 30m")

        assert keeper.status.state is TunnelState.ASLEEP
        assert keeper.status.reason is Reason.ASLEEP
        assert keeper.connection is None
        assert first.over.is_set()
        await asyncio.sleep(0)
        assert (dialer.dials, time.waits) == (1, [])
        keeper.wake()
        await until(keeper, TunnelState.UP)
        assert keeper.status.reason is None
        assert keeper.connection is second  # type: ignore[comparison-overlap]  # it does all that is asked of one


async def test_woken_while_it_hangs_up(time: FakeTime) -> None:
    """Whoever comes while the old connection is still closing gets a new one."""
    first, second = FakeConnection(), FakeConnection()
    async with keeping(FakeDialer(first, second), time) as keeper:
        await until(keeper, TunnelState.UP)
        first.hang_up = lambda: None  # type: ignore[method-assign]  # it takes its time
        keeper.fall_asleep("")

        keeper.wake()
        first.over.set()

        await until(keeper, TunnelState.UP)


async def test_a_tunnel_that_is_not_up_does_not_fall_asleep(time: FakeTime) -> None:
    """It goes on trying, so that its trouble is seen."""
    async with keeping(FakeDialer(AWAY), time) as keeper:
        await time.asleep()

        keeper.fall_asleep("")

        assert keeper.status.state is TunnelState.WAITING


async def test_who_jumps_wakes(time: FakeTime) -> None:
    """A tunnel that leads through one that is asleep wakes it and waits for it."""
    first, second = FakeConnection(), FakeConnection()
    async with keeping(FakeDialer(first, second), time) as keeper:
        await until(keeper, TunnelState.UP)
        keeper.fall_asleep("")

        connection = await keeper.up()

        assert connection is second  # type: ignore[comparison-overlap]


async def test_a_changed_credential_is_tried_at_once(time: FakeTime) -> None:
    """What was refused was another one; a changed host key has nothing to do with that."""
    async with keeping(FakeDialer(REFUSED, FakeConnection()), time) as keeper:
        await until(keeper, TunnelState.PARKED)
        keeper.look_again(HOST_KEY_REASONS)
        await asyncio.sleep(0)
        assert keeper.status.state is TunnelState.PARKED

        keeper.look_again(CREDENTIAL_REASONS)

        await until(keeper, TunnelState.UP)
