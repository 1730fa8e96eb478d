"""gateway.tunnels.aside: blocking calls, a few at once, in nobody's way."""

import asyncio
import threading

import pytest

from gateway.tunnels.aside import Aside

pytestmark = pytest.mark.anyio


async def test_returns_and_raises() -> None:
    aside = Aside()

    assert await aside.run(lambda: 42, name="answer") == 42
    with pytest.raises(ZeroDivisionError):
        await aside.run(lambda: 1 // 0, name="question")


async def test_a_caller_may_leave() -> None:
    """The call goes on, and its place is taken until it has ended."""
    aside, go, ended = Aside(at_once=1), threading.Event(), []

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await aside.run(lambda: ended.append(go.wait(10)), name="slow")
    async with asyncio.TaskGroup() as tasks:
        second = tasks.create_task(aside.run(lambda: len(ended), name="second"))
        await asyncio.sleep(0)
        assert not second.done()
        go.set()

    assert second.result() == 1


async def test_so_many_at_once() -> None:
    aside, together = Aside(at_once=3), threading.Barrier(3)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(6):
            tasks.create_task(aside.run(lambda: together.wait(10), name="one of three"))


async def test_nobody_waits_for_its_threads() -> None:
    """An exit is not held up by a silent KDC."""
    assert await Aside().run(lambda: threading.current_thread().daemon, name="daemon")
