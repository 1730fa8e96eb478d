"""gateway.door.holds: so many may wait, of one member and in all."""

import asyncio

import pytest

from gateway.core.names import MemberName
from gateway.door.holds import MOST_HELD, MOST_HELD_OF_ONE, Holds
from gateway.errors import Reason, TunnelDown

pytestmark = pytest.mark.anyio

ALICE = MemberName("alice")


async def test_one_member_takes_no_more_than_a_share() -> None:
    """The others' share is left, and a place that is left is free again."""
    holds = Holds()
    async with asyncio.TaskGroup() as tasks:
        waits = [tasks.create_task(_wait(holds, ALICE)) for _ in range(MOST_HELD_OF_ONE)]
        await asyncio.sleep(0)

        assert holds.seconds(ALICE, 5.0) == 0.0
        assert holds.seconds(MemberName("bob"), 5.0) == 5.0

        waits.pop().cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert holds.seconds(ALICE, 5.0) == 5.0
        for wait in waits:
            wait.cancel()
    assert len(holds) == 0


async def test_all_together_take_no_more_than_there_is() -> None:
    """Whoever comes then hears at once how it stands."""
    holds = Holds()
    async with asyncio.TaskGroup() as tasks:
        waits = [
            tasks.create_task(_wait(holds, MemberName(f"member-{number}")))
            for number in range(MOST_HELD)
        ]
        await asyncio.sleep(0)

        assert holds.seconds(ALICE, 5.0) == 0.0
        for wait in waits:
            wait.cancel()


async def test_nobody_waits_for_a_gateway_that_stops() -> None:
    """Neither who waits already, nor who would."""
    holds = Holds()
    waiting = asyncio.create_task(_wait(holds, ALICE))
    await asyncio.sleep(0)

    holds.end()

    with pytest.raises(TunnelDown) as raised:
        await waiting
    assert raised.value.reason is Reason.STOPPING
    assert holds.seconds(ALICE, 5.0) == 0.0


async def _wait(holds: Holds, member: MemberName) -> None:
    async with holds.held(member):
        await asyncio.get_running_loop().create_future()
