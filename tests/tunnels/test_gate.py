"""gateway.tunnels.gate: who may dial a remote, and when; no network, no clock."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from gateway.errors import Reason, RemoteRejected, RemoteUnreachable
from gateway.tunnels.gate import DIALS, Gate
from tests.tunnels.fakes import FakeTime

pytestmark = pytest.mark.anyio

AWAY = RemoteUnreachable(Reason.UNREACHABLE, "no route")
BUSY = RemoteUnreachable(Reason.BUSY, "it hung up")
REFUSED = RemoteRejected(Reason.LOGIN_REFUSED, "no")


async def test_three_dials_at_a_time(time: FakeTime) -> None:
    """Fault 24: a remote's logins do not all knock at once."""
    gate = Gate(clock=time.clock, sleep=time.sleep)
    inside = 0
    full, leave = asyncio.Event(), asyncio.Event()

    async def dial() -> None:
        nonlocal inside
        async with gate.passed(proven=True):
            inside += 1
            assert inside <= DIALS
            if inside == DIALS:
                full.set()
            await leave.wait()
            inside -= 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(dial())
        await full.wait()
        leave.set()


async def test_one_after_the_other_while_the_remote_is_away(time: FakeTime) -> None:
    """However many logins dial, a remote that is away is dialled at its own pace; back, by all at once."""
    gate = Gate(clock=time.clock, sleep=time.sleep)
    dialled: list[float] = []
    back = False

    async def dial() -> None:
        async with gate.passed(proven=True):
            dialled.append(time.now)
            if not back:
                raise AWAY

    async def fail() -> None:
        with suppress(RemoteUnreachable):
            await dial()

    await fail()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(fail())
        for _ in range(5):
            time.pass_by(await time.asleep())
            await _let_run()
    assert [later - sooner for sooner, later in pairwise(dialled)] == pytest.approx(
        [0.15, 0.3, 0.5, 0.5, 0.5]
    )

    back = True
    dialled.clear()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(dial())
        time.pass_by(await time.asleep())
    assert dialled == [time.now] * 5


async def test_f9_refusals_hold_up_only_the_untried(time: FakeTime) -> None:
    """Threat F9: while two refusals are held against us, who has not been let in waits; who has does not."""
    gate = Gate(clock=time.clock, sleep=time.sleep)
    for _ in range(2):
        with pytest.raises(RemoteRejected):
            await _refused(gate)
    passed = asyncio.Event()

    async def try_once() -> None:
        async with gate.passed(proven=False):
            passed.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(try_once())
        wait = await time.asleep()
        async with gate.passed(proven=True):
            assert not passed.is_set()

        time.pass_by(wait)

        await passed.wait()
    assert wait == pytest.approx(3)


async def test_untried_reckon_with_each_other(time: FakeTime) -> None:
    """Two may try at a time; with a refusal held against us already, only one."""
    gate = Gate(clock=time.clock, sleep=time.sleep)
    with pytest.raises(RemoteRejected):
        await _refused(gate)

    async with gate.passed(proven=False), asyncio.TaskGroup() as tasks:
        trying = tasks.create_task(_refused(gate))
        assert await time.asleep() == pytest.approx(3)
        trying.cancel()


async def test_remote_that_hangs_up_on_us_is_not_asked_until_it_bars_us(time: FakeTime) -> None:
    """Fault 38: without a process to spare, sshd fines each connection; the fines are never too many."""
    gate = Gate(clock=time.clock, sleep=time.sleep)
    fined: list[float] = []

    async def fail(login: int) -> None:
        while len(fined) < 60:
            with suppress(RemoteUnreachable):
                async with gate.passed(proven=True):
                    fined.append(time.now)
                    raise BUSY

    async with asyncio.TaskGroup() as tasks:
        failing = [tasks.create_task(fail(login)) for login in range(3)]
        while not all(task.done() for task in failing):
            await _let_run()
            if not all(task.done() for task in failing):
                time.pass_by(await time.asleep())

    forgiven = 0.0
    for moment in fined:
        forgiven = max(forgiven, moment) + 1
        assert forgiven - moment < 15


async def _let_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _refused(gate: Gate) -> None:
    async with gate.passed(proven=False):
        raise REFUSED
