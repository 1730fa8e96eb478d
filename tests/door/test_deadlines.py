"""gateway.door.deadlines: a timer that is re-armed lazily."""

import asyncio

import pytest

from gateway.door.deadlines import Deadline

pytestmark = pytest.mark.anyio


async def test_expires_when_its_time_has_come() -> None:
    """It calls once."""
    loop, expired = asyncio.get_running_loop(), asyncio.Event()
    Deadline(loop, expired.set).set(loop.time() + 0.01)

    async with asyncio.timeout(1):
        await expired.wait()


async def test_moves_later_without_a_new_timer() -> None:
    """A deadline that is moved on fires at its last time, not at its first."""
    loop, expired = asyncio.get_running_loop(), asyncio.Event()
    deadline, last = Deadline(loop, expired.set), loop.time() + 0.05
    deadline.set(loop.time() + 0.01)
    deadline.set(last)

    async with asyncio.timeout(1):
        await expired.wait()
    assert loop.time() >= last


async def test_moves_earlier() -> None:
    """A deadline that is drawn in fires at its new time."""
    loop, expired = asyncio.get_running_loop(), asyncio.Event()
    deadline = Deadline(loop, expired.set)
    deadline.set(loop.time() + 60)
    deadline.set(loop.time() + 0.01)

    async with asyncio.timeout(1):
        await expired.wait()


async def test_cancelled_never_fires() -> None:
    """A deadline that was cancelled is silent."""
    loop, fired = asyncio.get_running_loop(), []
    deadline, later = Deadline(loop, lambda: fired.append(1)), asyncio.Event()
    deadline.set(loop.time() + 0.01)
    deadline.cancel()
    Deadline(loop, later.set).set(loop.time() + 0.02)

    await later.wait()
    assert fired == []
