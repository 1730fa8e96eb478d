"""gateway.tunnels.together: one answer for many, never older than the question."""

import asyncio

import pytest

from gateway.tunnels.together import Together

pytestmark = pytest.mark.anyio


class Oracle:
    """Answers with how often it was asked, once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.begun = asyncio.Event()

    async def ask(self) -> int:
        self.asked += 1
        asked = self.asked
        self.begun.set()
        await self.may_answer.wait()
        return asked


async def test_those_who_come_together_share() -> None:
    """The first is asked for alone; all who come meanwhile share the second."""
    oracle = Oracle()
    together = Together(oracle.ask)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(together.answer())
        await oracle.begun.wait()
        others = [tasks.create_task(together.answer()) for _ in range(10)]
        await asyncio.sleep(0)
        oracle.may_answer.set()

    assert first.result() == 1
    assert {other.result() for other in others} == {2}


async def test_a_later_question_gets_a_new_answer() -> None:
    """What was true before it is not enough."""
    oracle = Oracle()
    oracle.may_answer.set()
    together = Together(oracle.ask)

    assert [await together.answer() for _ in range(3)] == [1, 2, 3]


async def test_who_leaves_spoils_nothing() -> None:
    """The next one asks anew."""
    oracle = Oracle()
    together = Together(oracle.ask)
    async with asyncio.TaskGroup() as tasks:
        leaving = tasks.create_task(together.answer())
        await oracle.begun.wait()
        staying = tasks.create_task(together.answer())
        await asyncio.sleep(0)
        leaving.cancel()
        oracle.may_answer.set()

    assert staying.result() == 2
